"""Who held a ticket, and what its way from hand to hand shows.

Three notions are kept apart: a *return* (a team or party regains the ticket after losing it), a *direct
return* (A, B, A in consecutive hops) and a *mutual pair* (handed over both ways within one ticket). A blank
is a gap in the record, not a holder: it is skipped. Not here: rows, acceptance, and the drawing (`ribbon`).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from itertools import pairwise
from uuid import UUID

type Key = UUID | str


class By(StrEnum):
    """What counts as a holder."""

    TEAM = "team"
    PARTY = "party"


@dataclass(frozen=True, slots=True)
class Holder:
    """A party, and the team of it, that has the ticket; a blank is unknown."""

    party_id: Key | None
    team_id: Key | None

    def key(self, by: By) -> Key | None:
        """Give the id that counts, or nothing where it is unknown."""
        return self.team_id if by is By.TEAM else self.party_id


@dataclass(frozen=True, slots=True)
class PossessionInterval:
    """A stretch of time with one holder: from `from_at` up to, not including, `until_at` (none: still)."""

    party_id: Key | None
    team_id: Key | None
    from_at: datetime
    until_at: datetime | None

    @property
    def holder(self) -> Holder:
        """Give who holds during the interval."""
        return Holder(self.party_id, self.team_id)


@dataclass(frozen=True, slots=True)
class Handover:
    """A passage from one known holder to another, at an instant."""

    from_id: Key
    to_id: Key
    at: datetime


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a handover would mean.

    `is_return`: the party that gets the ticket had it before and lost it. `is_team_return`: the same of the
    team. `returns_so_far` counts returns between parties before this one. `limit_reached`: the handover must
    name one owner who keeps the ticket to its end.
    """

    is_return: bool
    is_team_return: bool
    returns_so_far: int
    limit_reached: bool


def handovers(intervals: Sequence[PossessionInterval], by: By) -> tuple[Handover, ...]:
    """List the changes of holder, in order; unknown stretches are looked through.

    `intervals` in the order of the record.

    >>> from datetime import UTC
    >>> noon = datetime(2026, 3, 2, 12, tzinfo=UTC)
    >>> held = [PossessionInterval(party, None, noon, noon) for party in ("A", None, "B")]
    >>> [handover.to_id for handover in handovers(held, By.PARTY)]
    ['B']
    """
    known = [
        (key, interval.from_at) for interval in intervals if (key := interval.holder.key(by)) is not None
    ]
    return tuple(
        Handover(before, after, at) for (before, _), (after, at) in pairwise(known) if before != after
    )


def returns(intervals: Sequence[PossessionInterval], by: By) -> tuple[Handover, ...]:
    """List the handovers to a holder that had the ticket before.

    >>> from datetime import UTC
    >>> noon = datetime(2026, 3, 2, 12, tzinfo=UTC)
    >>> len(returns([PossessionInterval(p, None, noon, noon) for p in "ABCA"], By.PARTY))
    1
    """
    passed = handovers(intervals, by)
    return tuple(
        handover
        for index, handover in enumerate(passed)
        if any(earlier.from_id == handover.to_id for earlier in passed[:index])
    )


def direct_returns(intervals: Sequence[PossessionInterval], by: By) -> tuple[Handover, ...]:
    """List the handovers that give the ticket straight back to where it came from.

    >>> from datetime import UTC
    >>> noon = datetime(2026, 3, 2, 12, tzinfo=UTC)
    >>> len(direct_returns([PossessionInterval(p, None, noon, noon) for p in "ABAB"], By.PARTY))
    2
    """
    return tuple(
        second for first, second in pairwise(handovers(intervals, by)) if first.from_id == second.to_id
    )


def mutual_pairs(intervals: Sequence[PossessionInterval], by: By) -> frozenset[frozenset[Key]]:
    """Collect the pairs of holders with handovers both ways; they need not follow each other.

    >>> from datetime import UTC
    >>> noon = datetime(2026, 3, 2, 12, tzinfo=UTC)
    >>> pairs = mutual_pairs([PossessionInterval(p, None, noon, noon) for p in "ABCBA"], By.PARTY)
    >>> sorted("".join(sorted(map(str, pair))) for pair in pairs)
    ['AB', 'BC']
    """
    ways = {(handover.from_id, handover.to_id) for handover in handovers(intervals, by)}
    return frozenset(frozenset(way) for way in ways if way[::-1] in ways)


def judge(
    intervals: Sequence[PossessionInterval], from_holder: Holder, to_holder: Holder, return_limit: int | None
) -> Verdict:
    """Weigh a handover against the ticket's possession so far, before it is made.

    `intervals`: the whole possession, the open interval included. `return_limit`: how many returns between
    parties the agreement allows, or none for no limit. A return beyond it needs a named owner.

    >>> from datetime import UTC
    >>> noon = datetime(2026, 3, 2, 12, tzinfo=UTC)
    >>> so_far = [PossessionInterval(p, None, noon, noon) for p in "AB"]
    >>> judge(so_far, Holder("B", None), Holder("A", None), return_limit=0)
    Verdict(is_return=True, is_team_return=False, returns_so_far=0, limit_reached=True)
    """
    is_return = _regains(intervals, from_holder, to_holder, By.PARTY)
    returns_so_far = len(returns(intervals, By.PARTY))
    return Verdict(
        is_return=is_return,
        is_team_return=_regains(intervals, from_holder, to_holder, By.TEAM),
        returns_so_far=returns_so_far,
        limit_reached=is_return and return_limit is not None and returns_so_far >= return_limit,
    )


def gaps_and_overlaps(
    intervals: Sequence[PossessionInterval], opened_at: datetime, closed_at: datetime | None
) -> tuple[str, ...]:
    """Name every instant at which possession does not tile the ticket's life exactly; nothing if it does.

    The intervals must begin at `opened_at`, follow each other without gap or overlap, and end at `closed_at`;
    while the ticket is open (`closed_at` none) the last one is open. An interval may be empty, as a record
    can have several changes at one instant.

    >>> from datetime import UTC
    >>> noon = datetime(2026, 3, 2, 12, tzinfo=UTC)
    >>> gaps_and_overlaps([PossessionInterval("A", None, noon, None)], noon, None)
    ()
    """
    if not intervals:
        return ("nobody ever held the ticket",)
    found = []
    if intervals[0].from_at != opened_at:
        found.append(f"opened at {opened_at.isoformat()}, first held from {intervals[0].from_at.isoformat()}")
    found.extend(
        f"held from {interval.from_at.isoformat()} until before that"
        for interval in intervals
        if interval.until_at is not None and interval.until_at < interval.from_at
    )
    for before, after in pairwise(intervals):
        if before.until_at is None or before.until_at > after.from_at:
            found.append(f"held twice from {after.from_at.isoformat()}")
        elif before.until_at < after.from_at:
            found.append(f"held by nobody from {before.until_at.isoformat()} to {after.from_at.isoformat()}")
    end = intervals[-1].until_at
    if end != closed_at:
        found.append(f"held until {_said(end)}, closed {_said(closed_at)}")
    return tuple(found)


def _regains(intervals: Sequence[PossessionInterval], from_holder: Holder, to_holder: Holder, by: By) -> bool:
    target = to_holder.key(by)
    return (
        target is not None
        and target != from_holder.key(by)
        and any(interval.holder.key(by) == target for interval in intervals)
    )


def _said(instant: datetime | None) -> str:
    return "never" if instant is None else instant.isoformat()
