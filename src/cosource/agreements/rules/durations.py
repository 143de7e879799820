"""Amounts of business time as people write them: 30m, 4h, 1h 30m, 2d.

A day is a working day of a calendar, so it has a length only where all working days of the week are equally long.
"""

import re

from cosource.calendars.rules.business_time import Calendar

_AMOUNT = re.compile(r"(?:(\d{1,4})d)? ?(?:(\d{1,5})h)? ?(?:(\d{1,6})m)?", re.ASCII)
_HOUR = 60


class BadDuration(ValueError):
    """The amount can't be read; the message is `not an amount` or `uneven days`."""


def working_day_minutes(calendar: Calendar) -> int | None:
    """Measure a working day of the calendar; None where its weekdays differ in length.

    >>> working_day_minutes(Calendar("UTC", ((((8 * 60, 17 * 60),),) * 5) + ((), ())))
    540
    """
    lengths = {sum(end - begin for begin, end in day) for day in calendar.hours if day}
    return lengths.pop() if len(lengths) == 1 else None


def minutes_of(text: str, calendar: Calendar) -> int:
    """Read an amount as business minutes of a calendar.

    Raises: BadDuration.

    >>> office = Calendar("UTC", ((((8 * 60, 17 * 60),),) * 5) + ((), ()))
    >>> minutes_of("1h 30m", office), minutes_of("2d", office)
    (90, 1080)
    """
    parts = _AMOUNT.fullmatch(" ".join(text.split()))
    if parts is None or not any(parts.groups()):
        raise BadDuration("not an amount")
    days, hours, minutes = (int(part or 0) for part in parts.groups())
    if not days:
        return hours * _HOUR + minutes
    day = working_day_minutes(calendar)
    if day is None:
        raise BadDuration("uneven days")
    return days * day + hours * _HOUR + minutes


def minutes_text(minutes: int) -> str:
    """Write an amount in hours and minutes, which mean the same under every calendar.

    >>> minutes_text(30), minutes_text(240), minutes_text(90), minutes_text(1080)
    ('30 m', '4 h', '1 h 30 m', '18 h')
    """
    hours, rest = divmod(minutes, _HOUR)
    parts = [f"{hours} h"] if hours else []
    if rest or not hours:
        parts.append(f"{rest} m")
    return " ".join(parts)
