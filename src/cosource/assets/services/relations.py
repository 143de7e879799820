"""What hangs on what: a relation is made and taken back. Nothing hangs on itself, however long the way round."""

from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from cosource.assets.models import Asset, AssetRelation, Inventory, RelationKind
from cosource.assets.rules.paths import path_between
from cosource.assets.services.assets import asset_to_write
from cosource.assets.services.telling import asset_tell
from cosource.foundation.errors import Conflict, NotFound, StaleVersion
from cosource.foundation.sight import Actor
from cosource.parties.services.checks import field_error


@transaction.atomic
def asset_relate(*, asset_id: UUID, kind: str, other_id: UUID, actor: Actor, at: datetime) -> AssetRelation:
    """Say that an asset runs on, serves or backs up another of the same owner. Said twice it stands once.

    Appends `asset.related/1` about each of the two. Raises: NotFound, NotAllowed, Invalid naming the way round that it would
    close, StaleVersion when somebody else made relations at the same moment.
    """
    asset = asset_to_write(asset_id, actor)
    other = Asset.objects.visible_to(actor).select_related("owner").filter(pk=other_id).first()
    if other is None:
        raise NotFound
    if kind not in RelationKind.values:
        known = ", ".join(RelationKind.values)
        raise field_error("kind", _("One of %(choices)s.") % {"choices": known}, "choice")
    if other.owner_id != asset.owner_id:
        raise field_error("other_id", _("Both must belong to the same organization."), "other_owner")
    turn = _turn(asset.owner_id)
    found = AssetRelation.objects.filter(asset=asset, kind=kind, other=other).first()
    if found is not None:
        return found
    check_no_circle(asset, kind, other, actor)
    if not Inventory.objects.filter(pk=asset.owner_id, turn=turn).update(turn=turn + 1):
        raise StaleVersion
    relation = AssetRelation.objects.create(asset=asset, kind=kind, other=other, since=at)
    _tell("asset.related/1", relation, actor=actor, at=at)
    return relation


@transaction.atomic
def asset_unrelate(*, asset_id: UUID, relation_id: UUID, actor: Actor, at: datetime) -> None:
    """Take a relation back, from either of its ends. Appends `asset.unrelated/1` about each of the two.

    Raises: NotFound, NotAllowed.
    """
    asset = asset_to_write(asset_id, actor)
    relation = (
        AssetRelation.objects.filter(pk=relation_id)
        .select_related("asset__owner", "other__owner")
        .filter(other_id__in=Asset.objects.visible_to(actor).values("id"))
        .filter(asset_id__in=Asset.objects.visible_to(actor).values("id"))
        .first()
    )
    if relation is None or asset.id not in (relation.asset_id, relation.other_id):
        raise NotFound
    if not AssetRelation.objects.filter(pk=relation.pk).delete()[0]:
        raise Conflict(_("This has ended already."), code="already_ended")
    _tell("asset.unrelated/1", relation, actor=actor, at=at)


def _turn(owner_id: UUID) -> int:
    return Inventory.objects.get_or_create(pk=owner_id)[0].turn


def check_no_circle(asset: Asset, kind: str, other: Asset, actor: Actor) -> None:
    """Refuse a relation that would close a circle, naming the way round. Raises: Invalid."""
    way = path_between(other.id, asset.id, lambda some: _onward(some, kind))
    if not way:
        return
    if len(way) == 1:
        raise field_error("other_id", _("An asset does not hang on itself."), "circle")
    names = dict(Asset.objects.visible_to(actor).filter(pk__in=way).values_list("id", "name"))
    path = " → ".join(names.get(i, "…") for i in [asset.id, *way])
    raise field_error("other_id", _("This would go round in a circle: %(path)s.") % {"path": path}, "circle")


def _onward(some: Collection[UUID], kind: str) -> Iterable[tuple[UUID, UUID]]:
    rows: Any = AssetRelation.objects.filter(asset_id__in=list(some), kind=kind).order_by("pk")
    pairs: Iterable[tuple[UUID, UUID]] = rows.values_list("asset_id", "other_id")
    return pairs


def _tell(kind: str, relation: AssetRelation, *, actor: Actor, at: datetime) -> None:
    for about, other in ((relation.asset, relation.other), (relation.other, relation.asset)):
        facts = {
            "relation": relation.kind,
            "asset": relation.asset_id.hex,
            "other": relation.other_id.hex,
        }
        asset_tell(kind, about, facts=facts, payload={"other_name": other.name}, actor=actor, at=at)
