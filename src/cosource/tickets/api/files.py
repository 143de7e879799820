"""The endpoints of files: bring one that waits for its message, and read one.

A file is brought by itself, as `multipart/form-data`, and named in the message or ticket that it belongs to. It may be sent
twice: what no message takes is gone after a week, so no idempotency key is needed.
"""

from uuid import UUID

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from ninja import File, Status
from ninja.files import UploadedFile

from cosource.foundation import clock
from cosource.foundation.api import router as room_router
from cosource.foundation.doors import actor_of
from cosource.foundation.errors import NotAllowed
from cosource.foundation.file_doors import file_answer, file_taken
from cosource.foundation.queries.files import file_get
from cosource.tickets.api.schemas import FileOut
from cosource.tickets.queries.attachments import Attachment, attachment
from cosource.tickets.services.policy import WRITE

router = room_router(tag="tickets")
_CONTENT = {
    "responses": {
        200: {
            "description": "The file, to be saved: its own type where that is harmless, bytes otherwise",
            "content": {"*/*": {"schema": {"type": "string", "format": "binary"}}},
        }
    }
}


@router.post("/files", response={202: FileOut}, summary="Bring a file")
def file_create(request: HttpRequest, file: File[UploadedFile]) -> Status[Attachment]:
    """Keep a file for a message or a ticket that is to be written: name its id there within a week."""
    actor = actor_of(request)
    if not any(WRITE in grant.rights for grant in actor.sight.grants):
        raise NotAllowed("This token may read only.", code="read_only_token")
    row = file_taken(file, actor=actor, at=clock.now())
    return Status(202, attachment(row.id, row.name, row.size, row.type))


@router.get("/files/{uuid:file_id}", response={200: None}, openapi_extra=_CONTENT, summary="Read a file")
def file_read(request: HttpRequest, file_id: UUID) -> HttpResponseBase:
    """Return the content of a file whose message the caller reads."""
    return file_answer(file_get(actor=actor_of(request), file_id=file_id))
