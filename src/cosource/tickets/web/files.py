"""Files at the pages' doors: brought by a form together with what is written, kept through its refusals, and given out."""

from collections.abc import Collection
from dataclasses import dataclass
from uuid import UUID

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase
from django.views.decorators.http import require_safe

from cosource.foundation import clock
from cosource.foundation.doors import PageRequest, actor_of, signed_in
from cosource.foundation.errors import NoRoom, StorageAway, TooLarge, TooMany
from cosource.foundation.file_doors import file_answer, file_taken
from cosource.foundation.queries.files import file_get
from cosource.foundation.services.files import files_waiting
from cosource.foundation.sight import Actor
from cosource.tickets.queries.attachments import Attachment, attachment
from cosource.tickets.web.parsing import one_uuid

# Why a file was not taken, besides a value that does not fit; the form keeps what else was written.
FILE_REFUSALS = (TooLarge, TooMany, NoRoom, StorageAway)


@require_safe
@signed_in
def file(request: PageRequest, file_id: UUID) -> HttpResponseBase:
    """Give a file, to be saved."""
    return file_answer(file_get(actor=request.actor, file_id=file_id))


def files_in(request: HttpRequest) -> list[UUID]:
    """Return the files that a form brings: those that it brought before and still ticks, and those that are new.

    Remembered with the request, for the form that is drawn again after a refusal. Raises: as `file_bring`.
    """
    actor, at = actor_of(request), clock.now()
    found = [one_uuid(text, "files") for text in request.POST.getlist("file")]
    request.__dict__["files_brought"] = found
    # Those that came before one that is refused are kept.
    found.extend(file_taken(upload, actor=actor, at=at).id for upload in request.FILES.getlist("files"))
    return found


def files_kept(request: HttpRequest) -> list[Attachment]:
    """Return the files that a refused form brought, to be ticked in the one that is drawn again."""
    return waiting(request.__dict__.get("files_brought", ()), actor_of(request))


def waiting(file_ids: Collection[UUID], actor: Actor) -> list[Attachment]:
    """Return those of the files that the actor brought and no message has taken yet."""
    rows = files_waiting(file_ids, actor=actor)
    return [attachment(row.id, row.name, row.size, row.type) for row in rows]


@dataclass(frozen=True, slots=True)
class FileLimits:
    """What a form may bring, for its own words and for the script that looks at files before they are sent."""

    bytes: int
    count: int


def file_limits() -> FileLimits:
    """Return the limits of this installation."""
    return FileLimits(settings.FILE_MAX_BYTES, settings.FILES_PER_MESSAGE)
