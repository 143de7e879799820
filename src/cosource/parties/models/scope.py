"""The circles of sight of this room, as conditions that its querysets share.

Every model that is read has `objects.visible_to(actor)`, answered from the actor's sight alone, so that pages, API and command
line cannot differ.
Three circles: what is my organization's own; what stands in an engagement that I reach; what the other party of such an
engagement shows me. A token reaches only what it must be able to name on a ticket: teams, sites and services.

Not here: what an actor may do with what is seen (`services.policy`).
"""

from datetime import datetime
from uuid import UUID

from django.db.models import Q

from cosource.foundation.sight import (
    ADMINISTRATOR,
    AUDITOR,
    MANAGER,
    SERVICE_OWNER,
    TECHNICIAN,
    Sight,
)

STAFF = frozenset({SERVICE_OWNER, TECHNICIAN, MANAGER, AUDITOR, ADMINISTRATOR})
LEADS = frozenset({SERVICE_OWNER, MANAGER, ADMINISTRATOR})
# Who sees all rights of an organization's people; others see their own.
RIGHTS_READERS = LEADS | {AUDITOR}

NOTHING = Q(pk__in=[])


def live_q(at: datetime | None, prefix: str = "") -> Q:
    """Return the condition that a row with `starts_at` and `ends_at` is live; without an instant, that it has no end."""
    if at is None:
        return Q(**{f"{prefix}ends_at__isnull": True})
    return Q(**{f"{prefix}starts_at__lte": at}) & (
        Q(**{f"{prefix}ends_at__isnull": True}) | Q(**{f"{prefix}ends_at__gt": at})
    )


def _still_read(at: datetime | None, prefix: str = "") -> Q:
    """Return the condition that a partner may still read an engagement: it runs, or its record may be taken out."""
    running = Q(**{f"{prefix}ends_at__isnull": True})
    if at is None:
        return running
    return running | Q(**{f"{prefix}ends_at__gt": at}) | Q(**{f"{prefix}export_until__gt": at})


def is_staff(sight: Sight) -> bool:
    """Tell whether the sight is that of somebody who works for the organization, on its own desk or an engagement."""
    return sight.person_id is not None and bool(sight.roles & STAFF)


def engagements_q(sight: Sight, prefix: str = "") -> Q:
    """Return the condition for the engagements that a person's sight reaches; `prefix`: the path to the engagement."""
    organization_id = sight.organization_id
    if organization_id is None or not is_staff(sight):
        return NOTHING
    held = {g.engagement_id for g in sight.grants if g.engagement_id is not None and g.role in STAFF}
    side = Q(**{f"{prefix}client_id": organization_id}) | Q(**{f"{prefix}partner_id": organization_id})
    reach = Q(**{f"{prefix}id__in": held}) & side
    desk = sight.roles_on(None)
    if sight.as_host:
        # A placed person sees the host's desk, never the engagement that their own employer serves.
        return NOTHING
    if desk & STAFF:
        reach |= Q(**{f"{prefix}client_id": organization_id})
    if desk & LEADS:
        reach |= Q(**{f"{prefix}partner_id": organization_id}) & _still_read(sight.resolved_at, prefix)
    return reach


def reach_q(sight: Sight, prefix: str = "") -> Q:
    """Return the condition for the engagements on which an actor may name things: as `engagements_q`, tokens included."""
    if sight.person_id is not None:
        return engagements_q(sight, prefix)
    held = {g.engagement_id for g in sight.grants if g.engagement_id is not None and g.role in STAFF}
    return Q(**{f"{prefix}id__in": held})


def kept_q(organization_id: UUID, prefix: str = "") -> Q:
    """Return the condition for an organization that is one's own, or a stand-in that one keeps."""
    return Q(**{f"{prefix}id": organization_id}) | Q(
        **{f"{prefix}kept_by_id": organization_id, f"{prefix}stand_in": True}
    )
