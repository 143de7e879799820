"""Reading files: one in sight, with its content; and whether rows and content go together, for whoever runs the machine."""

from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Any, BinaryIO
from uuid import UUID

from cosource.foundation.errors import CosourceError, NotFound
from cosource.foundation.models import StoredFile
from cosource.foundation.rules.files import salted
from cosource.foundation.sight import Actor
from cosource.foundation.stores import Kept, measure, path_of, store

_AT_ONCE = 2_000
# So much content is read to compare its digest by an ordinary look at an installation.
READ_BYTES = 1024**3


class ContentMissing(CosourceError):
    """The content of this file is not in its place. Whoever runs this installation finds it with `cosource doctor`."""

    status = 410
    code = "content_missing"


def file_get(*, actor: Actor, file_id: UUID) -> StoredFile:
    """Return a file that the actor may have now. Raises: NotFound for what is out of sight, erased or never was, alike."""
    row = StoredFile.objects.visible_to(actor).filter(id=file_id).first()
    if row is None:
        raise NotFound
    return row


def file_content(row: StoredFile) -> AbstractContextManager[BinaryIO]:
    """Give the content of a file, to be read. Raises: FileNotFoundError, StorageAway."""
    return store().open(path_of(row.content))


def contents_known() -> Iterator[str]:
    """Give the random names that a row speaks of, in order."""
    rows = StoredFile.objects.filter(erased_at=None).order_by("content").values_list("content", flat=True)
    yield from rows.iterator(_AT_ONCE)


@dataclass(slots=True)
class FilesState:
    """How rows and content go together. `faults`: what is missing or changed, by path and id; `bytes_read`: of all `bytes`."""

    rows: int = 0
    bytes: int = 0
    bytes_read: int = 0
    faults: list[str] = field(default_factory=list)


def files_state(*, read_bytes: int | None = READ_BYTES) -> FilesState:
    """Compare every row with its content: that it is there, how long it is, and what it is for the first `read_bytes` of all.

    None: all are read. Raises: StorageAway.
    """
    state = FilesState()
    there = store().all()
    kept = next(there, None)
    before = ""
    for row in _rows():
        path = path_of(row.content)
        while kept is not None and kept.path < path:
            kept = next(there, None)
        state.rows += 1
        is_first, before = row.content != before, row.content
        state.bytes += row.size if is_first else 0
        left = None if read_bytes is None else read_bytes - state.bytes_read
        read = left is None or row.size <= left
        state.bytes_read += row.size if read and is_first else 0
        if fault := _fault_of(row, kept if kept is not None and kept.path == path else None, read=read):
            state.faults.append(f"files/{path} (file {row.id}) {fault}")
    return state


@dataclass(frozen=True, slots=True)
class _Row:
    id: UUID
    content: str
    size: int
    sha256: str
    facts: dict[str, Any] | None
    payload: dict[str, Any] | None


def _rows() -> Iterator[_Row]:
    rows = StoredFile.objects.filter(erased_at=None).order_by("content", "id")
    named = rows.values_list("id", "content", "size", "sha256", "entry__facts", "entry__payload__body")
    for row in named.iterator(_AT_ONCE):
        yield _Row(*row)


def _fault_of(row: _Row, kept: Kept | None, *, read: bool) -> str:
    if kept is None:
        return "is missing"
    if kept.size != row.size:
        return f"has {kept.size} bytes and not {row.size}"
    if not _is_what_was_attached(row):
        return "is not the one that the record speaks of"
    if not read:
        return ""
    try:
        with store().open(kept.path) as content:
            return "" if measure(content) == (row.size, row.sha256) else "has been changed"
    except FileNotFoundError:
        # It went since the look at what is there: erased, or taken away.
        return "" if not StoredFile.objects.filter(id=row.id, erased_at=None).exists() else "is missing"


def _is_what_was_attached(row: _Row) -> bool:
    """Tell whether the sealed entry binds this digest; a file that waits has no entry."""
    said = (row.facts or {}).get("files", ())
    for facts, payload in zip(said, (row.payload or {}).get("files", ()), strict=False):
        if facts["id"] == row.id.hex:
            return bool(facts["digest"] == salted(row.sha256, payload["salt"]))
    return not said
