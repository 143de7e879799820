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
from cosource.calendars.rules.refusals import BadCalendar

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
        raise BadCalendar("timezone: missing; name a zone like Europe/Berlin")
    by_weekday = _mapping("hours", source.get("hours"))
    _refuse_unknown("hours", by_weekday, WEEKDAYS)
    written = source.get("holidays")
    holidays = _mapping("holidays", {} if written in _LEFT_EMPTY else written)
    _refuse_unknown("holidays", holidays, _HOLIDAY_KEYS)
    closed = _dates("holidays.dates", holidays.get("dates"))
    kept_open = _dates("holidays.open", holidays.get("open"))
    if both := closed & kept_open:
        raise BadCalendar(f"holidays: {min(both).isoformat()} is both under dates and under open")
    return Calendar(
        zone=zone,
        hours=tuple(_windows(f"hours.{day}", by_weekday.get(day)) for day in WEEKDAYS),
        closed_dates=closed,
        open_dates=kept_open,
        holidays=_region(holidays),
    )


def _mapping(where: str, value: object) -> Mapping[str, object]:
    if not isinstance(value, Mapping):
        raise BadCalendar(f"{where}: expected keys with values, found {value!r}")
    return value


def _refuse_unknown(where: str, found: Mapping[str, object], allowed: tuple[str, ...]) -> None:
    for key in found:
        if key not in allowed:
            raise BadCalendar(f"{where}: {key!r} is not known here; allowed: {', '.join(allowed)}")


def _items(where: str, value: object) -> list[object]:
    if value in _LEFT_EMPTY:
        return []
    if not isinstance(value, list | tuple):
        raise BadCalendar(f"{where}: expected a list, found {value!r}")
    return list(value)


def _region(holidays: Mapping[str, object]) -> Region | None:
    country = _word("holidays.country", holidays.get("country"), "NO")
    subdivision = _word("holidays.subdivision", holidays.get("subdivision"), "ON")
    if country:
        return find_region(country, subdivision)
    if subdivision:
        raise BadCalendar(f"holidays.subdivision: {subdivision!r} needs its country; add country, such as DE")
    return None


def _word(where: str, value: object, example: str) -> str:
    if isinstance(value, bool | int | float):
        raise BadCalendar(
            f'{where}: YAML reads this word without quotes as {value!r}; put it in quotes, such as "{example}"'
        )
    if not isinstance(value, str | None):
        raise BadCalendar(f"{where}: {value!r} is not a code; write it like {example}")
    return value or ""


def _windows(where: str, value: object) -> tuple[Window, ...]:
    windows = sorted(_window(where, item) for item in _items(where, value))
    for before, after in pairwise(windows):
        if after[0] < before[1]:
            raise BadCalendar(f"{where}: two windows overlap at {_clock(after[0])}")
    return tuple(windows)


def _window(where: str, value: object) -> Window:
    parts = _WINDOW.fullmatch(value) if isinstance(value, str) else None
    if parts is None:
        raise BadCalendar(f"{where}: {value!r} is not a window; write it like 08:00-17:00")
    hour, minute, end_hour, end_minute = map(int, parts.groups())
    begin, finish = hour * _HOUR_MINUTES + minute, end_hour * _HOUR_MINUTES + end_minute
    if max(minute, end_minute) >= _HOUR_MINUTES or max(begin, finish) > _DAY_MINUTES:
        raise BadCalendar(f"{where}: {value!r} has no such time of day; the last one is 24:00")
    if finish <= begin:
        raise BadCalendar(
            f"{where}: {value!r} doesn't end after it begins; split a window over midnight into "
            f"{_clock(begin)}-24:00 and, on the next day, 00:00-{_clock(finish)}"
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
        raise BadCalendar(f"{where}: {value!r} is not a date; write it like 2026-12-24") from None


def _clock(minute: int) -> str:
    return f"{minute // _HOUR_MINUTES:02}:{minute % _HOUR_MINUTES:02}"
