"""The rows of each ticket together, though the file may scatter them.

Here: a fast path for files that hold each ticket's rows side by side, and a temporary database file for the
others, so that neither needs memory in proportion to the file. Not here: which of the two a file needs
(`tickets.survey` finds out).
"""

import json
import os
import sqlite3
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from itertools import groupby
from pathlib import Path

from cosource.bridges.rules.events import SourceRow

type KeyOf = Callable[[SourceRow], str | None]

_BATCH = 1_000


def side_by_side(
    rows: Iterable[SourceRow], key_of: KeyOf
) -> Iterator[tuple[str | None, Iterator[SourceRow]]]:
    """Yield each ticket's key with its rows, from rows that already lie together; order as in the file."""
    return groupby(rows, key_of)


def spooled(
    rows: Iterable[SourceRow], key_of: KeyOf, directory: Path
) -> Iterator[tuple[str | None, Iterator[SourceRow]]]:
    """Yield each ticket's key with its rows in file order, from rows in any order; tickets by their first row.

    All rows are first written to a file in `directory`, which has no name any more once it is open: nothing
    is left behind however the process ends.
    """
    directory.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(prefix="spool-", suffix=".sqlite3", dir=directory)
    os.close(handle)
    try:
        connection = sqlite3.connect(name, isolation_level=None)
        connection.executescript(
            "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA locking_mode = EXCLUSIVE;"
            "PRAGMA cache_size = -32768;"
            "CREATE TABLE rows (ticket TEXT, number INTEGER NOT NULL, cells TEXT NOT NULL);"
        )
    finally:
        Path(name).unlink()
    with closing(connection):
        _store(connection, rows, key_of)
        connection.execute("CREATE INDEX by_ticket ON rows (ticket, number)")
        connection.execute(
            "CREATE TABLE tickets AS SELECT ticket, min(number) AS first FROM rows GROUP BY ticket"
        )
        for (ticket,) in connection.execute("SELECT ticket FROM tickets ORDER BY first"):
            found = connection.execute(
                "SELECT number, cells FROM rows WHERE ticket IS ? ORDER BY number", (ticket,)
            )
            yield ticket, (SourceRow(number, json.loads(cells)) for number, cells in found)


def _store(connection: sqlite3.Connection, rows: Iterable[SourceRow], key_of: KeyOf) -> None:
    connection.execute("BEGIN")
    batch: list[tuple[str | None, int, str]] = []
    for row in rows:
        batch.append((key_of(row), row.row_number, json.dumps(dict(row.values))))
        if len(batch) >= _BATCH:
            connection.executemany("INSERT INTO rows VALUES (?, ?, ?)", batch)
            batch.clear()
    connection.executemany("INSERT INTO rows VALUES (?, ?, ?)", batch)
    connection.execute("COMMIT")
