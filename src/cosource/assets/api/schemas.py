"""Bodies of the asset endpoints, apart from the models."""

from datetime import date, datetime
from uuid import UUID

from pydantic import Field

from cosource.foundation.api import In, Out


class AssetOut(Out):
    """An asset. Places, services and people stand there as far as the caller may know of them."""

    id: UUID
    owner_id: UUID
    name: str
    kind: str
    model: str
    serial: str
    inventory_number: str
    site_id: UUID | None
    place: str
    service_id: UUID | None
    used_by_id: UUID | None
    state: str
    state_since: date | None
    bought_on: date | None
    ends_on: date | None
    health: str
    criticality: str
    data_class: str
    support_with: str
    support_until: date | None
    created_at: datetime
    updated_at: datetime
    version: int


class AssetListOut(Out):
    """One page of assets. `next_cursor` is what to send as `cursor` for the next page; null on the last."""

    items: list[AssetOut]
    next_cursor: str | None = None


class RelationOut(Out):
    """That one asset (`asset_id`) runs on, serves or backs up another (`other_id`)."""

    id: UUID
    kind: str
    asset_id: UUID
    other_id: UUID
    name: str = Field(description="The name of the one at the other end.")


class RelationsOut(Out):
    """What an asset hangs together with, in either direction."""

    items: list[RelationOut]


class RelationIn(In):
    """How this asset hangs on another: `runs_on`, `serves` or `backs_up`."""

    kind: str = Field(max_length=10)
    other_id: UUID


class AssetChangeIn(In):
    """What to change; what is not named stays. `shared_in`: all engagements in which it is shown by name."""

    name: str = Field(default="", max_length=120)
    kind: str = Field(default="", max_length=10)
    model: str = Field(default="", max_length=120)
    serial: str = Field(default="", max_length=120)
    inventory_number: str = Field(default="", max_length=60)
    site_id: UUID | None = None
    place: str = Field(default="", max_length=120)
    service_id: UUID | None = None
    used_by_id: UUID | None = None
    state: str = Field(default="", max_length=10)
    state_since: date | None = None
    bought_on: date | None = None
    ends_on: date | None = None
    health: str = Field(default="", max_length=10)
    criticality: str = Field(default="", max_length=10)
    data_class: str = Field(default="", max_length=12)
    support_with: str = Field(default="", max_length=120)
    support_until: date | None = None
    shared_in: list[UUID] = Field(default_factory=list, max_length=200)


class AssetIn(In):
    """A new asset of the caller's organization."""

    name: str = Field(max_length=120)
    kind: str = Field(max_length=10)
    model: str = Field(default="", max_length=120)
    serial: str = Field(default="", max_length=120)
    inventory_number: str = Field(default="", max_length=60)
    site_id: UUID | None = None
    place: str = Field(default="", max_length=120)
    service_id: UUID | None = None
    used_by_id: UUID | None = None
    state: str = Field(default="in_use", max_length=10)
    state_since: date | None = None
    bought_on: date | None = None
    ends_on: date | None = None
    health: str = Field(default="unknown", max_length=10)
    criticality: str = Field(default="normal", max_length=10)
    data_class: str = Field(default="", max_length=12)
    support_with: str = Field(default="", max_length=120)
    support_until: date | None = None
