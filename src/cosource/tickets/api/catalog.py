"""The endpoints of the service catalog."""

from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from ninja import Status
from pydantic import Field

from cosource.foundation import clock
from cosource.foundation.api import creates, edits, expected_version, stamp
from cosource.foundation.api import router as room_router
from cosource.foundation.api.schemas import In, Out
from cosource.foundation.doors import actor_of
from cosource.tickets.api.schemas import MadeOut
from cosource.tickets.models import CatalogItem
from cosource.tickets.queries.catalog import catalog_items, item_get
from cosource.tickets.services.catalog import (
    catalog_item_add,
    catalog_item_change,
    catalog_item_end,
    request_open,
)

router = room_router(tag="catalog")


class CatalogItemOut(Out):
    """Something that can be asked for. `form`: its fields as text, one a line: `label | kind | choice; choice`."""

    id: UUID
    version: int
    organization_id: UUID
    name: str
    description: str
    section: str
    form: str
    service_id: UUID | None
    team_id: UUID | None
    impact: int
    urgency: int
    approval: bool
    for_requesters: bool


class CatalogItemIn(In):
    """What a desk offers."""

    name: str = Field(max_length=120)
    description: str = Field("", max_length=300)
    section: str = Field("", max_length=60)
    form: str = Field("", max_length=10_000)
    service_id: UUID | None = None
    team_id: UUID | None = None
    impact: int = Field(3, ge=1, le=3)
    urgency: int = Field(2, ge=1, le=3)
    approval: bool = False
    for_requesters: bool = True


class CatalogItemChangeIn(In):
    """What to change; fields that are left out stay."""

    name: str | None = Field(None, max_length=120)
    description: str | None = Field(None, max_length=300)
    section: str | None = Field(None, max_length=60)
    form: str | None = Field(None, max_length=10_000)
    service_id: UUID | None = None
    team_id: UUID | None = None
    impact: int | None = Field(None, ge=1, le=3)
    urgency: int | None = Field(None, ge=1, le=3)
    approval: bool | None = None
    for_requesters: bool | None = None


class RequestIn(In):
    """The answers to an item's form, by field, as text; days as 2026-03-02, yes or no."""

    answers: dict[str, str] = Field(default_factory=dict, max_length=40)
    remark: str = Field("", max_length=5_000)
    site_id: UUID | None = None
    requester_name: str = Field("", max_length=120)


@router.get("/catalog-items", response=list[CatalogItemOut], summary="List what can be asked for")
def catalog_items_list(request: HttpRequest) -> list[CatalogItem]:
    """Return what is offered to the caller; at most 300."""
    return list(catalog_items(actor_of(request)))


@router.post("/catalog-items", response={201: CatalogItemOut}, summary="Offer something")
@creates
def catalog_item_create(
    request: HttpRequest, response: HttpResponse, body: CatalogItemIn
) -> Status[CatalogItem]:
    """Add an item to the catalog of the caller's own desk."""
    made = catalog_item_add(values=body.dict(), actor=actor_of(request), at=clock.now())
    stamp(response, made.version)
    return Status(201, made)


@router.get("/catalog-items/{uuid:item_id}", response=CatalogItemOut, summary="Read what can be asked for")
def catalog_item_read(request: HttpRequest, response: HttpResponse, item_id: UUID) -> CatalogItem:
    """Return one item with its version as ETag."""
    found = item_get(item_id, actor_of(request))
    stamp(response, found.version)
    return found


@router.patch("/catalog-items/{uuid:item_id}", response=CatalogItemOut, summary="Change what is offered")
@edits
def catalog_item_update(
    request: HttpRequest, response: HttpResponse, item_id: UUID, body: CatalogItemChangeIn
) -> CatalogItem:
    """Change what is given; requests that were made stay as they are."""
    values: dict[str, Any] = body.dict(exclude_unset=True)
    changed = catalog_item_change(
        item_id=item_id,
        values=values,
        actor=actor_of(request),
        at=clock.now(),
        expected_version=expected_version(request),
    )
    stamp(response, changed.version)
    return changed


@router.delete("/catalog-items/{uuid:item_id}", response={204: None}, summary="Offer it no longer")
def catalog_item_delete(request: HttpRequest, item_id: UUID) -> Status[None]:
    """End an item; it stays in the record."""
    catalog_item_end(item_id=item_id, actor=actor_of(request), at=clock.now())
    return Status(204, None)


@router.post("/catalog-items/{uuid:item_id}/requests", response={201: MadeOut}, summary="Ask for an item")
@creates
def catalog_request_create(request: HttpRequest, item_id: UUID, body: RequestIn) -> Status[dict[str, UUID]]:
    """Open a service request with the answers as its first text; return the ticket's id."""
    ticket = request_open(item_id=item_id, actor=actor_of(request), at=clock.now(), **body.dict())
    return Status(201, {"id": ticket.id})
