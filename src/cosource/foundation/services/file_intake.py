"""The files of an export as rows and content: each is compared with its digest before any is kept."""

import json
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from uuid import UUID

from cosource.foundation.errors import CosourceError, Invalid
from cosource.foundation.exports import Incoming, Layer, insert_in_turn, register_intake, row_of
from cosource.foundation.models import Entry, StoredFile
from cosource.foundation.queries.export_files import FILE
from cosource.foundation.stores import measure, path_of, store


@contextmanager
def contents_kept(folder: Path) -> Iterator[dict[UUID, str]]:
    """Keep the content of an export's files, and give the name of each by the file's id; forget it all if what follows fails.

    Raises: Invalid for content that is missing or was changed, before anything is kept.
    """
    wanted = list(_wanted(folder))
    for file_id, size, sha256 in wanted:
        place = folder / "files" / str(file_id)
        try:
            with place.open("rb") as source:
                if measure(source) != (size, sha256):
                    raise Invalid(f"{folder}: files/{file_id} differs from its digest", code="bad_export")
        except FileNotFoundError:
            raise Invalid(f"{folder}: files/{file_id} is missing", code="bad_export") from None
    kept: dict[UUID, str] = {}
    try:
        for file_id, _size, _sha256 in wanted:
            kept[file_id] = secrets.token_hex(16)
            with (folder / "files" / str(file_id)).open("rb") as source:
                store().put(path_of(kept[file_id]), source)
        yield kept
    except BaseException:
        with suppress(OSError, CosourceError):
            for content in kept.values():
                store().remove(path_of(content))
        raise


def _wanted(folder: Path) -> Iterator[tuple[UUID, int, str]]:
    with (folder / "files.jsonl").open("rb") as lines:
        for number, line in enumerate(lines, 1):
            record = json.loads(line)
            if record["erased_at"] is None:
                try:
                    yield UUID(record["id"]), int(record["size"]), str(record["sha256"])
                except (ValueError, TypeError):
                    raise Invalid(
                        f"{folder}: line {number} of files.jsonl names no file", code="bad_export"
                    ) from None


def _take_in(incoming: Incoming) -> None:
    insert_in_turn(_rows(incoming))


def _rows(incoming: Incoming) -> Iterator[StoredFile]:
    for record in incoming.records("files"):
        entry = Entry.objects.only("audience_id", "organization_id").get(id=UUID(record["entry_id"]))
        yield row_of(
            StoredFile,
            record,
            FILE,
            content=incoming.contents.get(UUID(record["id"]), ""),
            audience_id=entry.audience_id,
            organization_id=entry.organization_id,
        )


def register() -> None:
    """Let files be taken in."""
    register_intake(Layer.FILES, _take_in)
