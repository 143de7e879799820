"""The application that the web process serves: pages by the WSGI application in threads, streams by the event loop.

Every request goes to the WSGI application, whole and once; so a stream is opened behind the same sign-in, sessions and checks
as a page. A view that wants its answer to stay open takes the `Outlet` that it finds in the request's environ; its thread is
then free for others, and the event loop writes what comes.

Not here: what is told to whom (`foundation.live`), and the gateway's translation of a request (`gateway`).
"""

import asyncio
import contextlib
import multiprocessing
import os
import queue
import signal
import threading
import time
from collections.abc import Callable, Iterable
from http import HTTPStatus
from typing import Any

import structlog

from cosource.config import environment as env
from cosource.config.gateway import Scope, environ_of, long_body, pieces_of, short_body
from cosource.foundation.live.outlets import OUTLET, Outlet

# A browser that takes or gives nothing for so long holds a thread no longer.
STALLED_SECONDS = 30
# Requests under way are finished for so long after the process that watches this one is gone.
STOP_SECONDS = 10

log = structlog.get_logger(__name__)

type Wsgi = Callable[[dict[str, Any], Any], Iterable[bytes]]
type Pairs = list[tuple[str, str]]


class Front:
    """The RSGI application around a WSGI one. `threads`: how many requests are worked on at once."""

    def __init__(self, application: Wsgi, *, threads: int) -> None:
        self.application = application
        self.threads = threads
        self.waiting: queue.SimpleQueue[Callable[[], None]] = queue.SimpleQueue()
        self.open: set[Outlet] = set()

    def __rsgi_init__(self, loop: asyncio.AbstractEventLoop) -> None:
        """Start the threads, and let go of the streams as soon as the server is told to stop: it waits for them."""
        self.loop = loop
        for number in range(self.threads):
            threading.Thread(target=self._work, name=f"page-{number}", daemon=True).start()
        for sign in (signal.SIGINT, signal.SIGTERM):
            # Beside the server's own: the loop hears of a signal through its wake-up pipe, whoever handles it here.
            signal.signal(sign, lambda *_: loop.call_soon_threadsafe(self._close_all))

    async def __rsgi__(self, scope: Scope, proto: Any) -> None:
        """Answer one request."""
        if scope.proto != "http":
            proto.close(404)
            return
        environ = environ_of(scope)
        environ["wsgi.input"] = await short_body(environ, proto) or long_body(
            proto, self.loop, seconds=STALLED_SECONDS
        )
        environ[OUTLET] = outlet = Outlet(self.loop)
        answer = _Answer(self.application, environ, proto, self.loop)
        self.waiting.put(answer.give)
        await answer.is_given
        if answer.stays_open:
            await self._stream(outlet, proto, answer)
        else:
            outlet.close()

    async def _stream(self, outlet: Outlet, proto: Any, answer: "_Answer") -> None:
        gone = asyncio.ensure_future(proto.client_disconnect())
        gone.add_done_callback(lambda _: outlet.close())
        self.open.add(outlet)
        try:
            transport = proto.response_stream(answer.status, answer.headers)
            async for text in outlet:
                await transport.send_str(text)
        except RuntimeError:
            # The server's word for a browser that is no longer there.
            log.debug("live.gone")
        finally:
            self.open.discard(outlet)
            outlet.close()
            gone.cancel()

    def _close_all(self) -> None:
        for outlet in list(self.open):
            outlet.close()

    def _work(self) -> None:
        while True:
            self.waiting.get()()


class _Answer:
    """One request's way through the WSGI application, in a thread."""

    def __init__(
        self, application: Wsgi, environ: dict[str, Any], proto: Any, loop: asyncio.AbstractEventLoop
    ) -> None:
        self.application, self.environ, self.proto, self.loop = application, environ, proto, loop
        self.is_given: asyncio.Future[None] = loop.create_future()
        self.status = 500
        self.stays_open = False
        self.headers: Pairs = []

    def give(self) -> None:
        """Let the application answer. What it fails to say becomes a plain 500."""
        try:
            result = self.application(self.environ, self._start)
            try:
                # Whatever else stands around the view may have answered in its place.
                self.stays_open = self.environ[OUTLET].is_wanted and self.status == HTTPStatus.OK
                if not self.stays_open:
                    self._send(result)
            finally:
                if hasattr(result, "close"):
                    result.close()
        except Exception:  # a thread that ends would be one too few for all that follow
            log.exception("request.failed", path=self.environ["PATH_INFO"])
            # Where the answer has begun there is nothing more to say.
            with contextlib.suppress(RuntimeError):
                self.proto.response_str(500, [("content-type", "text/plain")], "Something went wrong.\n")
        finally:
            self.loop.call_soon_threadsafe(self.is_given.set_result, None)

    def _start(self, status: str, headers: Pairs, exc_info: object = None) -> None:
        self.status, self.headers = int(status[:3]), headers

    def _send(self, result: Iterable[bytes]) -> None:
        pieces = pieces_of(result)
        first, second = next(pieces, b""), next(pieces, None)
        if second is None:
            self.proto.response_bytes(self.status, self.headers, first)
            return
        transport = self.proto.response_stream(self.status, self.headers)

        async def send(piece: bytes) -> None:
            await transport.send_bytes(piece)

        self._wait_for(send(first))
        self._wait_for(send(second))
        for piece in pieces:
            self._wait_for(send(piece))

    def _wait_for(self, sending: Any) -> None:
        asyncio.run_coroutine_threadsafe(sending, self.loop).result(STALLED_SECONDS)


def front() -> Front:
    """Return the application as the installation's settings have it."""
    # Sets Django up, which only the serving process needs.
    from cosource.config.wsgi import application
    from cosource.foundation.services.timekeeping import agree_loop

    _stop_with_watcher()
    threading.Thread(target=agree_loop, name="clock", daemon=True).start()
    return Front(application, threads=env.THREADS.read(os.environ))


def _stop_with_watcher() -> None:
    """End with the process that watches this one, however it went: the address must be free for its successor."""
    watcher = multiprocessing.parent_process()
    if watcher is None:
        return

    def watch() -> None:
        watcher.join()
        # One that comes while the server is still getting ready is heard by nobody.
        for _ in range(STOP_SECONDS):
            os.kill(os.getpid(), signal.SIGTERM)
            time.sleep(1)
        os._exit(1)

    threading.Thread(target=watch, name="watcher", daemon=True).start()
