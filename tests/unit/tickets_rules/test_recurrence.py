"""Rules of recurring tickets: read and written alike, and their days against those of an independent library."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from dateutil.rrule import DAILY, MONTHLY, WEEKLY, rrule, weekday
from hypothesis import given
from hypothesis import strategies as st

from cosource.tickets.rules.recurrence import (
    EXAMPLES,
    NEXT,
    SKIP,
    WEEKDAYS,
    BadRule,
    Rule,
    next_dates,
    rule_read,
    rule_written,
)

FIRST = date(2026, 1, 5)


def days(text: str, after: datetime, zone: str = "Europe/Berlin", **more: object) -> list[str]:
    found = next_dates(rule_read(text), zone, after, FIRST, **more)  # type: ignore[arg-type]
    return [f"{at.astimezone(ZoneInfo(zone)):%a %d.%m.%y %H:%M}" for at in found]


@pytest.mark.parametrize("text", EXAMPLES)
def test_what_is_written_is_what_was_read(text: str) -> None:
    assert rule_written(rule_read(text.upper())) == text
    assert len(next_dates(rule_read(text), "Asia/Tokyo", datetime(2026, 2, 1, tzinfo=UTC), FIRST)) == 5


@pytest.mark.parametrize(
    "text",
    [
        "",
        "every day",
        "every day at 25:00",
        "every 0 days at 08:00",
        "every 400 days at 08:00",
        "every moonday at 08:00",
        "every month on the 32nd at 08:00",
        "every fifth tuesday of the month at 08:00",
        "every week at 08:00",
        "tuesday at 08:00",
        "every monday and at 08:00",
    ],
)
def test_what_is_no_rule_is_refused(text: str) -> None:
    with pytest.raises(BadRule):
        rule_read(text)


@st.composite
def rules(draw: st.DrawFn) -> Rule:
    at = time(draw(st.integers(0, 23)), draw(st.sampled_from([0, 30])))
    each = draw(st.integers(1, 14))
    which = draw(st.sampled_from(["day", "week", "month day", "place"]))
    some = tuple(sorted(draw(st.sets(st.integers(0, 6), min_size=1, max_size=3))))
    if which == "day":
        return Rule("day", each, at)
    if which == "week":
        return Rule("week", each, at, days=some)
    if which == "month day":
        return Rule("month", each, at, month_day=draw(st.integers(1, 28)))
    return Rule("month", each, at, days=some[:1], place=draw(st.sampled_from([1, 2, 3, 4, -1])))


@given(
    rules(),
    st.dates(date(2025, 1, 1), date(2027, 12, 31)),
    st.integers(0, 500),
    st.sampled_from(["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "UTC"]),
)
def test_days_are_those_of_the_library(rule: Rule, first: date, later: int, zone: str) -> None:
    start = datetime.combine(first, rule.at)
    freq = {"day": DAILY, "week": WEEKLY, "month": MONTHLY}[rule.unit]
    by = {
        "byweekday": [weekday(d, rule.place or None) for d in rule.days] or None,
        "bymonthday": rule.month_day or None,
    }
    # Days of a month are counted from its own month, not from where they first come.
    begin = start.replace(day=1) if rule.unit == "month" else start
    oracle = rrule(freq, dtstart=begin, interval=rule.each, wkst=0, **by)
    after = datetime.combine(first, datetime.min.time(), UTC) + timedelta(days=later)
    tz = ZoneInfo(zone)
    expected = []
    for local in oracle:
        at = local.replace(tzinfo=tz).astimezone(UTC)
        if local >= start.replace(hour=0, minute=0) and at > after:
            expected.append(at)
        if len(expected) == 5:
            break
    assert next_dates(rule, zone, after, first) == expected
    assert rule_read(rule_written(rule)) == rule


def test_the_time_of_day_stays_when_the_clock_is_set() -> None:
    before = datetime(2026, 3, 27, 12, tzinfo=UTC)
    assert days("every day at 02:30", before) == [
        "Sat 28.03.26 02:30",
        "Sun 29.03.26 03:30",
        "Mon 30.03.26 02:30",
        "Tue 31.03.26 02:30",
        "Wed 01.04.26 02:30",
    ]
    twice = next_dates(
        rule_read("every day at 02:30"), "Europe/Berlin", datetime(2026, 10, 24, 12, tzinfo=UTC), FIRST
    )
    assert twice[0] == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)


def test_holidays_are_left_out_or_moved_and_two_moved_to_one_day_come_once() -> None:
    easter = {date(2026, 4, 3), date(2026, 4, 6)}
    before, holiday = datetime(2026, 4, 1, 12, tzinfo=UTC), {"is_holiday": easter.__contains__}
    assert days("every day at 08:00", before, on_holidays=SKIP, **holiday)[:4] == [
        "Thu 02.04.26 08:00",
        "Sat 04.04.26 08:00",
        "Sun 05.04.26 08:00",
        "Tue 07.04.26 08:00",
    ]
    assert days("every friday and monday at 08:00", before, on_holidays=NEXT, **holiday)[:2] == [
        "Tue 07.04.26 08:00",
        "Fri 10.04.26 08:00",
    ]
    # Looked at from between the holiday and the day that it was moved to.
    between = datetime(2026, 4, 6, 12, tzinfo=UTC)
    assert days("every friday at 08:00", between, on_holidays=NEXT, **holiday)[0] == "Tue 07.04.26 08:00"
    assert days("every last working day of the month at 17:00", before, is_holiday=lambda d: d.day > 28)[
        :2
    ] == [
        "Tue 28.04.26 17:00",
        "Thu 28.05.26 17:00",
    ]
    assert WEEKDAYS[date(2026, 4, 7).weekday()] == "tuesday"
    assert days("every friday at 08:00", before, on_holidays=SKIP, is_holiday=bool) == []
