"""The asset endpoints: parse, call one service or query, answer."""

from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from ninja import Status

from cosource.assets.api.schemas import (
    AssetChangeIn,
    AssetIn,
    AssetListOut,
    AssetOut,
    RelationIn,
    RelationOut,
    RelationsOut,
)
from cosource.assets.models import AssetRelation
from cosource.assets.queries.asset_page import AssetView, Related, asset_get
from cosource.assets.queries.assets import AssetFilter, AssetRow, asset_list
from cosource.assets.services.assets import asset_add, asset_change
from cosource.assets.services.relations import asset_relate, asset_unrelate
from cosource.foundation import clock
from cosource.foundation.api import creates, edits, expected_version, stamp
from cosource.foundation.api import router as room_router
from cosource.foundation.doors import actor_of
from cosource.foundation.sight import Actor

router = room_router(tag="assets")
_OF_THE_ROW = (
    "id",
    "owner_id",
    "name",
    "kind",
    "model",
    "serial",
    "inventory_number",
    "site_id",
    "place",
    "service_id",
    "used_by_id",
    "state",
    "health",
    "criticality",
    "data_class",
)
_OF_THE_ASSET = (
    "state_since",
    "bought_on",
    "ends_on",
    "support_with",
    "support_until",
    "created_at",
    "updated_at",
    "version",
)


@router.get("/assets", response=AssetListOut, summary="List assets in sight")
def assets_list(  # noqa: PLR0917 - each is a query parameter of its own
    request: HttpRequest,
    owner_id: UUID | None = None,
    text: str = "",
    kind: str = "",
    state: str = "",
    health: str = "",
    criticality: str = "",
    data_class: str = "",
    site_id: UUID | None = None,
    service_id: UUID | None = None,
    cursor: str = "",
    limit: int = 50,
) -> dict[str, Any]:
    """Return one page of an organization's assets by name, by default the caller's own.

    `state` empty leaves out what is retired, `all` shows everything.
    """
    filters = AssetFilter(
        owner=owner_id,
        text=text,
        kind=kind,
        state=state,
        health=health,
        criticality=criticality,
        data_class=data_class,
        site=site_id,
        service=service_id,
    )
    page = asset_list(actor_of(request), filters, cursor=cursor, limit=limit)
    return {"items": [_row(row) for row in page.rows], "next_cursor": page.next_cursor or None}


@router.post("/assets", response={201: AssetOut}, summary="Enter an asset")
@creates
def asset_create(request: HttpRequest, response: HttpResponse, body: AssetIn) -> Status[dict[str, Any]]:
    """Enter an asset of the caller's organization."""
    actor = actor_of(request)
    made = asset_add(actor=actor, at=clock.now(), **body.dict(exclude_unset=True))
    response["Location"] = f"/api/v1/assets/{made.id}"
    return Status(201, _shown(response, made.id, actor))


@router.get("/assets/{uuid:asset_id}", response=AssetOut, summary="Read an asset")
def asset_read(request: HttpRequest, response: HttpResponse, asset_id: UUID) -> dict[str, Any]:
    """Return an asset with its version as ETag."""
    return _shown(response, asset_id, actor_of(request))


@router.patch("/assets/{uuid:asset_id}", response=AssetOut, summary="Change an asset")
@edits
def asset_update(
    request: HttpRequest, response: HttpResponse, asset_id: UUID, body: AssetChangeIn
) -> dict[str, Any]:
    """Change what is known of an asset, and whom it is shown to by name."""
    actor = actor_of(request)
    asset_change(
        asset_id=asset_id,
        changes=body.dict(exclude_unset=True),
        actor=actor,
        at=clock.now(),
        expected_version=expected_version(request),
    )
    return _shown(response, asset_id, actor)


@router.get("/assets/{uuid:asset_id}/relations", response=RelationsOut, summary="List an asset's relations")
def asset_relations_list(request: HttpRequest, asset_id: UUID) -> dict[str, Any]:
    """Return what an asset runs on, serves or backs up, and what does so to it, as far as that is in sight."""
    found = asset_get(asset_id, actor_of(request))
    return {"items": [_relation(found, related) for related in found.related]}


@router.post("/assets/{uuid:asset_id}/relations", response={201: RelationOut}, summary="Relate two assets")
@creates
def asset_relation_create(request: HttpRequest, asset_id: UUID, body: RelationIn) -> Status[dict[str, Any]]:
    """Say that this asset runs on, serves or backs up another. What would close a circle is refused, naming the way round."""
    made = asset_relate(
        asset_id=asset_id, kind=body.kind, other_id=body.other_id, actor=actor_of(request), at=clock.now()
    )
    return Status(201, _made(made))


@router.delete(
    "/assets/{uuid:asset_id}/relations/{uuid:relation_id}",
    response={204: None},
    summary="Take a relation back",
)
def asset_relation_delete(request: HttpRequest, asset_id: UUID, relation_id: UUID) -> Status[None]:
    """Take a relation back, from either of its ends."""
    asset_unrelate(asset_id=asset_id, relation_id=relation_id, actor=actor_of(request), at=clock.now())
    return Status(204, None)


def _shown(response: HttpResponse, asset_id: UUID, actor: Actor) -> dict[str, Any]:
    found = asset_get(asset_id, actor)
    stamp(response, found.version)
    return _row(found.row)


def _row(row: AssetRow) -> dict[str, Any]:
    return {
        **{name: getattr(row, name) for name in _OF_THE_ROW},
        **{name: getattr(row.asset, name) for name in _OF_THE_ASSET},
    }


def _relation(found: AssetView, related: Related) -> dict[str, Any]:
    ends = (found.id, related.row.id) if related.is_forward else (related.row.id, found.id)
    return {
        "id": related.relation_id,
        "kind": related.kind,
        "asset_id": ends[0],
        "other_id": ends[1],
        "name": related.row.name,
    }


def _made(relation: AssetRelation) -> dict[str, Any]:
    return {
        "id": relation.id,
        "kind": relation.kind,
        "asset_id": relation.asset_id,
        "other_id": relation.other_id,
        "name": relation.other.name,
    }
