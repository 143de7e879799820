"""In which stretches a clock stood still, and when so much of its time had run. Not here: drawing it."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from cosource.agreements.queries.terms import terms_of
from cosource.agreements.rules.terms import Terms
from cosource.tickets.models import Clock, Pause
from cosource.tickets.rules.clock_kinds import UNPAUSED
from cosource.tickets.rules.elsewhere import Span
from cosource.tickets.rules.ladder import reached


class RunningClock(NamedTuple):
    """What a list reads of a clock that nothing has ended: as the row says it, without the row."""

    version_id: UUID
    engagement_id: UUID | None
    kind: str
    target_minutes: int
    calendar: str
    started_at: datetime
    elsewhere: list[Any]
    met_at: None = None
    stopped_at: None = None


class Stretch(NamedTuple):
    """What a list reads of a pause."""

    version_id: UUID
    turn: str
    reason: str
    from_at: datetime
    until_at: datetime | None


type AnyClock = Clock | RunningClock
type AnyPause = Pause | Stretch


def stood_still(clock: AnyClock, terms: Terms, pauses: Iterable[AnyPause]) -> list[Span]:
    """Return the stretches in which a clock stood still: agreed pauses, and the ticket elsewhere."""
    return [(p.from_at, p.until_at) for p in pauses_of_clock(clock, terms, pauses)] + away(clock)


def pauses_of_clock[P: AnyPause](clock: AnyClock, terms: Terms, pauses: Iterable[P]) -> list[P]:
    """Return the pauses that stop a clock: with a reason that its own agreement lists, on a turn that stops it."""
    if clock.kind in UNPAUSED:
        return []
    is_owner = clock.engagement_id is None
    return [p for p in pauses if p.version_id is not None and terms.pauses_clock(p.turn, is_owner, p.reason)]


def away(clock: AnyClock) -> list[Span]:
    """Return the stretches in which the ticket was with others."""
    return [(datetime.fromisoformat(a), datetime.fromisoformat(b) if b else None) for a, b in clock.elsewhere]


def ran_until(clock: Clock, pauses: Iterable[Pause], at: datetime) -> datetime:
    """Return up to when a clock ran, at most `at`: until it ended, or began to stand still as it does now."""
    spans = stood_still(clock, terms_of(clock.version_id), pauses)
    ends = (clock.met_at, clock.stopped_at, *(a for a, b in spans if b is None))
    return min((at, *(end for end in ends if end is not None)))


def step_at(clock: Clock, pauses: Iterable[Pause], minutes: int) -> datetime | None:
    """Return when so many business minutes of a clock had run, with its ended pauses; None for never."""
    terms = terms_of(clock.version_id)
    ended = [(a, b) for a, b in stood_still(clock, terms, pauses) if b is not None]
    return reached(clock.started_at, minutes, terms.calendars[clock.calendar], ended)
