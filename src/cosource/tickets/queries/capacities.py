"""In which capacities an actor meets a ticket that it sees: as who asked, who holds it, who owns it, or anyone who takes part.

Pages ask it for the steps they offer, policies for the steps they permit. Not here: which step needs which capacity
(`services.policy`).
"""

from cosource.foundation.sight import AUDITOR, MANAGER, REQUESTER, SERVICE_OWNER, TECHNICIAN, Actor
from cosource.tickets.models.participation import Kind, Participation
from cosource.tickets.queries.record import Record
from cosource.tickets.rules.states import Who

WRITE = "write"


def roles_on(actor: Actor, part: Participation) -> frozenset[str]:
    """Return the actor's roles where this part belongs: the own desk, or the engagement."""
    return actor.sight.roles_on(part.engagement_id)


def may_write(actor: Actor, part: Participation) -> bool:
    """Tell whether the actor may write on this part at all: not an auditor, not a reader in scope, not a read-only token."""
    roles = roles_on(actor, part) - {AUDITOR, REQUESTER}
    if not roles:
        return False
    if part.kind == Kind.SCOPE:
        return False
    if actor.kind == "token":
        return any(WRITE in g.rights for g in actor.sight.grants if g.engagement_id == part.engagement_id)
    if part.kind == Kind.OWNER:
        return bool(roles & {SERVICE_OWNER, TECHNICIAN, MANAGER})
    if roles & {MANAGER, SERVICE_OWNER}:
        return True
    teams = actor.sight.team_ids
    theirs = part.team_id in teams or part.offered_team_id in teams or part.assignee_id == actor.person_id
    return TECHNICIAN in roles and theirs


def is_requester(actor: Actor, record: Record) -> bool:
    """Tell whether the actor is the person who asked."""
    return actor.person_id is not None and record.ticket.requester_id == actor.person_id


def capacities(actor: Actor, record: Record) -> frozenset[Who]:
    """Return in which capacities the actor may act on the ticket."""
    found: set[Who] = set()
    if is_requester(actor, record):
        found.add(Who.REQUESTER)
    if may_write(actor, record.mine):
        found.add(Who.ANY)
        if record.mine.kind == Kind.OWNER:
            found.add(Who.OWNER)
        if holds(actor, record):
            found.add(Who.HOLDER)
    return frozenset(found)


def holds(actor: Actor, record: Record) -> bool:
    """Tell whether the ticket is with the actor's organization, or with a stand-in that it keeps."""
    holder = record.ticket.holder_organization_id
    if holder is None:
        return record.mine.kind == Kind.OWNER  # unknown possession is the owner's to settle
    if holder == record.mine.organization_id:
        return True
    part = record.part_of(holder)
    return part is not None and keeps(actor, part)


def keeps(actor: Actor, part: Participation) -> bool:
    """Tell whether the part belongs to a stand-in that the actor's organization keeps."""
    organization = part.organization
    return organization.stand_in and organization.kept_by_id == actor.organization_id
