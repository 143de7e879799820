"""Reads tables into the engine, as columns, past Django's rows.

A connection of its own: it sees what was committed. Not here: which tables (`tables`).
"""

import itertools
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.parse import quote
from uuid import UUID

from django.db import connection

from cosource.metrics.services.tables import DIALECTS, Raw, raw_tables

# Values of one column that the embedded database's driver looks at together; it guesses nothing that we rely on.
_ROWS_AT_ONCE = 65_536


class Source:
    """The database of this installation, opened for reading columns."""

    def __init__(self) -> None:
        self.dialect = DIALECTS[connection.vendor]
        self.tables = raw_tables(self.dialect)
        self._connection: Any = None

    def __enter__(self) -> Self:
        self._connection = _connect()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, raised: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._connection.close()

    def land(self, engine: Any, tables: Iterable[Raw], where: str) -> None:
        """Read tables into the engine as temporary tables, replacing those before.

        `where`: a condition on `{key}`, such as `{key} IN (…)`.
        """
        for raw in tables:
            self._land(engine, raw, where)
        self._connection.rollback()

    def boundaries(self, size: int) -> list[str]:
        """Return conditions that each hold about `size` tickets and together hold all of them."""
        sql = f"SELECT id FROM (SELECT id, row_number() OVER (ORDER BY id) AS n FROM tickets_ticket) AS x WHERE n % {size} = 0"
        with self._rows(sql) as rows:
            ids = [
                self.literal(row[0])
                for batch in rows
                for row in zip(*batch.to_pydict().values(), strict=True)
            ]
        edges = [None, *sorted(ids), None]
        return [
            " AND ".join(
                part
                for part in (f"{{key}} > {low}" if low else "", f"{{key}} <= {high}" if high else "")
                if part
            )
            or "1 = 1"
            for low, high in itertools.pairwise(edges)
        ]

    def those(self, ids: Sequence[UUID]) -> str:
        """Return the condition for some tickets."""
        return f"{{key}} IN ({', '.join(self.dialect.uid(i.hex) for i in ids) or 'NULL'})"

    def literal(self, value: Any) -> str:
        """Return an id that the database gave as a literal."""
        if isinstance(value, bytes):
            return self.dialect.uid(UUID(bytes=value).hex)
        return self.dialect.uid(UUID(str(value)).hex)

    def _land(self, engine: Any, raw: Raw, where: str) -> None:
        wanted = ", ".join(
            f"{self.dialect.read(kind, expression)} AS {name}" for name, kind, expression in raw.columns
        )
        condition = where.replace("{key}", raw.key)
        if "{where}" in raw.source:
            sql = f"SELECT {wanted} FROM {raw.source.replace('{where}', condition)}"
        else:
            sql = f"SELECT {wanted} FROM {raw.source}" + (f" WHERE {condition}" if raw.key else "")
        landed = ", ".join(self.dialect.land(kind, name) for name, kind, _ in raw.columns)
        with self._rows(sql) as arriving:
            engine.register("arriving", arriving)
            engine.execute(f"CREATE OR REPLACE TEMP TABLE {raw.name} AS SELECT {landed} FROM arriving")
            engine.unregister("arriving")

    @contextmanager
    def _rows(self, sql: str) -> Iterator[Any]:
        with self._connection.cursor() as cursor:
            if self.dialect.blank:
                cursor.adbc_statement.set_options(**{"adbc.sqlite.query.batch_rows": str(_ROWS_AT_ONCE)})
            cursor.execute(sql)
            yield cursor.fetch_record_batch()


def _connect() -> Any:
    if connection.vendor == "sqlite":
        import adbc_driver_sqlite.dbapi  # noqa: PLC0415 - loaded by whoever gathers facts

        path = Path(connection.settings_dict["NAME"]).absolute()
        return adbc_driver_sqlite.dbapi.connect(f"file:{quote(str(path))}?mode=ro")
    import adbc_driver_postgresql.dbapi  # noqa: PLC0415 - loaded by whoever gathers facts
    from psycopg.conninfo import make_conninfo  # noqa: PLC0415 - as above

    given = connection.settings_dict
    named = {
        "dbname": given["NAME"],
        "user": given["USER"],
        "password": given["PASSWORD"],
        "host": given["HOST"],
        "port": given["PORT"],
    }
    options = {
        name: value
        for name, value in given.get("OPTIONS", {}).items()
        if name.startswith(("ssl", "service", "passfile", "target_session"))
    }
    return adbc_driver_postgresql.dbapi.connect(
        make_conninfo(**{name: value for name, value in (named | options).items() if value})
    )
