"""A PostgreSQL server of the test's own, which it may kill."""

import contextlib
import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.live_server import free_port


def _programs() -> Path | None:
    places = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda p: int(p.parts[4]))
    found = str(places[-1]) if places else shutil.which("initdb")
    return Path(found).parent if found else None


class OwnServer:
    """A server in a folder of its own; durable as it comes, since it is killed."""

    def __init__(self, folder: Path, programs: Path, as_owner: list[str]) -> None:
        self.data, self.programs, self.as_owner = folder / "data", programs, as_owner
        self.port = free_port()
        self._do("initdb", "-U", "cosource", "--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8")

    def _do(self, program: str, *words: str) -> None:
        done = subprocess.run(
            [*self.as_owner, str(self.programs / program), "-D", str(self.data), *words],
            cwd=self.data.parent,
            stdin=subprocess.DEVNULL,
            # A server that was started keeps a pipe open for good.
            stdout=(log := (self.data.parent / "said").open("ab")),
            stderr=log,
            check=False,
        )
        log.close()
        assert done.returncode == 0, (self.data.parent / "said").read_text()

    def start(self) -> None:
        options = f"-p {self.port} -k {self.data.parent} -c listen_addresses=127.0.0.1 -c shared_buffers=64MB"
        self._do("pg_ctl", "-w", "-l", str(self.data.parent / "log"), "-o", options, "start")

    def start_if_ended(self) -> None:
        """Start it again where it gave up, as its supervisor would."""
        words = [*self.as_owner, str(self.programs / "pg_ctl"), "-D", str(self.data), "status"]
        if subprocess.run(words, cwd=self.data.parent, capture_output=True, check=False).returncode:
            self.start()

    def fill(self, url: str) -> None:
        """Copy the database at `url` into this server's first one."""
        copy = subprocess.run([self.programs / "pg_dump", "--no-owner", url], capture_output=True, check=True)
        words = ["--quiet", "--set=ON_ERROR_STOP=1", "--output=/dev/null", self.url()]
        subprocess.run([self.programs / "psql", *words], input=copy.stdout, check=True)

    def stop_at_once(self) -> None:
        """Stop without a checkpoint; what was committed comes back from the log."""
        self._do("pg_ctl", "-m", "immediate", "-w", "stop")

    def kill(self) -> None:
        """Kill the first process; the others notice."""
        os.kill(int((self.data / "postmaster.pid").read_text().split()[0]), signal.SIGKILL)

    def url(self, name: str = "postgres") -> str:
        return f"postgres://cosource@127.0.0.1:{self.port}/{name}"


@contextlib.contextmanager
def own_server(within: Path | None = None) -> Iterator[OwnServer]:
    """Start a server, on the disk of `within` if named, or skip the test with what lacks for it."""
    programs = _programs()
    if programs is None:
        pytest.skip("PostgreSQL's programs are not installed")
    as_owner: list[str] = []
    # A socket's address must be short, so the place is not the test's own.
    folder = Path(tempfile.mkdtemp(prefix="cosource-own-", dir=within))
    try:
        if os.geteuid() == 0:
            # PostgreSQL refuses to run as root; its package makes a user for it.
            as_owner = ["setpriv", "--reuid=postgres", "--regid=postgres", "--init-groups"]
            if shutil.which("setpriv") is None or subprocess.run([*as_owner, "true"], check=False).returncode:
                pytest.skip("PostgreSQL does not run as root, and there is no user postgres to run it as")
            shutil.chown(folder, "postgres")
        server = OwnServer(folder, programs, as_owner)
        server.start()
        try:
            yield server
        finally:
            with contextlib.suppress(AssertionError):
                server.stop_at_once()
    finally:
        shutil.rmtree(folder, ignore_errors=True)
