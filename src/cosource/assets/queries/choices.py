"""What whoever keeps an inventory chooses from: places, services, people, and with whom to share."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from cosource.foundation.sight import Actor
from cosource.parties.models import Employment, Engagement, Service, Site
from cosource.parties.models.scope import live_q, reach_q


@dataclass(frozen=True, slots=True)
class Choices:
    """Pairs of id and name."""

    sites: list[tuple[UUID, str]]
    services: list[tuple[UUID, str]]
    people: list[tuple[UUID, str]]
    engagements: list[tuple[UUID, str]]


# More people than this are not listed to choose from; an import names them by address.
_PEOPLE = 500


def choices_for(actor: Actor, at: datetime) -> Choices:
    """Return the choices of somebody who keeps their organization's inventory."""
    own = actor.reads_as
    employed = Employment.objects.filter(live_q(at), organization_id=own).order_by(
        "person__name", "person_id"
    )
    engagements = (
        Engagement.objects.filter(reach_q(actor.sight), live_q(at), client_id=own)
        .select_related("partner")
        .order_by("partner__name", "name", "id")
    )
    return Choices(
        sites=places_of(actor, Site, own),
        services=places_of(actor, Service, own),
        people=list(employed.values_list("person_id", "person__name").distinct()[:_PEOPLE]),
        engagements=[(e.id, f"{e.partner.name}: {e.name}") for e in engagements],
    )


def places_of(actor: Actor, model: type[Site] | type[Service], owner_id: UUID) -> list[tuple[UUID, str]]:
    """Return an owner's live sites or services that the actor knows, by name."""
    rows = model.objects.visible_to(actor).filter(organization_id=owner_id, ended_at__isnull=True)
    return list(rows.order_by("name", "id").values_list("id", "name"))
