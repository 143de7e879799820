"""Changes: their plans, what a plan still lacks, what stands in its way, and the calendar of all in sight."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet
from django.utils.formats import date_format
from django.utils.timezone import get_current_timezone
from django.utils.translation import gettext as _

from cosource.foundation.errors import Conflict, NotFound
from cosource.foundation.sight import Actor
from cosource.tickets.models import ChangePlan, Freeze, Message, Participation, Ticket
from cosource.tickets.queries.record import Record, load
from cosource.tickets.rules.sayings import ROLLBACK
from cosource.tickets.rules.states import IN_PROGRESS, SCHEDULED, TicketKind

SHOWN = 20


@dataclass(frozen=True, slots=True)
class Collision:
    """Another change in the reader's sight whose window overlaps on the same service, place or asset."""

    ticket_id: UUID
    reference: str
    title: str
    starts_at: datetime
    ends_at: datetime


@dataclass(frozen=True, slots=True)
class Planned:
    """A change with its window, as the calendar lists it."""

    ticket_id: UUID
    reference: str
    title: str
    state: str
    type: str
    risk: int
    starts_at: datetime
    ends_at: datetime
    place: str


def plan_of(ticket_id: UUID) -> ChangePlan | None:
    """Return the plan of a change, where one was made."""
    return ChangePlan.objects.filter(ticket_id=ticket_id).first()


def plan_read(*, actor: Actor, ticket_id: UUID) -> dict[str, Any]:
    """Return the plan of a change in the actor's sight. Raises: NotFound, also where nothing is planned."""
    plan = plan_of(load(ticket_id, actor).ticket.id)
    if plan is None:
        raise NotFound
    return {
        name: getattr(plan, name)
        for name in ("type", "risk", "starts_at", "ends_at", "outcome", "reviewed_at")
    }


def freezes_ahead(actor: Actor, at: datetime) -> "QuerySet[Freeze]":
    """Return the freezes in sight that are not over, the next first."""
    return (
        Freeze.objects.visible_to(actor)
        .filter(ends_at__gt=at, lifted_at__isnull=True)
        .select_related("organization", "service", "site")
        .order_by("starts_at", "id")
    )


def lacking_of(ticket: Ticket, plan: ChangePlan | None, actor: Actor) -> dict[str, str]:
    """Return what keeps a plan from being put to approval, by field: no window, no way back, a freeze of the owner."""
    if plan is None or plan.starts_at is None or plan.ends_at is None:
        return {"starts_at": _("Say from when until when it is carried out.")}
    found = {}
    has_way_back = plan.type == ChangePlan.Type.STANDARD or _has_way_back(ticket)
    if not has_way_back:
        found["rollback"] = _("Write the way back: how it is undone when it goes wrong.")
    if plan.type != ChangePlan.Type.EMERGENCY:
        freeze = freezes_over(ticket, plan.starts_at, plan.ends_at).first()
        if freeze is not None and not Freeze.objects.visible_to(actor).filter(id=freeze.id).exists():
            found["starts_at"] = _("The owner wants nothing changed in this window.")
        elif freeze is not None:
            until = date_format(freeze.ends_at.astimezone(get_current_timezone()), _("j M Y, H:i"))
            found["starts_at"] = _("The owner wants nothing changed until %(until)s.") % {"until": until}
    return found


def _has_way_back(ticket: Ticket) -> bool:
    return Message.objects.filter(ticket=ticket, kind=ROLLBACK).exists()


def freezes_over(ticket: Ticket, start: datetime, end: datetime) -> "QuerySet[Freeze]":
    """Return the owner's freezes that touch a window and concern the ticket's service and site."""
    return (
        Freeze.objects.during(start, end)
        .filter(
            Q(service__isnull=True) | Q(service_id=ticket.service_id),
            Q(site__isnull=True) | Q(site_id=ticket.site_id),
            organization_id=ticket.owner_id,
        )
        .order_by("starts_at", "id")
    )


def collisions_of(record: Record, actor: Actor, plan: ChangePlan) -> list[Collision]:
    """Return the other changes in sight that are under way or to come in the same window, for the same thing. One query."""
    ticket = record.ticket
    same = Q()
    if ticket.service_id:
        same |= Q(ticket__service_id=ticket.service_id)
    if ticket.site_id:
        same |= Q(ticket__site_id=ticket.site_id)
    if ticket.asset_name:
        same |= Q(ticket__asset_name=ticket.asset_name)
    if plan.starts_at is None or plan.ends_at is None or not same:
        return []
    rows: QuerySet[Any, Any] = (
        Participation.objects.visible_to(actor)
        .filter(
            same,
            open=True,
            about=TicketKind.CHANGE,
            ticket__plan__starts_at__lt=plan.ends_at,
            ticket__plan__ends_at__gt=plan.starts_at,
            owner_id=ticket.owner_id,
        )
        .exclude(ticket_id=ticket.id)
        .order_by("ticket__plan__starts_at", "id")
        .values_list(
            "ticket_id", "reference", "ticket__title", "ticket__plan__starts_at", "ticket__plan__ends_at"
        )
    )
    return [Collision(*row) for row in rows[:SHOWN]]


def changes_between(actor: Actor, start: datetime, end: datetime) -> Sequence[Planned]:
    """Return the changes in sight whose window touches a time, open or over, by their start; at most 500. One query."""
    rows: QuerySet[Any, Any] = (
        Participation.objects.visible_to(actor)
        .filter(about=TicketKind.CHANGE, ticket__plan__starts_at__lt=end, ticket__plan__ends_at__gt=start)
        .exclude(ticket__state__in=("cancelled", "rejected"))
        .order_by("ticket__plan__starts_at", "id")
        .values_list(
            "ticket_id",
            "reference",
            "ticket__title",
            "ticket__state",
            "ticket__plan__type",
            "ticket__plan__risk",
            "ticket__plan__starts_at",
            "ticket__plan__ends_at",
            "ticket__site__name",
            "ticket__service__name",
        )
    )
    return [Planned(*[*row[:8], row[8] or row[9] or ""]) for row in rows[:500]]


def window_require(record: Record, to_state: str, at: datetime) -> None:
    """Refuse to carry a change out before its window begins or after it ended. Raises: Conflict."""
    ticket = record.ticket
    if ticket.kind != TicketKind.CHANGE or (ticket.state, to_state) != (SCHEDULED, IN_PROGRESS):
        return
    plan = plan_of(ticket.id)
    if plan is None or plan.starts_at is None or plan.ends_at is None:
        return
    if at < plan.starts_at:
        raise Conflict("The window of this change has not begun.", code="before_window")
    if at >= plan.ends_at:
        raise Conflict("The window of this change is over: plan it anew and ask again.", code="after_window")
