"""The matrix ready to show: who is reached now, where nobody is, and the lines, in words.

The other party's people are shown with their means of reach while they serve there and the engagement runs; why somebody of it
cannot be reached, and when, stays its own business.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.utils.translation import gettext as _

from cosource.tickets.matrix.queries.parts import Side
from cosource.tickets.matrix.queries.words import (
    WHY,
    hours_in_words,
    kinds_in_words,
    level_in_words,
    line_in_words,
    may_in_words,
    priorities_in_words,
    tickets_in_words,
    why_in_words,
)
from cosource.tickets.matrix.rules.gaps import Stretch
from cosource.tickets.matrix.rules.line import CONTACT, DUTY, PERSON, Line, Place
from cosource.tickets.matrix.rules.matrix import OFF_HOURS, Passed, Reached
from cosource.tickets.matrix.rules.telling import Hole
from cosource.tickets.matrix.rules.world import Someone, within

_STRETCHES_SHOWN = 3


@dataclass(frozen=True, slots=True)
class ReachLine:
    """Somebody who is reached, in words. `is_deputy`: they stand for somebody."""

    line_id: str
    person_id: UUID | None
    name: str
    phone: str
    mail: str
    direction: str
    level: int
    level_words: str
    why: str
    may: list[str]
    is_deputy: bool


@dataclass(frozen=True, slots=True)
class PassedLine:
    """Somebody, or a line, that is passed over, in words."""

    name: str
    level_words: str
    why: str


@dataclass(frozen=True, slots=True)
class Now:
    """Who of a side is reached at an instant. `passed`: of the reader's own side only.

    `is_answered`: False where the reader is not told, since it is the other side's and the instant lies ahead.
    """

    side: Side
    reached: list[ReachLine]
    passed: list[PassedLine]
    is_answered: bool = True


@dataclass(frozen=True, slots=True)
class GapLine:
    """Stretches in which tickets have nobody, or a level of the matrix has. `more`: how many are not in `first`."""

    tickets: str
    level: int
    level_words: str
    first: list[Stretch]
    more: int
    last: datetime
    why: list[str]


@dataclass(frozen=True, slots=True)
class PlaceLine:
    """Who is named in a line, with their means of reach as far as they are shown."""

    name: str
    phone: str
    mail: str


@dataclass(frozen=True, slots=True)
class LineRow:
    """A line in words; `who`: first whom it names, then deputies."""

    id: str
    level_words: str
    kinds: str
    priorities: str
    hours: str
    by_phone: bool
    who: list[PlaceLine]
    may: list[str]

    @property
    def name(self) -> str:
        """Return by what steps with it are called."""
        return f"{self.level_words}, {self.who[0].name if self.who else ''}"


def now_of(side: Side, *, kind: str, priority: int, at: datetime) -> Now:
    """Return who of a side is reached for a ticket at an instant that its world covers."""
    if not side.answers(at):
        return Now(side, [], [], is_answered=False)
    found = side.at(kind, priority, at)
    passed = [p for p in found.passed if p.why != OFF_HOURS] if side.is_in_hand else []
    reached = [_reach_line(one, runs=side.runs(at)) for one in found.reached]
    return Now(side, reached, [_passed(one) for one in passed])


def _reach_line(one: Reached, *, runs: bool) -> ReachLine:
    return ReachLine(
        line_id=one.line.id,
        person_id=UUID(one.person) if one.person else None,
        name=one.name,
        phone=one.phone if runs else "",
        mail=one.mail if runs else "",
        direction=one.line.direction,
        level=one.line.level,
        level_words=level_in_words(one.line.direction, one.line.level),
        why=why_in_words(one),
        may=may_in_words(one.line.may),
        is_deputy=bool(one.turn),
    )


def _passed(one: Passed) -> PassedLine:
    level = level_in_words(one.line.direction, one.line.level)
    return PassedLine(one.name or line_in_words(one.line), level, str(WHY[one.why]))


def gap_lines(side: Side, holes: Iterable[Hole]) -> list[GapLine]:
    """Return holes in words, those that share tickets and level together; where nobody at all is comes first."""
    found: dict[tuple[int, str, tuple[tuple[str, int], ...]], list[Stretch]] = {}
    for hole in holes:
        found.setdefault((hole.level, hole.direction, hole.tickets), []).append(hole.stretch)
    lines = [
        GapLine(
            tickets=tickets_in_words(tickets),
            level=level,
            level_words=level_in_words(direction, level) if level else "",
            first=stretches[:_STRETCHES_SHOWN],
            more=max(0, len(stretches) - _STRETCHES_SHOWN),
            last=stretches[-1][1],
            why=_why(side, *tickets[0], stretches[0][0]) if side.is_in_hand else [],
        )
        for (level, direction, tickets), stretches in found.items()
    ]
    return sorted(lines, key=lambda line: (line.level > 0, line.first[0], line.level))


def _why(side: Side, kind: str, priority: int, at: datetime) -> list[str]:
    """Say who of the reader's own side is passed over at an instant, and why; lines that are not for these hours aside."""
    passed = [p for p in side.at(kind, priority, at).passed if p.why != OFF_HOURS]
    said = [
        _("%(name)s: %(why)s") % {"name": p.name or line_in_words(p.line), "why": WHY[p.why]} for p in passed
    ]
    return list(dict.fromkeys(said)) or [_("no line is for these hours")]


def rows_of(side: Side) -> list[LineRow]:
    """Return the lines of a side in the order in which they are kept."""
    return [_row(line, side) for line in side.lines]


def _row(line: Line, side: Side) -> LineRow:
    return LineRow(
        id=line.id,
        level_words=level_in_words(line.direction, line.level),
        kinds=kinds_in_words(line.kinds),
        priorities=priorities_in_words(line.priorities),
        hours=hours_in_words(line.hours),
        by_phone=line.by_phone,
        who=[_place(place, side) for place in line.who],
        may=may_in_words(line.may),
    )


def _place(place: Place, side: Side) -> PlaceLine:
    name, phone, mail = place.name, place.phone, place.mail
    shown = side.runs(side.read_at)
    if place.kind == PERSON:
        person = side.world.people.get(place.id, Someone(_("(gone)"), active=False))
        name, phone, mail = person.name, phone or person.phone, mail or person.mail
        # Who has left is not to be found by the number and address that are theirs now.
        shown = shown and person.active and within(person.serves, side.read_at)
    elif place.kind != CONTACT:
        who = _("whoever is on duty at %(team)s") if place.kind == DUTY else _("who leads %(team)s")
        name = who % {"team": _name(side.world.teams, place.id)}
    return PlaceLine(name, phone, mail) if shown else PlaceLine(name, "", "")


def _name(teams: Mapping[str, object], which: str) -> str:
    team = teams.get(which)
    return str(getattr(team, "name", "")) or _("(gone)")
