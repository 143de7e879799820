"""The endpoints of calls and walk-ups: parse, call one service or query, answer."""

from uuid import UUID

from django.http import HttpRequest
from ninja import Status
from pydantic import Field

from cosource.foundation import clock
from cosource.foundation.api import creates
from cosource.foundation.api import router as room_router
from cosource.foundation.api.schemas import In, Out
from cosource.foundation.doors import actor_of
from cosource.foundation.errors import NotFound
from cosource.tickets.api.schemas import MadeOut
from cosource.tickets.queries.calling import Caller, callers_found
from cosource.tickets.queries.desks import desks_of
from cosource.tickets.services.contacts import contact_add, contact_log

router = room_router(tag="tickets")


class CallerTicketOut(Out):
    """An open ticket of a caller."""

    id: UUID
    reference: str
    title: str


class CallerOut(Out):
    """Somebody who may be calling; `person_id` null: known by name alone."""

    person_id: UUID | None
    name: str
    tickets: list[CallerTicketOut]


class ContactIn(In):
    """A call or walk-up that opens a ticket. `channel`: phone, walk_up or chat; `solved`: it was resolved at once."""

    title: str = Field(max_length=200)
    text: str = Field("", max_length=20_000)
    channel: str = Field("phone", max_length=10)
    kind: str = Field("incident", max_length=8)
    solved: bool = False
    service_id: UUID | None = None
    site_id: UUID | None = None
    requester_id: UUID | None = None
    requester_name: str = Field("", max_length=120)
    engagement_id: UUID | None = None


class ContactAgainIn(In):
    """A call or walk-up about a ticket that is open: what was said."""

    text: str = Field(max_length=20_000)
    channel: str = Field("phone", max_length=10)
    solved: bool = False


@router.get("/callers", response=list[CallerOut], summary="Find who calls")
def callers_list(request: HttpRequest, find: str, engagement_id: UUID | None = None) -> list[Caller]:
    """Return who fits a number, name or address at a desk, with their open tickets; at most six."""
    actor, at = actor_of(request), clock.now()
    wanted = engagement_id.hex if engagement_id else "own"
    desk = next((d for d in desks_of(actor, at) if d.key == wanted), None)
    if desk is None:
        raise NotFound
    return callers_found(desk, find, actor, at)


@router.post("/contacts", response={201: MadeOut}, summary="Log a call or walk-up")
@creates
def contact_create(request: HttpRequest, body: ContactIn) -> Status[dict[str, UUID]]:
    """Open a ticket for somebody who called or came; return the ticket's id."""
    ticket = contact_log(actor=actor_of(request), at=clock.now(), **body.dict())
    return Status(201, {"id": ticket.id})


@router.post(
    "/tickets/{uuid:ticket_id}/contacts", response={201: MadeOut}, summary="Log a call about a ticket"
)
@creates
def ticket_contact_create(
    request: HttpRequest, ticket_id: UUID, body: ContactAgainIn
) -> Status[dict[str, UUID]]:
    """Write down that somebody called or came again about an open ticket; return the ticket's id."""
    ticket = contact_add(ticket_id=ticket_id, actor=actor_of(request), at=clock.now(), **body.dict())
    return Status(201, {"id": ticket.id})
