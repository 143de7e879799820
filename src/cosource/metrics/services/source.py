"""Takes tables into the engine, as the statements of `tables` have them.

Not here: how the database is read (`readers`), what becomes of the rows (`folding`).
"""

from collections.abc import Iterable, Sequence
from itertools import pairwise
from types import TracebackType
from typing import Any, Self
from uuid import UUID

from django.db import connection

from cosource.metrics.services.readers import OpenReader, ProcessReader, Reader, ServerReader
from cosource.metrics.services.tables import DIALECTS, Kind, Raw, raw_tables
from cosource.tickets.models import Ticket

# Up to so many tickets the embedded database is read faster than another process starts.
_FEW = 5_000


class Source:
    """The database of this installation. `tickets`: how many are going to be read; None: all."""

    def __init__(self, tickets: int | None = None) -> None:
        self.dialect = DIALECTS[connection.vendor]
        self.tables = raw_tables(self.dialect)
        self._reader: Reader
        if connection.vendor != "sqlite":
            self._reader = ServerReader()
        elif (Ticket.objects.count() if tickets is None else tickets) <= _FEW:
            self._reader = OpenReader()
        else:
            self._reader = ProcessReader()

    def __enter__(self) -> Self:
        self._reader.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, raised: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._reader.__exit__(kind, raised, trace)

    def land(self, engine: Any, tables: Iterable[Raw], where: str) -> None:
        """Take tables into the engine as temporary ones, in place of those before.

        `where`: a condition on `{key}`, such as `{key} IN (…)`.
        """
        for raw in tables:
            kinds = [(name, kind) for name, kind, _ in raw.columns]
            landed = ", ".join(self.dialect.land(kind, name) for name, kind in kinds)
            with self._reader.rows(self._sql(raw, where), kinds) as arriving:
                engine.register("arriving", arriving)
                engine.execute(f"CREATE OR REPLACE TEMP TABLE {raw.name} AS SELECT {landed} FROM arriving")
                engine.unregister("arriving")

    def boundaries(self, engine: Any, size: int) -> list[str]:
        """Return conditions that each hold about `size` tickets and together hold all of them."""
        numbered = "SELECT id, row_number() OVER (ORDER BY id) AS n FROM tickets_ticket"
        edge = Raw("edge", (("ticket", Kind.UID, "id"),), f"({numbered}) AS numbered WHERE n % {size} = 0")
        self.land(engine, [edge], "")
        found = engine.execute("SELECT ticket FROM edge ORDER BY ticket").fetchall()
        ids = [None, *(self.dialect.uid(row[0].hex) for row in found), None]
        return [_between(low, high) for low, high in pairwise(ids)]

    def those(self, ids: Sequence[UUID]) -> str:
        """Return the condition for some tickets."""
        return f"{{key}} IN ({', '.join(self.dialect.uid(i.hex) for i in ids) or 'NULL'})"

    def _sql(self, raw: Raw, where: str) -> str:
        wanted = ", ".join(
            f"{self.dialect.read(kind, expression)} AS {name}" for name, kind, expression in raw.columns
        )
        condition = where.replace("{key}", raw.key)
        if "{where}" in raw.source:
            return f"SELECT {wanted} FROM {raw.source.replace('{where}', condition)}"
        return f"SELECT {wanted} FROM {raw.source}" + (f" WHERE {condition}" if raw.key else "")


def _between(low: str | None, high: str | None) -> str:
    parts = [f"{{key}} > {low}" if low else "", f"{{key}} <= {high}" if high else ""]
    return " AND ".join(part for part in parts if part) or "1 = 1"
