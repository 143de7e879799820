"""The approvals that a ticket waited for, and who may give one."""

from typing import Any
from uuid import UUID

from cosource.foundation.errors import Conflict
from cosource.foundation.prepared import Prepared
from cosource.foundation.sight import MANAGER, SERVICE_OWNER, Actor
from cosource.tickets.models import Approval, Participation
from cosource.tickets.queries.capacities import may_write, roles_on
from cosource.tickets.queries.record import Record, load, parties_seen_by
from cosource.tickets.rules.states import CANCELLED, CLOSED, TicketKind

approvals_of = Prepared[Approval](
    lambda ticket_id: (
        Approval.objects.filter(ticket_id=ticket_id)
        .select_related("decided_by", "organization")
        .order_by("round", "sequence")
    ),
    ticket_id=UUID,
)


def clearance_require(record: Record, to_state: str) -> None:
    """Refuse to work on a request whose approval was asked for and not given. Raises: Conflict."""
    if record.ticket.kind != TicketKind.REQUEST or to_state in (CANCELLED, CLOSED):
        return
    rows = approvals_of(ticket_id=record.ticket.id)
    last = max((a.round for a in rows), default=0)
    if any(a.round == last and a.state != Approval.State.APPROVED for a in rows):
        raise Conflict("This was not approved; ask for the approval again.", code="not_approved")


def approvals_known(*, actor: Actor, ticket_id: UUID) -> list[dict[str, Any]]:
    """Return the approvals of all rounds, of the parties that the actor's knows of. Raises: NotFound."""
    record = load(ticket_id, actor)
    seen = parties_seen_by(record.mine.organization_id, record.parts)
    return [
        {
            "round": a.round,
            "party_id": a.organization_id,
            "state": a.state,
            "asked_at": a.asked_at,
            "decided_at": a.decided_at,
        }
        for a in approvals_of(ticket_id=ticket_id)
        if a.organization_id in seen
    ]


def may_approve(actor: Actor, part: Participation) -> bool:
    """Tell whether the actor answers for its party here: a service owner or manager of that desk or engagement."""
    return bool(roles_on(actor, part) & {SERVICE_OWNER, MANAGER}) and may_write(actor, part)
