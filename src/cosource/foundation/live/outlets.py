"""An answer that stays open, written as server-sent events.

The follower puts ids in from its thread; the event loop takes them out. What a slow browser has not taken yet is joined, so
that an outlet never holds more than one event.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Iterable
from uuid import UUID

# Where the front leaves an outlet for a view that wants its answer to stay open.
OUTLET = "cosource.outlet"
HEARTBEAT_SECONDS = 15.0
RETRY_MILLISECONDS = 2_000
# More ids than this say "look at everything again": the list is empty then.
MOST_IDS = 50


class Outlet:
    """One browser's stream. Made by the front for each request; `want` makes it the answer."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.loop = loop
        self.is_wanted = False
        self.is_closed = False
        self._news: dict[str, set[UUID] | None] = {}
        self._on_close: Callable[[], None] | None = None
        self._woken: asyncio.Future[None] | None = None

    def want(self, on_close: Callable[[], None]) -> None:
        """Keep the answer open. `on_close`: called once, by the event loop, when either side has ended it."""
        self._on_close = on_close
        self.is_wanted = True

    def refuse(self) -> None:
        """Let the answer be an ordinary one after all."""
        self._on_close, self.is_wanted = None, False

    def put(self, name: str, ids: Iterable[UUID]) -> None:
        """Add ids of one sort of thing to what the browser is told next. Called by the event loop."""
        waiting = self._news.setdefault(name, set())
        if waiting is not None:
            waiting.update(ids)
            if len(waiting) > MOST_IDS:
                self._news[name] = None
        self._wake()

    def close(self) -> None:
        """End the answer. Called by the event loop; a second time is harmless."""
        if not self.is_closed:
            self.is_closed = True
            self._wake()
            if self._on_close is not None:
                self._on_close()

    async def __aiter__(self) -> AsyncIterator[str]:
        """Give the stream's text piece by piece, until it is closed."""
        yield f"retry: {RETRY_MILLISECONDS}\n\n"
        while not self.is_closed:
            if not self._news and not await self._wait():
                yield ": still here\n\n"
            elif news := self.take():
                yield event_text(news)

    def take(self) -> dict[str, set[UUID] | None]:
        """Return what is to be told, by the name of its sort, and forget it; None for "look at all of them again"."""
        news, self._news = self._news, {}
        return {} if self.is_closed else news

    async def _wait(self) -> bool:
        """Wait for news or the end; tell whether there was any before it was time for a heartbeat."""
        self._woken = self.loop.create_future()
        timer = self.loop.call_later(HEARTBEAT_SECONDS, self._wake)
        await self._woken
        timer.cancel()
        return bool(self._news) or self.is_closed

    def _wake(self) -> None:
        if self._woken is not None and not self._woken.done():
            self._woken.set_result(None)


def event_text(news: dict[str, set[UUID] | None]) -> str:
    r"""Write one event. Ids are sorted, so that their order tells nothing.

    >>> event_text({"tickets": {UUID(int=2), UUID(int=1)}})
    'data: {"tickets":["00000000-0000-0000-0000-000000000001","00000000-0000-0000-0000-000000000002"]}\n\n'
    >>> event_text({"tickets": None})
    'data: {"tickets":[]}\n\n'
    """
    plain = {name: sorted(map(str, ids or ())) for name, ids in news.items()}
    return f"data: {json.dumps(plain, separators=(',', ':'))}\n\n"
