"""When the page of a month is due in the reader's morning, wherever that is and whatever clocks do."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo, available_timezones

import pytest

from cosource.metrics.rules.monthly import mail_due_at, month_owed

BERLIN = ZoneInfo("Europe/Berlin")


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("month", "zone", "due"),
    [
        ((2026, 2), "Europe/Berlin", "2026-03-03T06:00"),
        # Summer time has begun meanwhile.
        ((2026, 3), "Europe/Berlin", "2026-04-03T05:00"),
        ((2026, 10), "Europe/Berlin", "2026-11-03T06:00"),
        ((2026, 12), "Europe/Berlin", "2027-01-03T06:00"),
        ((2024, 2), "America/New_York", "2024-03-03T12:00"),
        # The night before, clocks were put back.
        ((2013, 10), "America/New_York", "2013-11-03T12:00"),
        ((2026, 1), "Pacific/Kiritimati", "2026-02-02T17:00"),
        ((2026, 1), "Pacific/Pago_Pago", "2026-02-03T18:00"),
        ((2026, 1), "Asia/Kathmandu", "2026-02-03T01:15"),
    ],
)
def test_it_is_due_on_the_third_at_seven_in_the_readers_morning(month, zone, due) -> None:
    assert mail_due_at(date(*month, 1), ZoneInfo(zone)) == utc(due)


def test_by_then_the_month_is_over_in_every_zone() -> None:
    for name in available_timezones():
        for month in (date(2026, 1, 1), date(2026, 6, 1), date(2027, 12, 1)):
            due = mail_due_at(month, ZoneInfo(name))
            after = date(month.year + month.month // 12, month.month % 12 + 1, 1)
            first = datetime(after.year, after.month, 1, tzinfo=UTC)
            assert timedelta(hours=24) < due - first < timedelta(hours=72), name


@pytest.mark.parametrize(
    ("at", "since", "mailed", "owed"),
    [
        ("2026-03-03T05:59:59", "2026-02-10T00:00", None, None),
        ("2026-03-03T06:00", "2026-02-10T00:00", None, (2026, 2)),
        ("2026-03-31T23:59", "2026-02-10T00:00", None, (2026, 2)),
        # Asked for between the month's end and the day: the coming mail is the first.
        ("2026-03-03T06:00", "2026-03-02T12:00", None, (2026, 2)),
        # Asked for when it was due, or after: not the month before.
        ("2026-03-03T06:00", "2026-03-03T06:00", None, None),
        ("2026-03-20T06:00", "2026-03-03T08:00", None, None),
        ("2026-04-03T05:00", "2026-03-03T08:00", None, (2026, 3)),
        # Once.
        ("2026-03-03T06:15", "2026-02-10T00:00", (2026, 2), None),
        ("2026-04-03T05:00", "2026-02-10T00:00", (2026, 2), (2026, 3)),
        # A worker that was away for months sends the last one alone.
        ("2026-06-20T00:00", "2026-01-01T00:00", (2026, 1), (2026, 5)),
        # Never an earlier month than one that was mailed, though a zone or a clock was changed.
        ("2026-04-01T00:00", "2026-01-01T00:00", (2026, 3), None),
        ("2027-01-03T06:00", "2026-12-05T00:00", (2026, 11), (2026, 12)),
    ],
)
def test_what_is_owed(at, since, mailed, owed) -> None:
    found = month_owed(zone=BERLIN, since=utc(since), mailed=date(*mailed, 1) if mailed else None, at=utc(at))
    assert found == (date(*owed, 1) if owed else None)


def test_a_month_of_quarter_hours_owes_each_month_once() -> None:
    """As the worker looks: every quarter of an hour through a year with both changes of the clock."""
    at, mailed, sent = utc("2026-01-01T00:07"), None, []
    while at < utc("2027-01-10T00:00"):
        month = month_owed(zone=BERLIN, since=utc("2025-12-20T00:00"), mailed=mailed, at=at)
        if month is not None:
            mailed = month
            sent.append((at.isoformat()[:16], f"{month:%Y-%m}"))
        at += timedelta(minutes=15)
    assert len(sent) == 13
    assert sent[0] == ("2026-01-03T06:07", "2025-12")
    assert sent[3] == ("2026-04-03T05:07", "2026-03")
    assert sent[10] == ("2026-11-03T06:07", "2026-10")
    assert sent[12] == ("2027-01-03T06:07", "2026-12")
