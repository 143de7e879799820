"""Filling an empty installation from a backup: all of it or nothing.

The rows come in by one transaction, which also says that the restore is finished; each table is compared with its digest before
it counts. What is broken off can be begun again with `again`. A restored installation sends nothing until it is released
(`services.holding`).
"""

import gzip
import hashlib
import json
import shutil
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import chain
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import IntegrityError, connection, transaction

from cosource.foundation.errors import Conflict, Invalid
from cosource.foundation.models import DueWork, Lease, Restoration
from cosource.foundation.queries.backup import LEFT_OUT, SEARCH, SEARCH_COLUMNS, heads_there, tables_there
from cosource.foundation.queries.emptiness import filled_table, worker_runs
from cosource.foundation.queries.schema import SchemaState, refusal_of, schema_state
from cosource.foundation.queries.search import FTS
from cosource.foundation.rules.backup import (
    HEADS,
    MANIFEST,
    SECRETS,
    BadBackup,
    Manifest,
    TableCopy,
    key_mark,
    manifest_read,
    missing_here,
)
from cosource.foundation.services.backup import file_copy, files_there
from cosource.foundation.services.filling import filling
from cosource.foundation.services.schema import schema_update
from cosource.foundation.stores import measure, store

_BYTES_AT_ONCE = 1 << 20

type Tell = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Restored:
    """What a restore brought in; `lacks_keys`: encrypted fields cannot be read with the keys of this installation."""

    manifest: Manifest
    lacks_keys: bool


def backup_open(folder: Path) -> Manifest:
    """Return what a backup says of itself. Raises: Invalid when the folder holds none."""
    try:
        return manifest_read((folder / MANIFEST).read_text())
    except FileNotFoundError:
        raise Invalid(
            f"{folder} holds no finished backup: {MANIFEST} is missing", code="bad_backup"
        ) from None
    except (OSError, UnicodeDecodeError, BadBackup) as trouble:
        raise Invalid(f"{folder} is no usable backup: {trouble}", code="bad_backup") from None


def restore(*, folder: Path, again: bool, at: datetime, tell: Tell | None = None) -> Restored:
    """Fill this empty installation from the backup in `folder`.

    `again`: an earlier restore was broken off; what it left is removed first. Raises: Invalid for what is no backup or does not
    agree with its digests, Conflict for a newer backup, an installation that is not empty or not at rest.
    """
    manifest = backup_open(folder)
    tell = tell or (lambda _name: None)
    state = schema_state()
    _check_schema(manifest, state)
    if state.is_empty:
        schema_update(until=manifest.schema)
    _begin(manifest, again, at)
    _files_in(folder, manifest)
    lacks_keys = not _keys_in(folder, manifest)
    try:
        with filling([table.name for table in tables_there()]):
            _rows_in(folder, manifest, tell)
            Restoration.objects.filter(id=Restoration.ONLY).update(finished_at=at)
    except IntegrityError as trouble:
        raise Invalid(f"{folder}: its rows contradict each other ({trouble})", code="bad_backup") from None
    schema_update()
    return Restored(manifest, lacks_keys)


def _check_schema(manifest: Manifest, state: SchemaState) -> None:
    if refusal := refusal_of(state):
        raise Conflict(refusal[0].upper() + refusal[1:], code="newer_schema")
    known = {*state.made, *state.waiting}
    if newer := missing_here(manifest.schema, known):
        room = newer[-1].partition(".")[0]
        here = max((name for name in known if name.startswith(f"{room}.")), default=f"no {room}")
        raise Conflict(
            f"The backup was made by version {manifest.product_version} with {newer[-1]}; this version knows {here}: "
            "restore it with the newer version.",
            code="newer_schema",
        )
    if not state.is_empty and set(state.made) != set(manifest.schema):
        raise Conflict(
            f"The backup is of an older version ({manifest.product_version}) and this database has tables already: "
            "name a database without tables; they are made as the backup needs them, and brought up to date afterwards.",
            code="not_empty",
        )


def _begin(manifest: Manifest, again: bool, at: datetime) -> None:
    """Make sure that there is nothing to lose here, and note that a restore is under way."""
    if worker_runs(at):
        raise Conflict("A worker runs in this installation: stop it first.", code="not_at_rest")
    earlier = Restoration.objects.first()
    if earlier is not None and earlier.finished_at is not None:
        raise Conflict(
            "This installation was restored already: a restore needs an empty one.", code="not_empty"
        )
    if filled := filled_table():
        raise Conflict(
            f"This installation is not empty ({filled} has rows): a restore needs an empty one.",
            code="not_empty",
        )
    if earlier is not None and not again:
        raise Conflict(
            f"A restore that began at {earlier.began_at:%Y-%m-%d %H:%M} UTC was broken off: give --again to begin anew.",
            code="broken_off",
        )
    if earlier is None and (left := next(files_there(), None)):
        raise Conflict(
            f"This installation is not empty ({left.path} is there): a restore needs an empty one.",
            code="not_empty",
        )
    with transaction.atomic():
        Restoration.objects.all().delete()
        Restoration.objects.create(
            backup_digest=manifest.digest,
            backup_taken_at=datetime.fromisoformat(manifest.taken_at).astimezone(UTC),
            began_at=at,
        )


def _files_in(folder: Path, manifest: Manifest) -> None:
    spool, kept_in = Path(settings.SPOOL_DIR), store()
    kept_in.clear()
    for place in spool.iterdir():
        shutil.rmtree(place) if place.is_dir() and not place.is_symlink() else place.unlink()
    for wanted in manifest.files:
        below, _, rest = wanted.path.partition("/")
        try:
            with (folder / wanted.path).open("rb") as source:
                if measure(source) != (wanted.size, wanted.digest):
                    raise Invalid(f"{folder}: {wanted.path} differs from its digest", code="bad_backup")
                source.seek(0)
                if below == "files":
                    kept_in.put(rest, source)
                else:
                    file_copy(source, spool / rest, wanted.path)
        except FileNotFoundError:
            raise Invalid(f"{folder}: {wanted.path} is missing", code="bad_backup") from None


def _keys_in(folder: Path, manifest: Manifest) -> bool:
    """Bring in the keys where the backup has them; return whether encrypted fields can be read here."""
    if manifest.with_secrets:
        target = Path(settings.SECRETS_FILE)
        draft = target.with_name(f".{target.name}.restored")
        draft.touch(mode=0o600)
        draft.write_bytes((folder / SECRETS).read_bytes())
        draft.replace(target)
        return True
    return set(manifest.key_marks) <= {key_mark(key) for key in settings.FIELD_ENCRYPTION_KEYS}


def _rows_in(folder: Path, manifest: Manifest, tell: Tell) -> None:
    there = {table.name: dict(table.columns) for table in tables_there()}
    DueWork.objects.all().delete()
    Lease.objects.all().delete()
    for copy in manifest.tables:
        if copy.name in LEFT_OUT or there.get(copy.name) != dict(copy.columns):
            raise Invalid(f"{folder}: the table {copy.name} is not what its version has", code="bad_backup")
        tell(copy.name)
        _table_in(folder, copy)
    if lacking := sorted(there.keys() - {copy.name for copy in manifest.tables}):
        raise Invalid(f"{folder}: the table {lacking[0]} is missing", code="bad_backup")
    _counters_on([copy for copy in manifest.tables if copy.rows])
    try:
        heads = json.loads((folder / HEADS).read_text())
    except (OSError, ValueError):
        raise Invalid(f"{folder}: {HEADS} cannot be read", code="bad_backup") from None
    if heads != heads_there(heads.get("taken_at", "")):
        raise Invalid(f"{folder}: the heads of the records are not those of {HEADS}", code="bad_backup")


def _table_in(folder: Path, copy: TableCopy) -> None:
    path = folder / "tables" / f"{copy.name}.jsonl.gz"
    digest = hashlib.sha256()
    count = 0

    def rows() -> Iterator[list[list[Any]]]:
        nonlocal count
        with gzip.open(path, "rb") as lines:
            while some := lines.readlines(_BYTES_AT_ONCE):
                digest.update(b"".join(some))
                count += len(some)
                yield json.loads(b"[" + b",".join(some) + b"]")

    try:
        _insert(copy, rows())
    except FileNotFoundError:
        raise Invalid(f"{folder}: {path.name} is missing", code="bad_backup") from None
    except (EOFError, gzip.BadGzipFile, zlib.error, ValueError) as trouble:
        raise Invalid(f"{folder}: {path.name} cannot be read ({trouble})", code="bad_backup") from None
    if (count, digest.hexdigest()) != (copy.rows, copy.digest):
        raise Invalid(f"{folder}: {path.name} differs from its digest", code="bad_backup")


def _insert(copy: TableCopy, pieces: Iterator[list[list[Any]]]) -> None:
    postgresql = connection.vendor == "postgresql"
    names = [name for name, _ in copy.columns]
    if copy.name == SEARCH:
        names = names[: -len(SEARCH_COLUMNS)] + (["words"] if postgresql else [])
    into = f'"{copy.name}" ({", ".join(f'"{name}"' for name in names)})'
    with connection.cursor() as cursor:
        if postgresql:
            with cursor.copy(f"COPY {into} FROM STDIN") as out:
                for row in chain.from_iterable(pieces):
                    out.write_row((*row[:-2], _vector(*row[-2:])) if copy.name == SEARCH else row)
            return
        marks = ", ".join(["%s"] * len(names))
        place = copy.columns.index(("id", "number")) if copy.name == SEARCH else 0
        for some in pieces:
            if copy.name == SEARCH:
                cursor.executemany(
                    f"INSERT INTO {FTS} (rowid, words, readers) VALUES (%s, %s, %s)",  # noqa: S608 - our own table
                    [(row[place], *row[-2:]) for row in some],
                )
            own = [row[:-2] for row in some] if copy.name == SEARCH else some
            cursor.executemany(f"INSERT INTO {into} VALUES ({marks})", own)  # noqa: S608 - names of our own tables


def _vector(words: str, readers: str) -> str:
    """Return PostgreSQL's index of a text: its words, and its readers with a colon before."""
    lexemes = [*words.split(), *(f":{reader}" for reader in readers.split())]
    return " ".join("'" + lexeme.replace("\\", "\\\\").replace("'", "''") + "'" for lexeme in lexemes)


def _counters_on(copies: list[TableCopy]) -> None:
    """Let the server's own counters go on behind the numbers that came in."""
    if connection.vendor != "postgresql":
        return
    with connection.cursor() as cursor:
        for copy in copies:
            if ("id", "number") not in copy.columns:
                continue
            cursor.execute("SELECT pg_get_serial_sequence(%s, 'id')", [f'"{copy.name}"'])
            if counter := cursor.fetchone()[0]:
                cursor.execute(f'SELECT setval(%s, (SELECT max(id) FROM "{copy.name}"))', [counter])  # noqa: S608 - our own table
