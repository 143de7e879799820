"""A time of day on some weekdays of a zone: simpler than a calendar, and made into one to be asked.

Not here: the hours that an agreement counts by (`calendar_text`).
"""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache

from cosource.calendars.rules.business_time import elapsed
from cosource.calendars.rules.calendar import Calendar, Window, merged
from cosource.calendars.rules.public_holidays import Region

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_DAY_MINUTES = 24 * 60
_INSTANT = timedelta(microseconds=1)
_TIME = re.compile(r"([01]\d|2[0-4]):([0-5]\d)")


@dataclass(frozen=True, slots=True)
class WeeklyHours:
    """A time of day on some weekdays of a zone, or all other times (`outside`).

    `from_minute`, `until_minute`: after local midnight, half-open; until before from goes on into the next day, and equal is the
    whole day. `country`, `subdivision`: public holidays count as no weekday of these.
    """

    zone: str
    days: tuple[str, ...]
    from_minute: int
    until_minute: int
    outside: bool = False
    country: str = ""
    subdivision: str = ""

    def holds(self, at: datetime) -> bool:
        """Tell whether an aware instant in UTC is within (or, if so asked, outside)."""
        return (elapsed(at, at + _INSTANT, calendar_of(self)) > timedelta(0)) is not self.outside


@lru_cache(maxsize=512)
def calendar_of(hours: WeeklyHours) -> Calendar:
    """Return the hours as a calendar. Raises: BadCalendar for a zone or region that there is not."""
    windows: list[list[Window]] = [[] for _ in WEEKDAYS]
    for place, day in enumerate(WEEKDAYS):
        if day not in hours.days:
            continue
        if hours.from_minute < hours.until_minute:
            windows[place].append((hours.from_minute, hours.until_minute))
            continue
        windows[place].append((hours.from_minute, _DAY_MINUTES))
        if hours.until_minute:
            windows[(place + 1) % 7].append((0, hours.until_minute))
    laid = tuple(tuple(merged(sorted(day))) for day in windows)
    region = Region(hours.country, hours.subdivision) if hours.country else None
    return Calendar(hours.zone, laid, holidays=region)


def minute_of(text: str) -> int | None:
    """Return a time of day as minutes after midnight, at most 1440; None for anything else.

    >>> minute_of("08:30"), minute_of("24:00"), minute_of("24:01"), minute_of("8")
    (510, 1440, None, None)
    """
    match = _TIME.fullmatch(text)
    minute = int(match[1]) * 60 + int(match[2]) if match else _DAY_MINUTES + 1
    return minute if minute <= _DAY_MINUTES else None


def clock_time(minute: int) -> str:
    """Return a minute of the day as people write it.

    >>> clock_time(8 * 60 + 5), clock_time(1440)
    ('08:05', '24:00')
    """
    return f"{minute // 60:02}:{minute % 60:02}"
