"""In which stretches a clock stood still, and when so much of its time had run. Not here: drawing it."""

from collections.abc import Iterable
from datetime import datetime

from cosource.agreements.queries.terms import terms_of
from cosource.agreements.rules.terms import Terms
from cosource.tickets.models import Clock, Pause
from cosource.tickets.rules.clock_kinds import UNPAUSED
from cosource.tickets.rules.elsewhere import Span
from cosource.tickets.rules.ladder import reached


def stood_still(clock: Clock, terms: Terms, pauses: Iterable[Pause]) -> list[Span]:
    """Return the stretches in which a clock stood still: agreed pauses, and the ticket elsewhere."""
    return [(p.from_at, p.until_at) for p in pauses_of_clock(clock, terms, pauses)] + away(clock)


def pauses_of_clock(clock: Clock, terms: Terms, pauses: Iterable[Pause]) -> list[Pause]:
    """Return the pauses that stop a clock: with a reason that its own agreement lists, on a turn that stops it."""
    if clock.kind in UNPAUSED:
        return []
    is_owner = clock.engagement_id is None
    return [p for p in pauses if p.version_id is not None and terms.pauses_clock(p.turn, is_owner, p.reason)]


def away(clock: Clock) -> list[Span]:
    """Return the stretches in which the ticket was with others."""
    return [(datetime.fromisoformat(a), datetime.fromisoformat(b) if b else None) for a, b in clock.elsewhere]


def step_at(clock: Clock, pauses: Iterable[Pause], minutes: int) -> datetime | None:
    """Return when so many business minutes of a clock had run, with its ended pauses; None for never."""
    terms = terms_of(clock.version_id)
    ended = [(a, b) for a, b in stood_still(clock, terms, pauses) if b is not None]
    return reached(clock.started_at, minutes, terms.calendars[clock.calendar], ended)
