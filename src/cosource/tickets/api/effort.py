"""The endpoints of time and cost: parse, call one service or query, answer."""

from uuid import UUID

from django.http import HttpRequest
from ninja import Status

from cosource.foundation import clock
from cosource.foundation.api import creates
from cosource.foundation.api import router as room_router
from cosource.foundation.doors import actor_of
from cosource.tickets.api.schemas import EffortIn, EffortsOut, MadeOut
from cosource.tickets.queries.effort import efforts_of
from cosource.tickets.services.effort import effort_log, effort_void

router = room_router(tag="tickets")


@router.get("/tickets/{uuid:ticket_id}/efforts", response=EffortsOut, summary="Read time and cost")
def ticket_efforts_read(request: HttpRequest, ticket_id: UUID) -> dict[str, object]:
    """Return sums of the caller's party and of those that it engaged, and the rows that the caller reads."""
    _record, sums, lines = efforts_of(actor=actor_of(request), ticket_id=ticket_id)
    return {"sums": sums, "lines": lines}


@router.post("/tickets/{uuid:ticket_id}/efforts", response={201: MadeOut}, summary="Write down time")
@creates
def ticket_effort_create(request: HttpRequest, ticket_id: UUID, body: EffortIn) -> Status[dict[str, UUID]]:
    """Write down time that the caller's party spent."""
    made = effort_log(ticket_id=ticket_id, actor=actor_of(request), at=clock.now(), **body.dict())
    return Status(201, {"id": made.id})


@router.delete(
    "/tickets/{uuid:ticket_id}/efforts/{uuid:effort_id}", response={204: None}, summary="Take time back"
)
def ticket_effort_delete(request: HttpRequest, ticket_id: UUID, effort_id: UUID) -> Status[None]:
    """Take a row back; it counts nowhere from then on."""
    effort_void(ticket_id=ticket_id, effort_id=effort_id, actor=actor_of(request), at=clock.now())
    return Status(204, None)
