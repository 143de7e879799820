"""Translates between the server's form of a request and answer (RSGI) and Django's (WSGI).

Not here: threads, and who waits for whom (`front`).
"""

import asyncio
import io
import sys
from collections.abc import Iterable, Iterator
from typing import Any, Protocol

# A body of up to this size is read before a thread begins; a longer one is read by the thread as it comes.
SHORT_BODY = 64 * 1024
# A longer answer leaves in pieces of this size, so that no file is held in memory as a whole.
PIECE = 128 * 1024

_BASE = {
    "SCRIPT_NAME": "",
    "SERVER_SOFTWARE": "Cosource",
    "wsgi.version": (1, 0),
    "wsgi.errors": sys.stderr,
    "wsgi.multithread": True,
    "wsgi.multiprocess": False,
    "wsgi.run_once": False,
}


class Scope(Protocol):
    """What the server says of a request."""

    proto: str
    http_version: str
    server: str
    client: str
    scheme: str
    method: str
    path: str
    query_string: str
    authority: str | None
    headers: Any


def environ_of(scope: Scope) -> dict[str, Any]:
    """Return the WSGI environ of a request, without its body.

    A header whose name has an underscore is left out: it could not be told from one with a dash, which proxies check.
    """
    host, _, port = scope.server.rpartition(":")
    environ: dict[str, Any] = {
        **_BASE,
        "REQUEST_METHOD": scope.method,
        # WSGI wants the bytes of the path, each as one character.
        "PATH_INFO": scope.path.encode().decode("latin-1"),
        "QUERY_STRING": scope.query_string,
        "SERVER_NAME": host.strip("[]"),
        "SERVER_PORT": port,
        "SERVER_PROTOCOL": f"HTTP/{scope.http_version}",
        "REMOTE_ADDR": scope.client.rpartition(":")[0].strip("[]"),
        "wsgi.url_scheme": scope.scheme,
    }
    if scope.authority:
        environ["HTTP_HOST"] = scope.authority
    for name, value in scope.headers.items():
        if "_" in name:
            continue
        key = name.upper().replace("-", "_")
        if key not in ("CONTENT_TYPE", "CONTENT_LENGTH"):
            key = f"HTTP_{key}"
        if key in environ and key != "HTTP_HOST":
            environ[key] += (";" if key == "HTTP_COOKIE" else ",") + value
        else:
            environ[key] = value
    return environ


async def short_body(environ: dict[str, Any], proto: Any) -> io.BytesIO | None:
    """Return a body of at most `SHORT_BODY` bytes, read; None for a longer one. Django reads none without a stated length."""
    stated = environ.get("CONTENT_LENGTH", "0")
    if not stated.isdecimal() or stated == "0":
        return io.BytesIO()
    return io.BytesIO(await proto()) if int(stated) <= SHORT_BODY else None


def long_body(proto: Any, loop: asyncio.AbstractEventLoop, *, seconds: float) -> io.BufferedReader:
    """Return a body that a thread reads as it comes. A read raises TimeoutError after `seconds` without a byte."""
    return io.BufferedReader(_Arriving(proto, loop, seconds), SHORT_BODY)


class _Arriving(io.RawIOBase):
    def __init__(self, proto: Any, loop: asyncio.AbstractEventLoop, seconds: float) -> None:
        self.parts, self.loop, self.seconds = aiter(proto), loop, seconds
        self.rest = b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        if not self.rest:
            self.rest = asyncio.run_coroutine_threadsafe(self._next(), self.loop).result(self.seconds)
        count = min(len(buffer), len(self.rest))
        buffer[:count], self.rest = self.rest[:count], self.rest[count:]
        return count

    async def _next(self) -> bytes:
        async for part in self.parts:
            if part:
                return bytes(part)
        return b""


def pieces_of(result: Iterable[bytes]) -> Iterator[bytes]:
    """Join what an application gives bit by bit into pieces worth sending.

    >>> [len(piece) for piece in pieces_of([b"x" * 100_000] * 3)]
    [200000, 100000]
    """
    held, size = [], 0
    for part in result:
        held.append(part)
        size += len(part)
        if size >= PIECE:
            yield b"".join(held)
            held, size = [], 0
    if held:
        yield b"".join(held)
