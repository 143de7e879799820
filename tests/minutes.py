"""Business time counted minute by minute: what the product's own computation is held against.

It shares no code with the product. Every minute is looked at: which local minute it is, whether the hours of that weekday hold
it, whether the day is closed, whether a pause holds it. The offset of a zone is taken from the zone's data for each hour, and
for each minute of an hour at whose end it is another one.
"""

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from functools import cache, lru_cache
from zoneinfo import ZoneInfo

import holidays
import numpy as np

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
DAY = 1440
THURSDAY = 3  # 1 January 1970

type Hours = tuple[tuple[tuple[int, int], ...], ...]


def offset(zone: ZoneInfo, at: datetime) -> int:
    """Minutes by which local time is ahead."""
    minutes, rest = divmod(at.astimezone(zone).utcoffset(), MINUTE)
    assert not rest, (zone, at)
    return minutes


@cache
def offsets_by_hour(zone_name: str, day: datetime) -> np.ndarray:
    """The offset at the beginning of each hour of a UTC day, and of the next day's first."""
    zone = ZoneInfo(zone_name)
    return np.array([offset(zone, day + hour * HOUR) for hour in range(25)], np.int32)


@lru_cache(maxsize=4096)
def offsets_by_minute(zone_name: str, day: datetime) -> np.ndarray:
    """The offset of each minute of a UTC day."""
    by_hour = offsets_by_hour(zone_name, day)
    minutes = np.repeat(by_hour[:24], 60)
    for hour in np.flatnonzero(np.diff(by_hour)):
        for minute in range(hour * 60, hour * 60 + 60):
            minutes[minute] = offset(ZoneInfo(zone_name), day + minute * MINUTE)
    return minutes


@cache
def changes(zone_name: str, year: int) -> tuple[datetime, ...]:
    """The hours of a year in which the offset of the zone changes."""
    zone, begin = ZoneInfo(zone_name), datetime(year, 1, 1, tzinfo=UTC)
    days = [begin + number * 24 * HOUR for number in range(367)]
    at_midnight = [offset(zone, day) for day in days]
    changing = (
        day for day, now, then in zip(days, at_midnight, at_midnight[1:], strict=False) if now != then
    )
    return tuple(
        day + int(hour) * HOUR
        for day in changing
        for hour in np.flatnonzero(np.diff(offsets_by_hour(zone_name, day)))
    )


def offsets(zone_name: str, start: datetime, count: int) -> np.ndarray:
    """The offset of each of so many minutes, the first of which is `start`."""
    day = start.replace(hour=0, minute=0)
    skipped = (start - day) // MINUTE
    days = (skipped + count) // DAY + 1
    found = [offsets_by_minute(zone_name, day + number * DAY * MINUTE) for number in range(days)]
    return np.concatenate(found)[skipped : skipped + count]


@cache
def public(country: str, subdivision: str, year: int) -> tuple[int, ...]:
    """The public holidays of a year, as days since 1970."""
    days = holidays.country_holidays(country, subdiv=subdivision or None, years=year)
    return tuple((day - date(1970, 1, 1)).days for day in days if day.year == year)


def counted(
    zone: str,
    hours: Hours,
    closed: Iterable[date],
    kept_open: Iterable[date],
    region: tuple[str, str] | None,
    start: datetime,
    end: datetime,
    pauses: Iterable[tuple[datetime, datetime]],
    amount: int,
) -> tuple[int, datetime | None]:
    """Working minutes from start to end, and when the amount is reached if it is until then. All in whole minutes."""
    begin, count = (start - EPOCH) // MINUTE, (end - start) // MINUTE
    local = begin + np.arange(count) + offsets(zone, start, count)
    day, of_day = local // DAY, local % DAY
    is_open = np.zeros((7, DAY), bool)
    for weekday, windows in enumerate(hours):
        for opens, closes in windows:
            is_open[weekday, opens:closes] = True
    counts = is_open[(day + THURSDAY) % 7, of_day]
    shut = {(one - date(1970, 1, 1)).days for one in closed}
    if region is not None:
        for year in range(start.year - 1, end.year + 2):
            shut.update(public(*region, year))
    shut -= {(one - date(1970, 1, 1)).days for one in kept_open}
    for one in shut:
        counts &= day != one
    for pause_from, pause_until in pauses:
        first, last = ((edge - start) // MINUTE for edge in (pause_from, pause_until))
        counts[max(first, 0) : max(last, 0)] = False
    total = np.cumsum(counts)
    if amount == 0:
        return int(counts.sum()), start
    reached = int(np.searchsorted(total, amount))
    return int(counts.sum()), start + (reached + 1) * MINUTE if reached < count else None
