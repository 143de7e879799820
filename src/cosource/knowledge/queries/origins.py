"""What an article can be written from, such as a ticket: the room that has it says what to begin with, and notes what came of it.

The editor carries the origin's id and knows nothing else of it.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from cosource.foundation.sight import Actor


@dataclass(frozen=True, slots=True)
class Beginning:
    """What an article begins with. `label`: how the page names what it is written from; `url`: where that is."""

    title: str
    text: str
    topic: str
    label: str
    url: str


@dataclass(frozen=True, slots=True)
class Origin:
    """A kind of thing that articles are written from.

    `begin`: what one begins with, for an actor; raises NotFound out of sight. `written`: notes an article that was written, in
    the transaction that writes it.
    """

    begin: Callable[[Actor, UUID], Beginning]
    written: Callable[[Actor, UUID, UUID, datetime], None]


_origins: dict[str, Origin] = {}


def register_origin(name: str, origin: Origin) -> None:
    """Let a room's things be written from. `name`: of the parameter that carries the id."""
    _origins[name] = origin


def origins() -> dict[str, Origin]:
    """Return the kinds of origin by the name of their parameter."""
    return dict(_origins)
