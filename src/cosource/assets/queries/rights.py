"""Who may change which assets. What is in sight the choke point says (`models.AssetQuerySet.visible_to`)."""

from uuid import UUID

from cosource.foundation.sight import AUDITOR, MANAGER, SERVICE_OWNER, WORKERS, Actor, GrantFact
from cosource.parties.queries.sight import WRITE


def reads(actor: Actor) -> bool:
    """Tell whether the actor may have an inventory to read; who only asks for help finds what they use by name."""
    return actor.organization_id is not None and bool(actor.sight.roles & {*WORKERS, AUDITOR})


def keeps(actor: Actor) -> bool:
    """Tell whether the actor keeps the inventory of their organization, or a part of it."""
    return actor.organization_id is not None and (
        actor.kind == "system" or any(_writes(grant, actor) for grant in actor.sight.grants)
    )


def may_write(actor: Actor, owner_id: UUID, service_id: UUID | None, site_id: UUID | None) -> bool:
    """Tell whether the actor may change an asset that belongs there: one of their own desk, within their grants."""
    if owner_id != actor.organization_id:
        return False
    if actor.kind == "system":
        return True
    return any(
        _writes(grant, actor)
        and (not grant.service_ids or service_id in grant.service_ids)
        and (not grant.site_ids or site_id in grant.site_ids)
        for grant in actor.sight.grants
    )


def _writes(grant: GrantFact, actor: Actor) -> bool:
    by_right = actor.kind == "person" or WRITE in grant.rights
    return grant.engagement_id is None and grant.role in WORKERS and by_right


def may_share(actor: Actor, owner_id: UUID) -> bool:
    """Tell whether the actor says which partners see an asset beyond what engagements cover: who leads the owner's desk."""
    is_host = actor.sight.as_host or actor.kind != "person"
    return owner_id == actor.organization_id and not is_host and bool(_LEADS & actor.sight.roles_on(None))


_LEADS = frozenset({SERVICE_OWNER, MANAGER})
