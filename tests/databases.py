"""Migrated databases to copy from, one template a kind, shared by all runs and all workers.

Copying takes milliseconds where migrating takes seconds, and it is the only way back to an empty database: the append-only
tables refuse to be flushed.
"""

import contextlib
import fcntl
import hashlib
import itertools
import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import quote

from django.apps import apps
from django.db import connection

from cosource.foundation.services.schema import schema_update

_counter = itertools.count(1)


class Template(Protocol):
    """A migrated database that is only ever copied."""

    def copy(self, kept: str | None = None) -> contextlib.AbstractContextManager[str]:
        """Put a copy, of itself or of a kept one, in the default database's place and give its name; gone afterwards."""

    def keep(self) -> str:
        """Make a copy that stays until `close`, and give its name for `in_place`."""

    def close(self) -> None:
        """Let go of whatever making copies needed, and of the kept copies."""


def open_template(cache: Path, run_dir: Path) -> Template:
    """Give the template of the default database's kind, migrating it first where nobody did so before.

    `cache`: shared between runs. `run_dir`: this run's own.
    """
    kind = connection.vendor
    name = f"cosource_{_schema_digest()}"
    with (cache / f"{kind}.lock").open("w") as lock:
        # Workers start together; one migrates and the others wait for it.
        fcntl.flock(lock, fcntl.LOCK_EX)
        if kind == "sqlite":
            return SqliteTemplate(cache / f"{name}.sqlite3", run_dir)
        return PostgresTemplate(name)


def current_url() -> str:
    """Give the address of the database that is now the default, as a setting would have it."""
    given = connection.settings_dict
    if connection.vendor == "sqlite":
        return f"sqlite:///{given['NAME']}"
    password = f":{quote(given['PASSWORD'], safe='')}" if given["PASSWORD"] else ""
    port = f":{given['PORT']}" if given["PORT"] else ""
    return f"postgres://{quote(given['USER'], safe='')}{password}@{given['HOST']}{port}/{given['NAME']}"


def installation_ready(cache: Path, data: Path) -> Path:
    """Make a data folder with an embedded database that is up to date, whichever kind is under test; give the database."""
    path = cache / f"cosource_{_schema_digest()}.sqlite3"
    with (cache / "sqlite.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not path.exists():
            draft = _draft_of(path)
            clean = {k: v for k, v in os.environ.items() if not k.startswith(("COSOURCE_", "DJANGO_"))}
            subprocess.run(
                [sys.executable, "-m", "cosource", "migrate"],
                env=clean | {"COSOURCE_DATA_DIR": str(data), "COSOURCE_DATABASE_URL": f"sqlite:///{draft}"},
                check=True,
                capture_output=True,
            )
            _put_in_place(draft, path)
    data.mkdir(exist_ok=True)
    shutil.copyfile(path, data / "cosource.sqlite3")
    return data / "cosource.sqlite3"


def _draft_of(path: Path) -> Path:
    return path.with_suffix(f".{os.getpid()}.draft")


def _put_in_place(draft: Path, path: Path) -> None:
    """Bring everything into the one file that is copied, and let it take the place of older ones."""
    with contextlib.closing(sqlite3.connect(draft)) as database:
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    for stale in path.parent.glob("cosource_*.sqlite3"):
        stale.unlink()
    draft.rename(path)


class SqliteTemplate:
    """A file, copied as a file."""

    def __init__(self, path: Path, run_dir: Path) -> None:
        self.path = path
        self.run_dir = run_dir
        if path.exists():
            return
        draft = _draft_of(path)
        with in_place(str(draft)):
            schema_update()
        _put_in_place(draft, path)

    @contextlib.contextmanager
    def copy(self, kept: str | None = None) -> Iterator[str]:
        """Put a copy in the default database's place."""
        target = self.run_dir / f"{next(_counter)}.sqlite3"
        shutil.copyfile(kept or self.path, target)
        try:
            with in_place(str(target)):
                yield str(target)
        finally:
            for leftover in target.parent.glob(f"{target.name}*"):
                # A server's thread that closes its connection late removes its files itself.
                leftover.unlink(missing_ok=True)

    def keep(self) -> str:
        """Make a copy that stays until the run's own directory goes."""
        target = self.run_dir / f"kept_{next(_counter)}.sqlite3"
        shutil.copyfile(self.path, target)
        return str(target)

    def close(self) -> None:
        """Nothing to let go of."""


class PostgresTemplate:
    """A database on the server, copied by the server."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.server_name = str(connection.settings_dict["NAME"])
        self._kept: list[str] = []
        if self._ask("SELECT 1 FROM pg_database WHERE datname = %s", name):
            return
        draft = f"{name}_{os.getpid()}"
        self._tell(f'CREATE DATABASE "{draft}"')
        with in_place(draft):
            schema_update()
        self._tell(f'ALTER DATABASE "{draft}" RENAME TO "{name}"')

    @contextlib.contextmanager
    def copy(self, kept: str | None = None) -> Iterator[str]:
        """Put a copy in the default database's place."""
        target = f"cosource_test_{os.getpid()}_{next(_counter)}"
        self._tell(f'CREATE DATABASE "{target}" TEMPLATE "{kept or self.name}"')
        try:
            with in_place(target):
                yield target
        finally:
            self._tell(f'DROP DATABASE "{target}" WITH (FORCE)')

    def keep(self) -> str:
        """Make a copy that stays until `close`."""
        target = f"cosource_test_{os.getpid()}_{next(_counter)}"
        self._tell(f'CREATE DATABASE "{target}" TEMPLATE "{self.name}"')
        self._kept.append(target)
        return target

    def close(self) -> None:
        """The kept copies go; the template stays on the server for the next run."""
        for name in self._kept:
            self._tell(f'DROP DATABASE "{name}" WITH (FORCE)')

    def _tell(self, statement: str) -> None:
        with self._server() as server:
            server.execute(statement)

    def _ask(self, statement: str, *values: str) -> Any:
        with self._server() as server:
            return server.execute(statement, values).fetchone()

    @contextlib.contextmanager
    def _server(self) -> Iterator[Any]:
        import psycopg

        given = connection.settings_dict
        with psycopg.connect(
            dbname=self.server_name,
            user=given["USER"],
            password=given["PASSWORD"],
            host=given["HOST"],
            port=given["PORT"] or None,
            autocommit=True,
        ) as server:
            yield server


@contextlib.contextmanager
def in_place(name: str) -> Iterator[None]:
    """Make `name` the default database of every thread that connects from here on.

    Nested: the connection of the enclosing copy is set aside, and comes back as it was. What the process remembers of the rows
    of one database is nothing in the other.
    """
    from cosource.foundation.services.audience import forget_audiences

    before = connection.settings_dict["NAME"]
    connection.close()
    connection.settings_dict["NAME"] = name
    forget_audiences()
    try:
        yield
    finally:
        connection.close()
        connection.settings_dict["NAME"] = before
        forget_audiences()


@contextlib.contextmanager
def default_at(url: str) -> Iterator[None]:
    """Make the database at `url`, of whatever server or place, the default one."""
    from cosource.config.addresses import database_of

    before = dict(connection.settings_dict)
    connection.close()
    connection.settings_dict.update(database_of(url))
    try:
        yield
    finally:
        connection.close()
        connection.settings_dict.update(before)


def _schema_digest() -> str:
    """Digest what a migrated database depends on: migrations, what they import, and the versions of other apps."""
    import cosource

    package = Path(cosource.__file__).parent
    sources = {*package.glob("*/migrations/*.py"), *(package / "foundation").rglob("*.py")}
    sources.add(package.parent.parent / "requirements.lock")
    digest = hashlib.sha256(" ".join(config.name for config in apps.get_app_configs()).encode())
    for source in sorted(sources):
        if source.exists():
            digest.update(source.name.encode() + b"\0" + source.read_bytes())
    return digest.hexdigest()[:16]
