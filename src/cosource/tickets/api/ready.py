"""The endpoints of ready replies: parse, call one service or query, answer."""

from uuid import UUID

from django.http import HttpRequest
from ninja import Status

from cosource.foundation import clock
from cosource.foundation.api import creates
from cosource.foundation.api import router as room_router
from cosource.foundation.doors import actor_of
from cosource.tickets.api.schemas import ReadyReplyIn, ReadyReplyOut
from cosource.tickets.models import CannedReply
from cosource.tickets.queries.canned import canned_list
from cosource.tickets.services.canned import canned_delete, canned_save

router = room_router(tag="tickets")


@router.get("/ready-replies", response=list[ReadyReplyOut], summary="List ready replies")
def ready_replies_list(request: HttpRequest) -> list[CannedReply]:
    """Return the replies that the caller may use, by title."""
    return canned_list(actor_of(request))


@router.post("/ready-replies", response={201: ReadyReplyOut}, summary="Write a ready reply")
@creates
def ready_reply_create(request: HttpRequest, body: ReadyReplyIn) -> Status[CannedReply]:
    """Write a reply for everybody of the caller's organization, or for one of its teams."""
    return Status(201, canned_save(actor=actor_of(request), at=clock.now(), **body.dict()))


@router.delete("/ready-replies/{uuid:reply_id}", response={204: None}, summary="Delete a ready reply")
def ready_reply_delete(request: HttpRequest, reply_id: UUID) -> Status[None]:
    """Delete a reply for all who used it."""
    canned_delete(reply_id=reply_id, actor=actor_of(request), at=clock.now())
    return Status(204, None)
