"""Taking a backup: one folder with everything, complete or not there at all.

It is written beside its place and moved there when all of it is on the disk. Nobody is kept from working meanwhile. An attached
file that is missing or was changed keeps nobody from having a backup: the manifest names it. The folder can be read by its owner
only: it holds what every party wrote. Not here: its form (`rules.backup`), reading it back (`services.restoring`).
"""

import gzip
import hashlib
import json
import os
import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Any, BinaryIO

from django.conf import settings
from django.db import connection

from cosource.foundation.errors import Conflict
from cosource.foundation.queries.backup import (
    FILES,
    Table,
    files_attached,
    heads_there,
    one_moment,
    rows_of,
    tables_there,
)
from cosource.foundation.queries.schema import schema_state
from cosource.foundation.rules.backup import (
    HEADS,
    MANIFEST,
    SECRETS,
    FileCopy,
    Manifest,
    TableCopy,
    key_mark,
    manifest_text,
    row_writer,
)
from cosource.foundation.rules.canonical import instant_text
from cosource.foundation.stores import path_of, store

# Half the time of the usual level for a tenth more bytes.
_LEVEL = 3
_PIECE = 1 << 20
_LINES = 500

type Tell = Callable[[str], None]


def backup_make(*, folder: Path, with_secrets: bool, at: datetime, tell: Tell | None = None) -> Manifest:
    """Write a backup to `folder`, which must be empty or not there yet, and return its manifest.

    `with_secrets`: with the installation's keys; whoever has the folder then has everything. `tell`: called with the name of
    each table. Raises: Conflict when the folder holds something; OSError when the disk is full.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise Conflict(f"{folder} is not empty: name a folder that is not there yet", code="not_empty")
    folder.parent.mkdir(parents=True, exist_ok=True)
    draft = folder.with_name(f".{folder.name}.unfinished")
    shutil.rmtree(draft, ignore_errors=True)
    draft.mkdir(mode=0o700)
    try:
        manifest = _fill(draft, with_secrets, at, tell or (lambda _name: None))
    except BaseException:
        shutil.rmtree(draft, ignore_errors=True)
        raise
    if folder.exists():
        folder.rmdir()
    draft.rename(folder)
    _to_disk(folder.parent)
    return manifest


def _fill(draft: Path, with_secrets: bool, at: datetime, tell: Tell) -> Manifest:
    # A file may go while rows are read and a new one come: those from before are kept, those from after are added.
    files = _files_copy(draft, {})
    (draft / "tables").mkdir()
    with one_moment():
        schema = schema_state().made
        tables = []
        for table in tables_there():
            tell(table.name)
            tables.append(_table_write(draft, table))
        attached = files_attached() if FILES in {table.name for table in tables} else []
        heads = heads_there(instant_text(at))
    files = _files_copy(draft, files)
    _write(draft / HEADS, json.dumps(heads, indent=1).encode() + b"\n")
    if with_secrets:
        _write(draft / SECRETS, Path(settings.SECRETS_FILE).read_bytes())
        (draft / SECRETS).chmod(0o600)
    manifest = Manifest(
        product_version=version("cosource"),
        taken_at=at.isoformat(),
        database=connection.vendor,
        schema=schema,
        tables=tuple(tables),
        files=tuple(files[path] for path in sorted(files)),
        key_marks=tuple(key_mark(key) for key in settings.FIELD_ENCRYPTION_KEYS),
        with_secrets=with_secrets,
        files_lacking=tuple(_files_lacking(attached, files)),
    )
    _write(draft / MANIFEST, manifest_text(manifest).encode())
    for inner in (draft / "tables", draft):
        _to_disk(inner)
    return manifest


def table_digest(table: Table) -> tuple[int, str]:
    """Return how many rows a table has and the digest that a backup of it would have."""
    digest, count = hashlib.sha256(), 0
    for text, lines in _texts(table):
        digest.update(text)
        count += lines
    return count, digest.hexdigest()


def _texts(table: Table) -> Iterator[tuple[bytes, int]]:
    write = row_writer(kind for _, kind in table.columns)
    lines: list[str] = []
    for row in rows_of(table):
        lines.append(write(row))
        if len(lines) == _LINES:
            yield ("\n".join(lines) + "\n").encode(), len(lines)
            lines = []
    if lines:
        yield ("\n".join(lines) + "\n").encode(), len(lines)


def _table_write(draft: Path, table: Table) -> TableCopy:
    digest, count = hashlib.sha256(), 0
    with (draft / "tables" / f"{table.name}.jsonl.gz").open("wb") as raw:
        # No name and no time in the file: the same rows are the same bytes.
        with gzip.GzipFile(filename="", mode="wb", compresslevel=_LEVEL, fileobj=raw, mtime=0) as packed:
            for text, lines in _texts(table):
                digest.update(text)
                packed.write(text)
                count += lines
        raw.flush()
        os.fsync(raw.fileno())
    return TableCopy(table.name, table.columns, count, digest.hexdigest())


def _files_copy(draft: Path, had: dict[str, FileCopy]) -> dict[str, FileCopy]:
    """Copy the files that there are and that are new or longer than in `had`; return all that were copied."""
    copied = dict(had)
    for found in files_there():
        if found.path in had and found.size == had[found.path].size:
            continue
        # It may go meanwhile, with the rows that knew it.
        with suppress(FileNotFoundError), found.open() as source:
            copied[found.path] = file_copy(source, draft / found.path, found.path)
    return copied


@dataclass(frozen=True, slots=True)
class FileThere:
    """A file that a backup holds, as it lies now: its path in the backup, bytes, and what gives its content."""

    path: str
    size: int
    open: Callable[[], AbstractContextManager[BinaryIO]]


def files_there() -> Iterator[FileThere]:
    """Return the files that a backup holds: what people attached, wherever it is kept, and imports under way."""
    kept_in = store()
    for kept in kept_in.all():
        yield FileThere(f"files/{kept.path}", kept.size, partial(kept_in.open, kept.path))
    root = Path(settings.SPOOL_DIR)
    for place in sorted(root.rglob("*")):
        if place.is_file() and not place.is_symlink():
            path = f"spool/{place.relative_to(root).as_posix()}"
            yield FileThere(path, place.stat().st_size, partial(_opened, place))


def _opened(place: Path) -> BinaryIO:
    return place.open("rb")


def file_copy(source: BinaryIO, target: Path, name: str) -> FileCopy:
    """Copy one file to the disk and return what it was on the way."""
    target.parent.mkdir(parents=True, exist_ok=True)
    digest, size = hashlib.sha256(), 0
    with target.open("wb") as write:
        while piece := source.read(_PIECE):
            digest.update(piece)
            write.write(piece)
            size += len(piece)
        write.flush()
        os.fsync(write.fileno())
    return FileCopy(name, size, digest.hexdigest())


def _files_lacking(known: Iterable[tuple[str, str]], copied: Mapping[str, FileCopy]) -> Iterator[str]:
    """Give the paths of attached files that are not there, or not what they were, though the rows of the backup know them."""
    for content, sha256 in known:
        path = f"files/{path_of(content)}"
        copy = copied.get(path)
        if copy is None or copy.digest != sha256:
            yield f"{path} {'is missing' if copy is None else 'has been changed'}"


def _write(path: Path, content: bytes) -> None:
    with path.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _to_disk(folder: Path) -> None:
    handle: Any = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
