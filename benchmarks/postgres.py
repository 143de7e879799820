"""A PostgreSQL of our own for the time of a run, its data kept between runs; durable as a production server is.

COSOURCE_TEST_DATABASE_URL, where it is set, names a server to use instead.
"""

import os
import shutil
import socket
import subprocess
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlsplit, urlunsplit

SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "shared_buffers": "1GB",
    "effective_cache_size": "4GB",
    "maintenance_work_mem": "512MB",
    "max_wal_size": "8GB",
    "checkpoint_timeout": "30min",
    "max_connections": "100",
}


@dataclass
class Server:
    """A running server. `url`: of its maintenance database."""

    url: str
    data: Path | None = None
    binaries: Path | None = None

    def database_url(self, name: str) -> str:
        """Return the address of one database."""
        return urlunsplit(urlsplit(self.url)._replace(path=f"/{name}"))

    def tell(self, statement: str) -> None:
        """Execute a statement in the maintenance database."""
        with self._connect() as server:
            server.execute(statement)

    def databases(self) -> dict[str, int]:
        """Return the databases and their sizes in bytes."""
        with self._connect() as server:
            return dict(
                server.execute("SELECT datname, pg_database_size(datname) FROM pg_database").fetchall()
            )

    def version(self) -> str:
        """Return the server's version."""
        with self._connect() as server:
            return str(server.execute("SHOW server_version").fetchone()[0])

    def _connect(self) -> Any:
        import psycopg

        return psycopg.connect(self.url, autocommit=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.data and self.binaries:
            _as_owner([str(self.binaries / "pg_ctl"), "-D", str(self.data), "-m", "fast", "-w", "stop"])


def start_server(place: Path) -> Server | None:
    """Start the server whose data lie at `place`, creating it the first time; None where PostgreSQL is not installed."""
    given = os.environ.get("COSOURCE_TEST_DATABASE_URL")
    if given:
        return Server(given)
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    on_path = shutil.which("initdb")
    if not found and not on_path:
        return None
    binaries = (found[-1] if found else Path(str(on_path))).parent
    data = place / "data"
    place.mkdir(parents=True, exist_ok=True)
    if os.geteuid() == 0:
        shutil.chown(place, "postgres")
    if not data.exists():
        _as_owner(
            [str(binaries / "initdb"), "-D", str(data), "-U", "cosource", "--auth=trust", "--encoding=UTF8",
             "--locale=C.UTF-8"]
        )  # fmt: skip
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    options = " ".join(f"-c {name}={value}" for name, value in SETTINGS.items())
    _as_owner(
        [str(binaries / "pg_ctl"), "-D", str(data), "-w", "-l", str(place / "log"), "-o",
         f"-p {port} -k {place} {options}", "start"]
    )  # fmt: skip
    return Server(f"postgres://cosource@127.0.0.1:{port}/postgres", data, binaries)


def _as_owner(command: list[str]) -> None:
    # PostgreSQL refuses to run as root; the package has made a user for it.
    owner = ["setpriv", "--reuid=postgres", "--regid=postgres", "--init-groups"] if os.geteuid() == 0 else []
    subprocess.run([*owner, *command], check=True, stdout=subprocess.DEVNULL, cwd="/")
