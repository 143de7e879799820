"""The approvals that a ticket waited for, and who may give one."""

from typing import Any
from uuid import UUID

from cosource.foundation.prepared import Prepared
from cosource.foundation.sight import MANAGER, SERVICE_OWNER, Actor
from cosource.tickets.models import Approval, Participation
from cosource.tickets.queries.capacities import may_write, roles_on
from cosource.tickets.queries.record import load, parties_seen_by

approvals_of = Prepared[Approval](
    lambda ticket_id: (
        Approval.objects.filter(ticket_id=ticket_id)
        .select_related("decided_by", "organization")
        .order_by("round", "sequence")
    ),
    ticket_id=UUID,
)


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
