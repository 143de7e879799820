"""What waits for somebody: words that their party has not given, and places where nothing is agreed yet.

Not here: the agreements themselves (`queries.agreements`).
"""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Exists, OuterRef

from cosource.agreements.models import Agreement, AgreementVersion, Confirmation
from cosource.agreements.queries.agreements import level_at
from cosource.agreements.rules.rights import Level, house_level, level_on
from cosource.foundation.prepared import BySight
from cosource.foundation.sight import Actor
from cosource.parties.models import Engagement, Organization

# What a mark in the menu can show; beyond it nobody counts.
_COUNTED = 1000


@dataclass(frozen=True, slots=True)
class OpenSeat:
    """A place where the reader could begin an agreement: an engagement, or the own desk (None)."""

    engagement_id: UUID | None
    name: str


def open_seats(actor: Actor, *, at: datetime) -> list[OpenSeat]:
    """List where the actor leads and nothing is agreed or tabled in its sight: the own desk first, then by name."""
    if actor.organization_id is None:
        return []
    # By engagement, or for an own desk by its owner.
    taken = {
        owner_id if engagement_id is None else engagement_id
        for engagement_id, owner_id in Agreement.objects.visible_to(actor).values_list(
            "engagement_id", "owner_id"
        )
    }
    seats = []
    own = Organization.objects.get(pk=actor.organization_id)
    desk = level_on(actor, owner_id=own.id, engagement_id=None, partner_id=None)
    if desk is Level.LEAD and own.id not in taken:
        seats.append(OpenSeat(None, own.name))
    for engagement in Engagement.objects.visible_to(actor).running(at).order_by("name", "id"):
        level = level_on(
            actor,
            owner_id=engagement.client_id,
            engagement_id=engagement.id,
            partner_id=engagement.partner_id,
        )
        if level is Level.LEAD and engagement.id not in taken:
            seats.append(OpenSeat(engagement.id, engagement.name))
    return seats


_any_in_sight = BySight[UUID](
    lambda actor: Agreement.objects.visible_to(actor).order_by().values_list("id", flat=True)[:1]
)


def has_room(actor: Actor) -> bool:
    """Tell whether there is anything here for the actor: an agreement in sight, or an engagement to agree on."""
    if _any_in_sight(actor):
        return True
    engagements = Engagement.objects.visible_to(actor).only("id", "client_id", "partner_id")[:_COUNTED]
    return any(
        level_on(actor, owner_id=e.client_id, engagement_id=e.id, partner_id=e.partner_id) is Level.LEAD
        for e in engagements
    )


def leads_own_desk(actor: Actor) -> bool:
    """Tell whether the actor may propose and confirm for its own organization's desk."""
    return house_level(actor) is Level.LEAD


def words_awaited(actor: Actor) -> int:
    """Count the tabled versions that wait for the word of the actor's own party, where it may give it."""
    return len(versions_awaited(actor))


def versions_awaited(actor: Actor) -> list[AgreementVersion]:
    """Return the tabled versions that wait for the word of the actor's own party, where it may give it."""
    if actor.organization_id is None:
        return []
    newer = AgreementVersion.objects.filter(
        agreement_id=OuterRef("agreement_id"), number__gt=OuterRef("number"), withdrawn_at__isnull=True
    )
    given = Confirmation.objects.filter(version_id=OuterRef("pk"), organization_id=actor.organization_id)
    waiting = (
        AgreementVersion.objects.visible_to(actor)
        .filter(tabled_at__isnull=False, withdrawn_at__isnull=True, in_force_at__isnull=True)
        .exclude(Exists(newer))
        .exclude(Exists(given))
        .select_related("agreement__engagement")
    )
    return [v for v in waiting[:_COUNTED] if level_at(v.agreement, actor) is Level.LEAD]
