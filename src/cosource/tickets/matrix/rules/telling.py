"""Which gaps are new, so that each is told once.

A gap is known when it lies in time that was told before, and also when it is the same hole of the week before coming into view
as time goes on. Not here: who is told.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from cosource.calendars.rules.calendar import merged
from cosource.tickets.matrix.rules.gaps import Gap, Stretch

_WEEK = timedelta(days=7)
type Tickets = tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class Hole:
    """A stretch of gap with all the kinds and priorities that share it, by level."""

    stretch: Stretch
    level: int
    direction: str
    tickets: Tickets


def holes_of(gaps: Iterable[Gap]) -> list[Hole]:
    """Return gaps as stretches with their tickets, in order of time."""
    found: dict[tuple[datetime, datetime, int, str], list[tuple[str, int]]] = {}
    for gap in gaps:
        key = (gap.starts_at, gap.ends_at, gap.level, gap.direction)
        found.setdefault(key, []).append((gap.kind, gap.priority))
    return [
        Hole((a, b), level, direction, tuple(tickets))
        for (a, b, level, direction), tickets in sorted(found.items())
    ]


@dataclass(frozen=True, slots=True)
class Told:
    """What was told, by kind and priority, and up to when time had been looked at."""

    spans: Mapping[tuple[str, int], Sequence[Stretch]]
    until: datetime | None = None


def told_from(document: Any) -> Told:
    """Return what was told, from what `told_as` wrote; of nothing, that nothing was."""
    if not document:
        return Told({})
    spans: dict[tuple[str, int], list[Stretch]] = {}
    for entry in document["gaps"]:
        for kind, priority in entry["tickets"]:
            spans.setdefault((str(kind), int(priority)), []).extend(
                (datetime.fromisoformat(a), datetime.fromisoformat(b)) for a, b in entry["spans"]
            )
    return Told(spans, datetime.fromisoformat(document["until"]))


def told_as(holes: Iterable[Hole], until: datetime) -> dict[str, Any]:
    """Return what is told as a document to keep; `until`: up to when time was looked at."""
    by_tickets: dict[Tickets, list[Stretch]] = {}
    for hole in holes:
        by_tickets.setdefault(hole.tickets, []).append(hole.stretch)
    return {
        "until": until.astimezone(UTC).isoformat(),
        "gaps": [
            {
                "tickets": [list(one) for one in tickets],
                "spans": [[a.astimezone(UTC).isoformat(), b.astimezone(UTC).isoformat()] for a, b in spans],
            }
            for tickets, spans in by_tickets.items()
        ],
    }


def new_among(holes: Sequence[Hole], told: Told, zone: str) -> list[Hole]:
    """Return the holes that nobody was told of; `zone`: in whose weeks they come back.

    >>> nine = datetime(2026, 3, 2, 9, tzinfo=UTC)
    >>> weekly = [
    ...     Hole((nine + n * _WEEK, nine + n * _WEEK + timedelta(hours=1)), 0, "", (("change", 1),)) for n in (0, 1)
    ... ]
    >>> new_among(weekly, Told({}), "UTC") == weekly[:1]
    True
    >>> new_among(weekly, told_from(told_as(weekly[:1], nine + _WEEK)), "UTC")
    []
    """
    covered = {one: list(spans) for one, spans in told.spans.items()}
    found: list[Hole] = []
    for hole in holes:
        if any(not _is_known(hole.stretch, covered.get(one, []), told.until, zone) for one in hole.tickets):
            found.append(hole)
        for one in hole.tickets:
            covered.setdefault(one, []).append(hole.stretch)
    return found


def _is_known(stretch: Stretch, covered: list[Stretch], until: datetime | None, zone: str) -> bool:
    start, end = stretch
    # What was cut off where the look ended then, goes on now.
    if until is not None and start < until and _lies_in((start, min(end, until)), covered):
        return True
    return _lies_in(_week_before(stretch, zone), covered)


def _lies_in(stretch: Stretch, spans: list[Stretch]) -> bool:
    return any(a <= stretch[0] and stretch[1] <= b for a, b in merged(sorted(spans)))


def _week_before(stretch: Stretch, zone: str) -> Stretch:
    """Return the stretch a week earlier on the walls of a zone."""
    there = ZoneInfo(zone)
    start, end = ((at.astimezone(there) - _WEEK).astimezone(UTC) for at in stretch)
    return start, end
