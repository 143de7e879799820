"""Assets as lists show them, always within sight: one organization's inventory at a time, by name.

Not here: one asset with all that hangs on it (`asset_page`).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from cosource.assets.models import CHOICES, Asset, Kind, State
from cosource.foundation.errors import Invalid
from cosource.foundation.pages import PartyBadge
from cosource.foundation.queries.paging import key_page
from cosource.foundation.sight import REQUESTER, Actor
from cosource.parties.models import Person, Service, Site
from cosource.parties.queries.badges import party_badges_by_client

EVERY = "all"
KIND_ICONS = {
    Kind.HARDWARE: "device-desktop",
    Kind.SOFTWARE: "category",
    Kind.NETWORK: "network",
    Kind.CLOUD: "world",
    Kind.SERVICE: "tool",
}


@dataclass(frozen=True, slots=True)
class AssetFilter:
    """What a list shows.

    `owner`: whose; none for the actor's own. `state`: all but what is retired where it is empty, `all` for everything. `text`:
    words that stand in name, model, numbers or place.
    """

    owner: UUID | None = None
    text: str = ""
    kind: str = ""
    state: str = ""
    health: str = ""
    criticality: str = ""
    data_class: str = ""
    site: UUID | None = None
    service: UUID | None = None

    @property
    def is_narrowed(self) -> bool:
        """Tell whether anything but the owner is asked for."""
        return any(
            (self.text.strip(), self.kind, self.state, self.health, self.criticality, self.data_class)
        ) or bool(self.site or self.service)


@dataclass(frozen=True, slots=True)
class AssetRow:
    """An asset as listed. `site_id`, `service_id`, `used_by_id` and their names: as far as the reader knows of them."""

    id: UUID
    owner_id: UUID
    name: str
    kind: str
    model: str
    serial: str
    inventory_number: str
    site_id: UUID | None
    site: str
    place: str
    service_id: UUID | None
    service: str
    used_by_id: UUID | None
    used_by: str
    state: str
    health: str
    criticality: str
    data_class: str
    asset: Asset

    @property
    def icon(self) -> str:
        """Return the sign of its kind."""
        return KIND_ICONS[Kind(self.kind)]

    @property
    def where(self) -> str:
        """Return site and place in words."""
        return ", ".join(filter(None, (self.site, self.place)))


@dataclass(frozen=True, slots=True)
class AssetPage:
    """One page of a list. `owner_id`: whose inventory it is; none where the reader sees nobody's."""

    owner_id: UUID | None
    rows: list[AssetRow]
    next_cursor: str = ""


def owners_of(actor: Actor) -> dict[UUID, PartyBadge]:
    """Return whose inventories the actor may have something to read in, the own one first: theirs and their clients'."""
    badges = party_badges_by_client(actor)
    own = actor.organization_id
    return dict(
        sorted(
            ((client_id, parties[client_id]) for client_id, parties in badges.items()),
            key=lambda pair: (pair[0] != own, pair[1].name.casefold(), pair[0].hex),
        )
    )


def another_inventory(actor: Actor, owner_ids: Iterable[UUID]) -> UUID | None:
    """Return the first other owner of whose assets the actor sees any; one small query for each owner until then."""
    others = (owner_id for owner_id in owner_ids if owner_id != actor.organization_id)
    seen = Asset.objects.visible_to(actor)
    return next((owner_id for owner_id in others if seen.filter(owner_id=owner_id).exists()), None)


def asset_list(actor: Actor, filters: AssetFilter, *, cursor: str = "", limit: int = 50) -> AssetPage:
    """Return one page of an inventory as far as it is in sight, by name.

    Raises: Invalid for a choice that there is not, or a cursor that was not given out here.
    """
    owner_id = filters.owner or actor.organization_id
    if owner_id is None:
        return AssetPage(None, [])
    page = key_page(_narrowed(actor, owner_id, filters), order=("name", "id"), cursor=cursor, limit=limit)
    return AssetPage(owner_id, rows_of(actor, page.items), page.next_cursor)


def _narrowed(actor: Actor, owner_id: UUID, filters: AssetFilter) -> "QuerySet[Asset]":
    rows = with_places(Asset.objects.visible_to(actor).filter(owner_id=owner_id))
    for name, choices in CHOICES.items():
        wanted = getattr(filters, name)
        if not wanted or (name == "state" and wanted == EVERY):
            continue
        if wanted not in choices.values:
            known = ", ".join(str(value) for value in choices.values if value)
            raise Invalid(
                "There is no such choice.",
                fields={name: [_("One of %(choices)s.") % {"choices": known}]},
                code="bad_filter",
            )
        rows = rows.filter(**{name: wanted})
    if not filters.state:
        rows = rows.exclude(state=State.RETIRED)
    for word in filters.text.casefold().replace("\x00", "").split()[:8]:
        rows = rows.filter(words__contains=word)
    # What somebody may not know of narrows to nothing, whether there is such a place or not.
    if filters.site:
        rows = rows.filter(site_id__in=Site.objects.visible_to(actor).filter(pk=filters.site).values("id"))
    if filters.service:
        known_services = Service.objects.visible_to(actor).filter(pk=filters.service)
        rows = rows.filter(service_id__in=known_services.values("id"))
    return rows


def with_places(rows: "QuerySet[Asset]") -> "QuerySet[Asset]":
    """Let assets come with what they are named by in a row."""
    return rows.select_related("site", "service")


def rows_of(actor: Actor, assets: Iterable[Asset]) -> list[AssetRow]:
    """Return assets in sight, had `with_places`, as rows with the places, services and people that the actor may know by name."""
    found = list(assets)
    if not found:
        return []
    own = [a for a in found if a.owner_id == actor.organization_id]
    others = [a for a in found if a.owner_id != actor.organization_id]
    # One's own places one knows; of another's those that an engagement covers.
    sites: dict[UUID | None, str] = {a.site_id: a.site.name for a in own if a.site is not None}
    sites |= _names(Site, actor, {a.site_id for a in others})
    services: dict[UUID | None, str] = {a.service_id: a.service.name for a in own if a.service is not None}
    services |= _names(Service, actor, {a.service_id for a in others})
    people = _names(Person, actor, {a.used_by_id for a in own})
    return [
        AssetRow(
            id=a.id,
            owner_id=a.owner_id,
            name=a.name,
            kind=a.kind,
            model=a.model,
            serial=a.serial,
            inventory_number=a.inventory_number,
            site_id=a.site_id if a.site_id in sites else None,
            site=sites.get(a.site_id, ""),
            place=a.place,
            service_id=a.service_id if a.service_id in services else None,
            service=services.get(a.service_id, ""),
            used_by_id=a.used_by_id if a.used_by_id in people else None,
            used_by=people.get(a.used_by_id, ""),
            state=a.state,
            health=a.health,
            criticality=a.criticality,
            data_class=a.data_class,
            asset=a,
        )
        for a in found
    ]


def _names(model: Any, actor: Actor, ids: set[UUID | None]) -> dict[UUID | None, str]:
    wanted = ids - {None}
    if not wanted:
        return {}
    return dict(model.objects.visible_to(actor).filter(pk__in=wanted).values_list("id", "name"))


def asset_find(actor: Actor, text: str, *, owner_id: UUID | None = None, limit: int = 20) -> list[AssetRow]:
    """Return the first assets in sight in which all the words stand, by name; none for no words."""
    if not text.strip():
        return []
    rows = _narrowed(
        actor, owner_id or actor.reads_as, AssetFilter(owner=owner_id, text=text, state=EVERY)
    ).order_by("name", "id")
    return rows_of(actor, rows[:limit])


def asset_named(actor: Actor, text: str, *, owner_id: UUID) -> UUID:
    """Return the one asset of an owner with this name, serial or inventory number. Raises: Invalid for none or several."""
    rows = Asset.objects.visible_to(actor).filter(owner_id=owner_id)
    wanted = " ".join(text.replace("\x00", "").split())
    for name in ("inventory_number", "serial", "name"):
        found = list(rows.filter(**{name: wanted}).values_list("id", flat=True)[:2]) if wanted else []
        if len(found) == 1:
            return found[0]
        if found:
            raise _unnamed(_("Several assets are called so: give the serial or inventory number."))
    raise _unnamed(_("There is no asset of this name or number in your sight."))


def _unnamed(said: str) -> Invalid:
    return Invalid(said, fields={"other": [said]}, code="unnamed")


def is_user_only(actor: Actor) -> bool:
    """Tell whether the actor reads of an inventory what they use themselves and nothing else."""
    return actor.sight.roles == {REQUESTER}
