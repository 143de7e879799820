"""When something recurs, written in plain words: `every second tuesday of the month at 08:00`.

Days are those of a named time zone, and so is the time of day: it stays the same for people when the clock is set. A time that
the clock leaps over comes as much later; one that comes twice is meant the first time. Not here: which days are holidays (a test
of days is handed in), and opening anything.
"""

import calendar
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import count, islice
from zoneinfo import ZoneInfo

from cosource.tickets.rules.wording import gettext_noop

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
PLACES = {"first": 1, "second": 2, "third": 3, "fourth": 4, "last": -1}
_MOST_EACH = 366
_DAY, _WEEK, _MONTH = timedelta(days=1), 7, 12
# Of one period of a rule, the most days; and after so many of them without a day of the rule none is looked for.
_LONGEST = {"day": 1, "week": _WEEK, "month": 31}
_FARTHEST = timedelta(days=366 * 5)
_MOST_PERIODS = 65
EXAMPLES = (
    "every day at 07:30",
    "every 10 days at 08:00",
    "every weekday at 08:00",
    "every monday and thursday at 08:00",
    "every 2 weeks on friday at 16:00",
    "every second tuesday of the month at 08:00",
    "every last working day of the month at 17:00",
    "every 3 months on the 15th at 09:00",
)

SKIP, NEXT, KEEP = "skip", "next", "keep"
# What becomes of a day that is a holiday.
ON_HOLIDAYS = {
    KEEP: gettext_noop("Open it all the same"),
    SKIP: gettext_noop("Leave it out"),
    NEXT: gettext_noop("Open it on the next working day"),
}
type DayTest = Callable[[date], bool]


def _no_holiday(_day: date) -> bool:
    return False


class BadRule(ValueError):
    """A text that is no rule; the message says what was not understood and what can be written."""


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule that was read. `each`: every so many days, weeks or months; the rest says on which days of them.

    `days`: weekdays from 0 for Monday. `place`: of the month, from 1, negative from its end, 0 for none. `month_day`: 1 to 31, of
    a shorter month the last. `working`: days are working days.
    """

    unit: str
    each: int
    at: time
    days: tuple[int, ...] = ()
    place: int = 0
    month_day: int = 0
    working: bool = False


_TIME = re.compile(r"^(?P<what>.*\S)\s+at\s+(?P<hour>\d{1,2})[:.](?P<minute>\d{2})$")
_EACH = re.compile(r"^every\s+(?:(?P<each>\d{1,4})\s+)?(?P<unit>day|week|month)s?(?:\s+on\s+(?P<on>.+))?$")
_OF_MONTH = re.compile(
    r"^(?:the\s+)?(?P<place>first|second|third|fourth|last)\s+(?P<day>[a-z]+(?:\s+day)?)(?:\s+of\s+the\s+month)?$"
)
_MONTH_DAY = re.compile(r"^(?:the\s+)?(?P<day>\d{1,2})(?:st|nd|rd|th)?(?:\s+of\s+the\s+month)?$")
_WORKING = ("weekday", "working day", "weekdays", "working days")


def rule_read(text: str) -> Rule:
    """Read a rule. Raises: BadRule.

    >>> rule_read("Every second Tuesday of the month at 8:00").days
    (1,)
    >>> rule_written(rule_read("every week on friday at 16:00"))
    'every friday at 16:00'
    """
    plain = " ".join(text.lower().replace(",", " and ").split())
    timed = _TIME.match(plain)
    if timed is None or int(timed["hour"]) > 23 or int(timed["minute"]) > 59:
        raise BadRule(gettext_noop("Say the time of day at the end, such as “at 08:00”."))
    at = time(int(timed["hour"]), int(timed["minute"]))
    what = timed["what"]
    if found := _EACH.match(what):
        each = int(found["each"] or 1)
        if not 1 <= each <= _MOST_EACH:
            raise BadRule(gettext_noop("Every 1 to 366 days, weeks or months."))
        return _each(found["unit"], each, found["on"] or "", at)
    if what.startswith("every "):
        rest = what.removeprefix("every ")
        if rest in _WORKING:
            return Rule("day", 1, at, working=True)
        if rest.endswith(" of the month"):
            return _each("month", 1, rest, at)
        if days := _weekdays(rest):
            return Rule("week", 1, at, days=days)
    raise BadRule(gettext_noop("This is no rule that can be read. Write it as one of the examples."))


def _each(unit: str, each: int, on: str, at: time) -> Rule:
    if unit == "day" and not on:
        return Rule("day", each, at)
    if unit == "week" and (days := _weekdays(on)):
        return Rule("week", each, at, days=days)
    if unit == "month":
        if (found := _MONTH_DAY.match(on)) and 1 <= int(found["day"]) <= 31:
            return Rule("month", each, at, month_day=int(found["day"]))
        if found := _OF_MONTH.match(on):
            place = PLACES[found["place"]]
            if found["day"] in _WORKING:
                return Rule("month", each, at, place=place, working=True)
            if found["day"] == "day":
                return Rule("month", each, at, month_day=31 if place < 0 else place)
            if days := _weekdays(found["day"]):
                return Rule("month", each, at, days=days[:1], place=place)
    raise BadRule(gettext_noop("This is no rule that can be read. Write it as one of the examples."))


def _weekdays(text: str) -> tuple[int, ...]:
    named = [word for word in re.split(r"\s+and\s+(?:and\s+)*", text) if word]
    found = [WEEKDAYS.index(w.removesuffix("s")) for w in named if w.removesuffix("s") in WEEKDAYS]
    return tuple(sorted(set(found))) if found and len(found) == len(named) else ()


def rule_written(rule: Rule) -> str:
    """Write a rule as it is kept and shown.

    >>> rule_written(rule_read("every 3 months on 15 at 9:00"))
    'every 3 months on the 15th at 09:00'
    """
    at = f"at {rule.at:%H:%M}"
    names = " and ".join(WEEKDAYS[day] for day in rule.days)
    if rule.unit == "day":
        what = "weekday" if rule.working else "day" if rule.each == 1 else f"{rule.each} days"
    elif rule.unit == "week":
        what = names if rule.each == 1 else f"{rule.each} weeks on {names}"
    else:
        place = next((word for word, n in PLACES.items() if n == rule.place), "")
        which = f"{place} {'working day' if rule.working else names}" if place else _nth(rule.month_day)
        if rule.each == 1:
            what = f"{which} of the month" if place else f"month on the {which}"
        else:
            what = f"{rule.each} months on the {which}"
    return f"every {what} {at}"


def _nth(day: int) -> str:
    ending = "th" if 11 <= day <= 13 else {1: "st", 2: "nd", 3: "rd"}.get(day % 10, "th")
    return f"{day}{ending}"


def occurrences(  # noqa: PLR0917 - what a rule depends on
    rule: Rule,
    zone: str,
    after: datetime,
    first_on: date,
    on_holidays: str = KEEP,
    is_holiday: DayTest = _no_holiday,
) -> Iterator[datetime]:
    """Yield the instants after `after`, in order and in UTC. `first_on`: the day from which days, weeks and months are counted.

    A working day is one from Monday to Friday that is no holiday. Two days that are moved to one come once.

    >>> rule = rule_read("every second tuesday of the month at 08:00")
    >>> first = date(2026, 3, 1)
    >>> found = occurrences(rule, "Europe/Berlin", datetime(2026, 3, 1, tzinfo=UTC), first)
    >>> [f"{at:%d.%m. %H:%M}" for at in islice(found, 2)]
    ['10.03. 07:00', '14.04. 06:00']
    """
    tz = ZoneInfo(zone)
    day = after.astimezone(tz).date() - _DAY
    if on_holidays == NEXT:
        # A day that is moved was due before days on which nobody works.
        day = next((d for d in _back(day) if _works(d, is_holiday)), day)
    from_day = max(first_on, day)
    for due in _merged(rule, _days(rule, first_on, from_day, is_holiday), on_holidays, is_holiday):
        at = datetime.combine(due, rule.at, tz).astimezone(UTC)
        if at > after:
            yield at


def reach(rule: Rule, periods: int = 5) -> timedelta:
    """Return a time in which so many days of the rule come, where none of them is left out.

    >>> reach(rule_read("every 2 weeks on friday at 16:00")).days
    84
    """
    return timedelta(days=rule.each * _LONGEST[rule.unit] * (periods + 1))


def _merged(rule: Rule, days: Iterator[date], on_holidays: str, is_holiday: DayTest) -> Iterator[date]:
    """Yield the days in order, with what becomes of holidays, until none is left for too long.

    Ordinary days before the one that a holiday is moved to stay; two days that are moved to one come once.
    """
    moved: date | None = None
    last: date | None = None
    for day in days:
        last = last or day
        if moved is not None and moved <= day:
            yield moved
            last, again, moved = moved, moved == day, None
            if again:
                continue
        if on_holidays == KEEP or not is_holiday(day):
            yield day
            last = day
        elif on_holidays == NEXT:
            # Every other holiday before that day is moved to it as well.
            moved = moved or _next_working(day, is_holiday)
        if day - last > max(_FARTHEST, reach(rule)):
            break
    if moved is not None:
        yield moved


def _next_working(day: date, is_holiday: DayTest) -> date | None:
    ahead = (day + n * _DAY for n in range(1, _MOST_EACH) if day.toordinal() + n < date.max.toordinal())
    return next((d for d in ahead if _works(d, is_holiday)), None)


def _back(day: date) -> Iterator[date]:
    return (day - n * _DAY for n in range(_MOST_EACH))


def _works(day: date, is_holiday: DayTest) -> bool:
    return day.weekday() < 5 and not is_holiday(day)


def _days(rule: Rule, first_on: date, from_day: date, is_holiday: DayTest) -> Iterator[date]:
    """Yield the rule's days from `from_day` on, as far as a search has any sense."""
    idle = 0
    if rule.unit == "month":
        first = first_on.year * _MONTH + first_on.month - 1
        passed = from_day.year * _MONTH + from_day.month - 1 - first
        for months in count(first + passed - passed % rule.each, rule.each):
            year, month = divmod(months, _MONTH)
            if idle >= _MOST_PERIODS or year > date.max.year - 1:
                return
            found = _in_month(rule, year, month + 1, is_holiday)
            idle = idle + 1 if found is None else 0
            if found is not None and found >= from_day:
                yield found
        return
    day = from_day
    monday = first_on - first_on.weekday() * _DAY
    farthest = max(_FARTHEST, reach(rule)).days
    while idle < farthest and day.year < date.max.year:
        if rule.unit == "day":
            hit = _works(day, is_holiday) if rule.working else (day - first_on).days % rule.each == 0
        else:
            hit = day.weekday() in rule.days and (day - monday).days // _WEEK % rule.each == 0
        idle = 0 if hit else idle + 1
        if hit:
            yield day
        day += _DAY


def _in_month(rule: Rule, year: int, month: int, is_holiday: DayTest) -> date | None:
    length = calendar.monthrange(year, month)[1]
    if rule.month_day:
        return date(year, month, min(rule.month_day, length))
    days = [date(year, month, n) for n in range(1, length + 1)]
    chosen = [d for d in days if (_works(d, is_holiday) if rule.working else d.weekday() in rule.days)]
    place = rule.place - 1 if rule.place > 0 else rule.place
    return chosen[place] if -len(chosen) <= place < len(chosen) else None


def next_dates(  # noqa: PLR0917 - what a rule depends on
    rule: Rule,
    zone: str,
    after: datetime,
    first_on: date,
    on_holidays: str = KEEP,
    is_holiday: DayTest = _no_holiday,
    *,
    count: int = 5,
) -> list[datetime]:
    """Return the next instants; fewer than `count` where the rule has none in the next years."""
    return list(islice(occurrences(rule, zone, after, first_on, on_holidays, is_holiday), count))
