"""Attached files as a party takes them out: those of the entries whose texts it takes out, by the same right."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from django.db.models import Exists, OuterRef, QuerySet

from cosource.foundation.exports import register_export
from cosource.foundation.models import Seal, StoredFile
from cosource.foundation.queries.ledger import readable_streams
from cosource.foundation.sight import Actor

FILE = ("id", "entry_id", "subject_kind", "subject_id", "name", "size", "type", "sha256", "at", "erased_at")
_AT_ONCE = 2_000


def files_readable(actor: Actor) -> QuerySet[StoredFile]:
    """Return the files of the sealed entries whose payloads the actor may go through, in one order; hidden ones are left out.

    Raises: NotAllowed.
    """
    streams = [stream.id for stream in readable_streams(actor) if stream.with_payload]
    sealed = Seal.objects.filter(entry_id=OuterRef("entry_id"), stream_id__in=streams)
    return StoredFile.objects.filter(Exists(sealed), entry__hiding__isnull=True).order_by("pk")


def file_records(actor: Actor, at: datetime) -> Iterator[dict[str, Any]]:
    """Give each file with what it is; its content lies beside, under its id. Of one that is erased there is no more than that."""
    rows: Any = files_readable(actor)
    yield from rows.values(*FILE).iterator(_AT_ONCE)


def register() -> None:
    """Let files be taken out."""
    register_export("files", file_records)
