"""A rule as a value: what must hold of a ticket, and where it then goes.

Ids are 32 hexadecimal digits, as the ledger's facts write them. Not here: how a rule is written (`reading`).
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache

from cosource.calendars.rules.business_time import elapsed
from cosource.calendars.rules.calendar import Calendar, Window
from cosource.calendars.rules.public_holidays import Region

# What a rule may ask of a ticket, apart from words and hours: one of several values.
NAMED = ("kind", "topic", "subtopic", "service", "site", "priority", "language", "team")
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_DAY_MINUTES = 24 * 60
_INSTANT = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Hours:
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
def calendar_of(hours: Hours) -> Calendar:
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
    laid = tuple(tuple(_apart(sorted(day))) for day in windows)
    region = Region(hours.country, hours.subdivision) if hours.country else None
    return Calendar(hours.zone, laid, holidays=region)


def _apart(windows: list[Window]) -> list[Window]:
    """Join windows of one day that meet, as the night before and the day itself may."""
    apart: list[Window] = []
    for begin, finish in windows:
        if apart and begin <= apart[-1][1]:
            apart[-1] = (apart[-1][0], max(apart[-1][1], finish))
        else:
            apart.append((begin, finish))
    return apart


@dataclass(frozen=True, slots=True)
class Need:
    """Whom of the team a rule wants: somebody with a skill at a level or above, on duty, who reads the requester's language.

    Without any of these: whoever of the team holds fewest open tickets.
    """

    skill: str = ""
    level: int = 1
    on_duty: bool = False
    language: bool = False


@dataclass(frozen=True, slots=True)
class Rule:
    """One line of an ordered list; the first whose conditions all hold decides.

    `when`: pairs of a name of `NAMED` and the values of which one must be the ticket's (empty: nothing is asked). `words`: of
    which one must stand in the title. `teams`: in order of preference, of which the first on duty is taken, or the first;
    none leaves the ticket with the team that has it. `need`: whom of the team; None for nobody yet. `note`: what the team reads.
    """

    id: str
    name: str
    when: tuple[tuple[str, frozenset[str]], ...] = ()
    words: tuple[str, ...] = ()
    hours: Hours | None = None
    teams: tuple[str, ...] = ()
    need: Need | None = None
    note: str = ""
