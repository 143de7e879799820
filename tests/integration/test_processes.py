"""`cosource up`: one command starts both processes, and nothing outlives it."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from http.client import HTTPResponse
from pathlib import Path

import psutil
import pytest
from tests.faults.installation import installed

pytestmark = pytest.mark.usefixtures("local_network")


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


@contextlib.contextmanager
def running(data_dir: Path, port: int, **environ: str) -> Iterator[subprocess.Popen[str]]:
    clean = {
        name: value for name, value in os.environ.items() if not name.startswith(("COSOURCE_", "DJANGO_"))
    }
    process = subprocess.Popen(
        [sys.executable, "-m", "cosource", "up"],
        env={
            **clean,
            "COSOURCE_DATA_DIR": str(data_dir),
            "COSOURCE_BIND": f"127.0.0.1:{port}",
            **environ,
        },
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        yield process
    finally:
        for left in [*psutil.Process(process.pid).children(recursive=True)] if process.poll() is None else []:
            left.kill()
        process.kill()
        process.communicate()


def answer(port: int, path: str = "/health", within: float = 120) -> HTTPResponse:
    deadline = time.monotonic() + within
    while True:
        try:
            response: HTTPResponse = urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=5)
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.1)
        else:
            return response


def family(process: subprocess.Popen[str], count: int = 2) -> list[psutil.Process]:
    deadline = time.monotonic() + 60
    while (
        len(found := psutil.Process(process.pid).children(recursive=True)) < count
        and time.monotonic() < deadline
    ):
        time.sleep(0.1)
    return list(found)


def workers(process: subprocess.Popen[str]) -> list[psutil.Process]:
    found = []
    for other in family(process):
        # One that has just ended is still listed, without its command.
        with contextlib.suppress(psutil.Error):
            if "worker" in other.cmdline():
                found.append(other)
    return found


def test_it_serves_replaces_a_dead_worker_and_stops_as_one(tmp_path: Path, database_url: str) -> None:
    port = free_port()
    with running(tmp_path, port, COSOURCE_DATABASE_URL=database_url) as process:
        with answer(port) as response:
            assert response.read() == b"ok\n"
            assert response.headers["X-Content-Type-Options"] == "nosniff"
            assert "script-src 'self'" in response.headers["Content-Security-Policy"]
            assert "unsafe" not in response.headers["Content-Security-Policy"]
        assert (tmp_path / "static/staticfiles.json").exists()
        [worker] = workers(process)
        worker.kill()
        deadline = time.monotonic() + 60
        while not (again := [other for other in workers(process) if other.pid != worker.pid]):
            assert time.monotonic() < deadline
            time.sleep(0.1)
        assert len(again) == 1
        answer(port).close()
        others = family(process)
        process.send_signal(signal.SIGTERM)
        assert process.wait(60) == 0
        _, alive = psutil.wait_procs(others, timeout=30)
        assert alive == []


def test_nothing_outlives_a_killed_parent(tmp_path: Path) -> None:
    """Starts from nothing: the embedded database is made on the way."""
    port = free_port()
    with running(tmp_path, port) as process:
        answer(port).close()
        assert (tmp_path / "cosource.sqlite3").exists()
        others = family(process)
        process.kill()
        _, alive = psutil.wait_procs(others, timeout=30)
        assert alive == []


def test_the_web_process_is_killed_again_and_again_and_pages_are_served(installation: Path) -> None:
    """Those that answer, faster than their watcher starts them anew; then the watcher, whose address must come free."""
    with installed(installation, f"sqlite:///{installation}/cosource.sqlite3") as place:
        killed = 0
        for kind in ("server", "server", "watcher", "server"):
            deadline = time.monotonic() + 60
            while not (place.processes("server") and place.kill(kind)):
                assert time.monotonic() < deadline, place.said.read_text()
                time.sleep(0.02)
            killed += 1
        assert killed == 4
        answer(place.port, within=60).close()
        assert not place.has_ended()
        assert place.starts == 1
        said = place.said.read_text()
        assert "cosource: the web process ended; it starts again in 1 s" in said
        others = place.processes("all")
        place.process.send_signal(signal.SIGTERM)
        assert place.process.wait(60) == 0
        _, alive = psutil.wait_procs(others, timeout=30)
        assert alive == []


def test_a_web_process_that_cannot_start_ends_the_others(tmp_path: Path, database_url: str) -> None:
    """What its settings have wrong stays wrong: whoever asked for it is told, and no loop hides it."""
    port = free_port()
    with running(tmp_path, port, COSOURCE_DATABASE_URL=database_url, COSOURCE_WORKERS="none") as process:
        _, said = process.communicate(timeout=120)
        assert process.returncode == 2
        assert 'COSOURCE_WORKERS is "none"' in said
        assert "starts again" not in said


def test_an_address_in_use_is_one_line_and_changes_nothing(tmp_path: Path) -> None:
    with (
        socket.create_server(("127.0.0.1", 0)) as taken,
        running(tmp_path, port := int(taken.getsockname()[1])) as process,
    ):
        _, said = process.communicate(timeout=120)
        assert process.returncode == 1
        assert said == (
            f"cosource: cannot listen at 127.0.0.1:{port} (Address already in use): set COSOURCE_BIND to another\n"
        )
        assert not (tmp_path / "cosource.sqlite3").exists()
