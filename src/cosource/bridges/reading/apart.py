"""A foreign file read in a process of its own, beside the one that writes.

Reading takes as long as writing does, so on two cores the two together take little more than one. What goes wrong in a reader,
up to its end by force, stays outside the process that writes. Small files are read in place: a process takes longer to start.

Not here: what is read (`tickets`).
"""

import contextlib
import fcntl
import pickle
import subprocess
import sys
from collections.abc import Generator, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import BinaryIO

from cosource.bridges.reading.source import Limits
from cosource.bridges.reading.tickets import Survey, read_tickets
from cosource.bridges.rules.events import TicketReading
from cosource.bridges.rules.mapping import Mapping
from cosource.bridges.rules.problems import Problem, UnreadableSource

APART_FROM_ROWS = 5_000
_AT_ONCE = 32
_AHEAD_BYTES = 1024**2


class ReaderEnded(Exception):
    """The process that reads ended before the file did."""


@dataclass(frozen=True, slots=True)
class _Job:
    path: Path
    mapping: Mapping
    found: Survey
    spool_directory: Path
    limits: Limits


def read_apart(
    path: Path, mapping: Mapping, found: Survey, spool_directory: Path, limits: Limits
) -> Generator[TicketReading | Problem]:
    """Yield what `read_tickets` yields, read by another process where that pays.

    Raises: UnreadableSource; ReaderEnded.
    """
    if found.rows < APART_FROM_ROWS:
        yield from read_tickets(path, mapping, found, spool_directory, limits)
        return
    with subprocess.Popen(  # noqa: S603 - our own module in our own interpreter
        [sys.executable, "-c", f"from {__name__} import main; main()"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as reader:
        try:
            yield from _received(reader, _Job(path, mapping, found, spool_directory, limits))
        finally:
            reader.kill()


def _received(reader: "subprocess.Popen[bytes]", job: _Job) -> Iterator[TicketReading | Problem]:
    if reader.stdin is None or reader.stdout is None:
        raise ReaderEnded("The reader has no pipes.")
    with contextlib.suppress(AttributeError, OSError):
        # Room to read ahead while a batch is written; not every system lets a pipe grow.
        fcntl.fcntl(reader.stdout, fcntl.F_SETPIPE_SZ, _AHEAD_BYTES)
    pickle.dump(job, reader.stdin, pickle.HIGHEST_PROTOCOL)
    reader.stdin.flush()
    while True:
        try:
            items = pickle.load(reader.stdout)  # noqa: S301 - written by our own process, which has just been started
        except EOFError:
            raise ReaderEnded(f"The process that reads {job.path.name} ended too early.") from None
        if isinstance(items, _Unreadable):
            raise UnreadableSource(*items.problems)
        if not items:
            return
        yield from items


@dataclass(frozen=True, slots=True)
class _Unreadable:
    problems: tuple[Problem, ...]


def main() -> None:
    """Read the job from standard input and write what the file holds to standard output; an empty list ends it."""
    job: _Job = pickle.load(sys.stdin.buffer)  # noqa: S301 - written by the process that started this one
    out = sys.stdout.buffer
    items = read_tickets(job.path, job.mapping, job.found, job.spool_directory, job.limits)
    with contextlib.suppress(BrokenPipeError):
        _send(items, out)


def _send(items: Iterator[TicketReading | Problem], out: BinaryIO) -> None:
    try:
        while some := list(islice(items, _AT_ONCE)):
            pickle.dump(some, out, pickle.HIGHEST_PROTOCOL)
            out.flush()
        pickle.dump([], out)
    except UnreadableSource as unreadable:
        pickle.dump(_Unreadable(unreadable.problems), out)
    out.flush()
