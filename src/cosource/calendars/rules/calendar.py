"""A calendar as a value: weekly hours in one zone, with days that are closed or kept open.

Not here: what it is written as (`parsing`), and when it is open in a year (`laying_out`).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import lru_cache
from itertools import pairwise
from zoneinfo import ZoneInfo

from cosource.calendars.rules.public_holidays import Region, find_region
from cosource.calendars.rules.refusals import BadCalendar, gettext_noop
from cosource.calendars.rules.stretches import Stretches

type Window = tuple[int, int]

_DAY_MINUTES = 24 * 60
_WEEK_DAYS = 7
_ALL_DAY: Window = (0, _DAY_MINUTES)


@dataclass(frozen=True, slots=True)
class Calendar:
    """Working hours by weekday in one zone, with days that are closed.

    `hours`: for Monday to Sunday the windows of the day, as minutes after local midnight, half-open, in
    order; 1440 is the end of the day. `holidays`: the region whose public holidays are closed. A day of
    `closed_dates` or a public holiday has no hours unless `open_dates` names it too.
    Raises: BadCalendar.

    >>> office = Calendar("Europe/Berlin", ((((8 * 60, 17 * 60),),) * 5) + ((), ()))
    >>> office.is_always_open
    False
    """

    zone: str
    hours: tuple[tuple[Window, ...], ...]
    closed_dates: frozenset[date] = frozenset()
    open_dates: frozenset[date] = frozenset()
    holidays: Region | None = None
    is_always_open: bool = field(init=False, compare=False, repr=False)
    # What is laid out of it so far, by UTC year; equal calendars share it.
    tables: dict[int, Stretches] = field(init=False, compare=False, repr=False)
    _hash: int = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        _check_zone(self.zone)
        _check_hours(self.hours)
        always = all(merged(day) == [_ALL_DAY] for day in self.hours) and not self.shut_dates
        if self.holidays is not None:
            object.__setattr__(self, "holidays", find_region(*self.holidays))
            always = False
        object.__setattr__(self, "is_always_open", always)
        object.__setattr__(self, "_hash", hash(self._key()))
        object.__setattr__(self, "tables", _tables_of(self))

    def __hash__(self) -> int:
        return self._hash

    def __reduce__(self) -> tuple[type["Calendar"], tuple[object, ...]]:
        """Keep what it was made from: hashes and tables are those of one process."""
        return Calendar, self._key()

    def _key(self) -> tuple[object, ...]:
        return self.zone, self.hours, self.closed_dates, self.open_dates, self.holidays

    @property
    def shut_dates(self) -> frozenset[date]:
        """Give the listed days without hours whatever their weekday."""
        return self.closed_dates - self.open_dates


@lru_cache(maxsize=256)
def _tables_of(calendar: Calendar) -> dict[int, Stretches]:
    return {}


def merged[T: (int, datetime)](windows: Iterable[tuple[T, T]]) -> list[tuple[T, T]]:
    """Join windows that touch or overlap; they come in the order of their beginnings.

    >>> merged([(0, 60), (60, 90), (100, 120)])
    [(0, 90), (100, 120)]
    """
    joined: list[tuple[T, T]] = []
    for begin, finish in windows:
        if joined and begin <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(joined[-1][1], finish))
        else:
            joined.append((begin, finish))
    return joined


def _check_zone(zone: str) -> None:
    try:
        ZoneInfo(zone)
    except (OSError, ValueError, KeyError):
        raise BadCalendar(
            "timezone",
            gettext_noop("%(zone)s is not a zone of the time zone database; write it like Europe/Berlin"),
            zone=repr(zone),
        ) from None


def _check_hours(hours: Sequence[Sequence[Window]]) -> None:
    if len(hours) != _WEEK_DAYS:
        raise BadCalendar(
            "hours", "%(given)s weekdays are given, a week has %(days)s", given=len(hours), days=_WEEK_DAYS
        )
    for day in hours:
        for begin, finish in day:
            if not 0 <= begin < finish <= _DAY_MINUTES:
                raise BadCalendar(
                    "hours",
                    "a window from minute %(begin)s to %(end)s is not within one day",
                    begin=begin,
                    end=finish,
                )
        for (_, finish), (begin, _) in pairwise(day):
            if begin < finish:
                raise BadCalendar(
                    "hours", "windows overlap or are out of order at minute %(begin)s", begin=begin
                )
    if not any(hours):
        raise BadCalendar(
            "hours", gettext_noop("no weekday has a working minute, so that nothing would ever be due")
        )
