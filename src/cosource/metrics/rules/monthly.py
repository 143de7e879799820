"""When the page of a month is mailed: on the third day after it, at seven in the reader's morning.

By then the month is over in every zone, since its days are counted in UTC. Not here: who gets it.
"""

from datetime import UTC, date, datetime, tzinfo

from cosource.metrics.rules.periods import months_back

DAY, HOUR = 3, 7


def mail_due_at(month: date, zone: tzinfo) -> datetime:
    """Return when the page of a month is due, in UTC. Where clocks are put forward over that hour, as much later.

    >>> from zoneinfo import ZoneInfo
    >>> mail_due_at(date(2026, 2, 1), ZoneInfo("Europe/Berlin")).isoformat()
    '2026-03-03T06:00:00+00:00'
    """
    first = months_back(month, -1)
    return datetime(first.year, first.month, DAY, HOUR, tzinfo=zone).astimezone(UTC)


def month_owed(*, zone: tzinfo, since: datetime, mailed: date | None, at: datetime) -> date | None:
    """Return the first day of the month whose page is to be mailed by now; None for none.

    `since`: when it was asked for; what was due before is not sent. `mailed`: the last month that was. Of several months that
    nobody was there to mail only the last one goes.

    >>> at = datetime(2026, 3, 3, 7, tzinfo=UTC)
    >>> month_owed(zone=UTC, since=datetime(2026, 2, 9, tzinfo=UTC), mailed=None, at=at)
    datetime.date(2026, 2, 1)
    """
    month = months_back(at.astimezone(UTC).date(), 1)
    if mail_due_at(month, zone) > at:
        month = months_back(month, 1)
    if mail_due_at(month, zone) <= since or (mailed is not None and mailed >= month):
        return None
    return month
