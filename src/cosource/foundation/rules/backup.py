"""The form of a backup: one folder that either database can be filled from.

    manifest.json            what is in it; written last, so that a folder without one is no backup
    heads.json               the head of every record, for `cosource ledger verify --heads`
    tables/NAME.jsonl.gz     one row a line, as a JSON array, in the order of the key
    files/…, spool/…         as they lie in the data folder
    secrets.json             only where it was asked for

Values are written in one way whatever database they came from: ids as 32 hex digits, instants in UTC without a zone, JSON as text
with sorted keys. So equal rows give equal digests. Not here: reading and writing rows (`queries.backup`, `services`).
"""

import hashlib
import json
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, date, datetime, time
from decimal import Decimal
from pathlib import PurePosixPath
from typing import Any
from uuid import UUID

FORMAT = "cosource-backup/1"
MANIFEST, HEADS, SECRETS = "manifest.json", "heads.json", "secrets.json"
_NAME = re.compile(r"[a-z][a-z0-9_]{0,62}")
_DIGEST = re.compile(r"[0-9a-f]{64}")


class BadBackup(Exception):
    """What is in the folder is no backup of ours; the text says what is wrong."""


@dataclass(frozen=True, slots=True)
class TableCopy:
    """One table: columns with their kinds, how many rows, the digest of its lines."""

    name: str
    columns: tuple[tuple[str, str], ...]
    rows: int
    digest: str


@dataclass(frozen=True, slots=True)
class FileCopy:
    """One file by its path below the folder: size in bytes, digest of what it holds."""

    path: str
    size: int
    digest: str


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a backup says of itself.

    `schema`: every change of the database that was made, as `room.name`. `key_marks`: digests of the keys that encrypted fields
    were written with, so that a restore can tell whether it has them. `files_lacking`: attached files that
    were missing or changed when it was taken, by path and in words.
    """

    product_version: str
    taken_at: str
    database: str
    schema: tuple[str, ...]
    tables: tuple[TableCopy, ...]
    files: tuple[FileCopy, ...]
    key_marks: tuple[str, ...] = ()
    with_secrets: bool = False
    files_lacking: tuple[str, ...] = ()
    format: str = field(default=FORMAT)

    @property
    def digest(self) -> str:
        """Return one digest over all tables and files, equal for equal contents wherever they came from."""
        parts = [f"{t.name} {t.rows} {t.digest}" for t in sorted(self.tables, key=lambda t: t.name)]
        parts += [f"{f.path} {f.digest}" for f in sorted(self.files, key=lambda f: f.path)]
        return hashlib.sha256("\n".join(parts).encode()).hexdigest()

    @property
    def rows(self) -> int:
        """Return how many rows there are in all."""
        return sum(table.rows for table in self.tables)


def manifest_text(manifest: Manifest) -> str:
    """Return a manifest as it is written down."""
    return json.dumps({**asdict(manifest), "digest": manifest.digest}, indent=1, ensure_ascii=False) + "\n"


def manifest_read(text: str) -> Manifest:
    """Return a manifest as it was written down. Raises: BadBackup."""
    try:
        plain = json.loads(text)
        if plain["format"] != FORMAT:
            raise BadBackup(f"its form is {plain['format']!r}, and this version reads {FORMAT}")
        manifest = Manifest(
            product_version=str(plain["product_version"]),
            taken_at=datetime.fromisoformat(plain["taken_at"]).isoformat(),
            database=str(plain["database"]),
            schema=tuple(str(name) for name in plain["schema"]),
            tables=tuple(_table(t) for t in plain["tables"]),
            files=tuple(_file(f) for f in plain["files"]),
            key_marks=tuple(str(mark) for mark in plain["key_marks"]),
            with_secrets=plain["with_secrets"] is True,
            files_lacking=tuple(str(line) for line in plain.get("files_lacking", ())),
        )
        said = plain["digest"]
    except (ValueError, KeyError, TypeError, AttributeError):
        raise BadBackup(f"{MANIFEST} cannot be read") from None
    if said != manifest.digest:
        raise BadBackup(f"{MANIFEST} does not agree with its own digest")
    return manifest


def _table(plain: Mapping[str, Any]) -> TableCopy:
    columns = tuple((str(name), str(kind)) for name, kind in plain["columns"])
    names = [plain["name"], *(name for name, _ in columns)]
    if not all(_NAME.fullmatch(name) for name in names) or {kind for _, kind in columns} - set(KINDS):
        raise BadBackup(f"the table {plain['name']!r} is not one of ours")
    return TableCopy(plain["name"], columns, int(plain["rows"]), _digest(plain["digest"]))


def _file(plain: Mapping[str, Any]) -> FileCopy:
    path = PurePosixPath(plain["path"])
    if path.is_absolute() or ".." in path.parts or path.parts[:1] not in {("files",), ("spool",)}:
        raise BadBackup(f"the file {plain['path']!r} would lie outside the data folder")
    return FileCopy(str(path), int(plain["size"]), _digest(plain["digest"]))


def _digest(text: str) -> str:
    if not _DIGEST.fullmatch(text):
        raise BadBackup(f"{text!r} is no digest")
    return text


def missing_here(backup: Iterable[str], known: Iterable[str]) -> list[str]:
    """Return the changes of the database that a backup has and this version does not know.

    >>> missing_here(["tickets.0001", "tickets.0009"], ["tickets.0001"])
    ['tickets.0009']
    """
    return sorted(set(backup) - set(known))


def key_mark(key: str) -> str:
    """Return what tells a key apart without telling it."""
    return hashlib.sha256(b"cosource field key\n" + key.encode()).hexdigest()[:16]


# -- values

type Write = Callable[[Any], Any]


def _uuid(value: Any) -> str:
    return value.hex if isinstance(value, UUID) else str(value).replace("-", "")


def _instant(value: Any) -> str:
    if not isinstance(value, datetime):
        return str(value)
    # SQLite gives an instant in UTC without saying so.
    return value.isoformat(" ") if value.tzinfo is None else value.astimezone(UTC).isoformat(" ")[:-6]


def _plain(value: Any) -> str:
    return value.isoformat() if isinstance(value, date | time) else str(value)


def _decimal(value: Any) -> str:
    """Return an amount without the zeros that one database keeps and the other does not.

    >>> _decimal("12.50"), _decimal(12.5), _decimal(1200)
    ('12.5', '12.5', '1200')
    """
    return format(Decimal(str(value)).normalize(), "f")


def _json(value: Any) -> str:
    """Return JSON as text with sorted keys.

    >>> _json('{"b": 1, "a": [1.5, "ä"]}')
    '{"a":[1.5,"ä"],"b":1}'
    """
    found = json.loads(value) if isinstance(value, str) else value
    return json.dumps(found, sort_keys=True, ensure_ascii=False, separators=(",", ":"))


# How a value of each kind is written, given as either database gives it.
KINDS: dict[str, Write] = {
    "uuid": _uuid,
    "instant": _instant,
    "date": _plain,
    "time": _plain,
    "bool": bool,
    "number": int,
    "decimal": _decimal,
    "text": str,
    "json": _json,
}


def row_writer(kinds: Iterable[str]) -> Callable[[Iterable[Any]], str]:
    """Return what turns a row into its line.

    >>> row_writer(["number", "bool", "text"])((7, 0, None))
    '[7,false,null]'
    """
    writers = [KINDS[kind] for kind in kinds]
    encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode

    def write(row: Iterable[Any]) -> str:
        return encode([None if v is None else w(v) for w, v in zip(writers, row, strict=True)])

    return write
