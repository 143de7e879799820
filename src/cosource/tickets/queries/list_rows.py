"""One line of a list for each participation, ready to render for one reader, in four queries however many there are.

Not here: which lines a list has and in what order (`lists`).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import FilteredRelation, Q, QuerySet

from cosource.foundation.pages import PARTY_SLOTS, PartyBadge
from cosource.foundation.prepared import OfMany
from cosource.foundation.sight import REQUESTER, Actor
from cosource.tickets.models import NEVER, Clock, Handover, Participation, Pause
from cosource.tickets.models.participation import Kind, Turn
from cosource.tickets.queries.clocks import reading
from cosource.tickets.queries.escalations import ESCALATED, mark_of
from cosource.tickets.queries.standing_still import RunningClock, Stretch
from cosource.tickets.rules.clocks import ClockBar
from cosource.tickets.rules.states import ACCEPT, STATES, label_of, verb_of

_TURNS_OF_PARTIES = frozenset({Turn.MINE, Turn.CLIENT, Turn.PARTNER})


@dataclass(frozen=True, slots=True)
class TicketRow:
    """One line of a list; `state_label` and `verb` are message ids.

    `mark`: "warned" or "escalated" where a step of the ladder came for a clock that runs.
    `holder` and `turn_badge` None draw as another party, or as nobody where none is known at all. `parties`: the badges of those
    that the reader's party knows of here.
    """

    id: UUID
    reference: str
    title: str
    client_id: UUID
    client: PartyBadge | None
    holder: PartyBadge | None
    holder_known: bool
    priority: int
    state: str
    state_label: str
    kind: str
    place: str
    turn: int
    turn_badge: PartyBadge | None
    verb: str
    bar: ClockBar | None
    mark: str
    due_at: datetime | None
    opened_at: datetime
    unanswered: bool
    came_back: bool
    demo: bool
    category: str
    version: int
    parties: Mapping[UUID, PartyBadge]

    @property
    def turn_is_party(self) -> bool:
        """Tell whether the turn is a party's, rather than the requester's, a supplier's or nobody's."""
        return self.turn in _TURNS_OF_PARTIES


_ROW = (
    "id",
    "ticket_id",
    "reference",
    "about",
    "organization_id",
    "owner_id",
    "engagement_id",
    "category",
    "turn",
    "priority",
    "next_due_at",
    "opened_at",
    "unanswered",
    "came_back",
    "ticket__title",
    "ticket__state",
    "ticket__holder_organization_id",
    "ticket__turn_organization_id",
    "ticket__demo",
    "revision",
    "ticket__service__name",
    "ticket__site__name",
    "offer__to_organization_id",
)
_PART = (
    "ticket_id",
    "organization_id",
    "kind",
    "joint",
    "engagement__client_id",
    "engagement__slot",
    "engagement__initials",
    "organization__initials",
    "organization__name",
)

_CLOCK = (
    "ticket_id",
    "raised",
    "version_id",
    "engagement_id",
    "kind",
    "target_minutes",
    "calendar",
    "started_at",
    "elsewhere",
)
_PAUSE = ("ticket_id", "version_id", "turn", "reason", "from_at", "until_at")

type Values = dict[str, Any]
# Of one part: organization, kind, whether joint, whose partner it is there, slot, letters, own letters, name.
type Part = tuple[Any, ...]
type Badges = dict[UUID, PartyBadge]


def _rows_of(ids: list[UUID]) -> "QuerySet[Any, Any]":
    offered = FilteredRelation(
        "ticket__handover_rows", condition=Q(ticket__handover_rows__state=Handover.State.OFFERED)
    )
    rows: QuerySet[Any, Any] = Participation.objects.annotate(offer=offered).filter(id__in=ids).values(*_ROW)
    return rows


_read_rows = OfMany[Values](_rows_of)
_read_parts = OfMany[tuple[Any, ...]](
    lambda ids: (
        Participation.objects.filter(ticket_id__in=ids).order_by("opened_at", "id").values_list(*_PART)
    )
)
_read_clocks = OfMany[tuple[Any, ...]](
    lambda ids, owed_by: (
        Clock.objects.filter(
            ticket_id__in=ids, owed_by_id=owed_by, met_at__isnull=True, stopped_at__isnull=True
        )
        .order_by("paused", "due_at", "id")
        .values_list(*_CLOCK)
    ),
    owed_by=UUID,
)
_read_pauses = OfMany[tuple[Any, ...]](
    lambda ids: (
        Pause.objects.filter(ticket_id__in=ids, version__isnull=False)
        .order_by("sequence")
        .values_list(*_PAUSE)
    )
)


def rows_for(part_ids: Sequence[UUID], *, actor: Actor, at: datetime) -> list[TicketRow]:
    """Return the rows for participations, in the given order. The caller got the ids within sight."""
    found = {p["id"]: p for p in _read_rows(part_ids)}
    mine = [found[i] for i in part_ids if i in found]
    asked = _asked_only(part_ids, actor)
    badges = _badges(mine, asked)
    bars = _bars([p for p in mine if p["id"] not in asked], actor.reads_as, at)
    return [
        _row(p, badges[p["ticket_id"]], bars.get(p["ticket_id"], (None, "")), p["id"] in asked) for p in mine
    ]


def _asked_only(part_ids: Sequence[UUID], actor: Actor) -> frozenset[UUID]:
    """Return the rows that the reader sees for no other reason than having asked. At most two queries, for who may ask."""
    if REQUESTER not in actor.sight.roles or actor.person_id is None:
        return frozenset()
    parts = Participation.objects.filter(id__in=list(part_ids))
    asked = set(parts.filter(requester_id=actor.person_id).values_list("id", flat=True))
    others = tuple(g for g in actor.sight.grants if g.role != REQUESTER)
    if not asked or not others:
        return frozenset(asked)
    otherwise = replace(actor, sight=replace(actor.sight, grants=others))
    also = Participation.objects.visible_to(otherwise).filter(id__in=asked).values_list("id", flat=True)
    return frozenset(asked - set(also))


def _row(part: Values, badges: Badges, drawn: tuple[ClockBar | None, str], asked: bool) -> TicketRow:
    holder = part["ticket__holder_organization_id"]
    turn_party = _turn_party(part)
    state = STATES[part["ticket__state"]]
    return TicketRow(
        id=part["ticket_id"],
        reference=part["reference"],
        title=part["ticket__title"],
        client_id=part["owner_id"],
        client=badges.get(part["owner_id"]),
        holder=badges.get(holder),
        holder_known=holder is not None,
        priority=part["priority"],
        state=state.key,
        state_label=label_of(part["about"], state.key),
        kind=part["about"],
        place=part["ticket__site__name"] or part["ticket__service__name"] or "",
        turn=part["turn"],
        turn_badge=badges.get(turn_party) if turn_party else None,
        verb=ACCEPT if part["offer__to_organization_id"] else verb_of(part["about"], state.key),
        bar=drawn[0],
        mark=drawn[1],
        due_at=None if asked or part["next_due_at"] == NEVER else part["next_due_at"],
        opened_at=part["opened_at"],
        unanswered=part["unanswered"] and not asked,
        came_back=part["came_back"] and not asked,
        demo=part["ticket__demo"],
        category=part["category"],
        version=part["revision"],
        parties=badges,
    )


def _turn_party(part: Values) -> UUID | None:
    """Return the party whose turn it is: of a ticket offered to a partner, who is to answer."""
    party: UUID | None = None
    if part["turn"] == Turn.MINE:
        party = part["organization_id"]
    elif part["turn"] == Turn.CLIENT:
        party = part["owner_id"]
    elif part["turn"] == Turn.PARTNER:
        party = part["offer__to_organization_id"] or part["ticket__turn_organization_id"]
    return party


def _badges(mine: Sequence[Values], asked: frozenset[UUID]) -> dict[UUID, Badges]:
    """Return of each row's ticket the badges of the parties that the reader's party knows of there."""
    others: dict[UUID, list[Part]] = {p["ticket_id"]: [] for p in mine}
    for ticket_id, *part in _read_parts(list(others)):
        others[ticket_id].append(tuple(part))
    # The same few parties meet again and again: each constellation is drawn once.
    drawn: dict[tuple[Any, ...], Badges] = {}
    found: dict[UUID, Badges] = {}
    for p in mine:
        parts = tuple(others[p["ticket_id"]])
        key = (p["organization_id"], parts, p["id"] in asked)
        badges = drawn.get(key)
        if badges is None:
            badges = drawn[key] = _drawn(p["organization_id"], parts, only_own=p["id"] in asked)
        found[p["ticket_id"]] = badges
    return found


def _drawn(reader: UUID, parts: Sequence[Part], *, only_own: bool) -> Badges:
    """Draw the parties that a reader knows of, as the page of the ticket does: the owner first, no two alike."""
    known = {reader} if only_own else _known_to(reader, parts)
    badges: Badges = {}
    taken: set[int] = set()
    for party, _kind, _joint, engaged_by, slot, letters, initials, name in sorted(
        parts, key=lambda part: (part[1] != Kind.OWNER, part[3] is None)
    ):
        if party not in known:
            continue
        place = 1 if engaged_by is None else slot
        if place in taken or place > PARTY_SLOTS:
            place = next((s for s in range(2, PARTY_SLOTS + 1) if s not in taken), 0)
        taken.add(place)
        badges[party] = PartyBadge(place, letters or initials, name)
    return badges


def _known_to(reader: UUID, parts: Iterable[Part]) -> frozenset[UUID]:
    """Return the parties of a ticket that a party knows of; the same as `record.parties_seen_by`, without loading rows."""
    known = {part[0]: part for part in parts}
    own = known.get(reader)
    if own is None:
        return frozenset()
    if own[1] == Kind.OWNER:
        return frozenset(known)
    owners = {party for party, part in known.items() if part[1] == Kind.OWNER}
    near = {p for p, part in known.items() if part[3] == reader or own[3] == p or (own[2] and part[2])}
    return frozenset({reader} | owners | near)


def _bars(parts: Iterable[Values], reader: UUID, at: datetime) -> dict[UUID, tuple[ClockBar | None, str]]:
    """Return the bar of the reader's clock that is due next for each row that has one, and whether its ladder told somebody."""
    wanted = [p["ticket_id"] for p in parts if p["category"] in ("open", "paused")]
    clocks: dict[UUID, RunningClock] = {}
    marks: dict[UUID, str] = {}
    for ticket_id, raised, version_id, *values in _read_clocks(wanted, owed_by=reader):
        if ticket_id not in clocks:
            clocks[ticket_id] = RunningClock(version_id, *values)
        if raised and marks.get(ticket_id) != ESCALATED:
            marks[ticket_id] = mark_of(version_id, raised)
    pauses: dict[UUID, list[Stretch]] = {}
    for ticket_id, *values in _read_pauses(list(clocks)):
        pauses.setdefault(ticket_id, []).append(Stretch(*values))
    return {
        ticket: (reading(clock, pauses.get(ticket, ()), at)[1], marks.get(ticket, ""))
        for ticket, clock in clocks.items()
    }
