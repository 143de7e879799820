"""Filling an empty installation from an organization's export: all of it or nothing.

Each line is compared with its digest before any is read. The rows come in by one transaction; in it the record is checked as
`cosource ledger verify` does, against the heads that came along. Like a restored installation it sends nothing until it is
released. Not here: what a record becomes (each room's `services/intake.py`).
"""

import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Any
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import DatabaseError

from cosource.foundation.errors import Conflict, Invalid
from cosource.foundation.exports import Incoming, export_kinds, intakes
from cosource.foundation.models import Restoration
from cosource.foundation.queries.backup import tables_there
from cosource.foundation.queries.emptiness import filled_table, worker_runs
from cosource.foundation.queries.files import files_state
from cosource.foundation.queries.schema import refusal_of, schema_state
from cosource.foundation.queries.verification import Verification, verify
from cosource.foundation.rules.export import (
    HEADS,
    LINES,
    MANIFEST,
    BadExport,
    Manifest,
    line_digest,
    manifest_read,
)
from cosource.foundation.services.access_log import access_note
from cosource.foundation.services.file_intake import contents_kept
from cosource.foundation.services.filling import filling
from cosource.foundation.services.schema import schema_update
from cosource.foundation.sight import system_actor

_NEXT = "Name a database and a data folder that nothing uses, by COSOURCE_DATABASE_URL and COSOURCE_DATA_DIR."


@dataclass(slots=True)
class Imported:
    """What came in. `record`: the check of the ledger, made before any of it counted."""

    manifest: Manifest
    record: Verification = field(default_factory=Verification)


@dataclass(slots=True)
class _Reader:
    """The records of a folder. `at`: which line of which file was read last."""

    folder: Path
    at: tuple[int, str] = (0, "")

    def records(self, name: str) -> Iterator[dict[str, Any]]:
        """Give the records of one kind, in order."""
        path = self.folder / f"{name}.jsonl"
        with path.open("rb") as lines:
            for number, line in enumerate(lines, 1):
                self.at = (number, path.name)
                yield json.loads(line)
        self.at = (0, path.name)


def export_import(*, folder: Path, at: datetime) -> Imported:
    """Fill this empty installation from the export in `folder`, which was taken for an organization as a whole.

    Raises: Invalid for what is no such export or was changed since, by file and line; Conflict for an installation that is not
    empty or not at rest.
    """
    manifest = _open(folder)
    state = schema_state()
    if refusal := refusal_of(state):
        raise Conflict(refusal[0].upper() + refusal[1:], code="newer_schema")
    _check_lines(folder, manifest)
    if state.waiting:
        schema_update()
    _require_empty(at)
    done, reader = Imported(manifest), _Reader(folder)
    organization_id = UUID(manifest.organization_id)

    taken_at = datetime.fromisoformat(manifest.taken_at).astimezone(UTC)

    def check_record() -> None:
        done.record = verify(organization_id, json.loads((folder / HEADS).read_text()))
        if done.record.findings:
            first = done.record.findings[0]
            raise Invalid(
                f"{folder}: the record does not hold: {first.what}, at position {first.position} of {first.stream_id}",
                code="bad_export",
            )
        if faults := files_state(read_bytes=0).faults:
            raise Invalid(f"{folder}: {faults[0]}", code="bad_export")

    with (
        contents_kept(folder) as contents,
        _named(reader),
        filling([table.name for table in tables_there()], afterwards=check_record),
    ):
        incoming = Incoming(organization_id, taken_at, reader.records, contents)
        for take_in in intakes():
            take_in(incoming)
        reader.at = (0, "")
        Restoration.objects.create(
            backup_digest=manifest.digest,
            backup_taken_at=taken_at,
            began_at=at,
            finished_at=at,
        )
        access_note(
            actor=system_actor(
                reason="command line: import-export", organization_id=organization_id, channel="cli"
            ),
            owner_organization_id=organization_id,
            object_kind="export",
            object_id=organization_id,
            at=at,
        )
    return done


def _open(folder: Path) -> Manifest:
    try:
        manifest = manifest_read((folder / MANIFEST).read_text())
    except FileNotFoundError:
        raise Invalid(
            f"{folder} holds no finished export: {MANIFEST} is missing", code="bad_export"
        ) from None
    except (OSError, UnicodeDecodeError, BadExport) as trouble:
        raise Invalid(f"{folder} is no usable export: {trouble}", code="bad_export") from None
    if manifest.person_id is not None:
        raise Invalid(
            f"{folder} holds what one person may read: an installation is filled from an export of the whole organization, "
            "taken with `cosource export DIR --as ORGANIZATION`",
            code="bad_export",
        )
    if lacking := sorted({kind.name for kind in export_kinds()} ^ manifest.records.keys()):
        raise Invalid(f"{folder}: {lacking[0]}.jsonl is not what {manifest.format} has", code="bad_export")
    return manifest


def _check_lines(folder: Path, manifest: Manifest) -> None:
    """Compare every file with its digest. Raises: Invalid with the file, and with the line where it is one of records."""
    try:
        for name, wanted in manifest.files.items():
            with (folder / name).open("rb") as file:
                if hashlib.file_digest(file, "sha256").hexdigest() != wanted:
                    raise Invalid(f"{folder}: {name} differs from its digest", code="bad_export")
        with (folder / LINES).open() as marks:
            for name, records in sorted(manifest.records.items()):
                if next(marks, "").rstrip() != f"{name}.jsonl {records.rows}":
                    raise Invalid(f"{folder}: {LINES} does not go with {MANIFEST}", code="bad_export")
                _check_file(folder, f"{name}.jsonl", [m.rstrip() for m in islice(marks, records.rows)])
    except FileNotFoundError as missing:
        raise Invalid(f"{folder}: {Path(missing.filename).name} is missing", code="bad_export") from None


def _check_file(folder: Path, name: str, marks: list[str]) -> None:
    number = 0
    with (folder / name).open("rb") as lines:
        for number, line in enumerate(lines, 1):
            if number > len(marks):
                raise Invalid(
                    f"{folder}: line {number} of {name} is one too many: {len(marks)} were written",
                    code="bad_export",
                )
            if line_digest(line) != marks[number - 1]:
                raise Invalid(f"{folder}: line {number} of {name} differs from its digest", code="bad_export")
    if number < len(marks):
        raise Invalid(
            f"{folder}: {name} ends after line {number}: {len(marks)} were written", code="bad_export"
        )


def _require_empty(at: datetime) -> None:
    if worker_runs(at):
        raise Conflict("A worker runs in this installation: stop it first.", code="not_at_rest")
    if Restoration.objects.exists():
        raise Conflict(
            f"This installation was filled from a copy already, or a restore was broken off in it. {_NEXT}",
            code="not_empty",
        )
    if filled := filled_table():
        raise Conflict(
            f"This installation is not empty ({filled} has rows): an export goes into an empty one. {_NEXT}",
            code="not_empty",
        )


@contextmanager
def _named(reader: _Reader) -> Iterator[None]:
    """Say by file and line what cannot become a row; nothing of it stays."""
    try:
        yield
    except (KeyError, ValueError, TypeError, AttributeError, ValidationError, DatabaseError) as trouble:
        number, name = reader.at
        where = f"line {number} of {name}" if number else "its records"
        raise Invalid(
            f"{reader.folder}: {where} cannot be taken in ({type(trouble).__name__}: {trouble})",
            code="bad_export",
        ) from None
