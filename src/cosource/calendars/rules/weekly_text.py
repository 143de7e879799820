"""Weekly hours from a document, as programs and forms give them, and back. Each fault says where it is and what to do.

{"zone": "Europe/Berlin", "days": ["mon", "fri"], "from": "08:00", "until": "18:00", "outside": false,
 "country": "DE", "subdivision": "BY"}
"""

from collections.abc import Mapping, Sequence
from typing import Any

from cosource.calendars.rules.refusals import BadCalendar
from cosource.calendars.rules.weekly import WEEKDAYS, WeeklyHours, calendar_of, clock_time, minute_of

KEYS = ("zone", "days", "from", "until", "outside", "country", "subdivision")
_DAY_MINUTES = 24 * 60
_TEXT_LIMIT = 120


class BadHours(ValueError):
    """Hours that cannot be read; `place`: the key, empty for the whole; `fix`: what to do."""

    def __init__(self, place: str, fix: str) -> None:
        super().__init__(f"{place}: {fix}" if place else fix)
        self.place = place
        self.fix = fix


def read_hours(value: object) -> WeeklyHours:
    """Read hours. Raises: BadHours.

    >>> read_hours({"zone": "Europe/Berlin", "days": ["sat", "mon"], "from": "08:00", "until": "18:00"}).days
    ('mon', 'sat')
    """
    if not isinstance(value, Mapping):
        raise BadHours("", "give keys with values")
    unknown = sorted(str(key) for key in value if key not in KEYS)
    if unknown:
        raise BadHours(unknown[0][:_TEXT_LIMIT], "there is no such key here; take it out")
    days = value.get("days", list(WEEKDAYS))
    if (
        not isinstance(days, Sequence)
        or isinstance(days, str)
        or not days
        or not set(map(str, days)) <= {*WEEKDAYS}
    ):
        raise BadHours("days", "some of mon, tue, wed, thu, fri, sat, sun")
    outside = value.get("outside", False)
    if not isinstance(outside, bool):
        raise BadHours("outside", "true or false")
    texts = {name: value.get(name, "") for name in ("zone", "country", "subdivision")}
    if any(not isinstance(text, str) or len(text) > _TEXT_LIMIT for text in texts.values()):
        raise BadHours("", "zone, country and subdivision are texts")
    hours = WeeklyHours(
        days=tuple(day for day in WEEKDAYS if day in days),
        from_minute=_minute("from", value.get("from", "00:00")) % _DAY_MINUTES,
        until_minute=_minute("until", value.get("until", "24:00")) % _DAY_MINUTES,
        outside=outside,
        **texts,
    )
    try:
        calendar_of(hours)
    except BadCalendar as fault:
        raise BadHours("", str(fault)) from None
    return hours


def _minute(place: str, value: object) -> int:
    minute = minute_of(value) if isinstance(value, str) else None
    if minute is None:
        raise BadHours(place, "a time of day such as 08:00, at most 24:00")
    return minute


def write_hours(hours: WeeklyHours) -> dict[str, Any]:
    """Return hours as the document that `read_hours` reads to the same hours."""
    return {
        "zone": hours.zone,
        "days": list(hours.days),
        "from": clock_time(hours.from_minute),
        "until": clock_time(hours.until_minute or _DAY_MINUTES),
        "outside": hours.outside,
        "country": hours.country,
        "subdivision": hours.subdivision,
    }
