"""One asset as its page shows it: what it says, what it hangs on and what hangs on it, who sees it, what was changed."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, NamedTuple
from uuid import UUID

from django.db.models import Q
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cosource.assets.models import CHOICES, Asset, AssetRelation, AssetShare, AssetSource, RelationKind
from cosource.assets.queries.assets import AssetRow, rows_of, with_places
from cosource.assets.queries.rights import may_share, may_write
from cosource.foundation.errors import NotFound
from cosource.foundation.models import Entry
from cosource.foundation.sight import AUDITOR, WORKERS, Actor
from cosource.parties.models import Person, Service, Site

# So many relations of one asset and so many of its changes are shown at once.
_RELATIONS, _CHANGES = 200, 20
FORWARD = {
    RelationKind.RUNS_ON: gettext_lazy("Runs on"),
    RelationKind.SERVES: gettext_lazy("Serves"),
    RelationKind.BACKS_UP: gettext_lazy("Backs up"),
}
BACKWARD = {
    RelationKind.RUNS_ON: gettext_lazy("Runs on this"),
    RelationKind.SERVES: gettext_lazy("Served by"),
    RelationKind.BACKS_UP: gettext_lazy("Backed up by"),
}
FIELD_LABELS = {
    "name": gettext_lazy("Name"),
    "kind": gettext_lazy("Kind"),
    "model": gettext_lazy("Make and model"),
    "serial": gettext_lazy("Serial number"),
    "inventory_number": gettext_lazy("Inventory number"),
    "site_id": gettext_lazy("Site"),
    "place": gettext_lazy("Place"),
    "service_id": gettext_lazy("Service"),
    "used_by_id": gettext_lazy("Used by"),
    "state": gettext_lazy("State"),
    "state_since": gettext_lazy("Since"),
    "bought_on": gettext_lazy("Bought"),
    "ends_on": gettext_lazy("To be replaced by"),
    "health": gettext_lazy("Health"),
    "criticality": gettext_lazy("Criticality"),
    "data_class": gettext_lazy("Data"),
    "support_with": gettext_lazy("Support by"),
    "support_until": gettext_lazy("Support until"),
}
_WHAT = {
    "asset.added/1": gettext_lazy("entered"),
    "asset.changed/1": gettext_lazy("changed"),
    "asset.related/1": gettext_lazy("hung together"),
    "asset.unrelated/1": gettext_lazy("taken apart"),
    "asset.shared/1": gettext_lazy("shown to a partner"),
    "asset.unshared/1": gettext_lazy("no longer shown to a partner"),
    "asset.restored/1": gettext_lazy("put back as it was before an import"),
}
_MODELS: dict[str, Any] = {"site_id": Site, "service_id": Service, "used_by_id": Person}


@dataclass(frozen=True, slots=True)
class Related:
    """Another asset, and how it hangs together with this one. `relation_id`: by which it is taken apart."""

    relation_id: UUID
    kind: str
    is_forward: bool
    row: AssetRow

    @property
    def label(self) -> str:
        """Return how, in words."""
        return str((FORWARD if self.is_forward else BACKWARD)[RelationKind(self.kind)])


@dataclass(frozen=True, slots=True)
class Change:
    """One value that was changed, in words."""

    label: str
    was: str
    now: str


@dataclass(frozen=True, slots=True)
class Step:
    """One entry about the asset: what, by whom, when. `other`: the asset that it was hung on or taken from."""

    at: datetime
    what: str
    by: str
    other: str
    changes: tuple[Change, ...]


@dataclass(frozen=True, slots=True)
class AssetView:
    """An asset with all that its reader may know of it. `steps` and `shared_in`: for its owner's people."""

    row: AssetRow
    related: tuple[Related, ...]
    more_related: bool
    sources: tuple[tuple[str, str], ...]
    shared_in: tuple[tuple[UUID, str], ...]
    steps: tuple[Step, ...]
    may_write: bool
    may_share: bool
    is_own: bool

    @property
    def id(self) -> UUID:
        """Return the asset's id."""
        return self.row.id

    @property
    def asset(self) -> Asset:
        """Return the row itself."""
        return self.row.asset

    @property
    def version(self) -> int:
        """Return the version that an edit names."""
        return self.row.asset.version

    @property
    def groups(self) -> list[tuple[str, list[Related]]]:
        """Return what it hangs together with, way by way."""
        found: dict[str, list[Related]] = {}
        for related in self.related:
            found.setdefault(related.label, []).append(related)
        return list(found.items())


def asset_get(asset_id: UUID, actor: Actor) -> AssetView:
    """Return an asset in sight. Raises: NotFound."""
    asset = with_places(Asset.objects.visible_to(actor).filter(pk=asset_id)).first()
    if asset is None:
        raise NotFound
    ends = list(_ends(asset))
    seen = (
        with_places(Asset.objects.visible_to(actor).filter(pk__in={e.other_id for e in ends})) if ends else ()
    )
    row, *others = rows_of(actor, [asset, *seen])
    related = _related(ends, {other.id: other for other in others})
    is_own = asset.owner_id == actor.organization_id and bool(
        actor.sight.roles_on(None) & {*WORKERS, AUDITOR}
    )
    shares = AssetShare.objects.filter(asset=asset).order_by("engagement__name", "engagement_id")
    named = shares.values_list("engagement_id", "engagement__partner__name", "engagement__name")
    sources = AssetSource.objects.filter(asset=asset).order_by("source", "key").values_list("source", "key")
    return AssetView(
        row=row,
        related=tuple(related[:_RELATIONS]),
        more_related=len(related) > _RELATIONS,
        sources=tuple(sources) if is_own else (),
        shared_in=tuple((i, f"{partner}: {name}") for i, partner, name in named) if is_own else (),
        steps=tuple(_steps(asset, actor, related)) if is_own else (),
        may_write=may_write(actor, asset.owner_id, asset.service_id, asset.site_id),
        may_share=may_share(actor, asset.owner_id),
        is_own=is_own,
    )


class _End(NamedTuple):
    """A relation as seen from one asset: the other end may be out of sight."""

    relation_id: UUID
    kind: str
    is_forward: bool
    other_id: UUID


def _ends(asset: Asset) -> Iterable[_End]:
    rows = AssetRelation.objects.filter(Q(asset=asset) | Q(other=asset)).order_by("id")
    for row in rows[: 10 * _RELATIONS]:
        is_forward = row.asset_id == asset.id
        yield _End(row.id, row.kind, is_forward, row.other_id if is_forward else row.asset_id)


def _related(ends: Iterable[_End], known: Mapping[UUID, AssetRow]) -> list[Related]:
    """Return what it hangs together with, as far as that is in sight: another end out of sight is not told of."""
    places = list(RelationKind)
    related = [
        Related(e.relation_id, e.kind, e.is_forward, known[e.other_id]) for e in ends if e.other_id in known
    ]
    return sorted(
        related,
        key=lambda r: (not r.is_forward, places.index(RelationKind(r.kind)), r.row.name.casefold(), r.row.id),
    )


def _steps(asset: Asset, actor: Actor, known: Iterable[Related]) -> Iterable[Step]:
    entries = list(
        Entry.objects.filter(
            subject_id=asset.id, audience__readers__organization_id=actor.reads_as, hiding__isnull=True
        )
        .select_related("payload")
        .order_by("-occurred_at", "-source_seq", "-id")[:_CHANGES]
    )
    people = {e.actor_id for e in entries if e.actor_id is not None and e.actor_kind == "person"}
    who = dict(Person.objects.visible_to(actor).filter(pk__in=people).values_list("id", "name"))
    told = [(e, getattr(getattr(e, "payload", None), "body", {})) for e in entries]
    names = _named(actor, [body.get("changes", {}) for _e, body in told])
    others = {related.row.id: related.row.name for related in known}
    ends = {end for e in entries for end in _others(e, asset)} - set(others)
    if ends:
        others |= dict(Asset.objects.visible_to(actor).filter(pk__in=ends).values_list("id", "name"))
    for entry, body in told:
        yield Step(
            at=entry.occurred_at,
            what=str(_WHAT.get(entry.kind, entry.kind)),
            by=who.get(entry.actor_id, _("somebody")) if entry.actor_id in people else _("A program"),
            other=", ".join(others[i] for i in _others(entry, asset) if i in others),
            changes=tuple(
                Change(str(FIELD_LABELS[field]), _said(field, was, names), _said(field, now, names))
                for field, (was, now) in sorted(body.get("changes", {}).items())
                if field in FIELD_LABELS
            ),
        )


def _others(entry: Entry, asset: Asset) -> list[UUID]:
    """Return the asset at the other end of a relation that an entry tells of, if it does."""
    ends = [UUID(entry.facts[end]) for end in ("asset", "other") if end in entry.facts]
    return [end for end in ends if end != asset.id]


def _named(actor: Actor, changes: list[dict[str, list[Any]]]) -> dict[str, str]:
    """Return the names of what changes refer to, by id as hex, as far as the reader knows them."""
    names: dict[str, str] = {}
    for field, model in _MODELS.items():
        ids = {value for change in changes for value in change.get(field, ()) if value}
        if ids:
            rows = model.objects.visible_to(actor).filter(pk__in=ids).values_list("id", "name")
            names |= {pk.hex: name for pk, name in rows}
    return names


def _said(field: str, value: Any, names: dict[str, str]) -> str:
    if value in (None, ""):
        return "–"
    if field in _MODELS:
        return names.get(value, "–")
    if field in CHOICES:
        return str(dict(CHOICES[field].choices).get(value, value))
    if field in _DAYS:
        return date_format(date.fromisoformat(value), "j M Y")
    return str(value)


_DAYS = frozenset({"state_since", "bought_on", "ends_on", "support_until"})
