"""Reads of rights: grants, invitations, tokens, and what should not be there."""

from datetime import datetime
from uuid import UUID

from django.db.models import Q

from cosource.foundation.errors import NotFound
from cosource.foundation.queries.paging import KeyPage, key_page
from cosource.foundation.sight import Actor
from cosource.parties.models import Employment, Grant, IntegrationToken, Invitation, Organization, Placement
from cosource.parties.models.scope import LEADS, live_q


def grant_list(
    actor: Actor,
    *,
    at: datetime,
    engagement_id: UUID | None = None,
    ended: bool = False,
    cursor: str = "",
    limit: int = 50,
) -> KeyPage[Grant]:
    """Return a page of the grants in sight, newest first; those that are live or will be, or those that ended."""
    over = Q(ends_at__isnull=False, ends_at__lte=at)
    rows = Grant.objects.visible_to(actor)
    rows = rows.filter(over) if ended else rows.exclude(over)
    if engagement_id is not None:
        rows = rows.filter(engagement_id=engagement_id)
    related = rows.select_related("person", "token", "organization", "engagement")
    return key_page(related, order=("-starts_at", "id"), cursor=cursor, limit=limit)


def grant_get(actor: Actor, grant_id: UUID) -> Grant:
    """Return one grant. Raises: NotFound."""
    found = (
        Grant.objects.visible_to(actor)
        .select_related("person", "token", "organization", "engagement")
        .filter(pk=grant_id)
        .first()
    )
    if found is None:
        raise NotFound
    return found


def orphan_grants(actor: Actor, *, at: datetime) -> list[Grant]:
    """Return the live grants in sight whose holder neither works for the organization nor is placed with it; none is right."""
    works = Employment.objects.filter(live_q(at))
    placed = Placement.objects.filter(live_q(at), agreed_by_host_at__isnull=False)
    rows = Grant.objects.visible_to(actor).filter(live_q(at), person__isnull=False)
    employed = set(
        works.filter(person__in=rows.values("person_id")).values_list("person_id", "organization_id")
    )
    guests = set(placed.filter(person__in=rows.values("person_id")).values_list("person_id", "host_id"))
    related = rows.select_related("person", "organization", "engagement").order_by("starts_at", "id")
    right = employed | guests
    return [grant for grant in related if (grant.person_id, grant.organization_id) not in right]


def invitation_list(actor: Actor, *, at: datetime) -> list[Invitation]:
    """Return the invitations that can still be accepted, newest first."""
    rows = Invitation.objects.visible_to(actor).filter(
        accepted_at__isnull=True, withdrawn_at__isnull=True, expires_at__gt=at
    )
    return list(rows.select_related("organization").order_by("-created_at", "id")[:200])


def token_list(actor: Actor) -> list[IntegrationToken]:
    """Return the organization's tokens, live ones first; their rights come along as `grants`."""
    rows = IntegrationToken.objects.visible_to(actor).select_related("created_by")
    found = list(rows.prefetch_related("grants__engagement").order_by("-created_at", "id")[:200])
    return sorted(found, key=lambda t: t.revoked_at is not None)


def organizations_led_by(person_id: UUID, *, at: datetime) -> list[Organization]:
    """Return the organizations for which a person may take a seat: they work there and lead its desk."""
    led = Grant.objects.filter(
        live_q(at), person_id=person_id, engagement__isnull=True, role__in=LEADS
    ).values("organization_id")
    works = Employment.objects.filter(live_q(at), person_id=person_id).values("organization_id")
    rows = Organization.objects.filter(id__in=led, stand_in=False).filter(id__in=works)
    return list(rows.order_by("name", "id"))
