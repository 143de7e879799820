"""What a writer may choose from: with whom to share an article, whom to show it to, and what service it is about."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Q

from cosource.foundation.sight import Actor
from cosource.knowledge.rules.rights import Place, may_write
from cosource.parties.models import Engagement, Service
from cosource.parties.models.scope import live_q, reach_q


@dataclass(frozen=True, slots=True)
class Choices:
    """Pairs of id and name. `shared`: engagements to share in; `shown`: those whose clients may be shown own know-how."""

    shared: list[tuple[UUID, str]]
    shown: list[tuple[UUID, str]]
    services: list[tuple[UUID, str]]
    clients: frozenset[UUID]


def choices_for(actor: Actor, at: datetime) -> Choices:
    """Return the choices of somebody who writes articles; `clients`: the engagements in which theirs is the client."""
    own = actor.organization_id
    engagements = [
        e
        for e in Engagement.objects.filter(reach_q(actor.sight), live_q(at))
        .select_related("client", "partner")
        .order_by("name", "id")
        if may_write(actor, Place(e.client_id, e.id, e.client_id, e.partner_id))
    ]
    services = Service.objects.filter(
        Q(organization_id=own) | Q(covered_by__engagement__in=engagements), ended_at__isnull=True
    )
    return Choices(
        shared=[(e.id, f"{e.client.name} + {e.partner.name}: {e.name}") for e in engagements],
        shown=[(e.id, f"{e.client.name}: {e.name}") for e in engagements if e.partner_id == own],
        services=list(services.distinct().order_by("name", "id").values_list("id", "name")),
        clients=frozenset(e.id for e in engagements if e.client_id == own),
    )
