"""Taking a party's record out: one folder of JSON Lines, one file a kind of record, with views beside them.

Everything is read as the actor, as one moment saw it, and noted in the organization's access log first. The folder appears when
all of it is written. What is not sealed yet is not in it.
"""

import hashlib
import json
import os
import shutil
from datetime import UTC, date, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any, TextIO
from uuid import UUID

from cosource.foundation.errors import Conflict, NotAllowed
from cosource.foundation.exports import ExportKind, export_kinds, export_views
from cosource.foundation.queries.backup import one_moment
from cosource.foundation.queries.export_files import files_readable
from cosource.foundation.queries.files import file_content
from cosource.foundation.queries.ledger import readable_streams
from cosource.foundation.queries.verification import heads_of
from cosource.foundation.rules.export import (
    HEADS,
    LINES,
    MANIFEST,
    Manifest,
    Records,
    line_digest,
    manifest_text,
)
from cosource.foundation.services.access_log import access_note
from cosource.foundation.services.backup import file_copy
from cosource.foundation.sight import Actor


def export_make(*, folder: Path, actor: Actor, at: datetime) -> dict[str, int]:
    """Write all that the actor may take out to a folder that is not there yet; return how many records each file has.

    Raises: NotAllowed for who may not go through any record of the organization, Conflict where the folder holds something.
    """
    readable_streams(actor)
    organization_id = actor.organization_id
    if organization_id is None:
        raise NotAllowed("An export is taken for an organization.", action="export")
    if folder.exists():
        raise Conflict(f"{folder} is there already: name a folder that is not there yet", code="not_empty")
    access_note(
        actor=actor,
        owner_organization_id=organization_id,
        object_kind="export",
        object_id=organization_id,
        at=at,
        reason=actor.reason or "export of the whole record",
    )
    folder.parent.mkdir(parents=True, exist_ok=True)
    draft = folder.with_name(f".{folder.name}.unfinished")
    shutil.rmtree(draft, ignore_errors=True)
    draft.mkdir(mode=0o700)
    try:
        counts = _fill(draft, organization_id, actor, at)
    except BaseException:
        shutil.rmtree(draft, ignore_errors=True)
        raise
    draft.rename(folder)
    return counts


def _fill(draft: Path, organization_id: UUID, actor: Actor, at: datetime) -> dict[str, int]:
    records, files = {}, {}
    with one_moment(), (draft / LINES).open("w") as lines:
        for kind in export_kinds():
            records[kind.name] = _records(draft / f"{kind.name}.jsonl", kind, actor, at, lines)
        _contents(draft / "files", actor)
        for view in export_views():
            with (draft / view.name).open("w", encoding="utf-8", newline="") as out:
                view.write(actor, at, out)
        heads = heads_of(organization_id, at, stream_ids=[stream.id for stream in readable_streams(actor)])
    (draft / HEADS).write_text(json.dumps(heads, indent=1) + "\n")
    for name in (*(view.name for view in export_views()), HEADS, LINES):
        with (draft / name).open("rb") as file:
            files[name] = hashlib.file_digest(file, "sha256").hexdigest()
    manifest = Manifest(
        product_version=version("cosource"),
        taken_at=at.isoformat(),
        organization_id=str(organization_id),
        person_id=str(actor.id) if actor.id else None,
        records=records,
        files=files,
    )
    (draft / MANIFEST).write_text(manifest_text(manifest))
    return {name: one.rows for name, one in records.items()}


def _records(path: Path, kind: ExportKind, actor: Actor, at: datetime, lines: TextIO) -> Records:
    digest = hashlib.sha256()
    marks: list[str] = []
    encode = json.JSONEncoder(
        ensure_ascii=False, sort_keys=True, separators=(",", ":"), default=_plain
    ).encode
    with path.open("wb") as out:
        for record in kind.records(actor, at):
            line = encode(record).encode() + b"\n"
            out.write(line)
            digest.update(line)
            marks.append(line_digest(line))
        out.flush()
        os.fsync(out.fileno())
    lines.write("".join(f"{text}\n" for text in (f"{path.name} {len(marks)}", *marks)))
    return Records(len(marks), digest.hexdigest())


def _contents(folder: Path, actor: Actor) -> None:
    """Write what was attached, each file under its id. Raises: Conflict, naming one that is missing or was changed."""
    for row in files_readable(actor).filter(erased_at=None).iterator(1_000):
        folder.mkdir(mode=0o700, exist_ok=True)
        try:
            with file_content(row) as source:
                came = file_copy(source, folder / str(row.id), str(row.id))
        except FileNotFoundError:
            came = None
        if came is None or came.digest != row.sha256:
            raise Conflict(
                f"The content of the file {row.id} is {'missing' if came is None else 'not what it was'}: `cosource doctor` "
                "says where it should lie; take it from a backup",
                code="content_missing",
            )


def _plain(value: Any) -> str:
    if isinstance(value, UUID):
        return str(value)
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    if isinstance(value, date):
        return value.isoformat()
    raise TypeError(f"An export holds no {type(value).__name__}.")
