"""When a partner's clocks stand still because the ticket is elsewhere.

A partner answers for the time in which it has the ticket, has it with its own subcontractors, or is asked to take it. What it
passed on or declined for a reason of its own (no capacity, outside its hours) is not elsewhere: nobody stops a clock by being
short of people. Not here: the rows.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

# Reasons of a handover, and of a decline, that lie with who gives them.
OWN_DOING = frozenset({"capacity", "hours", "no_capacity", "wrong_team"})

type Span = tuple[datetime, datetime | None]


@dataclass(frozen=True, slots=True)
class Passing:
    """An offered handover: from whom, to whom, when offered, when and how answered.

    `reason`: of the handover, or of the decline where it was declined.
    """

    from_id: UUID | None
    to_id: UUID
    offered_at: datetime
    answered_at: datetime | None
    accepted: bool
    reason: str


@dataclass(frozen=True, slots=True)
class Held:
    """A stretch in which one party held the ticket; `until_at` none: still."""

    party_id: UUID | None
    from_at: datetime
    until_at: datetime | None


def elsewhere(
    house: Collection[UUID], asked_at: datetime, held: Sequence[Held], passings: Iterable[Passing]
) -> tuple[Span, ...]:
    """Find the stretches from `asked_at` on in which the ticket is with others, and not by the partner's own doing.

    `house`: the partner and its own subcontractors on the ticket.

    >>> from datetime import UTC
    >>> at = [datetime(2026, 3, 2, h, tzinfo=UTC) for h in range(24)]
    >>> me, other = UUID(int=1), UUID(int=2)
    >>> held = [Held(other, at[8], at[10]), Held(me, at[10], at[12]), Held(other, at[12], None)]
    >>> passings = [Passing(other, me, at[9], at[10], True, "skill"), Passing(me, other, at[11], at[12], True, "done_here")]
    >>> [(a.hour, b) for a, b in elsewhere({me}, at[9], held, passings)]
    [(12, None)]
    """
    given = list(passings)
    here: list[Span] = [(h.from_at, h.until_at) for h in held if h.party_id in house]
    here += [(p.offered_at, p.answered_at) for p in given if p.to_id in house]
    own_doing = {
        p.answered_at
        for p in given
        if p.answered_at is not None
        and p.reason in OWN_DOING
        and (p.from_id in house if p.accepted else p.to_id in house)
    }
    return tuple(gap for gap in _gaps(asked_at, here) if gap[0] not in own_doing)


def _gaps(begin: datetime, spans: Iterable[Span]) -> list[Span]:
    """List what the spans leave open from `begin` on; the last gap may have no end."""
    gaps: list[Span] = []
    covered: datetime | None = begin
    for start, end in sorted(spans, key=lambda span: span[0]):
        if covered is None:
            break
        if start > covered:
            gaps.append((covered, start))
        covered = None if end is None else max(end, covered, start)
    if covered is not None:
        gaps.append((covered, None))
    return gaps
