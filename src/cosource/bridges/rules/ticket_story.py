"""What the lines of one ticket tell together: who had it, when it waited, when it came back.

Here: the story as a value, and how it is told from events. Not here: single lines (`interpret`) and writing
(the room's services).
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby, pairwise

from cosource.bridges.rules.events import SourceEvent
from cosource.bridges.rules.mapping import Kind

_DONE = frozenset({"resolved", "closed"})
type _State = tuple[str, str, str, str | None, int]


@dataclass(frozen=True, slots=True)
class Possession:
    """Who had the ticket, half-open. All of `group`, `party`, `team` are None where the record does not say.

    `until_at` is None on the last interval of a ticket that is not closed.
    """

    group: str | None
    party: str | None
    team: str | None
    from_at: datetime
    until_at: datetime | None


@dataclass(frozen=True, slots=True)
class Pause:
    """A time of waiting, half-open: on whose turn and why. `until_at` is None while it lasts."""

    state: str
    turn: str
    reason: str
    from_at: datetime
    until_at: datetime | None


@dataclass(frozen=True, slots=True)
class Phase:
    """A time in one state, half-open; phases tile the ticket's life like possessions do."""

    state: str
    category: str
    turn: str
    reason: str | None
    from_at: datetime
    until_at: datetime | None
    row_number: int


@dataclass(frozen=True, slots=True)
class Handover:
    """A change of group between two lines that name one, in file order.

    `between_parties`: the two groups belong to different parties. `is_return`: the receiving group had the
    ticket before. `is_direct_return`: it had it immediately before (A, B, A). `event` is the receiving line.
    """

    occurred_at: datetime
    from_group: str
    from_party: str
    from_team: str
    to_group: str
    to_party: str
    to_team: str
    between_parties: bool
    is_return: bool
    is_direct_return: bool
    is_party_return: bool
    event: SourceEvent


@dataclass(frozen=True, slots=True)
class TicketStory:
    """All that an import writes about one ticket.

    - `facts`: the events ordered by occurred_at, source_seq, place in the file: the order to append them in.
    - `final`: the last line in file order; the ticket's present values are its values, stated ones included.
    - `possessions` tile [opened_at, closed_at) without gap or overlap, and so do `phases`; neither is empty.
    - `pauses`: the phases of category paused.
    - `handovers`: changes of group in file order, lines without a group left out; three counts over them by
      group, and the same over the parties: returns, direct returns (A, B, A), mutual pairs (names sorted).
    - `reopened_at`: moments at which a resolved or closed ticket was open or paused again.
    - `resolved_at`: the last moment at which the events show it resolved with no work after it, or None;
      the source's own claim is `final.stated.resolved_at`.
    - `stated_reassignments`, `stated_reopens`: the highest that any line claims, or None.
    - `parties`: keys of all parties that had it, in order of first possession.
    - `steps_back`: how often the time goes back from one line to the next in file order.
    """

    ticket_key: str
    facts: tuple[SourceEvent, ...]
    final: SourceEvent
    opened_at: datetime
    closed_at: datetime | None
    resolved_at: datetime | None
    possessions: tuple[Possession, ...]
    phases: tuple[Phase, ...]
    pauses: tuple[Pause, ...]
    handovers: tuple[Handover, ...]
    returns: int
    direct_returns: int
    mutual_pairs: tuple[tuple[str, str], ...]
    party_handovers: int
    party_returns: int
    party_direct_returns: int
    party_mutual_pairs: tuple[tuple[str, str], ...]
    reopened_at: tuple[datetime, ...]
    stated_reassignments: int | None
    stated_reopens: int | None
    parties: tuple[str, ...]
    steps_back: int


def tell_story(events: Sequence[SourceEvent], kind: Kind = "event-log") -> TicketStory:
    """Tell the story of one ticket from its events in file order; there must be at least one.

    The final values are those of the last line in the file; the facts are ordered by time, then by the
    source's sequence, then by place in the file. A ticket list has one line for a whole life: its milestones
    take the place of the changes it does not show.
    """
    final = events[-1]
    facts = tuple(sorted(events, key=lambda event: (event.occurred_at, event.source_seq)))
    opened_at = final.opened_at or facts[0].occurred_at
    listed = kind == "ticket-list"
    closed_at = _closed_at(facts, final, opened_at)
    phases = _fit_phases(
        _milestones(final, opened_at) if listed else _states(facts, opened_at), opened_at, closed_at
    )
    holders = _listed_holders(final, opened_at) if listed else _holders(facts, opened_at)
    possessions = tuple(
        Possession(None, None, None, from_at, until_at)
        if holder is None
        else Possession(holder.group, holder.party, holder.team, from_at, until_at)
        for holder, from_at, until_at in _tiled(holders, opened_at, closed_at)
    )
    held = [event for event in events if event.group is not None]
    hops = _handovers(held)
    by_team = _distinct([event.group or "" for event in held])
    by_party = _distinct([event.party or "" for event in held])
    return TicketStory(
        ticket_key=final.ticket_key,
        facts=facts,
        final=final,
        opened_at=opened_at,
        closed_at=closed_at,
        resolved_at=_resolved_at(phases),
        possessions=possessions,
        phases=phases,
        pauses=tuple(
            Pause(phase.state, phase.turn, phase.reason or "", phase.from_at, phase.until_at)
            for phase in phases
            if phase.category == "paused"
        ),
        handovers=hops,
        returns=sum(hop.is_return for hop in hops),
        direct_returns=sum(hop.is_direct_return for hop in hops),
        mutual_pairs=_mutual(by_team),
        party_handovers=max(len(by_party) - 1, 0),
        party_returns=sum(hop.is_party_return for hop in hops),
        party_direct_returns=sum(a == c for a, c in zip(by_party, by_party[2:], strict=False)),
        party_mutual_pairs=_mutual(by_party),
        reopened_at=tuple(
            after.from_at
            for before, after in pairwise(phases)
            if before.category in _DONE and after.category not in _DONE
        ),
        stated_reassignments=_highest(event.stated.reassignments for event in events),
        stated_reopens=_highest(event.stated.reopens for event in events),
        parties=tuple(dict.fromkeys(by_party)),
        steps_back=sum(after.occurred_at < before.occurred_at for before, after in pairwise(events)),
    )


def _closed_at(facts: Sequence[SourceEvent], final: SourceEvent, opened_at: datetime) -> datetime | None:
    """Return when it was closed: what the source states, else the line that closed it for good."""
    if final.category != "closed":
        return None
    if final.stated.closed_at is not None:
        return max(final.stated.closed_at, opened_at)
    closing = final
    for fact in reversed(facts):
        if fact.category != "closed":
            break
        closing = fact
    return max(closing.occurred_at, opened_at)


def _states(facts: Sequence[SourceEvent], opened_at: datetime) -> list[tuple[_State, datetime]]:
    """Return each change of state with its time; before the first line the ticket was new."""
    state: _State = ("new", "open", "holder", None, facts[0].row_number)
    states = [(state, opened_at)]
    for fact in facts:
        if fact.state != state[0] or fact.pause_reason != state[3] or fact.turn != state[2]:
            state = _state(fact)
            states.append((state, fact.occurred_at))
    return states


def _state(fact: SourceEvent) -> _State:
    return (fact.state, fact.category, fact.turn, fact.pause_reason, fact.row_number)


def _milestones(final: SourceEvent, opened_at: datetime) -> list[tuple[_State, datetime]]:
    """Return the states that a list's dates show; what lay between two dates is told by none of them."""
    states: list[tuple[_State, datetime]] = [(("new", "open", "holder", None, final.row_number), opened_at)]
    resolved_at = final.stated.resolved_at
    if resolved_at is not None and final.category in _DONE:
        states.append((("resolved", "resolved", "requester", None, final.row_number), resolved_at))
    if final.state != states[-1][0][0]:
        states.append((_state(final), final.occurred_at))
    return states


def _holders(facts: Sequence[SourceEvent], opened_at: datetime) -> list[tuple[SourceEvent | None, datetime]]:
    """Return each change of group with its time; None where a line names no group.

    Before the first line nothing is known, unless its sequence number is 0: then it is the ticket's creation,
    and the group that it names had the ticket from the opening.
    """
    first = facts[0]
    holder = first if first.source_seq == 0 and first.group is not None else None
    holders = [(holder, opened_at)]
    for fact in facts:
        if fact.group != (None if holder is None else holder.group):
            holder = None if fact.group is None else fact
            holders.append((holder, fact.occurred_at))
    return holders


def _listed_holders(final: SourceEvent, opened_at: datetime) -> list[tuple[SourceEvent | None, datetime]]:
    """Return who had a listed ticket: its group, but unknown before the line if it was reassigned."""
    holder = None if final.group is None else final
    if not final.stated.reassignments:
        return [(holder, opened_at)]
    return [(None, opened_at), (holder, final.occurred_at)]


def _tiled[T](
    pieces: Sequence[tuple[T, datetime]], opened_at: datetime, closed_at: datetime | None
) -> Iterator[tuple[T, datetime, datetime | None]]:
    """Yield the pieces so that they tile [opened_at, closed_at): each ends where the next begins.

    What has no length is left out, but one piece always stays, even of a life without length.
    """
    count = 0
    from_at = opened_at
    last = len(pieces) - 1
    for index, (piece, _) in enumerate(pieces):
        until_at = closed_at
        if index < last:
            until_at = max(pieces[index + 1][1], from_at)
            if closed_at is not None and until_at > closed_at:
                until_at = closed_at
        if until_at is None or from_at < until_at or (index == last and not count):
            count += 1
            yield piece, from_at, until_at
        if until_at is not None:
            from_at = until_at


def _fit_phases(
    states: Sequence[tuple[_State, datetime]], opened_at: datetime, closed_at: datetime | None
) -> tuple[Phase, ...]:
    return tuple(
        Phase(state, category, turn, reason, from_at, until_at, row_number)
        for (state, category, turn, reason, row_number), from_at, until_at in _tiled(
            states, opened_at, closed_at
        )
    )


def _resolved_at(phases: Sequence[Phase]) -> datetime | None:
    resolved_at = None
    for phase in reversed(phases):
        if phase.category not in _DONE:
            break
        if phase.category == "resolved":
            resolved_at = phase.from_at
    return resolved_at


def _handovers(held: Sequence[SourceEvent]) -> tuple[Handover, ...]:
    hops: list[Handover] = []
    path: list[str] = []
    parties: set[str] = set()
    for before, after in zip([None, *held], held, strict=False):
        group, party = after.group or "", after.party or ""
        if before is not None and group != before.group:
            between = before.party != party
            hops.append(
                Handover(
                    occurred_at=after.occurred_at,
                    from_group=before.group or "",
                    from_party=before.party or "",
                    from_team=before.team or "",
                    to_group=group,
                    to_party=party,
                    to_team=after.team or "",
                    between_parties=between,
                    is_return=group in path,
                    is_direct_return=len(path) > 1 and path[-2] == group,
                    is_party_return=between and party in parties,
                    event=after,
                )
            )
        if not path or path[-1] != group:
            path.append(group)
        parties.add(party)
    return tuple(hops)


def _distinct(names: Sequence[str]) -> list[str]:
    """Return the names without immediate repetitions."""
    return [name for name, _ in groupby(names)]


def _mutual(path: Sequence[str]) -> tuple[tuple[str, str], ...]:
    """Return the pairs that handed over to each other in both directions, each pair and the list sorted."""
    hops = set(pairwise(path))
    return tuple(sorted((a, b) for a, b in hops if a < b and (b, a) in hops))


def _highest(numbers: Iterable[int | None]) -> int | None:
    return max((number for number in numbers if number is not None), default=None)
