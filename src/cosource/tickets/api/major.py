"""The endpoints of major incidents and their reviews."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from ninja import Status
from pydantic import Field

from cosource.foundation import clock
from cosource.foundation.api import creates, edits
from cosource.foundation.api import router as room_router
from cosource.foundation.api.schemas import In, Out
from cosource.foundation.doors import actor_of
from cosource.foundation.errors import NotFound
from cosource.tickets.api.schemas import MadeOut, TicketOut, WordIn
from cosource.tickets.api.stepping import stepped
from cosource.tickets.queries.major import major_of
from cosource.tickets.queries.record import load
from cosource.tickets.queries.ticket_facts import TicketFacts
from cosource.tickets.services.major import (
    major_declare,
    major_end,
    major_review,
    major_review_close,
    major_update,
)

router = room_router(tag="major incidents")


class MajorIn(In):
    """Who leads it, who tells everybody, and the first word to all."""

    text: str = Field(max_length=20_000)
    commander_id: UUID
    communicator_id: UUID | None = None


class MajorOut(Out):
    """How a major incident stands."""

    declared_at: datetime
    ended_at: datetime | None
    reviewed_at: datetime | None


@router.get("/tickets/{uuid:ticket_id}/major", response=MajorOut, summary="Read how a major incident stands")
def major_read(request: HttpRequest, ticket_id: UUID) -> Any:
    """Return since when it is led; 404 where the ticket is not led as a major incident."""
    found = major_of(load(ticket_id, actor_of(request)).ticket.id)
    if found is None:
        raise NotFound
    return found


@router.post("/tickets/{uuid:ticket_id}/major", response=TicketOut, summary="Lead an incident as a major one")
@edits
def major_create(request: HttpRequest, response: HttpResponse, ticket_id: UUID, body: MajorIn) -> TicketFacts:
    """Name who leads it; impact and urgency become high, and who answers for both parties is told."""
    return stepped(request, response, ticket_id, major_declare, **body.dict())


@router.post("/tickets/{uuid:ticket_id}/major/updates", response={201: MadeOut}, summary="Tell everybody")
@creates
def major_update_create(request: HttpRequest, ticket_id: UUID, body: WordIn) -> Status[dict[str, UUID]]:
    """Say how it stands, to both parties and whoever asked."""
    made = major_update(ticket_id=ticket_id, text=body.text, actor=actor_of(request), at=clock.now())
    return Status(201, {"id": made})


@router.post("/tickets/{uuid:ticket_id}/major/end", response=TicketOut, summary="Say that it is over")
@edits
def major_end_create(
    request: HttpRequest, response: HttpResponse, ticket_id: UUID, body: WordIn
) -> TicketFacts:
    """End it; the review is open from then on."""
    return stepped(request, response, ticket_id, major_end, text=body.text)


@router.post("/tickets/{uuid:ticket_id}/major/reviews", response={201: MadeOut}, summary="Write a review")
@creates
def major_review_create(request: HttpRequest, ticket_id: UUID, body: WordIn) -> Status[dict[str, UUID]]:
    """Write what contributed on the caller's side, and what it changes."""
    made = major_review(ticket_id=ticket_id, text=body.text, actor=actor_of(request), at=clock.now())
    return Status(201, {"id": made})


@router.post("/tickets/{uuid:ticket_id}/major/close", response=TicketOut, summary="Close the review")
@edits
def major_close_create(request: HttpRequest, response: HttpResponse, ticket_id: UUID) -> TicketFacts:
    """Close the review once both sides have written."""
    return stepped(request, response, ticket_id, major_review_close)
