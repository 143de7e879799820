"""The endpoints of recurring tickets: parse, call one service or query, answer."""

from datetime import date, datetime
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
from cosource.tickets.models import RecurringTicket
from cosource.tickets.queries.recurring import dates_after, recurring_get, recurring_tickets
from cosource.tickets.services.recurring import (
    recurring_add,
    recurring_change,
    recurring_draft,
    recurring_end,
)

router = room_router(tag="tickets")


class RecurringOut(Out):
    """A template that opens by a rule. `trouble`: why it stands still, empty where it does not."""

    id: UUID
    version: int
    name: str
    template_id: UUID
    engagement_id: UUID | None
    rule: str
    zone: str
    first_on: date
    calendar: str
    on_holidays: str
    next_at: datetime | None
    paused: bool
    trouble: str


class RuleIn(In):
    """When something comes. `rule`: such as `every second tuesday of the month at 08:00`; `on_holidays`: keep, skip or next."""

    rule: str = Field(max_length=200)
    zone: str | None = Field(None, max_length=60)
    first_on: date | None = None
    calendar: str = Field("", max_length=80)
    on_holidays: str = Field("keep", max_length=4)


class RecurringIn(RuleIn):
    """What is to recur, and when. `engagement_id`: at the desk of that engagement's client."""

    name: str = Field(max_length=120)
    template_id: UUID
    engagement_id: UUID | None = None
    paused: bool = False


class RecurringChangeIn(In):
    """What to change; fields that are left out stay."""

    name: str | None = Field(None, max_length=120)
    template_id: UUID | None = None
    engagement_id: UUID | None = None
    rule: str | None = Field(None, max_length=200)
    zone: str | None = Field(None, max_length=60)
    first_on: date | None = None
    calendar: str | None = Field(None, max_length=80)
    on_holidays: str | None = Field(None, max_length=4)
    paused: bool | None = None


class DatesOut(Out):
    """When a rule comes next, at most five times."""

    dates: list[datetime]


@router.get("/recurring-tickets", response=list[RecurringOut], summary="List recurring tickets")
def recurring_tickets_list(request: HttpRequest) -> list[RecurringTicket]:
    """Return the recurring tickets of the caller's own organization, the next one first; at most 300."""
    return recurring_tickets(actor_of(request))


@router.post("/recurring-tickets", response={201: RecurringOut}, summary="Let a template recur")
@creates
def recurring_ticket_create(
    request: HttpRequest, response: HttpResponse, body: RecurringIn
) -> Status[RecurringTicket]:
    """Set a rule; its tickets open in the caller's name, with the caller's rights by then."""
    made = recurring_add(values=_values(body), actor=actor_of(request), at=clock.now())
    stamp(response, made.version)
    return Status(201, made)


@router.post("/recurring-tickets/dates", response=DatesOut, summary="Read when a rule would come")
def recurring_dates_read(request: HttpRequest, body: RuleIn) -> dict[str, list[datetime]]:
    """Return the next dates of a rule; nothing is kept."""
    at = clock.now()
    draft = recurring_draft(values=_values(body), actor=actor_of(request), at=at)
    return {"dates": dates_after(draft, at, at)}


@router.get(
    "/recurring-tickets/{uuid:recurring_id}", response=RecurringOut, summary="Read a recurring ticket"
)
def recurring_ticket_read(
    request: HttpRequest, response: HttpResponse, recurring_id: UUID
) -> RecurringTicket:
    """Return one with its version as ETag."""
    found = recurring_get(recurring_id, actor_of(request))
    stamp(response, found.version)
    return found


@router.patch(
    "/recurring-tickets/{uuid:recurring_id}", response=RecurringOut, summary="Change a recurring ticket"
)
@edits
def recurring_ticket_update(
    request: HttpRequest, response: HttpResponse, recurring_id: UUID, body: RecurringChangeIn
) -> RecurringTicket:
    """Change what is given, or pause it; from now on it opens in the caller's name."""
    changed = recurring_change(
        recurring_id=recurring_id,
        values=body.dict(exclude_unset=True),
        actor=actor_of(request),
        at=clock.now(),
        expected_version=expected_version(request),
    )
    stamp(response, changed.version)
    return changed


@router.delete(
    "/recurring-tickets/{uuid:recurring_id}", response={204: None}, summary="Take a recurring ticket away"
)
def recurring_ticket_delete(request: HttpRequest, recurring_id: UUID) -> Status[None]:
    """Take it away; what it opened stays."""
    recurring_end(recurring_id=recurring_id, actor=actor_of(request), at=clock.now())
    return Status(204, None)


def _values(body: RuleIn) -> dict[str, Any]:
    # Left out, the zone is that of the organization.
    return {name: value for name, value in body.dict().items() if name != "zone" or value is not None}
