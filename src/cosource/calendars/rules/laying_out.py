"""Laying a calendar out: the stretches of UTC in which it is open, one table a year.

A calendar is a set of instants: those whose local time lies in its hours. A local time that a change of the
clocks skips has no instant, so it never counts; one that is repeated has two, so it counts twice.
"""

from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from itertools import accumulate
from zoneinfo import ZoneInfo

from cosource.calendars.rules.calendar import Calendar, merged
from cosource.calendars.rules.public_holidays import public_holidays
from cosource.calendars.rules.stretches import Stretches

FIRST_YEAR = 1900
LAST_YEAR = 2399
OUTSIDE = f"business time is computed for the years {FIRST_YEAR} to {LAST_YEAR}, not {{year}}"

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_EPOCH_ORDINAL = _EPOCH.toordinal()
_SECOND_US = 1_000_000
_MINUTE_US = 60 * _SECOND_US
_DAY_US = 24 * 60 * _MINUTE_US
_WEEK_DAYS = 7
# Shorter than any time that a zone has stayed on one offset, so that no change hides between two samples.
_SAMPLE = 6 * 60 * _MINUTE_US


def open_stretches(calendar: Calendar, year: int) -> Stretches:
    """Lay out when a calendar is open during a UTC year.

    Raises: ValueError if the year is outside 1900 to 2399.

    >>> office = Calendar("Europe/Berlin", ((((8 * 60, 17 * 60),),) * 5) + ((), ()))
    >>> open_stretches(office, 2026).starts[0].isoformat()
    '2026-01-01T07:00:00+00:00'
    """
    if laid_out := calendar.tables.get(year):
        return laid_out
    if not FIRST_YEAR <= year <= LAST_YEAR:
        raise ValueError(OUTSIDE.format(year=year))
    windows = [[(a * _MINUTE_US, b * _MINUTE_US) for a, b in merged(day)] for day in calendar.hours]
    shut = {day.toordinal() for day in _shut_dates(calendar, year)}
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
    sums = list(accumulate(finish - begin for begin, finish in zip(starts, ends, strict=True)))
    table = Stretches(
        [_EPOCH + timedelta(microseconds=begin) for begin in starts],
        [_EPOCH + timedelta(microseconds=finish) for finish in ends],
        [timedelta(microseconds=amount) for amount in sums],
        timedelta(microseconds=sums[-1] if sums else 0),
    )
    calendar.tables[year] = table
    return table


def is_shut(calendar: Calendar, day: date) -> bool:
    """Tell whether a day is closed whatever its weekday: listed, or a public holiday, and not kept open."""
    return day in _shut_dates(calendar, day.year)


def _shut_dates(calendar: Calendar, year: int) -> frozenset[date]:
    if calendar.holidays is None:
        return calendar.shut_dates
    # Some hours of a UTC year lie in the local year before or after it.
    public = (public_holidays(calendar.holidays, near) for near in (year - 1, year, year + 1))
    return calendar.closed_dates.union(*public) - calendar.open_dates


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


def _year_start(year: int) -> int:
    return (date(year, 1, 1).toordinal() - _EPOCH_ORDINAL) * _DAY_US
