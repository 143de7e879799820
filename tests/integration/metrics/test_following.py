"""The worker keeps the facts up, outlives what goes wrong, and lets go when it stops."""

import threading
import time
from datetime import timedelta

import duckdb
import pytest
import time_machine
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext

from cosource.foundation import clock, duework
from cosource.foundation.models import Stream
from cosource.foundation.queries.checks import work_state
from cosource.foundation.services.leases import heartbeat
from cosource.foundation.services.sealing import seal_all
from cosource.metrics.jobs.following import Following
from cosource.metrics.queries.engine import Facts
from cosource.metrics.queries.manifest import Store
from cosource.metrics.services.gathering import _hashes, facts_rebuild, facts_refresh, facts_release

pytestmark = pytest.mark.req("C16")


def tickets() -> int:
    facts = Facts()
    return facts.ask(f"SELECT count(*) AS n FROM {facts.table('tickets')}")[0]["n"]


def test_a_worker_follows_and_lets_go(desk, monkeypatch):
    stop, following, seen = threading.Event(), Following(behind_seconds=0), []

    def step(holder, at):
        if not seen:
            seen.append("trouble")
            raise RuntimeError("the disk is full, say")
        following(holder, at)
        seen.append(tickets())
        if len(seen) < 4:
            desk.open()
            seal_all()
        else:
            stop.set()
        return True

    monkeypatch.setitem(
        duework._upkeep, "facts", (0.001, step, lambda holder, at: facts_release(holder=holder, at=at))
    )
    duework.upkeep_loop(stop, "one", "facts")
    assert seen == ["trouble", 0, 1, 2]
    assert facts_refresh(holder="two", clock=clock.now) is not None


def test_figures_that_fall_behind_are_late_for_whoever_watches(desk, settings, tmp_path):
    """Where the facts cannot be written the sign stays away, and health and doctor name it once it is overdue."""

    def told(minutes):
        with time_machine.travel(clock.now() + timedelta(minutes=minutes), tick=False):
            return Client().get("/healthz").json()["late"], work_state(clock.now()).late_beats

    Following()("one", clock.now())
    assert told(9) == ([], ())
    assert told(11) == (["figures"], ("figures",))
    heartbeat("figures", at=clock.now(), seconds=-60)
    settings.FACTS_DIR = tmp_path / "no folder"
    settings.FACTS_DIR.write_text("")
    with pytest.raises(OSError, match="no folder"):
        Following()("one", clock.now())
    assert told(0) == (["figures"], ("figures",))


def test_a_worker_goes_on_after_somebody_gathered_all_anew(desk):
    following = Following(behind_seconds=0)
    following("one", clock.now())
    facts_rebuild()
    desk.open()
    seal_all()
    rounds = [following("one", clock.now()) for _ in range(3)]
    assert (rounds, tickets()) == ([True, False, False], 1)


def test_a_worker_is_ready_before_there_is_anything_to_gather(desk, monkeypatch):
    """Its first look loads the engine and folds, though nothing is new: the first entry does not wait for that."""
    facts_rebuild()
    present, opened, connect = Store().manifest_path.read_text(), [], duckdb.connect
    monkeypatch.setattr(duckdb, "connect", lambda **how: opened.append(connect(**how)) or opened[-1])
    following = Following()
    looked = []
    for _ in range(2):
        following("one", clock.now())
        looked.append(len(opened))
    assert looked == [1, 1]
    assert Store().manifest_path.read_text() == present


def test_a_worker_rests_between_and_is_a_second_behind_at_most(desk):
    following = Following()
    following("one", clock.now())
    desk.open()
    seal_all()
    following("one", clock.now())
    desk.open()
    seal_all()
    sealed, calls = time.monotonic(), 0
    while tickets() < 2:
        calls += 1
        following("one", clock.now())
        time.sleep(0.02)
    # What was gathered before it counts as well; the machine may be busy.
    assert calls > 1
    assert time.monotonic() - sealed < 30


def test_where_streams_stood_is_asked_of_an_index(desk):
    desk.open()
    seal_all()
    with CaptureQueriesContext(connection) as asked:
        assert len(_hashes([(stream, 1) for stream in Stream.objects.values_list("id", flat=True)])) > 0
    with transaction.atomic(), connection.cursor() as cursor:
        explain = "EXPLAIN QUERY PLAN" if connection.vendor == "sqlite" else "EXPLAIN"
        if connection.vendor == "postgresql":
            # A table as small as this one is read whole unless asked not to; asked so for this transaction alone.
            cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute(f"{explain} {asked[-1]['sql']}")
        plan = "\n".join(str(row) for row in cursor.fetchall())
    assert "SCAN foundation_seal" not in plan
    assert "Seq Scan" not in plan


def test_the_facts_are_among_what_workers_look_after():
    every_seconds, _, _ = duework._upkeep["facts"]
    assert every_seconds < 1
