"""When a clock is due, whether it stands still, and when the next step of its ladder comes.

All three follow from the clock's start, its target, the stretches in which it stood still and the steps that came. A ladder
counts in the clock's own business time, so a pause shifts each step that lies ahead. Not here: who is told, and claiming.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from cosource.agreements.rules.terms import EscalationTerm
from cosource.calendars.rules.business_time import Calendar, NeverDue, due, elapsed
from cosource.tickets.rules.elsewhere import Span

type Ladder = Sequence[tuple[int, EscalationTerm]]
_MINUTE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Times:
    """What is kept of a clock; `due_at` None: never, since its calendar has no hours left."""

    due_at: datetime | None
    paused: bool
    next_step_at: datetime | None


def bit(step: EscalationTerm) -> int:
    """Give the bit by which a clock remembers that a step came.

    >>> bit(EscalationTerm(3, "resolve", frozenset({1}), 75, 0, "team"))
    8
    """
    return 1 << step.number


def times(  # noqa: PLR0917 - plain values in the order in which a clock has them
    started_at: datetime,
    target_minutes: int,
    calendar: Calendar,
    stood_still: Iterable[Span],
    ladder: Ladder,
    raised: int,
) -> Times:
    """Work out what is kept of a clock. A stretch without end means that it stands still now: only what it reached before comes.

    >>> from datetime import UTC
    >>> always = Calendar("UTC", (((0, 1440),),) * 7)
    >>> noon = datetime(2026, 3, 2, 12, tzinfo=UTC)
    >>> found = times(noon, 60, always, [], [(45, EscalationTerm(1, "resolve", frozenset({1}), 75, 0, "team"))], 0)
    >>> found.due_at.hour, found.next_step_at.minute
    (13, 45)
    """
    spans = list(stood_still)
    ended = [(a, b) for a, b in spans if b is not None]
    since = min((a for a, b in spans if b is None), default=None)
    ahead = next((minutes for minutes, step in ladder if not raised & bit(step)), None)
    comes_at = None if ahead is None else reached(started_at, ahead, calendar, ended)
    return Times(
        due_at=reached(started_at, target_minutes, calendar, ended),
        paused=since is not None,
        # A step whose time came before the clock stood still comes, though nobody has raised it yet.
        next_step_at=None if comes_at is None or (since is not None and comes_at > since) else comes_at,
    )


def reached(
    started_at: datetime, minutes: int, calendar: Calendar, ended: Sequence[tuple[datetime, datetime]]
) -> datetime | None:
    """Find when so many business minutes have run; None for never."""
    try:
        return due(started_at, minutes, calendar, ended)
    except NeverDue:
        return None


def is_open(calendar: Calendar, at: datetime) -> bool:
    """Tell whether the minute that begins at `at` is business time.

    >>> from datetime import UTC
    >>> mondays = Calendar("UTC", (((480, 1020),), *((),) * 6))
    >>> [is_open(mondays, datetime(2026, 3, 2, hour, tzinfo=UTC)) for hour in (7, 8, 16, 17)]
    [False, True, True, False]
    """
    return elapsed(at, at + _MINUTE, calendar) > timedelta(0)
