"""A period of whole days in UTC, so that whoever asks for it means the same days."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta


@dataclass(frozen=True, slots=True)
class Period:
    """From the first day up to, not including, the last; None: without that bound."""

    from_on: date | None = None
    until_on: date | None = None

    @property
    def is_empty(self) -> bool:
        """Tell whether no day lies in it."""
        return self.from_on is not None and self.until_on is not None and self.from_on >= self.until_on

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
