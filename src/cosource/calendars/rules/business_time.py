"""Elapsed business time and due times, right over every change of the clocks.

A calendar is a set of instants: those whose local time lies in its hours. A local time that a change of the
clocks skips has no instant, so it never counts; one that is repeated has two, so it counts twice. The set is
laid out as stretches of UTC, one table a year, with running sums; a question is then two binary searches.

Instants are aware datetimes; all arithmetic is exact to the microsecond. Not here: public holidays by
country, versions of a calendar, and the reason of a pause.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from itertools import accumulate, pairwise
from typing import NamedTuple
from zoneinfo import ZoneInfo

type Window = tuple[int, int]
type Pause = tuple[datetime, datetime]

FIRST_YEAR = 1900
LAST_YEAR = 2399

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_EPOCH_ORDINAL = _EPOCH.toordinal()
_NOTHING = timedelta()
_MINUTE = timedelta(minutes=1)
_SECOND_US = 1_000_000
_MINUTE_US = 60 * _SECOND_US
_DAY_MINUTES = 24 * 60
_DAY_US = _DAY_MINUTES * _MINUTE_US
_WEEK_DAYS = 7
_ALL_DAY: Window = (0, _DAY_MINUTES)
# Shorter than any time that a zone has stayed on one offset, so that no change hides between two samples.
_SAMPLE = 6 * 60 * _MINUTE_US
_NEVER_DUE = f"not due before the end of {LAST_YEAR}"


class BadCalendar(ValueError):
    """The calendar can't be used; the message names the place and the remedy."""


class NeverDue(ValueError):
    """The amount isn't reached before the last year that is computed."""


@dataclass(frozen=True, slots=True)
class Calendar:
    """Working hours by weekday in one zone, with days that are closed.

    `hours`: for Monday to Sunday the windows of the day, as minutes after local midnight, half-open, in
    order; 1440 is the end of the day. A day of `closed_dates` has no hours unless `open_dates` names it too.
    Raises: BadCalendar.

    >>> office = Calendar("Europe/Berlin", ((((8 * 60, 17 * 60),),) * 5) + ((), ()))
    >>> office.is_always_open
    False
    """

    zone: str
    hours: tuple[tuple[Window, ...], ...]
    closed_dates: frozenset[date] = frozenset()
    open_dates: frozenset[date] = frozenset()
    is_always_open: bool = field(init=False, compare=False, repr=False)
    _hash: int = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        _check_zone(self.zone)
        _check_hours(self.hours)
        always = all(_merged(day) == [_ALL_DAY] for day in self.hours) and not self.shut_dates
        object.__setattr__(self, "is_always_open", always)
        # Every question looks its table up by calendar, so the hash is worth keeping.
        object.__setattr__(self, "_hash", hash((self.zone, self.hours, self.closed_dates, self.open_dates)))

    def __hash__(self) -> int:
        return self._hash

    @property
    def shut_dates(self) -> frozenset[date]:
        """Give the days without hours whatever their weekday."""
        return self.closed_dates - self.open_dates


class Stretches(NamedTuple):
    """The open stretches of one UTC year, in order, and the open time of the year up to the end of each."""

    starts: list[datetime]
    ends: list[datetime]
    sums: list[timedelta]

    @property
    def total(self) -> timedelta:
        """Give the open time of the whole year."""
        return self.sums[-1] if self.sums else _NOTHING

    def until(self, instant: datetime) -> timedelta:
        """Give the open time of the year before an instant in it."""
        index = bisect_right(self.starts, instant) - 1
        if index < 0:
            return _NOTHING
        end = self.ends[index]
        return self.sums[index] if instant >= end else self.sums[index] - (end - instant)

    def reached(self, amount: timedelta) -> datetime:
        """Give the first instant at which the open time reaches an amount, positive and within the year."""
        index = bisect_left(self.sums, amount)
        return self.ends[index] - (self.sums[index] - amount)


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
                net -= _between(max(pause_from, first), min(pause_until, last), calendar)
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
    if minutes < 0:
        raise ValueError(f"{minutes} minutes: an amount of time can't be negative")
    remaining = minutes * _MINUTE
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


@lru_cache(maxsize=2048)
def open_stretches(calendar: Calendar, year: int) -> Stretches:
    """Lay out when a calendar is open during a UTC year.

    Raises: ValueError if the year is outside 1900 to 2399.

    >>> office = Calendar("Europe/Berlin", ((((8 * 60, 17 * 60),),) * 5) + ((), ()))
    >>> open_stretches(office, 2026).starts[0].isoformat()
    '2026-01-01T07:00:00+00:00'
    """
    if not FIRST_YEAR <= year <= LAST_YEAR:
        raise ValueError(f"business time is computed for the years {FIRST_YEAR} to {LAST_YEAR}, not {year}")
    windows = [[(a * _MINUTE_US, b * _MINUTE_US) for a, b in _merged(day)] for day in calendar.hours]
    shut = {day.toordinal() for day in calendar.shut_dates}
    starts: list[int] = []
    ends: list[int] = []
    for span_from, span_until, offset in _offset_spans(calendar.zone, year):
        first_day, last_day = (span_from + offset) // _DAY_US, (span_until + offset - 1) // _DAY_US
        for day in range(first_day, last_day + 1):
            ordinal = day + _EPOCH_ORDINAL
            if ordinal in shut:
                continue
            midnight = day * _DAY_US - offset
            for opens, closes in windows[(ordinal - 1) % _WEEK_DAYS]:
                begin, finish = max(midnight + opens, span_from), min(midnight + closes, span_until)
                if begin >= finish:
                    continue
                if ends and ends[-1] == begin:
                    ends[-1] = finish
                else:
                    starts.append(begin)
                    ends.append(finish)
    sums = accumulate(finish - begin for begin, finish in zip(starts, ends, strict=True))
    return Stretches(
        [_EPOCH + timedelta(microseconds=begin) for begin in starts],
        [_EPOCH + timedelta(microseconds=finish) for finish in ends],
        [timedelta(microseconds=amount) for amount in sums],
    )


@lru_cache(maxsize=4096)
def _offset_spans(zone_name: str, year: int) -> tuple[tuple[int, int, int], ...]:
    """Cut a UTC year where the zone's offset changes: (from, until, offset), all in microseconds."""
    zone = ZoneInfo(zone_name)
    first, last = _year_start(year), _year_start(year + 1)
    spans = []
    begin, offset, before = first, _offset(zone, first), first
    for sample in (*range(first + _SAMPLE, last, _SAMPLE), last - _SECOND_US):
        found = _offset(zone, sample)
        if found != offset:
            change = _change(zone, before, sample, offset)
            spans.append((begin, change, offset))
            begin, offset = change, found
        before = sample
    spans.append((begin, last, offset))
    return tuple(spans)


def _change(zone: ZoneInfo, before: int, after: int, offset: int) -> int:
    """Find the first second in (before, after] at which the offset is no longer what it was."""
    while after - before > _SECOND_US:
        middle = before + (after - before) // (2 * _SECOND_US) * _SECOND_US
        if _offset(zone, middle) == offset:
            before = middle
        else:
            after = middle
    return after


def _offset(zone: ZoneInfo, instant: int) -> int:
    local = (_EPOCH + timedelta(microseconds=instant)).astimezone(zone)
    return (local.replace(tzinfo=UTC) - _EPOCH) // timedelta(microseconds=1) - instant


def _between(first: datetime, last: datetime, calendar: Calendar) -> timedelta:
    if calendar.is_always_open:
        return last - first
    first_year, last_year = first.year, last.year
    table = open_stretches(calendar, first_year)
    net = -table.until(first)
    for year in range(first_year, last_year):
        net += table.total
        table = open_stretches(calendar, year + 1)
    return net + table.until(last)


def _after(cursor: datetime, amount: timedelta, calendar: Calendar) -> datetime:
    if calendar.is_always_open:
        try:
            return cursor + amount
        except OverflowError:
            raise NeverDue(_NEVER_DUE) from None
    year = cursor.year
    table = open_stretches(calendar, year)
    amount += table.until(cursor)
    while table.total < amount:
        amount -= table.total
        year += 1
        if year > LAST_YEAR:
            raise NeverDue(_NEVER_DUE)
        table = open_stretches(calendar, year)
    return table.reached(amount)


def _ordered(pauses: Iterable[Pause]) -> list[Pause]:
    """Put pauses into order and join those that touch."""
    found = [(_utc(start), _utc(end)) for start, end in pauses]
    for start, end in found:
        if end < start:
            raise ValueError(f"the pause from {start.isoformat()} ends before that, at {end.isoformat()}")
    return found if len(found) == 1 else _merged(sorted(found))


def _merged[T: (int, datetime)](windows: Iterable[tuple[T, T]]) -> list[tuple[T, T]]:
    joined: list[tuple[T, T]] = []
    for begin, finish in windows:
        if joined and begin <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(joined[-1][1], finish))
        else:
            joined.append((begin, finish))
    return joined


def _utc(instant: datetime) -> datetime:
    if instant.tzinfo is UTC:
        return instant
    if instant.tzinfo is None:
        raise ValueError(f"{instant.isoformat()} has no time zone")
    return instant.astimezone(UTC)


def _year_start(year: int) -> int:
    return (date(year, 1, 1).toordinal() - _EPOCH_ORDINAL) * _DAY_US


def _check_zone(zone: str) -> None:
    try:
        ZoneInfo(zone)
    except (OSError, ValueError, KeyError):
        raise BadCalendar(
            f"timezone: {zone!r} is not a zone of the time zone database; write it like Europe/Berlin"
        ) from None


def _check_hours(hours: Sequence[Sequence[Window]]) -> None:
    if len(hours) != _WEEK_DAYS:
        raise BadCalendar(f"hours: {len(hours)} weekdays are given, a week has {_WEEK_DAYS}")
    for day in hours:
        for begin, finish in day:
            if not 0 <= begin < finish <= _DAY_MINUTES:
                raise BadCalendar(f"hours: a window from minute {begin} to {finish} is not within one day")
        for (_, finish), (begin, _) in pairwise(day):
            if begin < finish:
                raise BadCalendar(f"hours: windows overlap or are out of order at minute {begin}")
    if not any(hours):
        raise BadCalendar("hours: no weekday has a working minute, so that nothing would ever be due")
