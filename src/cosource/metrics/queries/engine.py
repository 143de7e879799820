"""The engine that facts are read with: in memory, one for each process, loaded with the first question.

Each question opens the store as it stands; a store that is replaced meanwhile does no harm. Not here: what is asked.
"""

import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from django.conf import settings

from cosource.foundation.errors import CosourceError
from cosource.metrics.queries.manifest import TOUCHED, Manifest, Store


class NoFacts(CosourceError):
    """The figures are being gathered for the first time; ask again in a moment. A running worker gathers them."""

    status = 503
    code = "no_facts"


@dataclass(slots=True)
class _Engine:
    connection: Any = None
    lock: threading.Lock = field(default_factory=threading.Lock)


_engine = _Engine()
_manifests: dict[Path, tuple[tuple[int, int, int], Manifest | None]] = {}


def new_engine() -> Any:
    """Return an engine of its own, with the memory and the threads that the settings allow."""
    import duckdb  # noqa: PLC0415 - a process that asks no figures need not have it

    spill = Store().folder / "spill"
    return duckdb.connect(
        config={
            "memory_limit": f"{settings.FACTS_MEMORY_MB}MB",
            "threads": settings.FACTS_THREADS,
            "temp_directory": str(spill),
            "autoinstall_known_extensions": False,
            "autoload_known_extensions": False,
        }
    )


def _cursor() -> Any:
    with _engine.lock:
        if _engine.connection is None:
            _engine.connection = new_engine()
        return _engine.connection.cursor()


def _manifest(store: Store) -> Manifest | None:
    """Return what is in force, read again only after it was replaced."""
    mark = store.mark()
    known = _manifests.get(store.folder)
    if known is None or known[0] != mark:
        known = _manifests[store.folder] = (mark, store.read())
    return known[1]


def without(rows: str, touched: str) -> str:
    """Return the statement for the rows of all tickets but those that another table names."""
    return (
        f"SELECT * FROM {rows} AS earlier "
        f"WHERE NOT EXISTS (SELECT 1 FROM {touched} AS named WHERE named.ticket = earlier.ticket)"
    )


class Facts:
    """The facts as one manifest names them."""

    def __init__(self, store: Store | None = None) -> None:
        """Open what is in force. Raises: NoFacts."""
        self.store = store or Store()
        found = _manifest(self.store)
        if found is None or not self.store.has_files(found):
            raise NoFacts
        self.manifest: Manifest = found

    def table(self, name: str) -> str:
        """Return what stands for a table in a statement: the generation, and what the delta has in place of it."""
        generation, delta = self.manifest.generation, self.manifest.delta
        base = self._read(self.store.file(generation, name))
        if delta is None:
            return f"(SELECT * FROM {base})"
        newer = self._read(self.store.file(delta, name))
        return (
            f"({without(base, self._read(self.store.file(delta, TOUCHED)))} UNION ALL SELECT * FROM {newer})"
        )

    def ask(self, sql: str, values: Sequence[Any] = ()) -> list[dict[str, Any]]:
        """Return the rows of a statement, by the names of its columns. Raises: NoFacts when the store is damaged."""
        import duckdb  # noqa: PLC0415 - as above

        with _cursor() as cursor:
            try:
                asked = cursor.execute(sql, list(values))
                names = [column[0] for column in asked.description]
                return [dict(zip(names, row, strict=True)) for row in asked.fetchall()]
            except (duckdb.IOException, duckdb.InvalidInputException) as damaged:
                raise NoFacts from damaged

    def columns(self, sql: str, values: Sequence[Any] = ()) -> dict[str, Any]:
        """Return the columns of a statement as arrays; what is missing is the least whole number. Raises: NoFacts."""
        import duckdb  # noqa: PLC0415 - as above
        import numpy as np  # noqa: PLC0415 - as above

        with _cursor() as cursor:
            try:
                found = cursor.execute(sql, list(values)).fetchnumpy()
            except (duckdb.IOException, duckdb.InvalidInputException) as damaged:
                raise NoFacts from damaged
        return {
            name: column.filled(np.iinfo(column.dtype).min) if np.ma.isMaskedArray(column) else column
            for name, column in found.items()
        }

    @staticmethod
    def _read(path: object) -> str:
        quoted = str(path).replace("'", "''")
        return f"read_parquet('{quoted}')"
