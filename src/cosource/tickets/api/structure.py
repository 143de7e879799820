"""The endpoints that set tickets in relation to each other: parse, call one service or query, answer."""

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from ninja import Status

from cosource.foundation import clock
from cosource.foundation.api import creates, edits
from cosource.foundation.api import router as room_router
from cosource.foundation.doors import actor_of
from cosource.tickets.api.schemas import LinkIn, LinkOut, MadeOut, MergeIn, SplitIn, TicketOut
from cosource.tickets.api.stepping import stepped
from cosource.tickets.queries.links import LinkLine, links_of
from cosource.tickets.queries.ticket_facts import TicketFacts
from cosource.tickets.services.links import ticket_link, ticket_unlink
from cosource.tickets.services.merging import ticket_merge, ticket_unmerge
from cosource.tickets.services.splitting import ticket_split

router = room_router(tag="tickets")


@router.get("/tickets/{uuid:ticket_id}/links", response=list[LinkOut], summary="Read a ticket's links")
def ticket_links_list(request: HttpRequest, ticket_id: UUID) -> list[LinkLine]:
    """Return the links with tickets that the caller sees too; others are not there."""
    return links_of(actor=actor_of(request), ticket_id=ticket_id)


@router.post("/tickets/{uuid:ticket_id}/links", response={201: MadeOut}, summary="Link two tickets")
@creates
def ticket_link_create(request: HttpRequest, ticket_id: UUID, body: LinkIn) -> Status[dict[str, UUID]]:
    """Link with another ticket in sight."""
    made = ticket_link(ticket_id=ticket_id, actor=actor_of(request), at=clock.now(), **body.dict())
    return Status(201, {"id": made})


@router.delete(
    "/tickets/{uuid:ticket_id}/links/{uuid:link_id}", response={204: None}, summary="Take a link off"
)
def ticket_link_delete(request: HttpRequest, ticket_id: UUID, link_id: UUID) -> Status[None]:
    """Take a link off; a merge or a split stays."""
    ticket_unlink(ticket_id=ticket_id, link_id=link_id, actor=actor_of(request), at=clock.now())
    return Status(204, None)


@router.post("/tickets/{uuid:ticket_id}/merge", response=TicketOut, summary="End a ticket as a duplicate")
@edits
def ticket_merge_create(
    request: HttpRequest, response: HttpResponse, ticket_id: UUID, body: MergeIn
) -> TicketFacts:
    """End the ticket as the duplicate of another, which goes on. No text moves."""
    return stepped(request, response, ticket_id, ticket_merge, **body.dict())


@router.post(
    "/tickets/{uuid:ticket_id}/split", response={201: MadeOut}, summary="Start a ticket from messages"
)
@creates
def ticket_split_create(request: HttpRequest, ticket_id: UUID, body: SplitIn) -> Status[dict[str, UUID]]:
    """Open a ticket for the parties that read every one of the messages, linked with this one."""
    made = ticket_split(ticket_id=ticket_id, actor=actor_of(request), at=clock.now(), **body.dict())
    return Status(201, {"id": made.id})


@router.post("/tickets/{uuid:ticket_id}/unmerge", response=TicketOut, summary="Take a merge back")
@edits
def ticket_unmerge_create(request: HttpRequest, response: HttpResponse, ticket_id: UUID) -> TicketFacts:
    """Let a merged ticket go on by itself, where it was."""
    return stepped(request, response, ticket_id, ticket_unmerge)
