"""The facts keep up with the ledger, equal those gathered anew, and mend themselves."""

import json
import os
import resource
import shutil
import signal
from datetime import timedelta

import pytest
from tests.integration.metrics.conftest import move, refresh, reply, rows_of_facts

from cosource.foundation.services.leases import lease_claim
from cosource.foundation.services.sealing import seal_all
from cosource.metrics.queries.engine import Facts, NoFacts
from cosource.metrics.queries.manifest import Store
from cosource.metrics.services.gathering import facts_rebuild, facts_refresh
from cosource.metrics.services.writing import Superseded, Writer

pytestmark = pytest.mark.req("X1", "C16")


def play(desk):
    """Tickets in every situation: with partners, back again, waiting, resolved, reopened."""
    first = desk.open(service_id=desk.world.services["c1.printing"].id)
    desk.give(first, "p1.alder", "c1.ct", "p1.pt")
    reply(desk, first, "p1.pt", ["c1"])
    desk.give(first, "c1.desk", "p1.pt", "c1.ct", reason="done_here")
    desk.give(first, "p1.alder", "c1.ct", "p1.pt")
    second = desk.open()
    desk.give(second, "p2.noc", "c1.ct", "p2.pt")
    third = desk.open(internal=True)
    move(desk, third, "in_progress", "c1.ct")
    move(desk, third, "resolved", "c1.ct", text="Done.")
    return first, second, third


def test_what_is_gathered_bit_by_bit_equals_what_is_gathered_anew(agreed):
    desk = agreed
    assert refresh(desk).rebuilt == "there was none"
    first, second, third = play(desk)
    move(desk, second, "waiting_client", "p2.pt", reason="requester_answer", text="Which one?")
    assert refresh(desk, checked=True).tickets == 3
    move(desk, third, "in_progress", "c1.ct", text="Not yet.")
    move(desk, third, "resolved", "c1.ct", text="Now.")
    move(desk, first, "resolved", "p1.pt", text="Toner.")
    assert refresh(desk, checked=True).tickets == 2
    assert refresh(desk, checked=True).tickets == 0
    step_by_step = rows_of_facts()
    reopened = [dict(r)["reopenings"] for r in step_by_step["tickets"] if dict(r)["ticket"] == third.id]
    assert reopened == [1]
    assert Store().read().delta is not None
    facts_rebuild()
    assert Store().read().delta is None
    assert rows_of_facts() == step_by_step
    assert all(step_by_step[name] for name in ("tickets", "holdings", "waits", "clocks"))


def test_a_delta_that_grew_becomes_part_of_a_new_generation(desk):
    refresh(desk)
    play(desk)
    refresh(desk, fold_tickets=1)
    assert Store().read().delta is None
    merged = rows_of_facts()
    facts_rebuild()
    assert rows_of_facts() == merged
    assert len(merged["tickets"]) == 5


def test_facts_name_no_more_than_both_parties_of_a_desk_may_know(desk):
    ticket, *_ = play(desk)
    desk.give(ticket, "c1.desk", "p1.pt", "c1.ct", reason="done_here")
    desk.give(ticket, "p2.noc", "c1.ct", "p2.pt")
    refresh(desk)
    of_p1 = [
        dict(row)
        for rows in rows_of_facts().values()
        for row in rows
        if dict(row)["desk"] == desk.world.engagements["c1p1"].id
    ]
    strangers = {desk.org("p2"), desk.world.teams["p2.noc"].id, desk.world.engagements["c1p2"].id}
    assert of_p1
    assert not strangers & {value for row in of_p1 for value in row.values()}


def _no_manifest(store):
    store.manifest_path.unlink()


def _half_a_manifest(store):
    text = store.manifest_path.read_text()
    store.manifest_path.write_text(text[: len(text) // 2])


def _a_manifest_of_another_time(store):
    said = json.loads(store.manifest_path.read_text())
    store.manifest_path.write_text(json.dumps(said | {"format": 999}))


def _half_a_file(store):
    path = store.file(store.read().generation, "tickets")
    path.write_bytes(path.read_bytes()[:-20])


def _a_changed_file(store):
    path = store.file(store.read().generation, "holdings")
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(bytes(content))


def _no_generation(store):
    shutil.rmtree(store.folder / store.read().generation.folder)


def _no_delta(store):
    shutil.rmtree(store.folder / store.read().delta.folder)


def _another_history(store):
    said = json.loads(store.manifest_path.read_text())
    stream = next(s for s, (place, _) in said["cursors"].items() if place)
    said["cursors"][stream][1] = "0" * 64
    store.manifest_path.write_text(json.dumps(said))


@pytest.mark.parametrize(
    ("harm", "reason"),
    [
        (_no_manifest, "there was none"),
        (_half_a_manifest, "there is no store that this version can read"),
        (_a_manifest_of_another_time, "there is no store that this version can read"),
        (_half_a_file, "tickets.parquet is damaged"),
        (_a_changed_file, "holdings.parquet is damaged"),
        (_no_generation, "a file of it is gone"),
        (_no_delta, "a file of it is gone"),
        (_another_history, "the ledger has another history"),
    ],
)
def test_a_store_that_is_lost_or_damaged_is_gathered_anew(desk, harm, reason):
    refresh(desk)
    play(desk)
    refresh(desk, checked=True)
    before = rows_of_facts()
    harm(Store())
    done = refresh(desk)
    assert done.rebuilt.endswith(reason)
    assert rows_of_facts() == before
    assert refresh(desk).rebuilt == ""


def test_readers_say_so_while_there_is_nothing_to_read(desk):
    with pytest.raises(NoFacts):
        Facts()
    refresh(desk)
    _no_generation(Store())
    with pytest.raises(NoFacts):
        Facts()
    refresh(desk)
    facts = Facts()
    _half_a_file(Store())
    with pytest.raises(NoFacts):
        facts.ask(f"SELECT * FROM {facts.table('tickets')}")


def test_one_gathers_while_the_other_waits(desk):
    assert refresh(desk, holder="one") is not None
    assert refresh(desk, holder="two") is None
    desk.tick(10)
    assert refresh(desk, holder="two") is not None
    assert refresh(desk, holder="one") is None


def test_who_comes_late_changes_nothing(desk):
    refresh(desk, holder="one")
    early = lease_claim(name="facts", holder="one", at=desk.now, seconds=60)
    desk.tick(10)
    play(desk)
    refresh(desk, holder="two")
    present = Store().manifest_path.read_text()
    with pytest.raises(Superseded):
        facts_rebuild(Writer(Store(), early))
    assert Store().manifest_path.read_text() == present
    assert not list(Store().folder.glob("manifest.json.*"))


def test_the_lease_is_renewed_while_large_files_are_written(desk):
    """Another worker who comes when it would have ended begins nothing; who lost it stops before the end."""
    refresh(desk)
    play(desk)
    seal_all()
    met = []

    def slowly():
        """Each look at the clock is 20 seconds later than the one before; the lease is for 30."""
        at = desk.now = desk.now + timedelta(seconds=20)
        if met:
            met.append(facts_refresh(holder="two", clock=lambda: at, checked=True))
        else:
            met.append("nobody has it yet")
        return at

    assert facts_refresh(holder="one", clock=slowly, checked=True).tickets == 3
    assert (len(met), set(met[1:])) == (8, {None})
    lost = Writer(Store(), 99, lambda: None)
    with pytest.raises(Superseded):
        facts_rebuild(lost)
    assert not list(Store().folder.glob("draft-*"))


def test_a_full_disk_leaves_what_was_there(desk):
    refresh(desk)
    play(desk)
    before, present = rows_of_facts(), Store().manifest_path.read_text()
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    previous = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1_000, hard))
    try:
        with pytest.raises(OSError, match="File too large"):
            facts_rebuild()
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        signal.signal(signal.SIGXFSZ, previous)
    assert Store().manifest_path.read_text() == present
    assert rows_of_facts() == before
    assert not list(Store().folder.glob("draft-*"))
    assert refresh(desk).tickets == 3


def test_without_room_for_what_is_put_aside_gathering_is_refused_as_by_a_full_disk(desk):
    """The engine puts aside what does not fit into its memory; that needs room too."""
    refresh(desk)
    present = Store().manifest_path.read_text()

    def gather():
        with Writer(Store(), 99).generation() as making:
            making.engine.execute("SET max_temp_directory_size = '0KB'")
            making.engine.execute("SET memory_limit = '4MB'")
            making.engine.execute("CREATE TEMP TABLE much AS SELECT uuid() AS id FROM range(1000000)")

    with pytest.raises(OSError, match=r"max_temp_directory_size|memory"):
        gather()
    assert Store().manifest_path.read_text() == present
    assert not list(Store().folder.glob("draft-*"))


def test_whoever_reads_comes_to_an_end_in_what_they_opened(desk):
    """However long what they opened had been in force before it was replaced."""
    refresh(desk)
    play(desk)
    refresh(desk)
    opened = Facts()
    for part in opened.manifest.parts:
        os.utime(Store().folder / part.folder, (0, 0))
    sql = f"SELECT count(*) AS n FROM {opened.table('tickets')}"
    before = opened.ask(sql)
    desk.open()
    refresh(desk)
    facts_rebuild()
    assert opened.ask(sql) == before
    assert Facts().ask(f"SELECT count(*) AS n FROM {Facts().table('tickets')}")[0]["n"] == before[0]["n"] + 1


def test_old_parts_go_once_nobody_reads_them(desk):
    refresh(desk)
    store = Store()
    (store.folder / "g-0000").mkdir()
    (store.folder / "draft-g-0001").mkdir()
    for name in ("g-0000", "draft-g-0001"):
        os.utime(store.folder / name, (0, 0))
    kept = store.read().generation.folder
    facts_rebuild()
    names = {folder.name for folder in store.folder.iterdir() if folder.is_dir()} - {"spill"}
    assert names == {kept, store.read().generation.folder}
    assert Writer(store, 99).fence == 99
