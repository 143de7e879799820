"""Elapsed business time and due times, right over every change of the clocks.

A question is two binary searches in the tables of the calendar (`laying_out`) and one for each end of a pause. Instants
are aware datetimes; all arithmetic is exact to the microsecond. Not here: the reason of a pause, and many questions at
once (`many`).
"""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from cosource.calendars.rules.calendar import Calendar, Window, merged
from cosource.calendars.rules.laying_out import FIRST_YEAR, LAST_YEAR, OUTSIDE, open_stretches
from cosource.calendars.rules.public_holidays import Region
from cosource.calendars.rules.refusals import BadCalendar, NeverDue

__all__ = [
    "FIRST_YEAR",
    "LAST_YEAR",
    "BadCalendar",
    "Calendar",
    "NeverDue",
    "Pause",
    "Region",
    "Window",
    "closed_stretches",
    "due",
    "elapsed",
    "elapsed_minutes",
    "open_stretches",
]

type Pause = tuple[datetime, datetime]

_MINUTE = timedelta(minutes=1)
_END = datetime(LAST_YEAR + 1, 1, 1, tzinfo=UTC)
_NEVER_DUE = f"not due before the end of {LAST_YEAR}"


def elapsed(start: datetime, end: datetime, calendar: Calendar, pauses: Iterable[Pause] = ()) -> timedelta:
    """Measure the business time from `start` to `end`, less what falls into pauses.

    Pauses are half-open, in any order, and may overlap.
    Raises: ValueError if an instant has no zone, is outside 1900 to 2399, or an end is before its start.

    >>> office = Calendar("Europe/Berlin", ((((8 * 60, 17 * 60),),) * 5) + ((), ()))
    >>> friday, monday = datetime(2026, 3, 27, 15, tzinfo=UTC), datetime(2026, 3, 30, 7, tzinfo=UTC)
    >>> elapsed(friday, monday, office)  # one hour on Friday, one on Monday: the clocks went forward between
    datetime.timedelta(seconds=7200)
    """
    first = start if start.tzinfo is UTC else _utc(start)
    last = end if end.tzinfo is UTC else _utc(end)
    if last < first:
        raise ValueError(f"end {end.isoformat()} is before start {start.isoformat()}")
    net = _between(first, last, calendar)
    if pauses:
        for pause_from, pause_until in _ordered(pauses):
            if pause_from < last and pause_until > first:
                net -= _between(
                    max(first, pause_from),
                    min(last, pause_until),
                    calendar,
                )
    return net


def elapsed_minutes(
    start: datetime, end: datetime, calendar: Calendar, pauses: Iterable[Pause] = ()
) -> float:
    """Measure the business time from `start` to `end` in minutes, less what falls into pauses.

    Raises: as `elapsed`.

    >>> office = Calendar("Europe/Berlin", ((((8 * 60, 17 * 60),),) * 5) + ((), ()))
    >>> opened = datetime(2026, 3, 2, 7, tzinfo=UTC)
    >>> elapsed_minutes(opened, opened + timedelta(seconds=30), office)
    0.5
    """
    return elapsed(start, end, calendar, pauses) / _MINUTE


def due(start: datetime, minutes: float, calendar: Calendar, pauses: Iterable[Pause] = ()) -> datetime:
    """Find the earliest instant, in UTC, at which the business time since `start` reaches `minutes`.

    No minutes are due at once, whether or not the calendar is open.
    Raises: NeverDue; ValueError as `elapsed`, and if `minutes` is negative.

    >>> office = Calendar("Europe/Berlin", ((((8 * 60, 17 * 60),),) * 5) + ((), ()))
    >>> due(datetime(2026, 3, 27, 15, tzinfo=UTC), 60, office).isoformat()
    '2026-03-27T16:00:00+00:00'
    >>> due(datetime(2026, 3, 27, 15, tzinfo=UTC), 61, office).isoformat()
    '2026-03-30T06:01:00+00:00'
    """
    cursor = start if start.tzinfo is UTC else _utc(start)
    if not minutes >= 0:
        reason = "an amount of time can't be negative" if minutes < 0 else "this is no amount of time"
        raise ValueError(f"{minutes} minutes: {reason}")
    try:
        remaining = minutes * _MINUTE
    except OverflowError:
        raise NeverDue(_NEVER_DUE) from None
    if not remaining:
        return cursor
    if pauses:
        for pause_from, pause_until in _ordered(pauses):
            if pause_until <= cursor:
                continue
            if pause_from > cursor:
                worked = _between(cursor, pause_from, calendar)
                if worked >= remaining:
                    break
                remaining -= worked
            cursor = pause_until
    return _after(cursor, remaining, calendar)


def closed_stretches(
    start: datetime, end: datetime, calendar: Calendar
) -> tuple[tuple[datetime, datetime], ...]:
    """List the stretches between two instants in which the calendar is closed, in UTC.

    Raises: as `elapsed`.

    >>> office = Calendar("Europe/Berlin", ((((8 * 60, 17 * 60),),) * 5) + ((), ()))
    >>> noon = datetime(2026, 3, 2, 12, tzinfo=UTC)
    >>> [(a.isoformat(), b.isoformat()) for a, b in closed_stretches(noon, noon + timedelta(days=1), office)]
    [('2026-03-02T16:00:00+00:00', '2026-03-03T07:00:00+00:00')]
    """
    cursor, last = _utc(start), _utc(end)
    if calendar.is_always_open:
        return ()
    gaps: list[tuple[datetime, datetime]] = []
    for year in range(cursor.year, last.year + 1):
        table = open_stretches(calendar, year)
        for opens, closes in zip(table.starts, table.ends, strict=True):
            if closes <= cursor:
                continue
            if opens >= last:
                break
            if opens > cursor:
                gaps.append((cursor, opens))
            cursor = closes
    if cursor < last:
        gaps.append((cursor, last))
    return tuple(gaps)


def _between(first: datetime, last: datetime, calendar: Calendar) -> timedelta:
    first_year, last_year = first.year, last.year
    if calendar.is_always_open:
        _refuse_outside(first_year, last_year)
        return last - first
    tables = calendar.tables
    table = tables.get(first_year) or open_stretches(calendar, first_year)
    if first_year == last_year:
        return table.until(last) - table.until(first)
    net = -table.until(first)
    for year in range(first_year + 1, last_year + 1):
        net += table.total
        table = tables.get(year) or open_stretches(calendar, year)
    return net + table.until(last)


def _after(cursor: datetime, amount: timedelta, calendar: Calendar) -> datetime:
    year = cursor.year
    if calendar.is_always_open:
        _refuse_outside(year)
        if amount > _END - cursor:
            raise NeverDue(_NEVER_DUE)
        return cursor + amount
    tables = calendar.tables
    table = tables.get(year) or open_stretches(calendar, year)
    amount += table.until(cursor)
    while table.total < amount:
        amount -= table.total
        year += 1
        if year > LAST_YEAR:
            raise NeverDue(_NEVER_DUE)
        table = tables.get(year) or open_stretches(calendar, year)
    return table.reached(amount)


def _refuse_outside(*years: int) -> None:
    for year in years:
        if not FIRST_YEAR <= year <= LAST_YEAR:
            raise ValueError(OUTSIDE.format(year=year))


def _ordered(pauses: Iterable[Pause]) -> list[Pause]:
    """Put pauses into order and join those that touch."""
    found = []
    for start, end in pauses:
        first = start if start.tzinfo is UTC else _utc(start)
        last = end if end.tzinfo is UTC else _utc(end)
        if last < first:
            raise ValueError(f"the pause from {first.isoformat()} ends before that, at {last.isoformat()}")
        found.append((first, last))
    return found if len(found) == 1 else merged(sorted(found))


def _utc(instant: datetime) -> datetime:
    if instant.utcoffset() is None:
        raise ValueError(f"{instant.isoformat()} has no time zone")
    try:
        return instant.astimezone(UTC)
    except OverflowError:
        raise ValueError(OUTSIDE.format(year=instant.year)) from None
