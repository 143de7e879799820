"""Django's SQLite, with writers that take turns.

SQLite lets one writer in and has the others look again after ever longer naps, up to a tenth of a second: with a dozen writers
nobody writes for nearly half of the time, and some wait very long. Here the writers of one process stand in a line, and only
the first of each line looks. This is about waiting alone: it is still SQLite that lets nobody in beside another. So whoever
has waited for as long as SQLite would have it goes on without a turn, and hears from SQLite that the database is locked.
"""

import fcntl
import os
import threading
import time
from typing import Any

from django.db.backends.sqlite3 import base

# A look costs some microseconds, a transaction takes some milliseconds.
_LOOK_AGAIN_SECONDS = 0.0003


class Turn:
    """A connection's place among the writers of one database file.

    `path`: an empty file beside the database; the process that writes holds a lock on it, which goes with the process.
    """

    _lines: dict[str, threading.Lock] = {}

    def __init__(self, path: str) -> None:
        self._path = path
        self._line = self._lines.setdefault(path, threading.Lock())
        self._file: int | None = None

    def take(self, seconds: float) -> None:
        """Wait for the turn, at most so long."""
        until = time.monotonic() + seconds
        if self._file is not None or not self._line.acquire(timeout=seconds):
            return
        try:
            self._file = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError:
            # A folder that cannot be written to: let the database say so.
            self._line.release()
            return
        while not self._is_mine() and time.monotonic() < until:
            time.sleep(_LOOK_AGAIN_SECONDS)

    def _is_mine(self) -> bool:
        assert self._file is not None  # noqa: S101 - who asks has opened it
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return False
        return True

    def leave(self) -> None:
        """Let the next one in; nothing happens without a turn."""
        if self._file is not None:
            file, self._file = self._file, None
            os.close(file)
            self._line.release()


class DatabaseWrapper(base.DatabaseWrapper):
    """A connection whose transactions begin when it is their turn."""

    _turn: Turn | None = None
    _patience_seconds = 5.0

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        """Open the file; a database in memory has one writer."""
        if not self.is_in_memory_db():
            self._turn = Turn(f"{self.settings_dict['NAME']}-turn")
            self._patience_seconds = conn_params.get("timeout", self._patience_seconds)
        return super().get_new_connection(conn_params)

    def _start_transaction_under_autocommit(self) -> None:
        if self._turn is not None:
            self._turn.take(self._patience_seconds)
        try:
            super()._start_transaction_under_autocommit()  # type: ignore[misc]  # the stubs lack it
        except BaseException:
            self._leave()
            raise

    def _commit(self) -> None:
        super()._commit()  # type: ignore[misc]  # the stubs lack it
        self._leave()

    def _rollback(self) -> None:
        try:
            super()._rollback()  # type: ignore[misc]  # the stubs lack it
        finally:
            self._leave()

    def _close(self) -> None:
        try:
            super()._close()  # type: ignore[misc]  # the stubs lack it
        finally:
            self._leave()

    def _leave(self) -> None:
        if self._turn is not None:
            self._turn.leave()
