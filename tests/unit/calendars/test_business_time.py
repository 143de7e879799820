"""Business time at the places where it usually goes wrong."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from cosource.calendars.rules.business_time import (
    BadCalendar,
    Calendar,
    NeverDue,
    Window,
    closed_stretches,
    due,
    elapsed,
    elapsed_minutes,
    open_stretches,
)

DAY = ((0, 1440),)
ALWAYS = Calendar("Europe/Berlin", (DAY,) * 7)


def weekly(zone: str, *windows: Window) -> Calendar:
    return Calendar(zone, (windows,) * 7)


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)  # type: ignore[arg-type, misc]  # year, month, day and so on


OFFICE = Calendar("Europe/Berlin", (((8 * 60, 12 * 60), (13 * 60, 17 * 60)),) * 5 + ((), ()))


def test_hours_of_a_day_and_its_break() -> None:
    assert elapsed_minutes(utc(2026, 3, 2, 6), utc(2026, 3, 2, 20), OFFICE) == 480.0
    assert elapsed_minutes(utc(2026, 3, 2, 10, 30), utc(2026, 3, 2, 12, 30), OFFICE) == 60.0
    assert elapsed_minutes(utc(2026, 3, 2, 11, 15), utc(2026, 3, 2, 11, 45), OFFICE) == 0.0
    assert elapsed(utc(2026, 3, 2, 7, 0, 0), utc(2026, 3, 2, 7, 0, 1), OFFICE) == timedelta(seconds=1)


def test_due_is_the_earliest_instant_even_at_the_end_of_a_window() -> None:
    assert due(utc(2026, 3, 2, 7), 240, OFFICE) == utc(2026, 3, 2, 11)
    assert due(utc(2026, 3, 2, 7), 241, OFFICE) == utc(2026, 3, 2, 12, 1)
    assert due(utc(2026, 3, 6, 7), 480, OFFICE) == utc(2026, 3, 6, 16)
    assert due(utc(2026, 3, 6, 7), 480.5, OFFICE) == utc(2026, 3, 9, 7, 0, 30)


def test_nothing_is_due_at_once() -> None:
    saturday = utc(2026, 3, 7, 12)
    assert due(saturday, 0, OFFICE) == saturday
    assert due(saturday.astimezone(ZoneInfo("Asia/Tokyo")), 0, OFFICE) == saturday
    assert due(saturday, 1, OFFICE) == utc(2026, 3, 9, 7, 1)


def test_a_skipped_hour_does_not_exist() -> None:
    night = weekly("Europe/Berlin", (60, 240))  # 01:00 to 04:00; on 29 March 02:00 becomes 03:00
    assert elapsed_minutes(utc(2026, 3, 28, 12), utc(2026, 3, 29, 12), night) == 120.0
    assert due(utc(2026, 3, 28, 12), 90, night) == utc(2026, 3, 29, 1, 30)
    skipped = weekly("Europe/Berlin", (120, 180))
    assert elapsed_minutes(utc(2026, 3, 28, 12), utc(2026, 3, 29, 12), skipped) == 0.0
    assert due(utc(2026, 3, 28, 12), 1, skipped) == utc(2026, 3, 30, 0, 1)


def test_a_repeated_hour_counts_twice() -> None:
    night = weekly("Europe/Berlin", (120, 180))  # 02:00 to 03:00; on 25 October it comes twice
    assert elapsed_minutes(utc(2026, 10, 24, 12), utc(2026, 10, 25, 12), night) == 120.0
    assert due(utc(2026, 10, 24, 12), 61, night) == utc(2026, 10, 25, 1, 1)
    half = weekly("Europe/Berlin", (150, 170))
    assert elapsed_minutes(utc(2026, 10, 25, 0), utc(2026, 10, 25, 2), half) == 40.0
    assert due(utc(2026, 10, 25, 0), 21, half) == utc(2026, 10, 25, 1, 31)


def test_a_day_that_a_zone_left_out_has_no_hours() -> None:
    apia = weekly("Pacific/Apia", (0, 1440))  # there was no 30 December 2011
    closed = Calendar("Pacific/Apia", (DAY,) * 7, frozenset({date(2011, 12, 30)}))
    start, end = utc(2011, 12, 29), utc(2012, 1, 1)
    assert elapsed(start, end, closed) == elapsed(start, end, apia) == timedelta(days=3)
    friday_only = Calendar("Pacific/Apia", ((), (), (), (), DAY, (), ()))
    assert elapsed_minutes(start, end, friday_only) == 0.0


def test_half_an_hour_of_change() -> None:
    night = weekly("Australia/Lord_Howe", (90, 120))  # 01:30 to 02:00 comes twice on 5 April
    assert elapsed_minutes(utc(2026, 4, 4, 12), utc(2026, 4, 5, 12), night) == 60.0


def test_closed_days_are_local_days_and_open_days_win() -> None:
    closed = Calendar("Asia/Kathmandu", (DAY,) * 7, frozenset({date(2026, 12, 24)}))
    assert elapsed_minutes(utc(2026, 12, 23), utc(2026, 12, 26), closed) == 2880.0
    assert due(utc(2026, 12, 23, 18, 0), 16, closed) == utc(2026, 12, 24, 18, 16)
    both = Calendar(
        "Asia/Kathmandu", (DAY,) * 7, frozenset({date(2026, 12, 24)}), frozenset({date(2026, 12, 24)})
    )
    assert both.is_always_open
    assert not closed.is_always_open


def test_a_calendar_that_is_always_open_is_told_by_its_hours() -> None:
    halves = weekly("Europe/Berlin", (0, 720), (720, 1440))
    assert halves.is_always_open
    assert elapsed_minutes(utc(2026, 3, 28), utc(2026, 3, 30), halves) == 2880.0
    assert due(utc(2026, 3, 28), 1500, halves) == utc(2026, 3, 29, 1)
    assert not weekly("Europe/Berlin", (0, 1439)).is_always_open


def test_pauses_in_any_order_overlapping_and_outside() -> None:
    start, end = utc(2026, 3, 2, 7), utc(2026, 3, 2, 11)
    pauses = [
        (utc(2026, 3, 2, 9), utc(2026, 3, 2, 10)),
        (utc(2026, 3, 2, 8, 30), utc(2026, 3, 2, 9, 15)),
        (utc(2026, 3, 2, 5), utc(2026, 3, 2, 7, 10)),
        (utc(2026, 3, 2, 10, 50), utc(2026, 3, 2, 15)),
        (utc(2026, 3, 2, 16), utc(2026, 3, 2, 18)),
    ]
    assert elapsed_minutes(start, end, OFFICE, pauses) == 240.0 - 90 - 10 - 10
    assert due(start, 80, OFFICE, pauses) == utc(2026, 3, 2, 8, 30)
    assert due(start, 81, OFFICE, pauses) == utc(2026, 3, 2, 10, 1)
    assert due(start, 131, OFFICE, pauses) == utc(2026, 3, 2, 15, 1)
    assert due(start, 60, ALWAYS, [(utc(2026, 3, 2, 6), utc(2026, 3, 2, 7))]) == utc(2026, 3, 2, 8)
    assert due(start, 60, ALWAYS, [(utc(2026, 3, 2, 7, 30), utc(2026, 3, 2, 7, 30))]) == utc(2026, 3, 2, 8)


def test_over_new_year_and_over_years() -> None:
    assert elapsed_minutes(utc(2025, 12, 31, 15), utc(2026, 1, 1, 8), OFFICE) == 120.0
    assert due(utc(2025, 12, 31, 15), 121, OFFICE) == utc(2026, 1, 1, 8, 1)
    assert elapsed(utc(2024, 1, 1), utc(2027, 1, 1), OFFICE) == timedelta(hours=8 * (262 + 261 + 261))
    sunday_last = Calendar("UTC", (((600, 601),), (), (), (), (), (), ()))
    assert due(utc(2026, 12, 30), 1, sunday_last) == utc(2027, 1, 4, 10, 1)


def test_instants_of_any_zone_are_understood() -> None:
    berlin = ZoneInfo("Europe/Berlin")
    first = datetime(2026, 10, 25, 2, 30, tzinfo=berlin)
    second = first.replace(fold=1)
    assert elapsed_minutes(first, second, ALWAYS) == 60.0
    assert due(first, 60, ALWAYS) == second.astimezone(UTC)
    assert closed_stretches(first, second, OFFICE) == ((first.astimezone(UTC), second.astimezone(UTC)),)


def test_closed_stretches() -> None:
    assert closed_stretches(utc(2026, 3, 2, 6), utc(2026, 3, 2, 20), OFFICE) == (
        (utc(2026, 3, 2, 6), utc(2026, 3, 2, 7)),
        (utc(2026, 3, 2, 11), utc(2026, 3, 2, 12)),
        (utc(2026, 3, 2, 16), utc(2026, 3, 2, 20)),
    )
    assert closed_stretches(utc(2026, 3, 2, 8), utc(2026, 3, 2, 9), OFFICE) == ()
    assert closed_stretches(utc(2025, 12, 31, 16), utc(2026, 1, 1, 7), OFFICE) == (
        (utc(2025, 12, 31, 16), utc(2026, 1, 1, 7)),
    )
    assert closed_stretches(utc(2026, 3, 2), utc(2026, 3, 9), ALWAYS) == ()


def test_a_year_without_an_open_day() -> None:
    shut = frozenset(date(2026, 1, 1) + timedelta(days=n) for n in range(365))
    calendar = Calendar("UTC", (((480, 1020),),) * 7, shut)
    assert open_stretches(calendar, 2026).total == timedelta()
    assert due(utc(2026, 6, 1), 1, calendar) == utc(2027, 1, 1, 8, 1)


def test_bad_questions_are_refused() -> None:
    noon = utc(2026, 3, 2, 12)
    with pytest.raises(ValueError, match=r"^2026-03-02T12:00:00 has no time zone$"):
        due(noon.replace(tzinfo=None), 1, OFFICE)
    with pytest.raises(ValueError, match=r"^end 2026-03-02T11:00:00\+00:00 is before start"):
        elapsed(noon, noon - timedelta(hours=1), OFFICE)
    with pytest.raises(ValueError, match="an amount of time can't be negative"):
        due(noon, -1, OFFICE)
    with pytest.raises(ValueError, match=r"^the pause from 2026-03-02T12:00:00\+00:00 ends before that"):
        elapsed(noon, noon, OFFICE, [(noon, noon - timedelta(minutes=1))])
    with pytest.raises(ValueError, match="computed for the years 1900 to 2399, not 1899"):
        elapsed(utc(1899, 12, 31), noon, OFFICE)
    with pytest.raises(ValueError, match="computed for the years 1900 to 2399, not 2400"):
        elapsed(noon, utc(2400, 1, 1), ALWAYS)
    with pytest.raises(ValueError, match="nan minutes: this is no amount of time"):
        due(noon, float("nan"), OFFICE)
    with pytest.raises(NeverDue):
        due(noon, float("inf"), OFFICE)
    with pytest.raises(NeverDue, match="not due before the end of 2399"):
        due(utc(2398, 1, 1), 60 * 24 * 400, OFFICE)
    with pytest.raises(NeverDue):
        due(noon, 60 * 24 * 365 * 9000, ALWAYS)


@pytest.mark.parametrize(
    ("zone", "hours", "message"),
    [
        ("Europe/Nowhere", (DAY,) * 7, "timezone: 'Europe/Nowhere' is not a zone"),
        ("../etc/passwd", (DAY,) * 7, "timezone: '../etc/passwd' is not a zone"),
        ("UTC", (DAY,) * 6, "hours: 6 weekdays are given, a week has 7"),
        ("UTC", ((),) * 7, "hours: no weekday has a working minute"),
        ("UTC", (((60, 60),),) * 7, "hours: a window from minute 60 to 60 is not within one day"),
        ("UTC", (((0, 1441),),) * 7, "hours: a window from minute 0 to 1441 is not within one day"),
        ("UTC", (((60, 120), (90, 180)),) * 7, "hours: windows overlap or are out of order at minute 90"),
    ],
)
def test_bad_calendars_are_refused(zone: str, hours: tuple[tuple[Window, ...], ...], message: str) -> None:
    with pytest.raises(BadCalendar) as refused:
        Calendar(zone, hours)
    assert str(refused.value).startswith(message)


def test_equal_calendars_share_their_tables() -> None:
    first, second = weekly("UTC", (480, 600)), weekly("UTC", (480, 600))
    assert first == second
    assert open_stretches(first, 2026) is open_stretches(second, 2026)
