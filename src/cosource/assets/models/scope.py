"""Who sees which assets, as conditions on rows.

The owner's people see what is theirs. A partner sees what an engagement that it reaches covers, by service and site, and what was
shared there. Who only asks for help sees what they use themselves. Anybody else sees nothing.

Not here: who may change one (`queries.rights`).
"""

from dataclasses import replace

from django.db.models import F, Model, Q

from cosource.foundation.sight import AUDITOR, REQUESTER, WORKERS, Actor, GrantFact
from cosource.parties.models import EngagementService
from cosource.parties.models.scope import NOTHING, live_q, reach_q
from cosource.parties.rules.policies import READ_IN_SCOPE


def assets_q(actor: Actor, shares: type[Model]) -> Q:
    """Return the condition for the assets in sight. `shares`: the table of what was shared with an engagement."""
    if actor.sight.organization_id is None:
        return NOTHING
    reach = NOTHING
    for grant in actor.sight.grants:
        reach |= _by(grant, actor, shares)
    return reach


def _by(grant: GrantFact, actor: Actor, shares: type[Model]) -> Q:
    sight = actor.sight
    own = Q(owner_id=sight.organization_id)
    on_desk = grant.engagement_id is None
    if grant.role == REQUESTER:
        return own & Q(used_by_id=sight.person_id) if on_desk and sight.person_id is not None else NOTHING
    if grant.role not in WORKERS | {AUDITOR}:
        return NOTHING
    if on_desk and sight.person_id is None:
        # A program reaches beyond its own desk by grants on engagements alone.
        return own & limits_q(grant)
    there = _through(grant, actor, shares)
    return (there | own if on_desk else there) & limits_q(grant)


def _through(grant: GrantFact, actor: Actor, shares: type[Model]) -> Q:
    """Return the condition for what stands in the engagements that one grant reaches."""
    sight = replace(actor.sight, grants=(grant,))
    if sight.person_id is None and READ_IN_SCOPE not in grant.rights:
        return NOTHING
    at = sight.resolved_at
    covers = EngagementService.objects.filter(reach_q(sight, "engagement__"), live_q(at))
    everywhere = covers.filter(engagement__sites_limited=False)
    somewhere = covers.filter(
        live_q(at, "engagement__covered_sites__"),
        engagement__sites_limited=True,
        service__assets__site_id=F("engagement__covered_sites__site_id"),
    )
    shared = shares._default_manager.filter(reach_q(sight, "engagement__"))  # noqa: SLF001 - Django's own way to ask
    return (
        Q(service_id__in=everywhere.values("service_id"))
        | Q(id__in=somewhere.values("service__assets__id"))
        | Q(id__in=shared.values("asset_id"))
    )


def limits_q(grant: GrantFact) -> Q:
    """Return the limits of a grant: its services, its sites, and when the asset was entered."""
    limits = Q()
    if grant.service_ids:
        limits &= Q(service_id__in=grant.service_ids)
    if grant.site_ids:
        limits &= Q(site_id__in=grant.site_ids)
    if grant.history_from is not None:
        limits &= Q(created_at__gte=grant.history_from)
    if grant.history_until is not None:
        limits &= Q(created_at__lt=grant.history_until)
    return limits
