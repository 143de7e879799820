"""What differs between SQLite and PostgreSQL when a world is copied: expressions, and loading without indexes."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from typing import Any, Protocol

from cosource.foundation.queries.search import FTS

type Say = Callable[[str], None]


class Dialect(Protocol):
    """One database's way. `order`: in which copies are written, so that ids only rise; `hidden`: columns no model knows."""

    text: str
    uuid: str
    order: str
    hidden: Mapping[str, tuple[str, ...]]

    def new_id(self, column: str) -> str: ...

    def earlier(self, column: str) -> str: ...

    def copy_words(self, cursor: Any) -> None: ...

    def without_indexes(
        self, cursor: Any, tables: Sequence[str], say: Say
    ) -> AbstractContextManager[None]: ...


class Sqlite:
    text = "text"
    uuid = "text"
    # The outer table of a CROSS JOIN stays the outer one: rows come copy by copy without being sorted.
    order = "NULL"
    hidden: Mapping[str, tuple[str, ...]] = {}

    def new_id(self, column: str) -> str:
        return f"c.prefix || substr({column}, 7)"

    def earlier(self, column: str) -> str:
        return (
            f"CASE WHEN {column} IS NULL OR {column} >= '9999-' THEN {column}"
            f" ELSE datetime({column}, '-' || c.days || ' days') END"
        )

    def copy_words(self, cursor: Any) -> None:
        cursor.execute(
            f"INSERT INTO {FTS} (rowid, words, readers)"
            " SELECT p.last + p.step * (c.k - 1) + p.rank, w.words, w.readers"
            f" FROM copies c CROSS JOIN pattern_foundation_searchtext p JOIN {FTS} w ON w.rowid = p.id"
        )

    @contextmanager
    def without_indexes(self, cursor: Any, tables: Sequence[str], say: Say) -> Iterator[None]:
        for pragma in (
            "journal_mode = OFF",
            "synchronous = OFF",
            "foreign_keys = OFF",
            "cache_size = -1500000",
            "temp_store = FILE",
            "threads = 2",
        ):
            cursor.execute(f"PRAGMA {pragma}")
        marks = ", ".join(["%s"] * len(tables))
        cursor.execute(
            "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL"
            f" AND tbl_name IN ({marks}) ORDER BY tbl_name, name",
            list(tables),
        )
        indexes = cursor.fetchall()
        for name, _ in indexes:
            cursor.execute(f'DROP INDEX "{name}"')
        yield
        for name, statement in indexes:
            cursor.execute(statement.replace("%", "%%"))
            say(f"index {name}")
        cursor.execute("PRAGMA journal_mode = WAL")


class Postgresql:
    text = "varchar"
    uuid = "uuid"
    order = "c.k, p.rank"
    hidden: Mapping[str, tuple[str, ...]] = {"foundation_searchtext": ("words",)}

    def new_id(self, column: str) -> str:
        return f"(c.prefix || substr(replace({column}::text, '-', ''), 7))::uuid"

    def earlier(self, column: str) -> str:
        return f"CASE WHEN {column} >= '9999-01-01' THEN {column} ELSE {column} - make_interval(days => c.days) END"

    def copy_words(self, cursor: Any) -> None:
        """The words are a column of their rows and came with them."""

    @contextmanager
    def without_indexes(self, cursor: Any, tables: Sequence[str], say: Say) -> Iterator[None]:
        cursor.execute("SET synchronous_commit = off")
        cursor.execute(
            "SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint"
            " WHERE contype IN ('f', 'u') AND conrelid = ANY(%s::regclass[]) ORDER BY contype = 'f', conname",
            [list(tables)],
        )
        constraints = cursor.fetchall()
        for table, name, _ in reversed(constraints):
            cursor.execute(f'ALTER TABLE {table} DROP CONSTRAINT "{name}"')
        cursor.execute(
            "SELECT indexrelid::regclass::text, pg_get_indexdef(indexrelid) FROM pg_index"
            " WHERE indrelid = ANY(%s::regclass[]) AND NOT indisprimary",
            [list(tables)],
        )
        indexes = cursor.fetchall()
        for name, _ in indexes:
            cursor.execute(f"DROP INDEX {name}")
        yield
        for name, statement in indexes:
            cursor.execute(statement)
            say(f"index {name}")
        for table, name, definition in constraints:
            # Made anew, a constraint looks at every row.
            cursor.execute(f'ALTER TABLE {table} ADD CONSTRAINT "{name}" {definition}')
            say(f"constraint {name}")
        cursor.execute(
            "SELECT setval(pg_get_serial_sequence('foundation_searchtext', 'id'), max(id)) FROM foundation_searchtext"
        )
