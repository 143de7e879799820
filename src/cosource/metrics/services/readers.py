"""Ways to read columns from the database: each takes a statement and gives something that the engine takes in.

A server is read by a driver of columns. The embedded database is read by the connection that is open anyway, where there is
little to read, or by a process of its own (`columns`), where there is much.
"""

import json
import subprocess
import sys
from collections.abc import Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, Protocol, Self

from django.db import connection

from cosource.metrics.services.tables import Kind


class Reader(Protocol):
    """What reads statements; used by one thread."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, raised: BaseException | None, trace: TracebackType | None
    ) -> None: ...

    def rows(self, sql: str, kinds: Sequence[tuple[str, Kind]]) -> AbstractContextManager[Any]:
        """Read a statement with these columns; what is given holds as long as the context."""


class ServerReader:
    """Reads a server, as columns, by a connection of its own."""

    def __enter__(self) -> Self:
        import adbc_driver_postgresql.dbapi  # noqa: PLC0415 - loaded by whoever gathers facts

        self._connection = adbc_driver_postgresql.dbapi.connect(_conninfo(), autocommit=True)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, raised: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._connection.close()

    @contextmanager
    def rows(self, sql: str, kinds: Sequence[tuple[str, Kind]]) -> Any:
        """Read a statement."""
        with self._connection.cursor() as cursor:
            cursor.execute(sql)
            yield cursor.fetch_record_batch()


class OpenReader:
    """Reads by the connection that is open anyway, row by row."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, raised: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Leave the connection open."""

    @contextmanager
    def rows(self, sql: str, kinds: Sequence[tuple[str, Kind]]) -> Any:
        """Read a statement."""
        import pyarrow as pa  # noqa: PLC0415 - loaded by whoever gathers facts

        with connection.cursor() as cursor:
            cursor.execute(sql)
            found = cursor.fetchall()
        columns = list(zip(*found, strict=True)) or [()] * len(kinds)
        types = [pa.int64() if kind in (Kind.INT, Kind.FLAG) else pa.string() for _, kind in kinds]
        arrays = [pa.array(column, type_) for column, type_ in zip(columns, types, strict=True)]
        yield pa.table(arrays, names=[name for name, _ in kinds])


class ProcessReader:
    """Reads the embedded database, as columns, by a process of its own."""

    def __enter__(self) -> Self:
        path = Path(connection.settings_dict["NAME"]).absolute()
        self._process = subprocess.Popen(  # noqa: S603 - our own command
            [sys.executable, "-m", "cosource.metrics.services.columns", str(path)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        return self

    def __exit__(
        self, kind: type[BaseException] | None, raised: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is not None:
            self._process.kill()
        self._process.communicate()

    @contextmanager
    def rows(self, sql: str, kinds: Sequence[tuple[str, Kind]]) -> Any:
        """Read a statement. Raises: OSError when the process ended."""
        import pyarrow as pa  # noqa: PLC0415 - loaded by whoever gathers facts

        if self._process.stdin is None or self._process.stdout is None:
            raise OSError("The process that reads the database has no pipes.")
        self._process.stdin.write(json.dumps(sql).encode() + b"\n")
        self._process.stdin.flush()
        try:
            with pa.ipc.open_stream(self._process.stdout) as rows:
                yield rows
        except pa.ArrowInvalid as ended:
            raise OSError(f"The process that reads the database ended: {ended}") from ended


def _conninfo() -> str:
    from psycopg.conninfo import make_conninfo  # noqa: PLC0415 - only with a server

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
    return make_conninfo(**{name: value for name, value in (named | options).items() if value})
