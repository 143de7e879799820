"""Keeping the list keys of every participation, and what is kept of the clocks, in step with the ticket.

Called at the end of each service, in its transaction. What is written is derived: from the ticket, its pauses and its terms.
"""

from collections.abc import Collection, Sequence
from datetime import datetime
from operator import attrgetter
from uuid import UUID

from cosource.foundation.bulk import update_all
from cosource.tickets.models import NEVER, Clock, Handover, Ticket
from cosource.tickets.models.participation import Kind, Participation, Turn
from cosource.tickets.rules.states import AWAITING_APPROVAL
from cosource.tickets.services.at_hand import open_handover, running_clocks
from cosource.tickets.services.clocks import clocks_settle, pauses_counted
from cosource.tickets.services.record import Record

OPEN_CATEGORIES = ("open", "paused")


def sync(record: Record, *, at: datetime, told: Collection[UUID] | None = None) -> None:
    """Write the list keys of every part from the ticket, its clocks and its open handover.

    `told`: the parties that learn of the step; None means all. A part's revision and time of change rise when its party learns
    of something, and stay when others only talked among themselves: they would tell that something was said.
    """
    clocks = running_clocks(record)
    clocks_settle(clocks, pauses_counted(ticket_id=record.ticket.id) if clocks else ())
    offered = open_handover(record)
    before = [(_keys_of(part), part.updated_at) for part in record.parts]
    keys_set(record, clocks, offered, at=at)
    for part, (was, updated_at) in zip(record.parts, before, strict=True):
        # What did not change is left out: it stands in many indexes. Two were set on the way here, and stand in none.
        changed = [name for name, old, new in zip(_KEYS, was, _keys_of(part), strict=True) if old != new]
        if changed or told is None or part.organization_id in told:
            part.revision += 1
        else:
            part.updated_at = updated_at
        update_all([part], (*changed, "joint", "asked_at", "updated_at", "revision"))


def keys_set(record: Record, clocks: Sequence[Clock], offered: Handover | None, *, at: datetime) -> None:
    """Set the list keys on every part, from the ticket, the clocks that run and the open handover. Writes nothing."""
    ticket = record.ticket
    for part in record.parts:
        own = [c for c in clocks if c.owed_by_id == part.organization_id and not c.paused]
        open_now = ticket.category in OPEN_CATEGORIES
        part.category = ticket.category
        part.open = open_now
        part.priority = ticket.priority
        part.service_id, part.site_id = ticket.service_id, ticket.site_id
        part.internal = ticket.internal
        part.requester_id = ticket.requester_id if part.kind == Kind.OWNER else None
        part.holds = ticket.holder_organization_id == part.organization_id
        part.unanswered = offered is not None and offered.to_organization_id == part.organization_id
        part.offered_team_id = offered.to_team_id if part.unanswered and offered is not None else None
        part.to_approve = (
            ticket.state == AWAITING_APPROVAL and ticket.turn_organization_id == part.organization_id
        )
        part.turn = turn_for(ticket, part, offered)
        part.next_due_at = min((c.due_at for c in own), default=NEVER) if open_now else NEVER
        part.updated_at = at
        if part.holds:
            part.team_id = ticket.holder_team_id
            part.assignee_id = ticket.assignee_id
            if part.kind == Kind.SCOPE:
                part.kind = Kind.WORKER
        elif part.unanswered and offered is not None:
            part.team_id = offered.to_team_id
            if part.kind == Kind.SCOPE:
                part.kind = Kind.WORKER


_KEYS = (
    "kind",
    "category",
    "open",
    "priority",
    "service_id",
    "site_id",
    "team_id",
    "offered_team_id",
    "assignee_id",
    "requester_id",
    "internal",
    "holds",
    "unanswered",
    "to_approve",
    "turn",
    "next_due_at",
)
_keys_of = attrgetter(*_KEYS)


def turn_for(ticket: Ticket, part: Participation, offered: Handover | None) -> Turn:
    """Return whose turn it is from one party's seat. An offered handover is the turn of whom it is offered to."""
    if ticket.category not in OPEN_CATEGORIES:
        return Turn.REQUESTER if ticket.category == "resolved" else Turn.NOBODY
    if offered is not None:
        return _seat(offered.to_organization_id, ticket, part)
    if ticket.turn == "requester":
        return Turn.REQUESTER
    if ticket.turn == "third_party":
        return Turn.THIRD_PARTY
    return _seat(ticket.turn_organization_id, ticket, part)


def _seat(party_id: UUID | None, ticket: Ticket, part: Participation) -> Turn:
    if party_id is None:
        return Turn.NOBODY
    if party_id == part.organization_id:
        return Turn.MINE
    return Turn.CLIENT if party_id == ticket.owner_id else Turn.PARTNER
