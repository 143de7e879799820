"""What is known of the people and teams that a part of the matrix names, over a range of time.

A span is half-open; without an end it goes on. Not here: where it is kept (`queries.worlds`).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from cosource.parties.rules.duty import Shift

type Span = tuple[datetime, datetime | None]


def within(spans: Iterable[Span], at: datetime) -> bool:
    """Tell whether one of the spans holds at an instant."""
    return any(start <= at and (end is None or at < end) for start, end in spans)


@dataclass(frozen=True, slots=True)
class Someone:
    """A person. `serves`: when they work for the party or are placed there; `absent`: when they are away by its own notes.

    `barred`: when they are away by the notes of who placed them there, which the party does not read.
    """

    name: str
    active: bool = True
    serves: tuple[Span, ...] = ()
    absent: tuple[Span, ...] = ()
    phone: str = ""
    mail: str = ""
    barred: tuple[Span, ...] = ()


@dataclass(frozen=True, slots=True)
class Member:
    """A person in a team for a time."""

    person: str
    leads: bool
    span: Span


@dataclass(frozen=True, slots=True)
class Crew:
    """A team: its members, and the shifts of its roster with the time for which each is kept. `ended_at`: when it ended."""

    name: str
    members: tuple[Member, ...] = ()
    shifts: tuple[tuple[Shift, Span], ...] = ()
    ended_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class World:
    """All that the lines of one part name, by id as hex."""

    people: Mapping[str, Someone] = field(default_factory=dict)
    teams: Mapping[str, Crew] = field(default_factory=dict)
