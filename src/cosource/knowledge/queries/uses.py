"""When an article last helped, as rooms above tell it: the proof that it is worth keeping.

Each answer is within the asker's sight, so that nobody learns of another's work by the height of a number.
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from cosource.foundation.sight import Actor


@dataclass(frozen=True, slots=True)
class Use:
    """How often an article helped, as far as the reader sees, and when last."""

    times: int
    last_at: datetime


type UseSource = Callable[[Actor, Collection[UUID]], Mapping[UUID, Use]]
_sources: list[UseSource] = []


def register_uses(source: UseSource) -> None:
    """Let a room tell what articles helped with."""
    _sources[:] = [source]


def uses_of(actor: Actor, article_ids: Collection[UUID]) -> Mapping[UUID, Use]:
    """Return the uses in the actor's sight, by article; what never helped is left out."""
    if not article_ids:
        return {}
    return _sources[0](actor, article_ids) if _sources else {}
