"""The order of a day: what is due when, in groups, on a strip of twelve hours, and in a sentence.

Pure. Not here: what is due (queries), and how an hour is written.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol

STRIP = timedelta(hours=12)
MORNING = 7
_HOUR = timedelta(hours=1)
_WEEK = timedelta(days=7)
_STEP_HOURS = 2
_FULL = 100.0


class Due(StrEnum):
    """When something is due, in the order in which a page shows it."""

    OVERDUE = "overdue"
    HOUR = "hour"
    TODAY = "today"
    WEEK = "week"
    LATER = "later"


class HasDue(Protocol):
    """Whatever has a due time, or none."""

    @property
    def due_at(self) -> datetime | None: ...


@dataclass(frozen=True, slots=True)
class StripMark:
    """A due time on the strip, `at` percent; `kind`: over, soon or ok."""

    at: float
    kind: str


@dataclass(frozen=True, slots=True)
class StripLabel:
    """A full hour under the strip."""

    at: float
    instant: datetime
    anchor: str


@dataclass(frozen=True, slots=True)
class Strip:
    """Twelve hours around now, in percent."""

    begins_at: datetime
    ends_at: datetime
    now: float
    marks: tuple[StripMark, ...]
    labels: tuple[StripLabel, ...]


def when_due(due_at: datetime | None, now: datetime) -> Due:
    """Say when something is due. `now` in the reader's zone, whose midnight ends today.

    >>> from datetime import UTC
    >>> nine = datetime(2026, 3, 2, 9, tzinfo=UTC)
    >>> [when_due(nine + timedelta(hours=h), nine).value for h in (-1, 1, 14, 20)]
    ['overdue', 'hour', 'today', 'week']
    """
    if due_at is None:
        return Due.LATER
    if due_at < now:
        return Due.OVERDUE
    if due_at - now <= _HOUR:
        return Due.HOUR
    if due_at.astimezone(now.tzinfo).date() == now.date():
        return Due.TODAY
    return Due.WEEK if due_at - now <= _WEEK else Due.LATER


def grouped[T: HasDue](items: Iterable[T], now: datetime) -> dict[Due, list[T]]:
    """Put items into groups, in the order of `Due`; groups without an item are left out."""
    groups: dict[Due, list[T]] = {due: [] for due in Due}
    for item in items:
        groups[when_due(item.due_at, now)].append(item)
    return {due: found for due, found in groups.items() if found}


def strip_of(items: Sequence[HasDue], now: datetime) -> Strip:
    """Lay due times on twelve hours: from seven in the morning, or around now when that is earlier or later.

    What is due before the strip begins stands at its left end; what is due after it is left out.

    >>> from datetime import UTC
    >>> drawn = strip_of([], datetime(2026, 3, 2, 10, tzinfo=UTC))
    >>> drawn.now, [label.instant.hour for label in drawn.labels]
    (25.0, [7, 9, 11, 13, 15, 17, 19])
    """
    begins = now.replace(hour=MORNING, minute=0, second=0, microsecond=0)
    if not begins <= now < begins + STRIP - _HOUR:
        begins = now.replace(minute=0, second=0, microsecond=0) - 2 * _HOUR
    ends = begins + STRIP

    def place(instant: datetime) -> float:
        return round(min(max((instant - begins) / STRIP * _FULL, 0.0), _FULL), 2)

    marks = [
        StripMark(place(item.due_at), _kind(item.due_at, now))
        for item in items
        if item.due_at is not None and item.due_at <= ends
    ]
    labels = []
    for hours in range(0, 13, _STEP_HOURS):
        at = hours * _HOUR / STRIP * _FULL
        anchor = "start" if hours == 0 else "end" if at >= _FULL else "middle"
        labels.append(StripLabel(round(at, 2), begins + hours * _HOUR, anchor))
    return Strip(begins, ends, place(now), tuple(marks), tuple(labels))


def _kind(due_at: datetime, now: datetime) -> str:
    return {Due.OVERDUE: "over", Due.HOUR: "soon"}.get(when_due(due_at, now), "ok")


def quiet_until(items: Iterable[HasDue], now: datetime) -> datetime | None:
    """Return when the first thing after the coming hour is due today; None when nothing more is.

    >>> from datetime import UTC
    >>> quiet_until([], datetime(2026, 3, 2, 10, tzinfo=UTC)) is None
    True
    """
    later = [
        item.due_at for item in items if item.due_at is not None and when_due(item.due_at, now) is Due.TODAY
    ]
    return min(later, default=None)
