"""Writes generations and deltas under names of their own, and puts a manifest in force.

Files are written to a folder with a temporary name, which is renamed when it is whole; the manifest is replaced last, in one
step, and never by a writer whose fence is older. Whatever breaks off before that leaves what was in force. What no manifest names
goes after a while, so that whoever reads it may come to an end.
"""

import fcntl
import hashlib
import os
import secrets
import shutil
from collections.abc import Callable, Collection, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from uuid import UUID

from cosource.metrics.queries.engine import new_engine, without
from cosource.metrics.queries.manifest import MANIFEST, TABLES, TOUCHED, Manifest, Part, Store
from cosource.metrics.services.folding import FACTS, ORDER

KEPT_SECONDS = 600
# A draft may be hours in the making; what is older was left by somebody who died.
DRAFT_SECONDS = 24 * 3600
_DRAFT = "draft-"


class Superseded(Exception):
    """Somebody with a later lease gathers, or wrote a manifest meanwhile; what was gathered here is dropped."""


@dataclass(slots=True)
class Making:
    """A part being written, with the engine that folds it."""

    engine: Any
    store: Store
    name: str
    draft: Path
    hold: Callable[[], None]
    begun: bool = False

    def add(self) -> None:
        """Take over what was folded last. Raises: Superseded."""
        self.hold()
        for table, select in FACTS.items():
            if self.begun:
                self.engine.execute(f"INSERT INTO made_{table} {select}")
            else:
                self.engine.execute(f"CREATE TEMP TABLE made_{table} AS {select}")
        self.begun = True

    def finish(self) -> tuple[Part, bool]:
        """Write the files and give the part its name; tell whether there are samples in it. Raises: Superseded."""
        for table in TABLES:
            self.hold()
            _write(
                self.engine,
                f"SELECT * FROM made_{table} ORDER BY {ORDER[table]}",
                self.draft / f"{table}.parquet",
            )
        samples = bool(self.engine.execute("SELECT bool_or(sample) FROM made_tickets").fetchone()[0])
        return _named(self.store, self.draft, self.name, self.engine), samples


@dataclass(frozen=True, slots=True)
class Writer:
    """Writes for whoever holds a lease with this fence.

    `renew`: asked again and again, since large files take longer than a lease; it gives nothing once somebody else has the lease.
    """

    store: Store
    fence: int
    renew: Callable[[], int | None] | None = None

    @contextmanager
    def generation(self) -> Iterator[Making]:
        """Make a new generation."""
        with self._making("g") as making:
            yield making

    @contextmanager
    def delta(self, manifest: Manifest, touched: Collection[UUID]) -> Iterator[Making]:
        """Make a delta of these tickets and of those that the present one has; it takes that one's place."""
        with self._making("d") as making:
            engine = making.engine
            engine.execute("CREATE TEMP TABLE touched (ticket UUID)")
            engine.execute(
                "INSERT INTO touched SELECT unnest(?::UUID[])", [[str(i) for i in sorted(touched)]]
            )
            if manifest.delta is not None:
                for table in TABLES:
                    earlier = _rows(self.store.file(manifest.delta, table))
                    engine.execute(f"CREATE TEMP TABLE made_{table} AS {without(earlier, 'touched')}")
                making.begun = True  # what the earlier delta has comes first
                earlier = _rows(self.store.file(manifest.delta, TOUCHED))
                engine.execute(f"INSERT INTO touched {without(earlier, 'touched')}")
            _write(engine, "SELECT * FROM touched ORDER BY ticket", making.draft / f"{TOUCHED}.parquet")
            yield making

    def merged(self, generation: Part, delta: Part) -> Part:
        """Make one generation of a generation and the delta over it."""
        with self._making("g") as making:
            touched = _rows(self.store.file(delta, TOUCHED))
            for table in TABLES:
                making.hold()
                base, newer = (_rows(self.store.file(part, table)) for part in (generation, delta))
                both = f"{without(base, touched)} UNION ALL SELECT * FROM {newer}"
                select = f"SELECT * FROM ({both}) ORDER BY {ORDER[table]}"
                _write(making.engine, select, making.draft / f"{table}.parquet")
            return _named(self.store, making.draft, making.name, making.engine)

    def switch(self, manifest: Manifest) -> None:
        """Put a manifest in force. Raises: Superseded."""
        draft = self.store.folder / f"{MANIFEST}.{secrets.token_hex(4)}"
        with _locked(self.store):
            present = self.store.read()
            if present is not None and present.fence > self.fence:
                raise Superseded
            try:
                _write_text(draft, replace(manifest, fence=self.fence).text())
                draft.replace(self.store.manifest_path)
            finally:
                draft.unlink(missing_ok=True)
            named = {part.folder for part in manifest.parts}
            if present is not None:
                _let_go(self.store, {part.folder for part in present.parts} - named)
            _sweep(self.store, named)

    @contextmanager
    def _making(self, kind: str) -> Iterator[Making]:
        """Make a part. Raises: OSError, also where the engine finds no room for files or for what it puts aside meanwhile."""
        import duckdb  # noqa: PLC0415 - loaded by whoever gathers facts

        self.store.folder.mkdir(parents=True, exist_ok=True)
        name = f"{kind}-{secrets.token_hex(8)}"
        draft = self.store.folder / f"{_DRAFT}{name}"
        with closing(new_engine()) as engine:
            draft.mkdir()
            try:
                yield Making(engine, self.store, name, draft, self._hold)
            except (duckdb.IOException, duckdb.OutOfMemoryException) as trouble:
                raise OSError(str(trouble)) from trouble
            finally:
                shutil.rmtree(draft, ignore_errors=True)

    def _hold(self) -> None:
        if self.renew is not None and self.renew() is None:
            raise Superseded


def damage(store: Store, manifest: Manifest) -> str:
    """Name the first file that is not what was written; nothing where all are."""
    for part in manifest.parts:
        for table, digest in part.digests.items():
            path = store.file(part, table)
            try:
                if _digest(path) != digest:
                    return f"{part.folder}/{path.name}"
            except OSError:
                return f"{part.folder}/{path.name}"
    return ""


def _named(store: Store, draft: Path, name: str, engine: Any) -> Part:
    files = sorted(draft.glob("*.parquet"))
    digests = {path.stem: _digest(path) for path in files}
    rows = {path.stem: engine.execute(f"SELECT count(*) FROM {_rows(path)}").fetchone()[0] for path in files}
    draft.rename(store.folder / name)
    return Part(name, digests, rows)


def _write(engine: Any, select: str, path: Path) -> None:
    """Write rows to a file."""
    engine.execute(
        f"COPY ({select}) TO {_literal(path)} (FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE 122880)"
    )


def _write_text(path: Path, text: str) -> None:
    with path.open("w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())


def _rows(path: Path) -> str:
    return f"read_parquet({_literal(path)})"


def _literal(path: Path) -> str:
    return "'" + str(path).replace("'", "''") + "'"


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "blake2b").hexdigest()[:32]


@contextmanager
def _locked(store: Store) -> Iterator[None]:
    store.folder.mkdir(parents=True, exist_ok=True)
    with (store.folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _let_go(store: Store, folders: Collection[str]) -> None:
    """Note that parts are in force no more: whoever reads them has from now on to come to an end."""
    for folder in folders:
        with suppress(OSError):
            os.utime(store.folder / folder)


def _sweep(store: Store, named: Collection[str]) -> None:
    """Remove the parts that no manifest names, once nobody can be reading them any more."""
    for folder in store.folder.iterdir():
        is_part = folder.is_dir() and folder.name.startswith(("g-", "d-", _DRAFT))
        with suppress(OSError):
            kept = DRAFT_SECONDS if folder.name.startswith(_DRAFT) else KEPT_SECONDS
            if is_part and folder.name not in named and _age(folder) > kept:
                shutil.rmtree(folder)


def _age(folder: Path) -> float:
    """Return since how many seconds a folder is as it is or in force no more; the system's own clock wrote both times."""
    mark = folder.parent / "lock"
    os.utime(mark)
    return mark.stat().st_mtime - folder.stat().st_mtime
