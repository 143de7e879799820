"""Over which stretches of time nobody can be reached: exact, by the boundaries of hours, shifts, employments and absences.

Each line is laid out once as the stretches in which somebody of it can be reached; a gap is what all lines that fit leave open.
Nothing is sampled. Not here: who is asked at one instant (`matrix`).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from cosource.calendars.rules.business_time import closed_stretches
from cosource.calendars.rules.calendar import merged
from cosource.calendars.rules.weekly import WeeklyHours, calendar_of
from cosource.tickets.matrix.rules.line import CONTACT, DUTY, KINDS, PERSON, Line, Place
from cosource.tickets.matrix.rules.world import Crew, Span, World
from cosource.tickets.rules.priority import PRIORITIES

type Stretch = tuple[datetime, datetime]
# Stretches in order, none touching the next.
type Stretches = tuple[Stretch, ...]


@dataclass(frozen=True, slots=True)
class Gap:
    """A stretch in which a level keeps nobody who can be reached; `level` 0: no level of the whole part does.

    A level is passed over only in the hours for which it has a line; the next one then answers.
    """

    starts_at: datetime
    ends_at: datetime
    kind: str
    priority: int
    level: int = 0
    direction: str = ""


def gaps_of(lines: Sequence[Line], world: World, start: datetime, end: datetime) -> list[Gap]:
    """Return the gaps of one part between two aware instants in UTC, for every kind and priority; a part without lines has none.

    >>> from datetime import UTC, timedelta
    >>> day = datetime(2026, 3, 2, tzinfo=UTC)
    >>> office = WeeklyHours("UTC", ("mon", "tue", "wed", "thu", "fri"), 8 * 60, 18 * 60)
    >>> line = Line("a", "functional", 1, (Place(CONTACT, name="Desk", phone="+49301"),), hours=office)
    >>> [(g.starts_at.hour, g.ends_at.hour) for g in gaps_of([line], World(), day, day + timedelta(days=1))[:2]]
    [(0, 8), (18, 0)]
    """
    if not lines:
        return []
    laying = [_Laying(line, world, start, end) for line in lines]
    laid = [(one.hours(), one.reached()) for one in laying]
    known: dict[tuple[int, ...], list[tuple[int, str, Stretches]]] = {}
    found: list[Gap] = []
    for kind in KINDS:
        for priority in PRIORITIES:
            fitting = tuple(i for i, line in enumerate(lines) if line.fits(kind, priority))
            if fitting not in known:
                known[fitting] = _open([(lines[i], *laid[i]) for i in fitting], start, end)
            found += [
                Gap(a, b, kind, priority, level, direction)
                for level, direction, stretches in known[fitting]
                for a, b in stretches
            ]
    return found


def _open(
    laid: Sequence[tuple[Line, Stretches, Stretches]], start: datetime, end: datetime
) -> list[tuple[int, str, Stretches]]:
    nobody = _without(((start, end),), _union(reached for _line, _hours, reached in laid))
    found = [(0, "", nobody)] if nobody else []
    for level, direction in sorted({(line.level, line.direction) for line, *_ in laid}):
        here = [entry for entry in laid if (entry[0].level, entry[0].direction) == (level, direction)]
        hours, reached = _union(e[1] for e in here), _union(e[2] for e in here)
        if passed := _without(_without(hours, reached), nobody):
            found.append((level, direction, passed))
    return found


@dataclass(frozen=True, slots=True)
class _Laying:
    """One line, laid out over a range of time."""

    line: Line
    world: World
    start: datetime
    end: datetime

    def hours(self) -> Stretches:
        """Return when the line holds by its hours."""
        hours = self.line.hours
        return ((self.start, self.end),) if hours is None else _hours(hours, self.start, self.end)

    def reached(self) -> Stretches:
        """Return when somebody of it can be reached."""
        return _both(self.hours(), _union(self._place(place) for place in self.line.who))

    def _place(self, place: Place) -> Stretches:
        if place.kind == CONTACT:
            return () if self.line.by_phone and not place.phone else ((self.start, self.end),)
        if place.kind == PERSON:
            return self._person(place, place.id)
        team = self.world.teams.get(place.id)
        if team is None:
            return ()
        there = self._spans([(self.start, team.ended_at)])
        return _both(
            there,
            self._on_duty(place, team) if place.kind == DUTY else self._members(place, team, leads=True),
        )

    def _members(self, place: Place, team: Crew, *, leads: bool) -> Stretches:
        return _union(
            _both(self._spans([member.span]), self._person(place, member.person))
            for member in team.members
            if member.leads or not leads
        )

    def _on_duty(self, place: Place, team: Crew) -> Stretches:
        found: list[Stretches] = []
        for shift, span in team.shifts:
            kept = _both(self._spans([span]), _hours(shift.hours, self.start, self.end))
            reached = (
                self._person(place, shift.person) if shift.person else self._members(place, team, leads=False)
            )
            found.append(_both(kept, reached))
        return _union(found)

    def _person(self, place: Place, person: str) -> Stretches:
        someone = self.world.people.get(person)
        if someone is None or not someone.active:
            return ()
        if not (place.phone or someone.phone) and (self.line.by_phone or not (place.mail or someone.mail)):
            return ()
        return _without(self._spans(someone.serves), self._spans((*someone.absent, *someone.barred)))

    def _spans(self, spans: Iterable[Span]) -> Stretches:
        cut = ((max(a, self.start), self.end if b is None else min(b, self.end)) for a, b in spans)
        return tuple(merged(sorted((a, b) for a, b in cut if a < b)))


def _hours(hours: WeeklyHours, start: datetime, end: datetime) -> Stretches:
    closed = closed_stretches(start, end, calendar_of(hours))
    return closed if hours.outside else _without(((start, end),), closed)


def _union(many: Iterable[Stretches]) -> Stretches:
    return tuple(merged(sorted(stretch for stretches in many for stretch in stretches)))


def _without(one: Stretches, other: Stretches) -> Stretches:
    """Return what of one is not in the other."""
    left: list[Stretch] = []
    place = 0
    for a, b in one:
        while place < len(other) and other[place][1] <= a:
            place += 1
        at, cursor = place, a
        while at < len(other) and other[at][0] < b:
            if other[at][0] > cursor:
                left.append((cursor, other[at][0]))
            cursor = max(cursor, other[at][1])
            at += 1
        if cursor < b:
            left.append((cursor, b))
    return tuple(left)


def _both(one: Stretches, other: Stretches) -> Stretches:
    """Return what is in one and in the other."""
    return _without(one, _without(one, other))
