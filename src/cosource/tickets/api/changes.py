"""The endpoints of what only some kinds of ticket have: plan, approvals, texts that stand for something, review; and freezes."""

from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from ninja import Status

from cosource.foundation import clock
from cosource.foundation.api import creates, edits
from cosource.foundation.api import router as room_router
from cosource.foundation.doors import actor_of
from cosource.parties.queries.sight import actor_on_notices
from cosource.tickets.api.change_schemas import (
    ApprovalAskIn,
    ApprovalDecisionIn,
    ApprovalOut,
    FreezeIn,
    FreezeOut,
    PlanIn,
    PlanOut,
    ReviewIn,
    SayingIn,
)
from cosource.tickets.api.schemas import MadeOut, TicketOut
from cosource.tickets.api.stepping import stepped
from cosource.tickets.models import Freeze
from cosource.tickets.queries.approvals import approvals_known
from cosource.tickets.queries.changes import freezes_ahead, plan_read
from cosource.tickets.queries.ticket_facts import TicketFacts
from cosource.tickets.services.approving import approval_ask, approval_decide
from cosource.tickets.services.changes import change_review, freeze_add, freeze_lift, plan_set
from cosource.tickets.services.sayings import saying_add

router = room_router(tag="changes")


@router.get("/tickets/{uuid:ticket_id}/plan", response=PlanOut, summary="Read the plan of a change")
def plan_get(request: HttpRequest, ticket_id: UUID) -> dict[str, Any]:
    """Return type, risk, window and outcome; 404 where nothing is planned."""
    return plan_read(actor=actor_of(request), ticket_id=ticket_id)


@router.put("/tickets/{uuid:ticket_id}/plan", response=TicketOut, summary="Plan a change")
@edits
def plan_put(request: HttpRequest, response: HttpResponse, ticket_id: UUID, body: PlanIn) -> TicketFacts:
    """Set what is given; a change that was put to approval goes back to its draft."""
    return stepped(request, response, ticket_id, plan_set, changes=body.dict(exclude_unset=True))


@router.get(
    "/tickets/{uuid:ticket_id}/approvals",
    response=list[ApprovalOut],
    summary="Read the approvals of a ticket",
)
def approvals_list(request: HttpRequest, ticket_id: UUID) -> list[dict[str, Any]]:
    """Return the approvals of all rounds, of the parties that the caller knows of."""
    return approvals_known(actor=actor_of(request), ticket_id=ticket_id)


@router.post("/tickets/{uuid:ticket_id}/approvals", response=TicketOut, summary="Ask for approval")
@edits
def approval_ask_create(
    request: HttpRequest, response: HttpResponse, ticket_id: UUID, body: ApprovalAskIn
) -> TicketFacts:
    """Ask the parties that answer for a change or a request, one after the other."""
    return stepped(request, response, ticket_id, approval_ask, text=body.text)


@router.post(
    "/tickets/{uuid:ticket_id}/approvals/decide", response=TicketOut, summary="Decide on an approval"
)
@edits
def approval_decide_create(
    request: HttpRequest, response: HttpResponse, ticket_id: UUID, body: ApprovalDecisionIn
) -> TicketFacts:
    """Approve, send back or reject. A person decides: the token is one that acts on its maker's notices."""
    acting = actor_on_notices(actor_of(request), at=clock.now())
    return stepped(
        request,
        response,
        ticket_id,
        approval_decide,
        acting=acting,
        decision=body.decision,
        text=body.text,
    )


@router.post(
    "/tickets/{uuid:ticket_id}/sayings", response={201: MadeOut}, summary="Write a plan or workaround"
)
@creates
def saying_create(request: HttpRequest, ticket_id: UUID, body: SayingIn) -> Status[dict[str, UUID]]:
    """Write a text that stands for something: a workaround, a plan, the way back. The latest of its kind holds."""
    made = saying_add(ticket_id=ticket_id, actor=actor_of(request), at=clock.now(), **body.dict())
    return Status(201, {"id": made})


@router.post("/tickets/{uuid:ticket_id}/review", response=TicketOut, summary="Review a change")
@edits
def review_create(
    request: HttpRequest, response: HttpResponse, ticket_id: UUID, body: ReviewIn
) -> TicketFacts:
    """Say what became of a change that was carried out, and close it."""
    return stepped(request, response, ticket_id, change_review, outcome=body.outcome, text=body.text)


@router.get("/freezes", response=list[FreezeOut], summary="List when nothing may be changed")
def freezes_list(request: HttpRequest) -> list[Freeze]:
    """Return the freezes in sight that are not over, the next first; at most 200."""
    return list(freezes_ahead(actor_of(request), clock.now())[:200])


@router.post("/freezes", response={201: FreezeOut}, summary="Say when nothing may be changed")
@creates
def freeze_create(request: HttpRequest, body: FreezeIn) -> Status[Freeze]:
    """Add a freeze of the caller's own organization."""
    return Status(201, freeze_add(actor=actor_of(request), at=clock.now(), **body.dict()))


@router.delete("/freezes/{uuid:freeze_id}", response={204: None}, summary="Take a freeze back")
def freeze_delete(request: HttpRequest, freeze_id: UUID) -> Status[None]:
    """Lift a freeze before its end; it stays in the record."""
    freeze_lift(freeze_id=freeze_id, actor=actor_of(request), at=clock.now())
    return Status(204, None)
