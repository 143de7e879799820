"""What an engagement covers, service by service and site by site, each over its own range of time.

Growing the scope adds rows with a start; what was covered before, and every figure of that time, stays as it was.
"""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from cosource.foundation.errors import Conflict, NotFound
from cosource.foundation.rules.canonical import instant_text
from cosource.foundation.sight import Actor
from cosource.parties.models import Engagement, EngagementService, EngagementSite, Service, Site
from cosource.parties.models.scope import live_q
from cosource.parties.services.checks import check_span, field_error
from cosource.parties.services.engagements import version_raise
from cosource.parties.services.grants import live_or_coming
from cosource.parties.services.policy import Party, engagement_in_sight, require, require_running
from cosource.parties.services.record import append_shared


def _scope(actor: Actor, engagement_id: UUID, at: datetime) -> tuple[Engagement, Party]:
    engagement = engagement_in_sight(actor, engagement_id)
    party = require(actor, "engagement.scope", engagement)
    require_running(engagement, at)
    return engagement, party


def _start(engagement: Engagement, starts_at: datetime | None, at: datetime) -> datetime:
    """Return when a row begins: never before now, or what was counted until today would change."""
    start = starts_at or max(at, engagement.starts_at)
    if start < at:
        raise field_error("starts_at", _("What is covered changes from now on, not in the past."), "past")
    check_span("starts_at", start, engagement.ends_at)
    return start


@transaction.atomic
def engagement_service_add(
    *,
    engagement_id: UUID,
    service_id: UUID,
    actor: Actor,
    at: datetime,
    starts_at: datetime | None = None,
) -> EngagementService:
    """Let an engagement cover one more of its client's services, from now or from an instant to come.

    For the client's side. Appends `engagement.service_added/1`.
    Raises: NotFound, NotAllowed, Conflict when it is covered already.
    """
    engagement, party = _scope(actor, engagement_id, at)
    service = Service.objects.filter(
        pk=service_id, organization_id=engagement.client_id, ended_at__isnull=True
    ).first()
    if service is None:
        raise NotFound
    start = _start(engagement, starts_at, at)
    rows = EngagementService.objects.filter(live_or_coming(start), engagement=engagement, service=service)
    if rows.exists():
        raise Conflict(_("The engagement covers this already."), code="already_covered")
    row = EngagementService.objects.create(engagement=engagement, service=service, starts_at=start)
    append_shared(
        engagement,
        "engagement.service_added/1",
        ("engagement", engagement.id),
        actor=party.actor,
        at=at,
        facts={"service": service.id.hex, "stage": engagement.stage, "starts_at": instant_text(start)},
        payload={"name": service.name},
    )
    return row


@transaction.atomic
def engagement_service_end(
    *,
    engagement_id: UUID,
    service_id: UUID,
    actor: Actor,
    at: datetime,
    ends_at: datetime | None = None,
) -> None:
    """Let an engagement no longer cover a service, from now or from an instant to come.

    For the client's side. Appends `engagement.service_ended/1`. Raises: NotFound, NotAllowed, Conflict when it is not covered.
    """
    rows = EngagementService.objects.filter(engagement_id=engagement_id, service_id=service_id)
    _end(rows, "service", service_id, engagement_id, actor=actor, at=at, ends_at=ends_at)


@transaction.atomic
def engagement_site_add(
    *,
    engagement_id: UUID,
    site_id: UUID,
    actor: Actor,
    at: datetime,
    starts_at: datetime | None = None,
) -> EngagementSite:
    """Let an engagement cover one of its client's sites; the first one limits it to the sites that are listed.

    For the client's side. Appends `engagement.site_added/1`. Raises: NotFound, NotAllowed, Conflict when it is covered already.
    """
    engagement, party = _scope(actor, engagement_id, at)
    site = Site.objects.filter(
        pk=site_id, organization_id=engagement.client_id, ended_at__isnull=True
    ).first()
    if site is None:
        raise NotFound
    start = _start(engagement, starts_at, at)
    rows = EngagementSite.objects.filter(live_or_coming(start), engagement=engagement, site=site)
    if rows.exists():
        raise Conflict(_("The engagement covers this already."), code="already_covered")
    row = EngagementSite.objects.create(engagement=engagement, site=site, starts_at=start)
    if not engagement.sites_limited:
        version_raise(engagement, engagement.version, sites_limited=True)
    append_shared(
        engagement,
        "engagement.site_added/1",
        ("engagement", engagement.id),
        actor=party.actor,
        at=at,
        facts={
            "site": site.id.hex,
            "starts_at": instant_text(start),
            "limits_sites": not engagement.sites_limited,
        },
        payload={"name": site.name},
    )
    return row


@transaction.atomic
def engagement_site_end(
    *, engagement_id: UUID, site_id: UUID, actor: Actor, at: datetime, ends_at: datetime | None = None
) -> None:
    """Let an engagement that is limited by site no longer cover one of them; the limit itself stays.

    For the client's side. Appends `engagement.site_ended/1`. Raises: NotFound, NotAllowed, Conflict when it is not covered.
    """
    rows = EngagementSite.objects.filter(engagement_id=engagement_id, site_id=site_id)
    _end(rows, "site", site_id, engagement_id, actor=actor, at=at, ends_at=ends_at)


def _end(
    rows: "QuerySet[Any, Any]",
    part: str,
    part_id: UUID,
    engagement_id: UUID,
    *,
    actor: Actor,
    at: datetime,
    ends_at: datetime | None,
) -> None:
    engagement, party = _scope(actor, engagement_id, at)
    end = ends_at or at
    if end < at:
        raise field_error("ends_at", _("What is covered changes from now on, not in the past."), "past")
    if not rows.filter(live_q(at)).update(ends_at=end):
        raise Conflict(_("The engagement does not cover this."), code="not_covered")
    append_shared(
        engagement,
        f"engagement.{part}_ended/1",
        ("engagement", engagement.id),
        actor=party.actor,
        at=at,
        facts={part: part_id.hex, "ends_at": instant_text(end)},
    )
