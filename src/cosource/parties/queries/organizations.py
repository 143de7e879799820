"""Reads of organizations, and of an organization's own sites and services."""

from datetime import datetime
from uuid import UUID

from cosource.foundation.errors import NotFound
from cosource.foundation.ids import NIL
from cosource.foundation.queries.paging import KeyPage, key_page
from cosource.foundation.sight import Actor
from cosource.parties.models import Engagement, Organization, Service, Site
from cosource.parties.models.scope import kept_q, live_q


def organization_own(actor: Actor) -> Organization:
    """Return the organization that the actor acts for. Raises: NotFound when there is none."""
    found = Organization.objects.filter(pk=actor.organization_id or NIL).first()
    if found is None:
        raise NotFound
    return found


def organization_exists() -> bool:
    """Tell whether this installation has an organization; until then the first-run page makes one."""
    return Organization.objects.exists()


def organization_list(actor: Actor) -> list[Organization]:
    """Return the organizations in sight, the own one first."""
    seen = Organization.objects.visible_to(actor).order_by("name", "id")
    return sorted(seen, key=lambda o: o.id != actor.organization_id)


def kept_stand_ins(actor: Actor) -> list[Organization]:
    """Return the absent parties that the actor's organization keeps."""
    kept = Organization.objects.visible_to(actor).filter(stand_in=True, kept_by_id=actor.organization_id)
    return list(kept.order_by("name", "id"))


def site_list(actor: Actor, *, cursor: str = "", limit: int = 100) -> KeyPage[Site]:
    """Return a page of the live sites in sight, by name."""
    rows = Site.objects.visible_to(actor).filter(ended_at__isnull=True)
    return key_page(rows, order=("name", "id"), cursor=cursor, limit=limit)


def service_list(actor: Actor, *, cursor: str = "", limit: int = 100) -> KeyPage[Service]:
    """Return a page of the live services in sight, by name."""
    rows = Service.objects.visible_to(actor).filter(ended_at__isnull=True)
    return key_page(rows, order=("name", "id"), cursor=cursor, limit=limit)


def own_sites(actor: Actor, organization_id: UUID | None = None) -> list[Site]:
    """Return the sites of the own organization, or of a stand-in that it keeps, live ones first."""
    rows = Site.objects.visible_to(actor).filter(organization_id=_ours(actor, organization_id))
    return sorted(rows, key=lambda s: (s.ended_at is not None, s.name, s.id))


def own_services(actor: Actor, organization_id: UUID | None = None) -> list[Service]:
    """Return the services of the own organization, or of a stand-in that it keeps, live ones first."""
    rows = Service.objects.visible_to(actor).filter(organization_id=_ours(actor, organization_id))
    return sorted(rows, key=lambda s: (s.ended_at is not None, s.name, s.id))


def _ours(actor: Actor, organization_id: UUID | None) -> UUID:
    if actor.organization_id is None:
        raise NotFound
    wanted = organization_id or actor.organization_id
    kept = Organization.objects.filter(kept_q(actor.organization_id), pk=wanted)
    if wanted != actor.organization_id and not kept.exists():
        raise NotFound
    return wanted


def client_services(actor: Actor, engagement: Engagement, *, at: datetime) -> list[Service]:
    """Return the client's live services in sight that the engagement neither covers nor will."""
    covered = engagement.covered_services.exclude(ends_at__lte=at).values("service_id")
    rows = Service.objects.visible_to(actor).filter(
        organization_id=engagement.client_id, ended_at__isnull=True
    )
    return list(rows.exclude(id__in=covered).order_by("name", "id"))


def client_sites(actor: Actor, engagement: Engagement, *, at: datetime) -> list[Site]:
    """Return the client's live sites in sight that the engagement is not limited to yet."""
    covered = engagement.covered_sites.exclude(ends_at__lte=at).values("site_id")
    rows = Site.objects.visible_to(actor).filter(organization_id=engagement.client_id, ended_at__isnull=True)
    return list(rows.exclude(id__in=covered).order_by("name", "id"))


def covered_places(actor: Actor, engagement: Engagement, *, at: datetime) -> list[Site]:
    """Return the live sites of the client in sight that the engagement covers at `at`."""
    rows = Site.objects.visible_to(actor).filter(organization_id=engagement.client_id, ended_at__isnull=True)
    if engagement.sites_limited:
        rows = rows.filter(id__in=engagement.covered_sites.filter(live_q(at)).values("site_id"))
    return list(rows.order_by("name", "id"))
