"""An installation that is killed and started again: `cosource up` with its processes, told apart."""

import contextlib
import http.client
import os
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil

from tests.live_server import free_port

# What is killed: the process that answers, the one that watches it, the one that works in the background, or all at once.
KINDS = ("server", "watcher", "worker", "all")


def wait_until(holds: Callable[[], bool], seconds: float) -> float:
    """Wait until it holds; give how many seconds that took, or fail after so many."""
    began = time.monotonic()
    while not holds():
        assert time.monotonic() - began < seconds
        time.sleep(0.05)
    return time.monotonic() - began


class Installation:
    """`cosource up` on a given database; whoever kills it starts it again."""

    def __init__(self, data_dir: Path, database_url: str, **more: str) -> None:
        self.port = free_port()
        self.said = data_dir / "said.txt"
        clean = {k: v for k, v in os.environ.items() if not k.startswith(("COSOURCE_", "DJANGO_"))}
        self.environ = clean | {
            "COSOURCE_DATA_DIR": str(data_dir),
            "COSOURCE_DATABASE_URL": database_url,
            "COSOURCE_BIND": f"127.0.0.1:{self.port}",
            "COSOURCE_API_PER_MINUTE": "1000000",
            "COSOURCE_LOG_LEVEL": "error",
            **more,
        }
        self.starts = 0

    def start(self) -> None:
        """Start it; whatever is left of an earlier one must have let go of the address by itself."""
        deadline = time.monotonic() + 120
        while True:
            with self.said.open("ab") as said:
                self.process = subprocess.Popen(
                    [sys.executable, "-m", "cosource", "up"], env=self.environ, stderr=said
                )
            self.starts += 1
            while self.process.poll() is None:
                # Something older may still answer at the address.
                if self.processes("server") and self.answers():
                    return
                assert time.monotonic() < deadline, self.said.read_text()
                time.sleep(0.05)
            assert time.monotonic() < deadline, self.said.read_text()
            time.sleep(0.2)

    def answers(self, path: str = "/health") -> bool:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=5):
                return True
        except OSError:
            return False

    def answer(self, path: str, **headers: str) -> tuple[int, http.client.HTTPMessage, str]:
        """Get a page; give its status, its head and what it says."""
        line = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            line.request("GET", path, headers=headers)
            said = line.getresponse()
            return said.status, said.headers, said.read().decode()
        finally:
            line.close()

    def processes(self, kind: str) -> list[psutil.Process]:
        """Give the processes of a kind that are there now."""
        found: dict[str, list[psutil.Process]] = {name: [] for name in KINDS}
        with contextlib.suppress(psutil.Error):
            found["all"] = [parent := psutil.Process(self.process.pid), *parent.children(recursive=True)]
            for child in parent.children():
                words = child.cmdline()
                if not words:
                    continue  # it has ended, and its parent has not looked yet
                role = words[3]
                found["worker" if role == "worker" else "watcher"].append(child)
                if role == "web":
                    found["server"] += [
                        c for c in child.children() if not any("resource_tracker" in w for w in c.cmdline())
                    ]
        return found[kind]

    def kill(self, kind: str) -> bool:
        """Kill what is there of this kind, with no chance to tidy up; false when there was nothing."""
        gone = self.processes(kind)
        for process in gone:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.kill()
        return bool(gone)

    def has_ended(self) -> bool:
        return self.process.poll() is not None


@contextlib.contextmanager
def installed(data_dir: Path, database_url: str, **more: str) -> Iterator[Installation]:
    """Run an installation, and leave nothing of it behind."""
    made = Installation(data_dir, database_url, **more)
    try:
        made.start()
        yield made
    finally:
        left = made.processes("all")
        made.process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            made.process.wait(30)
        for process in left:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.kill()
        made.process.wait(10)
