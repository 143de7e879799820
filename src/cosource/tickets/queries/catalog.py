"""What is offered to whom, and what may be chosen with it."""

from collections.abc import Sequence
from uuid import UUID

from django.db.models import Q

from cosource.foundation.errors import NotFound
from cosource.foundation.sight import MANAGER, SERVICE_OWNER, Actor
from cosource.parties.models import Service, Site, Team
from cosource.tickets.models import CatalogItem

# More than this nobody chooses from by looking.
SHOWN = 300


def catalog_items(actor: Actor) -> Sequence[CatalogItem]:
    """Return what is offered to the actor, by desk, section and name. One query."""
    found = CatalogItem.objects.visible_to(actor).filter(ended_at__isnull=True).select_related("organization")
    return list(found.order_by("organization__name", "organization_id", "section", "name", "id")[:SHOWN])


def item_get(item_id: UUID, actor: Actor) -> CatalogItem:
    """Return one item in sight, also one that is no longer offered. Raises: NotFound."""
    found = (
        CatalogItem.objects.visible_to(actor)
        .filter(id=item_id)
        .select_related("organization", "service", "team")
        .first()
    )
    if found is None:
        raise NotFound
    return found


def may_keep(actor: Actor) -> bool:
    """Tell whether the actor decides what its desk offers."""
    return bool(actor.sight.roles_on(None) & {SERVICE_OWNER, MANAGER}) and actor.organization_id is not None


def item_choices(actor: Actor) -> tuple[list[tuple[UUID, str]], list[tuple[UUID, str]]]:
    """Return the services and teams that an item of the actor's desk may name. Two queries."""
    own = Q(organization_id=actor.organization_id, ended_at__isnull=True)
    services = Service.objects.filter(own).order_by("name", "id").values_list("id", "name")
    teams = Team.objects.filter(own).order_by("name", "id").values_list("id", "name")
    return list(services), list(teams)


def site_choices(item: CatalogItem, actor: Actor) -> list[tuple[UUID, str]]:
    """Return the places that may be named with a request, as far as the actor knows of them. One query."""
    found = Site.objects.filter(organization_id=item.organization_id, ended_at__isnull=True)
    if item.organization_id != actor.reads_as:
        found = found.visible_to(actor)
    return list(found.order_by("name", "id").values_list("id", "name"))
