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
    reach,
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


def test_a_rule_of_long_ago_or_of_long_periods_still_comes() -> None:
    now, long_ago = datetime(2026, 11, 23, tzinfo=UTC), date(2020, 1, 1)
    tuesdays = next_dates(rule_read("every second tuesday of the month at 08:00"), "UTC", now, long_ago)
    assert [f"{at:%d.%m.%y}" for at in tuesdays] == [
        "08.12.26",
        "12.01.27",
        "09.02.27",
        "09.03.27",
        "13.04.27",
    ]
    quarters = next_dates(rule_read("every 3 months on the 15th at 09:00"), "UTC", now, date(1971, 2, 1))
    assert [f"{at:%d.%m.%y}" for at in quarters[:2]] == ["15.02.27", "15.05.27"]
    for text in (
        "every 366 weeks on friday at 08:00",
        "every 366 days at 08:00",
        "every 366 months on the 1st at 08:00",
    ):
        rule = rule_read(text)
        found = next_dates(rule, "UTC", now, long_ago)
        assert len(found) == 5
        assert found[-1] - now <= reach(rule)


def test_days_between_a_holiday_and_the_day_it_is_moved_to_stay() -> None:
    closed = {date(2026, 12, 25), date(2026, 12, 28)}
    at = datetime(2026, 12, 24, 12, tzinfo=UTC)
    moved: dict[str, object] = {"on_holidays": NEXT, "is_holiday": closed.__contains__}
    assert [d[:9] for d in days("every day at 08:00", at, **moved)] == [
        "Sat 26.12",
        "Sun 27.12",
        "Tue 29.12",
        "Wed 30.12",
        "Thu 31.12",
    ]
    # Two months of closed days, looked at from their end.
    shut = {date(2026, 6, 1) + n * timedelta(days=1) for n in range(60)}
    late = datetime(2026, 7, 30, tzinfo=UTC)
    moved["is_holiday"] = shut.__contains__
    assert days("every 5 months on the 2nd at 08:00", late, "UTC", **moved)[0] == "Fri 31.07.26 08:00"
