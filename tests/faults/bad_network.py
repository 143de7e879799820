"""A network that fails between two programs on this machine: a relay that delays, cuts, swallows or loses what passes."""

import asyncio
import random
import socket
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

# Sent with a close it makes the other side see a reset, not an end.
_RESET = struct.pack("ii", 1, 0)
PIECE = 64 * 1024


class Relay:
    """Passes connections on to a port of this machine, as its attributes say; they may change while it runs.

    `seconds`: what each piece is late by. `cut_share`: of the pieces, at which the connection is reset. `refuses`: new
    connections are reset at once. `is_silent`: they are taken, and nothing passes in either direction.
    """

    def __init__(self, to_port: int) -> None:
        self.to_port = to_port
        self.seconds = self.cut_share = 0.0
        self.refuses = self.is_silent = False
        self.cuts = self.taken = 0
        self._noise = random.Random(7)
        self._writers: set[asyncio.StreamWriter] = set()

    async def listen(self) -> None:
        """Take connections at `port` from here on."""
        self._server = await asyncio.start_server(self._take, "127.0.0.1", 0)
        self.port = int(self._server.sockets[0].getsockname()[1])

    async def _take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.taken += 1
        if self.refuses:
            self._reset(writer)
            return
        try:
            there, back = await asyncio.open_connection("127.0.0.1", self.to_port)
        except OSError:
            self._reset(writer)
            return
        self._writers |= {writer, back}
        await asyncio.gather(self._pass(reader, back, writer), self._pass(there, writer, back))
        self._writers -= {writer, back}

    async def _pass(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, other: asyncio.StreamWriter
    ) -> None:
        with suppress(OSError):
            while piece := await reader.read(PIECE):
                while self.is_silent:  # noqa: ASYNC110 - set from another thread
                    await asyncio.sleep(0.05)
                await asyncio.sleep(self.seconds)
                if self._noise.random() < self.cut_share:
                    self._reset(writer)
                    self._reset(other)
                    return
                writer.write(piece)
                await writer.drain()
        writer.close()

    def _reset(self, writer: asyncio.StreamWriter) -> None:
        self.cuts += 1
        with suppress(OSError):
            writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
        writer.transport.abort()

    def close(self) -> None:
        self._server.close()
        for writer in self._writers:
            writer.transport.abort()


@contextmanager
def relay(to_port: int) -> Iterator[Relay]:
    """Run a relay to a port of this machine in a thread of its own."""
    loop = asyncio.new_event_loop()
    made = Relay(to_port)
    loop.run_until_complete(made.listen())
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    try:
        yield made
    finally:
        made.is_silent = False
        loop.call_soon_threadsafe(made.close)
        asyncio.run_coroutine_threadsafe(_cancel_all(), loop).result(10)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)
        loop.close()


async def _cancel_all() -> None:
    tasks = asyncio.all_tasks() - {asyncio.current_task()}
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
