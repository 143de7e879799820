"""The past of a ticket as one reader may see it, cut into stretches: who held it, and on whose turn it waited.

Here it is decided what a reader does not get to see; nothing behind this (places, words, rows) knows more.
Not here: where a stretch is drawn (`ribbon_axis`) and how it looks (`ribbon`).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Literal

from cosource.tickets.rules.possession import Key, PossessionInterval
from cosource.tickets.rules.wording import Phrase, gettext_lazy

type State = Literal["held", "paused"]


@dataclass(frozen=True, slots=True)
class RibbonParty:
    """A party that the reader may see, with its colour slot (1 and up)."""

    party_id: Key
    slot: int
    initials: str
    name: str


@dataclass(frozen=True, slots=True)
class RibbonTeam:
    """A team whose name the reader may see."""

    team_id: Key
    name: str


@dataclass(frozen=True, slots=True)
class RibbonPause:
    """A stretch in which a clock stood still, on the turn of a party (none: of nobody on the ticket)."""

    from_at: datetime
    until_at: datetime | None
    turn_party_id: Key | None
    reason: str


class Kind(StrEnum):
    """What the reader knows of somebody."""

    SEEN = "seen"
    ANOTHER = "another"
    UNKNOWN = "unknown"
    NOBODY = "nobody"


@dataclass(frozen=True, slots=True)
class Who:
    """Somebody as the reader sees him; two parties that he may not see are equal."""

    kind: Kind
    party: RibbonParty | None = None
    team_id: Key | None = None
    team: str = ""

    @property
    def slot(self) -> int:
        """Give the colour; 0 is neutral."""
        return self.party.slot if self.party else 0

    @property
    def name(self) -> Phrase:
        """Give the name, or the words that stand for it."""
        if self.party:
            return gettext_lazy("%(name)s", name=self.party.name)
        if self.kind is Kind.ANOTHER:
            return gettext_lazy("another party")
        return gettext_lazy("unknown") if self.kind is Kind.UNKNOWN else gettext_lazy("nobody here")


@dataclass(frozen=True, slots=True)
class Segment:
    """A stretch of the past: who held the ticket and, while it was paused, on whose turn."""

    from_at: datetime
    until_at: datetime
    holder: Who
    turn: Who | None = None
    reason: str = ""

    @property
    def shown(self) -> Who:
        return self.turn or self.holder

    @property
    def state(self) -> State:
        return "paused" if self.turn else "held"

    def continues(self, before: "Segment") -> bool:
        return (before.until_at, before.holder, before.turn, before.reason) == (
            self.from_at,
            self.holder,
            self.turn,
            self.reason,
        )


class Reader:
    """What the reader may see of a party and of a team."""

    def __init__(self, parties: Iterable[RibbonParty], teams: Iterable[RibbonTeam]) -> None:
        self._parties = {party.party_id: party for party in parties}
        self._teams = {team.team_id: team.name for team in teams}

    def holder(self, interval: PossessionInterval) -> Who:
        if interval.party_id is None:
            return Who(Kind.UNKNOWN)
        party = self._parties.get(interval.party_id)
        if party is None or interval.team_id is None:
            return self.party(interval.party_id)
        return Who(Kind.SEEN, party, interval.team_id, self._teams.get(interval.team_id, ""))

    def party(self, party_id: Key | None) -> Who:
        if party_id is None:
            return Who(Kind.NOBODY)
        party = self._parties.get(party_id)
        return Who(Kind.SEEN, party) if party else Who(Kind.ANOTHER)


def held(
    possession: Sequence[PossessionInterval], opened_at: datetime, until: datetime, reader: Reader
) -> list[Segment]:
    """Lay possession over the whole past, without gap or overlap.

    >>> from datetime import UTC
    >>> noon, one = datetime(2026, 3, 2, 12, tzinfo=UTC), datetime(2026, 3, 2, 13, tzinfo=UTC)
    >>> [segment.holder.kind.value for segment in held([], noon, one, Reader([], []))]
    ['unknown']
    """
    segments = []
    cursor = opened_at
    for interval in possession:
        begin, finish = max(interval.from_at, cursor), min(interval.until_at or until, until)
        if begin >= finish:
            continue
        if begin > cursor:
            segments.append(Segment(cursor, begin, Who(Kind.UNKNOWN)))
        segments.append(Segment(begin, finish, reader.holder(interval)))
        cursor = finish
    if cursor < until:
        segments.append(Segment(cursor, until, Who(Kind.UNKNOWN)))
    return segments


def apart(pauses: Sequence[RibbonPause], until: datetime) -> list[tuple[datetime, datetime, RibbonPause]]:
    """Close open pauses and let an earlier one have what overlaps."""
    apart: list[tuple[datetime, datetime, RibbonPause]] = []
    for pause in sorted(pauses, key=lambda pause: pause.from_at):
        begin = max(pause.from_at, apart[-1][1]) if apart else pause.from_at
        finish = min(pause.until_at or until, until)
        if begin < finish:
            apart.append((begin, finish, pause))
    return apart


def cut(
    held: Sequence[Segment], pauses: Sequence[tuple[datetime, datetime, RibbonPause]], reader: Reader
) -> list[Segment]:
    """Cut possession at each pause; what a pause covers is on the turn of another."""
    pieces = []
    for segment in held:
        cursor = segment.from_at
        for pause_from, pause_until, pause in pauses:
            begin, finish = max(pause_from, cursor), min(pause_until, segment.until_at)
            if begin >= finish:
                continue
            if begin > cursor:
                pieces.append(replace(segment, from_at=cursor, until_at=begin))
            turn = reader.party(pause.turn_party_id)
            reason = "" if turn.kind is Kind.ANOTHER else pause.reason
            pieces.append(Segment(begin, finish, segment.holder, turn, reason))
            cursor = finish
        if cursor < segment.until_at:
            pieces.append(replace(segment, from_at=cursor))
    return pieces


def joined(segments: Sequence[Segment]) -> list[Segment]:
    """Join neighbours that the reader can't tell apart."""
    joined: list[Segment] = []
    for segment in segments:
        if joined and segment.continues(joined[-1]):
            joined[-1] = replace(joined[-1], until_at=segment.until_at)
        else:
            joined.append(segment)
    return joined
