"""The time axis of the possession ribbon: where an instant lies, and which instants are written under it.

The axis is linear, unless long closed stretches would take much of it: those are squeezed, each is marked with a
break, and the axis is linear in between. Not here: what is drawn on the axis (`ribbon`), and how an instant is
written, which depends on the reader.
"""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from math import ceil
from zoneinfo import ZoneInfo

from cosource.calendars.rules.business_time import Calendar, closed_stretches

FULL = 100.0

_MINUTE = timedelta(minutes=1)
_DAY = timedelta(days=1)
_LONG = timedelta(hours=12)
# A lunch break stays as it is; a night is what is squeezed.
_NIGHT = timedelta(hours=4)
_SQUEEZE_FROM_SHARE = 0.25
_SQUEEZED = 2.0
_ALL_SQUEEZED = 30.0
_MOST_BREAKS = 15
_WIDE_LABELS = 9.5
_NARROW_LABELS = 3
_NEAR = 6.0
_EDGE = 97.0
_STEPS = tuple(
    timedelta(minutes=minutes)
    for minutes in (
        *(1, 2, 5, 10, 15, 30, 60, 120, 180, 240, 360, 720),
        *(1440 * days for days in (1, 2, 7, 14, 28, 56, 91, 182, 365, 730, 1826, 3652)),
    )
)


@dataclass(frozen=True, slots=True)
class AxisLabel:
    """An instant written under the axis, `at` so many percent.

    `anchor`: start or middle. `is_major`: kept where there is little room. `has_day`: the hour alone is not enough.
    """

    at: float
    instant: datetime
    anchor: str
    is_major: bool
    has_day: bool


@dataclass(frozen=True, slots=True)
class Axis:
    """A piecewise linear map from instants to percent; `breaks` are the squeezed stretches."""

    knots: tuple[tuple[datetime, float], ...]
    breaks: tuple[tuple[datetime, datetime], ...]

    @property
    def starts_at(self) -> datetime:
        """Give the instant at the left end."""
        return self.knots[0][0]

    @property
    def ends_at(self) -> datetime:
        """Give the instant at the right end."""
        return self.knots[-1][0]

    def x(self, instant: datetime) -> float:
        """Give the place of an instant in percent, not rounded; what lies outside is put at the nearer end."""
        if instant <= self.starts_at:
            return 0.0
        if instant >= self.ends_at:
            return FULL
        index = bisect_right(self.knots, instant, key=lambda knot: knot[0])
        (before, left), (after, right) = self.knots[index - 1], self.knots[index]
        return left + (right - left) * ((instant - before) / (after - before))

    @property
    def marked_breaks(self) -> tuple[tuple[datetime, datetime], ...]:
        """Give the breaks that are drawn; so many that they would only be clutter are not."""
        return self.breaks if len(self.breaks) <= _MOST_BREAKS else ()


def axis_of(starts_at: datetime, last_at: datetime, *, is_open: bool, calendar: Calendar | None) -> Axis:
    """Lay the axis from the opening to the last instant, with some room behind it while the ticket is open.

    `last_at`: the later of now and due while the ticket is open, else its last event.

    >>> nine = datetime(2026, 3, 2, 9, tzinfo=UTC)
    >>> axis = axis_of(nine, nine + timedelta(hours=4), is_open=True, calendar=None)
    >>> axis.ends_at.isoformat(), round(axis.x(nine + timedelta(hours=4)), 2)
    ('2026-03-02T13:12:00+00:00', 95.24)
    """
    length = max(last_at - starts_at, _MINUTE)
    if is_open:
        length = ceil(length * 1.05 / _MINUTE) * _MINUTE
    ends_at = starts_at + length
    breaks = _nights(starts_at, ends_at, calendar)
    if not breaks:
        return Axis(((starts_at, 0.0), (ends_at, FULL)), ())
    width = min(_SQUEEZED, _ALL_SQUEEZED / len(breaks))
    worked = length - sum((end - start for start, end in breaks), timedelta())
    scale = (FULL - width * len(breaks)) / (worked / _MINUTE)
    knots = [(starts_at, 0.0)]
    for start, end in breaks:
        at, x = knots[-1]
        if start > at:
            x += (start - at) / _MINUTE * scale
            knots.append((start, x))
        knots.append((end, x + width))
    if knots[-1][0] < ends_at:
        knots.append((ends_at, FULL))
    return Axis(tuple(knots), breaks)


def axis_labels(axis: Axis, zone: ZoneInfo) -> tuple[AxisLabel, ...]:
    """Choose the instants to write: the opening, then about eight even times of the reader's zone.

    On a squeezed axis they are where work begins again.

    >>> nine = datetime(2026, 3, 2, 9, tzinfo=UTC)
    >>> axis = axis_of(nine, nine + timedelta(hours=4), is_open=True, calendar=None)
    >>> [label.instant.strftime("%H:%M") for label in axis_labels(axis, ZoneInfo("UTC"))]
    ['09:00', '09:30', '10:00', '10:30', '11:00', '11:30', '12:00', '12:30', '13:00']
    """
    length = axis.ends_at - axis.starts_at
    step = next((step for step in _STEPS if length / step <= _WIDE_LABELS), _STEPS[-1])
    near, candidates = _NEAR, _even_times(axis, step, zone)
    if axis.breaks:
        near, candidates = FULL / _WIDE_LABELS, [end for _, end in axis.breaks]
    chosen = [(axis.starts_at, 0.0)]
    for instant in candidates:
        x = axis.x(instant)
        if chosen[-1][1] + near <= x <= _EDGE:
            chosen.append((instant, x))
    every = ceil(len(chosen) / _NARROW_LABELS)
    return tuple(
        AxisLabel(
            at=round(x, 2),
            instant=instant,
            anchor="middle" if index else "start",
            is_major=index % every == 0,
            has_day=length > _DAY,
        )
        for index, (instant, x) in enumerate(chosen)
    )


def widened(widths: Sequence[float], least: float) -> list[float]:
    """Widen what is too thin to be seen, taking from the longer neighbour, or else from the longest of all.

    The sum stays as it is; where it is too small for all, every piece becomes equally wide.

    >>> widened([10.0, 0.0, 20.0], 0.5)
    [10.0, 0.5, 19.5]
    """
    total = sum(widths)
    if total <= least * len(widths):
        return [total / len(widths) for _ in widths]
    result = list(widths)
    for index, width in enumerate(result):
        lacking = least - width
        if lacking <= 0:
            continue
        near = [place for place in (index - 1, index + 1) if 0 <= place < len(result)]
        giver = max(near, key=result.__getitem__)
        if result[giver] - lacking < least:
            giver = max(range(len(result)), key=result.__getitem__)
        while lacking > 0:
            given = min(lacking, result[giver] - least)
            result[giver] -= given
            result[index] += given
            lacking -= given
            giver = max(range(len(result)), key=result.__getitem__)
    return result


def _nights(
    starts_at: datetime, ends_at: datetime, calendar: Calendar | None
) -> tuple[tuple[datetime, datetime], ...]:
    """Find the long closed stretches, if there are enough of them on a long axis to be worth squeezing."""
    length = ends_at - starts_at
    if calendar is None or length < _LONG:
        return ()
    nights = [
        (start, end) for start, end in closed_stretches(starts_at, ends_at, calendar) if end - start >= _NIGHT
    ]
    closed = sum((end - start for start, end in nights), timedelta())
    return tuple(nights) if _SQUEEZE_FROM_SHARE * length < closed < length else ()


def _even_times(axis: Axis, step: timedelta, zone: ZoneInfo) -> list[datetime]:
    """List the multiples of a step within the axis, counted from the local midnight of its first day."""
    local = axis.starts_at.astimezone(zone)
    midnight = local.replace(hour=0, minute=0, second=0, microsecond=0)
    times = []
    if step >= _DAY:
        # Wall arithmetic: each is a local midnight, though days differ in length.
        days = 0
        while (instant := (midnight + days * _DAY).astimezone(UTC)) < axis.ends_at:
            times.append(instant)
            days += step.days
    else:
        instant = midnight.astimezone(UTC)
        while instant < axis.ends_at:
            times.append(instant)
            instant += step
    return [instant for instant in times if instant > axis.starts_at]
