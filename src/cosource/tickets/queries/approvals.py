"""The approvals that a ticket waited for, and who may give one."""

from uuid import UUID

from cosource.foundation.prepared import Prepared
from cosource.foundation.sight import MANAGER, SERVICE_OWNER, Actor
from cosource.tickets.models import Approval, Participation
from cosource.tickets.queries.capacities import may_write, roles_on

approvals_of = Prepared[Approval](
    lambda ticket_id: (
        Approval.objects.filter(ticket_id=ticket_id)
        .select_related("decided_by", "organization")
        .order_by("round", "sequence")
    ),
    ticket_id=UUID,
)


def may_approve(actor: Actor, part: Participation) -> bool:
    """Tell whether the actor answers for its party here: a service owner or manager of that desk or engagement."""
    return bool(roles_on(actor, part) & {SERVICE_OWNER, MANAGER}) and may_write(actor, part)
