"""A ticket as plain facts for programs: what one actor's organization may know of it, names of unknown parties left out.

Not here: the page's view of it (`ticket_page`), lists (`lists`).
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Count

from cosource.foundation.models import Audience, Entry
from cosource.foundation.prepared import Prepared
from cosource.foundation.queries.paging import KeyPage, key_page
from cosource.foundation.sight import REQUESTER, WORKERS, Actor
from cosource.tickets.models import NEVER, Clock, Handover, Possession
from cosource.tickets.queries.clocks import may_see, pauses_of, reading
from cosource.tickets.queries.record import Record, load, parties_seen_by


@dataclass(frozen=True, slots=True)
class TicketFacts:
    """One ticket. `holder_id` null is unknown possession or a party that the reader does not know of."""

    id: UUID
    version: int
    reference: str
    owner_id: UUID
    engagement_id: UUID | None
    kind: str
    title: str
    state: str
    category: str
    impact: int
    urgency: int
    priority: int
    topic: str
    subtopic: str
    service_id: UUID | None
    site_id: UUID | None
    asset_name: str
    requester_name: str
    holder_id: UUID | None
    team_id: UUID | None
    assignee_id: UUID | None
    parties: list[UUID]
    turn: str
    turn_party_id: UUID | None
    offered_to_team_id: UUID | None
    handovers: int
    returns: int
    internal: bool
    opened_at: datetime
    resolved_at: datetime | None
    closed_at: datetime | None
    next_due_at: datetime | None
    updated_at: datetime


def ticket_facts(*, actor: Actor, ticket_id: UUID) -> TicketFacts:
    """Return one ticket in the actor's sight. Raises: NotFound."""
    return facts_of(load(ticket_id, actor))


def facts_of(record: Record) -> TicketFacts:
    """Return the facts of a loaded record for its reader."""
    ticket, mine = record.ticket, record.mine
    seen = parties_seen_by(mine.organization_id, record.parts)
    known_holder = ticket.holder_organization_id in seen
    own_people = ticket.holder_organization_id == mine.organization_id or mine.kind == "owner"
    known = _offered(ticket_id=ticket.id) if record.handovers is None else record.handovers
    offered = next((h for h in known if h.state == Handover.State.OFFERED), None)
    due = mine.next_due_at
    return TicketFacts(
        id=ticket.id,
        version=mine.revision,
        reference=mine.reference,
        owner_id=ticket.owner_id,
        engagement_id=mine.engagement_id,
        kind=ticket.kind,
        title=ticket.title,
        state=ticket.state,
        category=ticket.category,
        impact=ticket.impact,
        urgency=ticket.urgency,
        priority=ticket.priority,
        topic=ticket.topic,
        subtopic=ticket.subtopic,
        service_id=ticket.service_id,
        site_id=ticket.site_id,
        asset_name=ticket.asset_name,
        requester_name=ticket.requester_name,
        holder_id=ticket.holder_organization_id if known_holder else None,
        team_id=ticket.holder_team_id if known_holder else None,
        assignee_id=ticket.assignee_id if own_people else None,
        parties=sorted(seen),
        turn=ticket.turn,
        turn_party_id=ticket.turn_organization_id if ticket.turn_organization_id in seen else None,
        offered_to_team_id=offered.to_team_id if offered and offered.to_organization_id in seen else None,
        handovers=ticket.handovers if mine.kind == "owner" else _known_changes(record, seen),
        returns=ticket.returns if mine.kind == "owner" else int(mine.came_back),
        internal=ticket.internal,
        opened_at=ticket.opened_at,
        resolved_at=ticket.resolved_at,
        closed_at=ticket.closed_at,
        next_due_at=None if due == NEVER else due,
        updated_at=mine.updated_at,
    )


_offered = Prepared[Handover](
    lambda ticket_id: Handover.objects.filter(ticket_id=ticket_id, state=Handover.State.OFFERED),
    ticket_id=UUID,
)


def _known_changes(record: Record, seen: frozenset[UUID]) -> int:
    """Count the changes of holder between parties that the reader knows of."""
    held = Possession.objects.filter(ticket=record.ticket, organization_id__in=seen).count()
    return max(held - 1, 0)


def entries_of(*, actor: Actor, ticket_id: UUID, cursor: str = "", limit: int = 50) -> KeyPage[Entry]:
    """Return a page of the ticket's ledger entries that the actor reads, in the order of what happened.

    Raises: NotFound, Invalid for a cursor or limit that was not given out.
    """
    record = load(ticket_id, actor)
    found = Entry.objects.filter(
        subject_id=record.ticket.id, audience__readers__organization_id=actor.reads_as
    ).select_related("payload", "hiding")
    if actor.sight.roles == {REQUESTER}:
        found = found.filter(audience__with_requester=True)
    if not actor.sight.roles_on(record.mine.engagement_id) & WORKERS:
        # What a party notes for itself is read by those who work there, not by those who look over their shoulder.
        own = Audience.objects.filter(with_requester=False).alias(n=Count("readers")).filter(n=1)
        found = found.exclude(audience__in=own, payload_digest__gt="")
    return key_page(found, order=("occurred_at", "source_seq", "id"), cursor=cursor, limit=limit)


def clocks_of(*, actor: Actor, ticket_id: UUID, at: datetime) -> list[dict[str, Any]]:
    """Return all rounds of the clocks that the actor may see (`clocks.may_see`), as they stand at `at`.

    Raises: NotFound.
    """
    record = load(ticket_id, actor)
    pauses = pauses_of(ticket_id=ticket_id)
    seen = parties_seen_by(record.mine.organization_id, record.parts)
    found = []
    for clock in Clock.objects.filter(ticket=record.ticket).order_by("kind", "round", "id"):
        if not may_see(record, clock.engagement_id):
            continue
        state, _bar = reading(clock, pauses, at)
        found.append(
            {
                "id": clock.id,
                "kind": clock.kind,
                "engagement_id": clock.engagement_id,
                "owed_by_id": clock.owed_by_id if clock.owed_by_id in seen else None,
                "round": clock.round,
                "status": state.status.value,
                "target_minutes": clock.target_minutes,
                "net_minutes": int(state.net_minutes),
                "gross_minutes": int(state.gross_minutes),
                "started_at": clock.started_at,
                "due_at": None if clock.due_at == NEVER else clock.due_at,
                "first_due_at": None if clock.first_due_at == NEVER else clock.first_due_at,
                "met_at": clock.met_at,
                "stopped_at": clock.stopped_at,
                "late_at": clock.late_at,
                "late_from_minutes": clock.late_from_minutes,
            }
        )
    return found
