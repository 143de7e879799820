"""Where a calendar is asked about years whose public holidays nobody knows here: they count as if there were none.

Not here: which days are holidays (`public_holidays`), and the words in which people are warned.
"""

from datetime import datetime
from typing import NamedTuple
from zoneinfo import ZoneInfo

from cosource.calendars.rules.calendar import Calendar
from cosource.calendars.rules.public_holidays import Region, known_years


class Gap(NamedTuple):
    """Years without known holidays. `known_from`, `known_until`: the years that are known, both included.

    `years`: those asked about that are not, in order.
    """

    region: Region
    known_from: int
    known_until: int
    years: tuple[int, ...]

    @property
    def years_text(self) -> str:
        """Give the years as people write them.

        >>> Gap(Region("LK"), 2003, 2026, (2002, 2027, 2028)).years_text
        '2002, 2027–2028'
        """
        early = [year for year in self.years if year < self.known_from]
        late = [year for year in self.years if year > self.known_until]
        spans = [(s[0], s[-1]) for s in (early, late) if s]
        return ", ".join(str(a) if a == b else f"{a}–{b}" for a, b in spans)


def gap(calendar: Calendar, start: datetime, end: datetime) -> Gap | None:
    """Return what is not known between two instants; None where all is.

    A year counts as known when the calendar lists a day of it by itself.

    >>> from datetime import UTC
    >>> colombo = Calendar("Asia/Colombo", (((480, 1020),),) * 7, holidays=Region("LK"))
    >>> gap(colombo, datetime(2002, 5, 1, tzinfo=UTC), datetime(2003, 5, 1, tzinfo=UTC)).years_text
    '2002'
    """
    if calendar.holidays is None:
        return None
    known_from, known_until = known_years(calendar.holidays)
    zone = ZoneInfo(calendar.zone)
    first, last = (_year(at, zone) for at in (start, end))
    if known_from <= first and last <= known_until:
        return None
    listed = {day.year for day in calendar.closed_dates | calendar.open_dates}
    lacking = [
        year
        for year in range(first, last + 1)
        if not known_from <= year <= known_until and year not in listed
    ]
    return Gap(calendar.holidays, known_from, known_until, tuple(lacking)) if lacking else None


def _year(at: datetime, zone: ZoneInfo) -> int:
    try:
        return at.astimezone(zone).year
    except OverflowError:
        return at.year  # at either end of all time
