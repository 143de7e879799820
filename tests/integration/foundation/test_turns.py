"""Writers of the embedded database take turns: each gets in, and none is kept out by one that hangs, fails or dies."""

import os
import signal
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from django.db import OperationalError
from django.db.utils import ConnectionHandler

from cosource.config.addresses import database_of
from cosource.foundation.sqlite.base import Turn

HOLDS = """
import sys, time
from cosource.foundation.sqlite.base import Turn
Turn(sys.argv[1]).take(1)
print("mine", flush=True)
time.sleep(600)
"""


@pytest.fixture
def place(tmp_path: Path, django_db_blocker: Any) -> Iterator[Path]:
    place = tmp_path / "cosource.db"
    with sqlite3.connect(place) as first:
        # As every installation's file is since its first start; whoever opens it meanwhile is refused at once.
        first.execute("PRAGMA journal_mode=WAL")
        first.execute("CREATE TABLE written (writer INTEGER)")
    with django_db_blocker.unblock():
        yield place


@contextmanager
def connection_to(place: Path, patience: float = 30) -> Iterator[Any]:
    given = database_of(f"sqlite:///{place}")
    given["OPTIONS"]["timeout"] = patience
    connection: Any = ConnectionHandler({"default": given})["default"]
    try:
        yield connection
    finally:
        connection.close()


def begin(connection: Any) -> None:
    connection.ensure_connection()
    connection.set_autocommit(False, force_begin_transaction_with_broken_autocommit=True)


def written(place: Path) -> int:
    with sqlite3.connect(place) as reader:
        return int(reader.execute("SELECT count(*) FROM written").fetchone()[0])


def test_every_writer_gets_in_though_none_waits_for_the_database(place: Path):
    everybody = threading.Barrier(6)

    def write(writer: int) -> None:
        # With a patience of nothing, SQLite itself refuses whoever comes while another writes.
        with connection_to(place) as connection:
            connection.ensure_connection()
            connection.connection.execute("PRAGMA busy_timeout=0")
            everybody.wait()
            for _ in range(20):
                begin(connection)
                connection.cursor().execute("INSERT INTO written VALUES (%s)", [writer])
                connection.commit()
                connection.set_autocommit(True)
            everybody.wait()

    writers = [threading.Thread(target=write, args=(n,)) for n in range(6)]
    for one in writers:
        one.start()
    for one in writers:
        one.join()

    assert written(place) == 120


@pytest.mark.parametrize("end", ["commit", "rollback", "close"])
def test_a_turn_ends_with_its_transaction(place: Path, end: str):
    with connection_to(place) as one, connection_to(place, patience=0) as other:
        begin(one)
        with pytest.raises(OperationalError, match="locked"):
            begin(other)
        getattr(one, end)()

        begin(other)
        other.commit()


def test_a_transaction_that_cannot_begin_leaves_its_turn(place: Path):
    with connection_to(place, patience=0) as refused, connection_to(place) as next_one:
        with sqlite3.connect(place, isolation_level=None) as stranger:
            stranger.execute("BEGIN IMMEDIATE")
            with pytest.raises(OperationalError, match="locked"):
                begin(refused)
            stranger.execute("ROLLBACK")

        begin(next_one)
        next_one.commit()


def test_a_turn_goes_with_the_process_that_had_it(place: Path):
    path = f"{place}-turn"
    with subprocess.Popen([sys.executable, "-c", HOLDS, path], stdout=subprocess.PIPE) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"mine\n"
        waiting = Turn(path)
        waiting.take(0)
        assert not waiting._is_mine()
        waiting.leave()
        os.kill(holder.pid, signal.SIGKILL)

    after = Turn(path)
    after.take(0)
    assert after._is_mine()
    after.leave()


def test_a_folder_that_takes_no_file_refuses_nobody_a_turn(tmp_path: Path):
    turn = Turn(str(tmp_path / "none" / "cosource.db-turn"))

    turn.take(0)
    turn.leave()
    turn.take(0)
