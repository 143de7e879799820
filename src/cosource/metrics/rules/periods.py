"""A period of whole days in UTC, so that whoever asks for it means the same days."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta


@dataclass(frozen=True, slots=True)
class Period:
    """From the first day up to, not including, the last; None: without that bound."""

    from_on: date | None = None
    until_on: date | None = None

    @property
    def is_empty(self) -> bool:
        """Tell whether no day lies in it.

        >>> Period(None, date.min).is_empty, Period(date.min, None).is_empty, Period().is_empty
        (True, False, False)
        """
        return self.until_on is not None and (self.from_on or date.min) >= self.until_on

    @property
    def from_at(self) -> datetime | None:
        """Return its first instant."""
        return _midnight(self.from_on)

    @property
    def until_at(self) -> datetime | None:
        """Return the first instant after it."""
        return _midnight(self.until_on)

    def ends_by(self, at: datetime) -> datetime:
        """Return the last midnight of the period that is not after `at`.

        >>> Period(date(2026, 3, 1), date(2026, 4, 1)).ends_by(datetime(2026, 3, 9, 15, tzinfo=UTC)).isoformat()
        '2026-03-09T00:00:00+00:00'
        """
        midnight = at.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
        return midnight if self.until_at is None else min(midnight, self.until_at)


def _midnight(day: date | None) -> datetime | None:
    return None if day is None else datetime(day.year, day.month, day.day, tzinfo=UTC)


def month_of(day: date) -> Period:
    """Return the month of a day.

    >>> month_of(date(2016, 2, 29))
    Period(from_on=datetime.date(2016, 2, 1), until_on=datetime.date(2016, 3, 1))
    """
    first = day.replace(day=1)
    return Period(first, (first + timedelta(days=32)).replace(day=1))


def quarter_of(day: date) -> Period:
    """Return the quarter of a day.

    >>> quarter_of(date(2016, 5, 31))
    Period(from_on=datetime.date(2016, 4, 1), until_on=datetime.date(2016, 7, 1))
    """
    first = date(day.year, 3 * ((day.month - 1) // 3) + 1, 1)
    return Period(first, month_of(first + timedelta(days=70)).until_on)


def before(period: Period) -> Period | None:
    """Return the period to compare with: the month or quarter before, else as many days before.

    None where a bound is lacking, and where the calendar ends.

    >>> before(month_of(date(2016, 3, 9)))
    Period(from_on=datetime.date(2016, 2, 1), until_on=datetime.date(2016, 3, 1))
    >>> before(Period(date(2016, 3, 8), date(2016, 3, 15)))
    Period(from_on=datetime.date(2016, 3, 1), until_on=datetime.date(2016, 3, 8))
    >>> before(quarter_of(date(2016, 2, 1))) == quarter_of(date(2015, 12, 31)), before(Period())
    (True, None)
    >>> before(Period(date(31, 10, 2), date(259, 3, 29))), before(Period(date(9999, 12, 1), date(9999, 12, 31)))
    (None, None)
    """
    first, until = period.from_on, period.until_on
    if first is None or until is None or until.year == date.max.year or until - first > first - date.min:
        return None
    for kind in (month_of, quarter_of):
        if period == kind(first):
            return kind(first - timedelta(days=1))
    return Period(first - (until - first), first)


def period_query(period: Period | None) -> dict[str, str]:
    """Return how an address names a period.

    >>> period_query(month_of(date(2016, 4, 1))), period_query(Period(date(2016, 4, 1), None))
    ({'period': '2016-04'}, {'from': '2016-04-01'})
    """
    if period is None:
        return {}
    first, until = period.from_on, period.until_on
    if first is None and until is None:
        return {"period": "all"}
    if first is not None and period == month_of(first):
        return {"period": f"{first:%Y-%m}"}
    if first is not None and period == quarter_of(first):
        return {"period": f"{first.year}-Q{(first.month + 2) // 3}"}
    days = {"from": first, "until": until}
    return {name: day.isoformat() for name, day in days.items() if day is not None}


def months_back(day: date, months: int) -> date:
    """Return the first of the month that lies so many months before a day's own; negative: after it.

    >>> months_back(date(2016, 2, 29), 3), months_back(date(2016, 12, 5), -1)
    (datetime.date(2015, 11, 1), datetime.date(2017, 1, 1))
    """
    count = day.year * 12 + day.month - 1 - months
    return date(count // 12, count % 12 + 1, 1)


def opening_month(months: Sequence[tuple[date, int]]) -> Period | None:
    """Return the month on which a page of figures opens: the last one with a tenth of what the fullest one has.

    What trickles in after a desk fell silent, or on the first days of a month, is no month to begin with. `months`: the first
    day of each, in their order, with how much there is.

    >>> opening_month([(date(2016, 3, 1), 900), (date(2016, 4, 1), 100), (date(2016, 5, 1), 2)]).from_on
    datetime.date(2016, 4, 1)
    """
    most = max((count for _, count in months), default=0)
    full = [on for on, count in months if count * 10 >= most and count]
    return month_of(full[-1]) if full else None
