"""A calendar from what a person writes.

The form is a mapping as a YAML file gives it: `timezone`, `hours` by weekday, `holidays` with the `country` and
`subdivision` whose public holidays are closed, own closed `dates`, and `open` days that stay open. Every refusal
names the place, the value and what is allowed. Not here: reading the file, and which days are public holidays.
"""

import re
from collections.abc import Mapping
from datetime import date, datetime
from itertools import pairwise

from cosource.calendars.rules.calendar import Calendar, Window
from cosource.calendars.rules.public_holidays import Region, find_region
from cosource.calendars.rules.refusals import BadCalendar, gettext_noop

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")

_TOP_KEYS = ("timezone", "hours", "holidays")
_HOLIDAY_KEYS = ("country", "subdivision", "dates", "open")
# A key without a value, as a reader of YAML gives it: typed, or as text.
_LEFT_EMPTY = (None, "")
_WINDOW = re.compile(r"(\d{2}):(\d{2})-(\d{2}):(\d{2})", re.ASCII)
_DAY_MINUTES = 24 * 60
_HOUR_MINUTES = 60


def parse_calendar(source: Mapping[str, object]) -> Calendar:
    """Read a calendar.

    Raises: BadCalendar, naming the place.

    >>> calendar = parse_calendar({
    ...     "timezone": "Europe/Berlin",
    ...     "hours": {"mon": ["08:00-12:00", "13:00-24:00"]},
    ...     "holidays": {"dates": ["2026-12-24"]},
    ... })
    >>> calendar.hours[0]
    ((480, 720), (780, 1440))
    """
    _refuse_unknown("calendar", source, _TOP_KEYS)
    zone = source.get("timezone")
    if not isinstance(zone, str) or not zone:
        raise BadCalendar("timezone", gettext_noop("missing; name a zone like Europe/Berlin"))
    by_weekday = _mapping("hours", source.get("hours"))
    _refuse_unknown("hours", by_weekday, WEEKDAYS)
    written = source.get("holidays")
    holidays = _mapping("holidays", {} if written in _LEFT_EMPTY else written)
    _refuse_unknown("holidays", holidays, _HOLIDAY_KEYS)
    closed = _dates("holidays.dates", holidays.get("dates"))
    kept_open = _dates("holidays.open", holidays.get("open"))
    if both := closed & kept_open:
        raise BadCalendar(
            "holidays", gettext_noop("%(day)s is both under dates and under open"), day=min(both).isoformat()
        )
    return Calendar(
        zone=zone,
        hours=tuple(_windows(f"hours.{day}", by_weekday.get(day)) for day in WEEKDAYS),
        closed_dates=closed,
        open_dates=kept_open,
        holidays=_region(holidays),
    )


def _mapping(where: str, value: object) -> Mapping[str, object]:
    if not isinstance(value, Mapping):
        raise BadCalendar(
            where, gettext_noop("expected keys with values, found %(found)s"), found=repr(value)
        )
    return value


def _refuse_unknown(where: str, found: Mapping[str, object], allowed: tuple[str, ...]) -> None:
    for key in found:
        if key not in allowed:
            raise BadCalendar(
                where,
                gettext_noop("%(key)s is not known here; allowed: %(allowed)s"),
                key=repr(key),
                allowed=", ".join(allowed),
            )


def _items(where: str, value: object) -> list[object]:
    if value in _LEFT_EMPTY:
        return []
    if not isinstance(value, list | tuple):
        raise BadCalendar(where, gettext_noop("expected a list, found %(found)s"), found=repr(value))
    return list(value)


def _region(holidays: Mapping[str, object]) -> Region | None:
    country = _word("holidays.country", holidays.get("country"), "NO")
    subdivision = _word("holidays.subdivision", holidays.get("subdivision"), "ON")
    if country:
        return find_region(country, subdivision)
    if subdivision:
        raise BadCalendar(
            "holidays.subdivision",
            gettext_noop("%(subdivision)s needs its country; add country, such as DE"),
            subdivision=repr(subdivision),
        )
    return None


def _word(where: str, value: object, example: str) -> str:
    if isinstance(value, bool | int | float):
        raise BadCalendar(
            where,
            gettext_noop(
                'YAML reads this word without quotes as %(found)s; put it in quotes, such as "%(example)s"'
            ),
            found=repr(value),
            example=example,
        )
    if not isinstance(value, str | None):
        raise BadCalendar(
            where,
            gettext_noop("%(found)s is not a code; write it like %(example)s"),
            found=repr(value),
            example=example,
        )
    return value or ""


def _windows(where: str, value: object) -> tuple[Window, ...]:
    windows = sorted(_window(where, item) for item in _items(where, value))
    for before, after in pairwise(windows):
        if after[0] < before[1]:
            raise BadCalendar(where, gettext_noop("two windows overlap at %(time)s"), time=_clock(after[0]))
    return tuple(windows)


def _window(where: str, value: object) -> Window:
    parts = _WINDOW.fullmatch(value) if isinstance(value, str) else None
    if parts is None:
        raise BadCalendar(
            where, gettext_noop("%(found)s is not a window; write it like 08:00-17:00"), found=repr(value)
        )
    hour, minute, end_hour, end_minute = map(int, parts.groups())
    begin, finish = hour * _HOUR_MINUTES + minute, end_hour * _HOUR_MINUTES + end_minute
    if max(minute, end_minute) >= _HOUR_MINUTES or max(begin, finish) > _DAY_MINUTES:
        raise BadCalendar(
            where, gettext_noop("%(found)s has no such time of day; the last one is 24:00"), found=repr(value)
        )
    if finish <= begin:
        raise BadCalendar(
            where,
            gettext_noop(
                "%(found)s doesn't end after it begins; split a window over midnight into %(begin)s-24:00 and, on the next "
                "day, 00:00-%(end)s"
            ),
            found=repr(value),
            begin=_clock(begin),
            end=_clock(finish),
        )
    return begin, finish


def _dates(where: str, value: object) -> frozenset[date]:
    return frozenset(_date(where, item) for item in _items(where, value))


def _date(where: str, value: object) -> date:
    if isinstance(value, date) and not isinstance(value, datetime):
        return value
    try:
        return date.fromisoformat(str(value))
    except ValueError:
        raise BadCalendar(
            where, gettext_noop("%(found)s is not a date; write it like 2026-12-24"), found=repr(value)
        ) from None


def _clock(minute: int) -> str:
    return f"{minute // _HOUR_MINUTES:02}:{minute % _HOUR_MINUTES:02}"
