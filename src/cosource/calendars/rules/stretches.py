"""When a calendar is open during one UTC year, as a table that answers by one binary search."""

from bisect import bisect_left, bisect_right
from datetime import datetime, timedelta
from typing import NamedTuple

_NOTHING = timedelta()


class Stretches(NamedTuple):
    """The open stretches of one UTC year, in order, and the open time of the year up to the end of each."""

    starts: list[datetime]
    ends: list[datetime]
    sums: list[timedelta]
    total: timedelta

    def until(self, instant: datetime) -> timedelta:
        """Give the open time of the year before an instant in it."""
        starts, ends, sums, _ = self
        index = bisect_right(starts, instant) - 1
        if index < 0:
            return _NOTHING
        end = ends[index]
        return sums[index] if instant >= end else sums[index] - (end - instant)

    def reached(self, amount: timedelta) -> datetime:
        """Give the first instant at which the open time reaches an amount, positive and within the year."""
        index = bisect_left(self.sums, amount)
        return self.ends[index] - (self.sums[index] - amount)
