"""What each new connection to PostgreSQL is told, so that the usual statements and values cost little."""

from datetime import UTC, datetime
from typing import Any

from django.db.backends.base.base import BaseDatabaseWrapper

# So many statements a connection keeps ready on the server: more than the pages, the API and the services ask.
_STATEMENTS = 400
# The driver remembers how it writes a statement only where that is short: a page of rows, and a new ticket, are longer.
_STATEMENT_LENGTH, _STATEMENT_VALUES = 16_384, 400


def connection_made(connection: BaseDatabaseWrapper, **_signal: Any) -> None:
    """Let a new connection keep all its usual statements ready; with too few places each would push out the other."""
    if connection.vendor == "postgresql":
        from psycopg import _queries  # noqa: PLC0415 - the driver is there; it gives no other way to say so

        _queries.MAX_CACHED_STATEMENT_LENGTH = _STATEMENT_LENGTH
        _queries.MAX_CACHED_STATEMENT_PARAMS = _STATEMENT_VALUES
        connection.connection.prepared_max = _STATEMENTS
        _read_instants(connection.connection)


def _read_instants(connection: Any) -> None:
    """Read instants, of which a page has some hundreds, by the standard library: Django's way costs four times as much."""
    given: Any = connection.adapters.get_loader(connection.adapters.types["timestamptz"].oid, 0)

    class Instants(given):  # type: ignore[misc]  # as Django made it for its zone
        timezone = UTC

        def load(self, data: Any) -> datetime:
            try:
                instant = datetime.fromisoformat(str(data, "ascii"))
            except ValueError:
                instant = super().load(data)
            return instant if instant.tzinfo is UTC else instant.astimezone(UTC)

    if given.timezone is UTC:
        connection.adapters.register_loader("timestamptz", Instants)
