"""The store of facts: a folder of immutable generations, and the manifest that says which is in force.

    facts/manifest.json        which generation and delta, how far the ledger was followed, digests and numbers of rows
    facts/g-…/TABLE.parquet    a generation: all tickets
    facts/d-…/TABLE.parquet    what was gathered of some tickets since, and which those are

Whoever opened a generation may go on reading it; the manifest is replaced in one step. Not here: writing.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from django.conf import settings

FORMAT = 11
TABLES = ("tickets", "holdings", "waits", "clocks", "judged", "calls")
TOUCHED = "touched"
MANIFEST = "manifest.json"


@dataclass(frozen=True, slots=True)
class Part:
    """A generation or a delta: its folder, and of each table the digest of its file and the number of its rows."""

    folder: str
    digests: Mapping[str, str]
    rows: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Manifest:
    """What is in force.

    `cursors`: by stream, up to which position the ledger was followed, and the hash there. `fence`: of who wrote it.
    `samples`: whether any sample ticket is in it.
    """

    generation: Part
    delta: Part | None
    cursors: Mapping[str, tuple[int, str]]
    fence: int
    samples: bool = False
    format: int = FORMAT
    serial: int = 0

    @property
    def parts(self) -> tuple[Part, ...]:
        """Return what it names."""
        return (self.generation,) if self.delta is None else (self.generation, self.delta)

    def text(self) -> str:
        """Return it as it is written."""
        return json.dumps(asdict(self), sort_keys=True, indent=1) + "\n"


@dataclass(frozen=True, slots=True)
class Store:
    """A folder of facts."""

    folder: Path = field(default_factory=lambda: Path(settings.FACTS_DIR))

    @property
    def manifest_path(self) -> Path:
        return self.folder / MANIFEST

    def file(self, part: Part, table: str) -> Path:
        """Return the file of a table."""
        return self.folder / part.folder / f"{table}.parquet"

    def mark(self) -> tuple[int, int, int]:
        """Return what changes whenever the manifest is replaced; zeros where there is none."""
        try:
            found = self.manifest_path.stat()
        except OSError:
            return (0, 0, 0)
        return (found.st_mtime_ns, found.st_ino, found.st_size)

    def read(self) -> Manifest | None:
        """Return what is in force; None where there is nothing, or nothing that this version can use."""
        try:
            said = json.loads(self.manifest_path.read_text())
            return _manifest(said) if said["format"] == FORMAT else None
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            return None

    def has_files(self, manifest: Manifest) -> bool:
        """Tell whether every file that is named is there."""
        return all(self.file(part, table).is_file() for part in manifest.parts for table in part.digests)


def _manifest(said: dict[str, Any]) -> Manifest:
    return Manifest(
        generation=Part(**said["generation"]),
        delta=Part(**said["delta"]) if said["delta"] else None,
        cursors={stream: (int(place), str(mark)) for stream, (place, mark) in said["cursors"].items()},
        fence=int(said["fence"]),
        samples=bool(said["samples"]),
        serial=int(said["serial"]),
    )
