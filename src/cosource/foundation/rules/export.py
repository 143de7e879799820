"""The form of an export: one folder that a party can read without this product, and fill an empty installation with.

    manifest.json        whose it is, who took it and when, rows and digest of each file; written last
    NAME.jsonl           the records of one kind, one a line
    files/ID             what was attached, byte for byte; size and digest of each stand in files.jsonl
    *.csv, *.xes         views of the same
    heads.json           the heads of the records, for `cosource ledger verify --heads`
    line-digests.txt     for each file of records its name and count, then 16 hex digits of the SHA-256 of each line

The digests of lines are there so that what was changed or cut off can be named by its line. Not here: writing and reading the
folder (`services.exporting`, `services.export_import`).
"""

import hashlib
import json
import re
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

FORMAT = "cosource-export/3"
MANIFEST, HEADS, LINES = "manifest.json", "heads.json", "line-digests.txt"
_KIND = re.compile(r"[a-z][a-z_]{0,40}")
_FILE = re.compile(r"[a-z][a-z_-]{0,40}\.[a-z]{3,5}")


class BadExport(Exception):
    """What is in the folder is no export that this version reads; the text says what is wrong."""


@dataclass(frozen=True, slots=True)
class Records:
    """A file of records: how many, and the SHA-256 of it."""

    rows: int
    digest: str


@dataclass(frozen=True, slots=True)
class Manifest:
    """What an export says of itself. `person_id`: who took it; none when it was taken for the organization as a whole.

    `files`: the SHA-256 of each file that holds no records.
    """

    product_version: str
    taken_at: str
    organization_id: str
    person_id: str | None
    records: dict[str, Records]
    files: dict[str, str]
    format: str = field(default=FORMAT)

    @property
    def digest(self) -> str:
        """Return one digest over all that the manifest says."""
        plain = json.dumps(asdict(self), sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(plain.encode()).hexdigest()


def manifest_text(manifest: Manifest) -> str:
    """Return a manifest as it is written down."""
    return json.dumps({**asdict(manifest), "digest": manifest.digest}, indent=1) + "\n"


def manifest_read(text: str) -> Manifest:
    """Return a manifest as it was written down. Raises: BadExport."""
    try:
        plain: dict[str, Any] = json.loads(text)
        form = plain["format"]
        if form != FORMAT:
            raise BadExport(f"its form is {form!r}, and this version reads {FORMAT}")
        manifest = Manifest(
            product_version=str(plain["product_version"]),
            taken_at=datetime.fromisoformat(plain["taken_at"]).isoformat(),
            organization_id=str(UUID(plain["organization_id"])),
            person_id=None if plain["person_id"] is None else str(UUID(plain["person_id"])),
            records={
                str(name): Records(int(r["rows"]), str(r["digest"])) for name, r in plain["records"].items()
            },
            files={str(name): str(digest) for name, digest in plain["files"].items()},
        )
        said = plain["digest"]
    except (ValueError, KeyError, TypeError, AttributeError):
        raise BadExport(f"{MANIFEST} cannot be read") from None
    if said != manifest.digest:
        raise BadExport(f"{MANIFEST} does not agree with its own digest")
    named = [name for name in manifest.records if not _KIND.fullmatch(name)]
    if strange := named + [name for name in manifest.files if not _FILE.fullmatch(name)]:
        raise BadExport(f"{MANIFEST} names {strange[0]!r}, which is no file of an export")
    return manifest


def line_digest(line: bytes) -> str:
    """Return what stands for one line, its end included, among the digests of lines."""
    return hashlib.sha256(line).hexdigest()[:16]
