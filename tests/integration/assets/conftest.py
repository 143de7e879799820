"""A world, and short words for keeping an inventory in it."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from tests.worlds import World

from cosource.assets.models import Asset, AssetRelation
from cosource.assets.services.assets import asset_add, asset_change
from cosource.assets.services.relations import asset_relate
from cosource.foundation.models import Entry


@dataclass
class Store:
    """The world and a clock that moves a minute with every step."""

    world: World
    now: datetime

    def tick(self) -> datetime:
        self.now += timedelta(minutes=1)
        return self.now

    def actor(self, key: str) -> Any:
        if key.startswith("token:"):
            return self.world.token_actor(key.removeprefix("token:"), at=self.now)
        return self.world.actor(key, at=self.now)

    def enter(self, name: str = "PRN-1", by: str = "c1.ct", **more: Any) -> Asset:
        if "service" in more:
            more["service_id"] = self.world.services[more.pop("service")].id
        if "site" in more:
            more["site_id"] = self.world.sites[more.pop("site")].id
        given = {"name": name, "kind": "hardware"} | more
        return asset_add(actor=self.actor(by), at=self.tick(), **given)

    def change(self, asset: Asset, by: str = "c1.ct", **changes: Any) -> Asset:
        return asset_change(asset_id=asset.id, changes=changes, actor=self.actor(by), at=self.tick())

    def relate(self, asset: Asset, kind: str, other: Asset, by: str = "c1.ct") -> AssetRelation:
        return asset_relate(
            asset_id=asset.id, kind=kind, other_id=other.id, actor=self.actor(by), at=self.tick()
        )

    def engagement(self, key: str) -> UUID:
        return self.world.engagements[key].id

    def readers(self, asset: Asset) -> set[str]:
        """Who of the world's people and tokens reads an asset."""
        keys = [*self.world.people, "emb", "token:p1", "token:p2", "token:c1"]
        keys.remove("p1.emb")
        return {k for k in keys if Asset.objects.visible_to(self.actor(k)).filter(id=asset.id).exists()}

    def told(self, asset: Asset) -> list[tuple[str, set[str]]]:
        """The entries about an asset in order, each with the parties that read it."""
        names = {o.id: key for key, o in self.world.organizations.items()}
        return [
            (
                entry.kind.removeprefix("asset.").removesuffix("/1"),
                {names[i] for i in entry.audience.readers.values_list("organization_id", flat=True)},
            )
            for entry in Entry.objects.filter(subject_id=asset.id).order_by("occurred_at", "id")
        ]


@pytest.fixture
def store(world: World) -> Store:
    return Store(world, world.at)
