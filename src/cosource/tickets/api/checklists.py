"""The endpoints of a ticket's checklist: parse, call one service or query, answer."""

from uuid import UUID

from django.http import HttpRequest
from ninja import Status

from cosource.foundation import clock
from cosource.foundation.api import creates
from cosource.foundation.api import router as room_router
from cosource.foundation.doors import actor_of
from cosource.tickets.api.schemas import ChecklistIn, ChecklistOut, DoneIn
from cosource.tickets.queries.checklists import ChecklistLine, checklist_of
from cosource.tickets.services.checklists import checklist_add, checklist_remove, checklist_tick

router = room_router(tag="tickets")


@router.get(
    "/tickets/{uuid:ticket_id}/checklist", response=list[ChecklistOut], summary="Read a ticket's checklist"
)
def ticket_checklist_list(request: HttpRequest, ticket_id: UUID) -> list[ChecklistLine]:
    """Return the points of the caller's own party."""
    return checklist_of(actor=actor_of(request), ticket_id=ticket_id)


@router.post(
    "/tickets/{uuid:ticket_id}/checklist",
    response={201: list[ChecklistOut]},
    summary="Add points to a checklist",
)
@creates
def ticket_checklist_create(
    request: HttpRequest, ticket_id: UUID, body: ChecklistIn
) -> Status[list[ChecklistLine]]:
    """Add points, and return the whole list."""
    actor = actor_of(request)
    checklist_add(ticket_id=ticket_id, texts=body.texts, actor=actor, at=clock.now())
    return Status(201, checklist_of(actor=actor, ticket_id=ticket_id))


@router.put(
    "/tickets/{uuid:ticket_id}/checklist/{uuid:point_id}/done",
    response={204: None},
    summary="Tick a point off",
)
def ticket_checklist_tick(
    request: HttpRequest, ticket_id: UUID, point_id: UUID, body: DoneIn
) -> Status[None]:
    """Say that a point is done, or that it is not."""
    actor, at = actor_of(request), clock.now()
    checklist_tick(ticket_id=ticket_id, point_id=point_id, done=body.done, actor=actor, at=at)
    return Status(204, None)


@router.delete(
    "/tickets/{uuid:ticket_id}/checklist/{uuid:point_id}", response={204: None}, summary="Take a point away"
)
def ticket_checklist_delete(request: HttpRequest, ticket_id: UUID, point_id: UUID) -> Status[None]:
    """Take a point off the list."""
    checklist_remove(ticket_id=ticket_id, point_id=point_id, actor=actor_of(request), at=clock.now())
    return Status(204, None)
