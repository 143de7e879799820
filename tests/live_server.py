"""A web process, and a worker, of their own over a test's database, people signed in to it, and their open streams."""

import asyncio
import contextlib
import json
import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import psutil
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from django.db import connections

from cosource.parties.models import Person

# For a page's beginning: it looks again when `aMinutePasses` is called, so that all else that changes came by the stream.
MINUTES_BY_HAND = """
const often = window.setInterval;
window.setInterval = (act, milliseconds) => {
  if (milliseconds < 60_000) return often(act, milliseconds);
  window.aMinutePasses = act;
};
"""


def apart[T](act: Callable[[], T]) -> T:
    """Do something in a thread of its own: the tests' own may hold the event loop of the browser.

    What it opened of the database it closes again, or the connection would be found open when it is collected.
    """

    def and_close() -> T:
        try:
            return act()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(1) as thread:
        return thread.submit(and_close).result()


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


@contextlib.contextmanager
def web_process(data_dir: Path, database_url: str, **more: str) -> Iterator[tuple[int, psutil.Process]]:
    """Run `cosource web` with the test's keys, so that sessions made here hold there; give its port and process."""
    port = free_port()
    (data_dir / "static").mkdir(exist_ok=True)
    environ = _environ(data_dir, database_url) | {
        "COSOURCE_BIND": f"127.0.0.1:{port}",
        # No worker need run beside it.
        "COSOURCE_UNDO_SEND_SECONDS": "0",
    }
    process = subprocess.Popen([sys.executable, "-m", "cosource", "web"], env=environ | more)
    try:
        deadline = time.monotonic() + 60
        while True:
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=5).close()
                break
            except OSError:
                assert process.poll() is None, "the web process ended"
                assert time.monotonic() < deadline, "the web process does not answer"
                time.sleep(0.1)
        yield port, psutil.Process(process.pid)
    finally:
        children = psutil.Process(process.pid).children(recursive=True) if process.poll() is None else []
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            for left in children:
                left.kill()
            process.kill()
            process.wait(5)


@contextlib.contextmanager
def worker_process(data_dir: Path, database_url: str) -> Iterator[None]:
    """Run `cosource worker`; its mails become files."""
    environ = _environ(data_dir, database_url) | {"COSOURCE_EMAIL_URL": "file"}
    process = subprocess.Popen([sys.executable, "-m", "cosource", "worker"], env=environ)
    try:
        yield
        assert process.poll() is None, "the worker ended"
    finally:
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(5)


def _environ(data_dir: Path, database_url: str) -> dict[str, str]:
    clean = {name: value for name, value in os.environ.items() if not name.startswith("COSOURCE_")}
    return clean | {
        "COSOURCE_DATA_DIR": str(data_dir),
        "COSOURCE_DATABASE_URL": database_url,
        "COSOURCE_SECRETS_FILE": str(settings.SECRETS_FILE),
        "COSOURCE_LOG_LEVEL": "warning",
    }


def session_of(person: Person, port: int | None = None) -> dict[str, str]:
    """Sign somebody in without a page; return the cookie for a server on this port, or for one in this process."""
    session = SessionStore()
    session[SESSION_KEY] = str(person.pk)
    session[BACKEND_SESSION_KEY] = "allauth.account.auth_backends.AuthenticationBackend"
    session[HASH_SESSION_KEY] = person.get_session_auth_hash()
    session.save()
    name = settings.SESSION_COOKIE_NAME if port is None else f"cosource{port}-session"
    return {"name": name, "value": str(session.session_key)}


class Stream:
    """One open stream, read as a browser would."""

    def __init__(self, port: int, cookie: dict[str, str]) -> None:
        self.port, self.cookie = port, cookie
        self.status = 0
        self.closed_at = 0.0

    async def open(self) -> None:
        """Ask for the stream, and read its head."""
        self.reader, self.writer = await asyncio.open_connection("127.0.0.1", self.port)
        self.writer.write(
            f"GET /live/ HTTP/1.1\r\nHost: 127.0.0.1:{self.port}\r\nAccept: text/event-stream\r\n"
            f"Cookie: {self.cookie['name']}={self.cookie['value']}\r\n\r\n".encode()
        )
        head = await self.reader.readuntil(b"\r\n\r\n")
        self.status = int(head.split(b" ", 2)[1])
        self.head = head.decode().lower()

    async def pieces(self) -> AsyncIterator[str]:
        """Give what arrives, piece by piece, until the server ends it."""
        while size := int(await self.reader.readline() or b"0", 16):
            yield (await self.reader.readexactly(size + 2))[:-2].decode()
        self.closed_at = time.monotonic()

    async def events(self) -> AsyncIterator[dict[str, Any]]:
        """Give the events that arrive, each as it was told."""
        async for piece in self.pieces():
            if piece.startswith("data: "):
                yield json.loads(piece.removeprefix("data: "))

    async def close(self) -> None:
        """Go away as a browser does."""
        self.writer.close()
        with contextlib.suppress(OSError):
            await self.writer.wait_closed()
