"""What a party takes out of changes and of what desks offer: plans, approvals, freezes, its own catalog."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from django.db.models import F, Q

from cosource.foundation.exports import register_export
from cosource.foundation.sight import Actor
from cosource.tickets.models import Approval, CatalogItem, ChangePlan, Freeze, Ticket

PLAN = ("ticket_id", "type", "risk", "starts_at", "ends_at", "outcome", "reviewed_at")
APPROVAL = (
    "id",
    "ticket_id",
    "round",
    "sequence",
    "organization_id",
    "state",
    "asked_at",
    "asked_by_id",
    "decided_at",
    "decided_by_id",
)
FREEZE = (
    "id",
    "organization_id",
    "name",
    "starts_at",
    "ends_at",
    "service_id",
    "site_id",
    "shared",
    "created_at",
    "created_by_id",
    "lifted_at",
)
ITEM = (
    "id",
    "organization_id",
    "name",
    "description",
    "section",
    "form",
    "service_id",
    "team_id",
    "impact",
    "urgency",
    "approval",
    "for_requesters",
    "created_at",
    "ended_at",
    "version",
)


def _seen(actor: Actor) -> Any:
    return Ticket.objects.visible_to(actor).values("id")


def plan_records(actor: Actor, at: datetime) -> Iterator[dict[str, Any]]:
    """Give the plans of the changes in sight."""
    rows: Any = ChangePlan.objects.filter(ticket_id__in=_seen(actor)).order_by("pk").values(*PLAN)
    yield from rows.iterator(2_000)


def approval_records(actor: Actor, at: datetime) -> Iterator[dict[str, Any]]:
    """Give the approvals of tickets in sight: the owner's and one's own, for the owner those of all parties."""
    mine = actor.reads_as
    known = Q(ticket__owner_id=mine) | Q(organization_id=mine) | Q(organization_id=F("ticket__owner_id"))
    rows: Any = Approval.objects.filter(known, ticket_id__in=_seen(actor)).order_by("pk").values(*APPROVAL)
    yield from rows.iterator(2_000)


def freeze_records(actor: Actor, at: datetime) -> Iterator[dict[str, Any]]:
    """Give the organization's own freezes."""
    rows: Any = Freeze.objects.filter(organization_id=actor.reads_as).order_by("pk").values(*FREEZE)
    yield from rows.iterator(2_000)


def item_records(actor: Actor, at: datetime) -> Iterator[dict[str, Any]]:
    """Give what the organization's own desk offers or offered."""
    rows: Any = CatalogItem.objects.filter(organization_id=actor.reads_as).order_by("pk").values(*ITEM)
    yield from rows.iterator(2_000)


def register() -> None:
    """Let them be taken out."""
    register_export("change_plans", plan_records)
    register_export("approvals", approval_records)
    register_export("freezes", freeze_records)
    register_export("catalog_items", item_records)
