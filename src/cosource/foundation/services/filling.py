"""Filling empty tables with many rows: one transaction, in which indexes and references are made when the rows are there.

An index that is made of all its rows is written in one go, where one that grows row by row is read and written all over; a
constraint that is made anew looks at every row. Triggers stay. On PostgreSQL the tables are locked meanwhile.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any

from django.db import connection, transaction

# In 1,024 bytes: what the database may keep in memory while it fills tables and makes indexes.
_MEMORY = 256 * 1024


@contextmanager
def filling(tables: Sequence[str], *, afterwards: Callable[[], None] | None = None) -> Iterator[None]:
    """Open the transaction that fills the named tables. `afterwards`: what is looked at in it when the indexes are there.

    Raises: IntegrityError at its end when rows contradict each other.
    """
    with ExitStack() as stack:
        if connection.vendor == "sqlite":
            stack.enter_context(_sqlite_ready())
        stack.enter_context(transaction.atomic(durable=True))
        cursor = stack.enter_context(connection.cursor())
        if connection.vendor == "postgresql":
            cursor.execute(f"SET LOCAL maintenance_work_mem = {_MEMORY}")
            later = _postgresql_aside(cursor, tables)
        else:
            later = _sqlite_aside(cursor, tables)
        yield
        for statement in later:
            cursor.execute(statement)
        if connection.vendor == "sqlite":
            connection.check_constraints()
        if afterwards is not None:
            afterwards()


@contextmanager
def _sqlite_ready() -> Iterator[None]:
    """Let references be looked at once at the end, which can only be said outside a transaction."""
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA cache_size")
        [before] = cursor.fetchone()
        cursor.execute(f"PRAGMA cache_size = -{_MEMORY}")
        # Sorting for an index of millions of rows is not for the memory.
        cursor.execute("PRAGMA temp_store = FILE")
        try:
            with connection.constraint_checks_disabled():
                yield
        finally:
            cursor.execute(f"PRAGMA cache_size = {before}")
            cursor.execute("PRAGMA temp_store = MEMORY")


def _sqlite_aside(cursor: Any, tables: Sequence[str]) -> list[str]:
    cursor.execute(
        "SELECT tbl_name, name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL ORDER BY 1, 2"
    )
    indexes = [(name, statement) for table, name, statement in cursor.fetchall() if table in tables]
    for name, _ in indexes:
        cursor.execute(f'DROP INDEX "{name}"')
    return [statement for _, statement in indexes]


def _postgresql_aside(cursor: Any, tables: Sequence[str]) -> list[str]:
    cursor.execute(
        "SELECT conrelid::regclass::text, quote_ident(conname), pg_get_constraintdef(oid) FROM pg_constraint"
        " WHERE contype IN ('f', 'u') AND conrelid = ANY(%s::regclass[]) ORDER BY contype = 'f', conname",
        [list(tables)],
    )
    constraints = cursor.fetchall()
    # References first: some rest on what is unique.
    for table, name, _ in reversed(constraints):
        cursor.execute(f"ALTER TABLE {table} DROP CONSTRAINT {name}")
    cursor.execute(
        "SELECT indexrelid::regclass::text, pg_get_indexdef(indexrelid) FROM pg_index"
        " WHERE indrelid = ANY(%s::regclass[]) AND NOT indisprimary ORDER BY 1",
        [list(tables)],
    )
    indexes = cursor.fetchall()
    for name, _ in indexes:
        cursor.execute(f"DROP INDEX {name}")
    return [definition for _, definition in indexes] + [
        f"ALTER TABLE {table} ADD CONSTRAINT {name} {definition}" for table, name, definition in constraints
    ]
