"""The assets that somebody may take out: each as they know it, and how those in their sight hang together."""

from collections.abc import Iterator
from datetime import datetime
from itertools import batched
from typing import Any

from cosource.assets.models import Asset, AssetRelation, AssetShare, AssetSource
from cosource.assets.queries.assets import rows_of, with_places
from cosource.foundation.exports import register_export
from cosource.foundation.sight import Actor
from cosource.parties.models import Engagement

ASSET = (
    "id",
    "owner_id",
    "name",
    "kind",
    "model",
    "serial",
    "inventory_number",
    "place",
    "state",
    "state_since",
    "bought_on",
    "ends_on",
    "health",
    "criticality",
    "data_class",
    "support_with",
    "support_until",
    "created_at",
    "updated_at",
)
# As far as whoever takes it out knows of them.
KNOWN = ("site_id", "service_id", "used_by_id")
SOURCE = ("source", "key")
SHARE = ("engagement_id", "since")
RELATION = ("id", "asset_id", "kind", "other_id", "source", "since")
_AT_ONCE = 500


def _assets(actor: Actor, at: datetime) -> Iterator[dict[str, Any]]:
    rows = with_places(Asset.objects.visible_to(actor)).order_by("pk").iterator(chunk_size=_AT_ONCE)
    known = Engagement.objects.visible_to(actor).values("id")
    for some in batched(rows, _AT_ONCE):
        own = [a.id for a in some if a.owner_id == actor.organization_id]
        sources = _grouped(AssetSource.objects.filter(asset_id__in=own).order_by("source", "key"), SOURCE)
        shares = AssetShare.objects.filter(asset_id__in=[a.id for a in some], engagement_id__in=known)
        shared = _grouped(shares.order_by("engagement_id"), SHARE)
        for row in rows_of(actor, some):
            yield {
                **{name: getattr(row.asset, name) for name in ASSET},
                **{name: getattr(row, name) for name in KNOWN},
                "sources": sources.get(row.id, []),
                "shared_in": shared.get(row.id, []),
            }


def _grouped(rows: Any, names: tuple[str, ...]) -> dict[Any, list[dict[str, Any]]]:
    found: dict[Any, list[dict[str, Any]]] = {}
    for row in rows.values("asset_id", *names):
        found.setdefault(row.pop("asset_id"), []).append(row)
    return found


def _relations(actor: Actor, at: datetime) -> Iterator[dict[str, Any]]:
    seen = Asset.objects.visible_to(actor).values("id")
    rows: Any = AssetRelation.objects.filter(asset_id__in=seen, other_id__in=seen).order_by("pk")
    for row in rows.values(*RELATION, "asset__owner_id").iterator(chunk_size=2_000):
        # Which systems an owner keeps is the owner's to know.
        is_own = row.pop("asset__owner_id") == actor.organization_id
        yield row if is_own else row | {"source": ""}


def register() -> None:
    """Let them be taken out."""
    register_export("assets", _assets)
    register_export("asset_relations", _relations)
