"""The endpoints for a step with several tickets: parse, call one service or query, answer."""

from uuid import UUID

from django.http import HttpRequest
from ninja import Status

from cosource.foundation import clock
from cosource.foundation.api import creates
from cosource.foundation.api import router as room_router
from cosource.foundation.doors import actor_of
from cosource.tickets.api.schemas import BulkIn, BulkOut
from cosource.tickets.queries.bulk import RunView, bulk_get
from cosource.tickets.services.bulk import bulk_start, bulk_undo

router = room_router(tag="tickets")


@router.post("/bulk-runs", response={201: BulkOut}, summary="Take a step with several tickets")
@creates
def bulk_run_create(request: HttpRequest, body: BulkIn) -> Status[RunView]:
    """Take one step with each of the tickets; refused ones stay as they are. Beyond fifty it goes on in the background."""
    actor, at = actor_of(request), clock.now()
    given = {
        name: value.hex if isinstance(value, UUID) else value
        for name, value in body.dict(exclude={"action", "ticket_ids"}).items()
        if value not in (None, "")
    }
    run = bulk_start(action=body.action, ticket_ids=body.ticket_ids, given=given, actor=actor, at=at)
    return Status(201, bulk_get(actor=actor, run_id=run.id, at=at))


@router.get("/bulk-runs/{uuid:run_id}", response=BulkOut, summary="Read how far a step is")
def bulk_run_read(request: HttpRequest, run_id: UUID) -> RunView:
    """Return how far the step is, and what became of each ticket."""
    return bulk_get(actor=actor_of(request), run_id=run_id, at=clock.now())


@router.post("/bulk-runs/{uuid:run_id}/undo", response={201: BulkOut}, summary="Take a step back")
@creates
def bulk_run_undo(request: HttpRequest, run_id: UUID) -> Status[RunView]:
    """Take the step back with all its tickets, within a minute; what was changed since stays."""
    actor, at = actor_of(request), clock.now()
    bulk_undo(run_id=run_id, actor=actor, at=at)
    return Status(201, bulk_get(actor=actor, run_id=run_id, at=at))
