"""The assets of an export as rows, found by their words again."""

from collections.abc import Iterator
from typing import Any
from uuid import UUID

from django.db import models

from cosource.assets.models import Asset, AssetRelation, AssetShare, AssetSource
from cosource.assets.queries import exporting as taken
from cosource.assets.services.values import words_of
from cosource.foundation.exports import Incoming, Layer, insert_in_turn, register_intake, row_of
from cosource.foundation.ids import new_id
from cosource.parties.services.intake import strangers_add


def _take_in(incoming: Incoming) -> None:
    owners: set[UUID] = set()
    people: set[UUID] = set()
    for record in incoming.records("assets"):
        owners.add(UUID(record["owner_id"]))
        if record["used_by_id"]:
            people.add(UUID(record["used_by_id"]))
    strangers_add(incoming, organizations=owners, people=people)
    insert_in_turn(_asset(record) for record in incoming.records("assets"))
    insert_in_turn(_parts(incoming))
    insert_in_turn(
        row_of(AssetRelation, record, taken.RELATION) for record in incoming.records("asset_relations")
    )


def _asset(record: Any) -> Asset:
    asset = row_of(Asset, record, (*taken.ASSET, *taken.KNOWN))
    asset.words = words_of(asset)
    return asset


def _parts(incoming: Incoming) -> Iterator[models.Model]:
    for record in incoming.records("assets"):
        belonging = {"asset_id": UUID(record["id"])}
        for source in record["sources"]:
            owner = UUID(record["owner_id"])
            yield row_of(AssetSource, source, taken.SOURCE, id=new_id(), owner_id=owner, **belonging)
        for share in record["shared_in"]:
            yield row_of(AssetShare, share, taken.SHARE, id=new_id(), **belonging)


def register() -> None:
    """Let them be taken in."""
    register_intake(Layer.ASSETS, _take_in)
