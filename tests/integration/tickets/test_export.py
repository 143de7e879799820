"""An export holds all that its reader may read of their organization's record, and nothing of what is out of their sight."""

import csv
import json
import random
from pathlib import Path
from typing import Any

import pytest
from defusedxml import ElementTree
from tests.integration.tickets.conftest import Desk

from cosource.foundation.errors import Conflict, NotAllowed
from cosource.foundation.ledger_sight import ledger_sight
from cosource.foundation.models import AccessLog, Entry, Seal
from cosource.foundation.queries.verification import verify
from cosource.foundation.rules.canonical import payload_digest
from cosource.foundation.services.exporting import export_make
from cosource.foundation.services.sealing import seal_all
from cosource.parties.models import Organization
from cosource.tickets.models import Participation
from cosource.tickets.services.conversation import ticket_reply

pytestmark = pytest.mark.django_db(transaction=True)

READERS = ("c1.cso", "c2.cso", "p2.pm", "p3.pm")


def write(desk: Desk, ticket: Any, by: str, to: list[str], text: str) -> None:
    ticket_reply(
        ticket_id=ticket.id,
        text=text,
        party_ids=[desk.org(key) for key in to],
        with_requester=False,
        actor=desk.actor(by),
        at=desk.tick(),
    )


@pytest.fixture
def busy(desk: Desk) -> Desk:
    """Two clients at work with their partners, each with words of its own."""
    for client, partner, team in (("c1", "p2", "p2.noc"), ("c2", "p3", "p3.print")):
        ticket = desk.open(by=f"{client}.ct", title=f"=SUM(1) by {client}", text=f"Described by {client}.")
        write(desk, ticket, f"{client}.ct", [], f"Note of {client} to itself.")
        desk.give(ticket, team, f"{client}.ct", f"{partner}.pt")
        write(desk, ticket, f"{partner}.pt", [client], f"Shared by {partner} with {client}.")
        write(desk, ticket, f"{partner}.pt", [], f"Note of {partner} to itself.")
        desk.open(by=f"{client}.ct", title=f"Own matter of {client}", text="Never shared.")
    seal_all()
    return desk


def taken(desk: Desk, reader: str, folder: Path) -> dict[str, bytes]:
    export_make(folder=folder, actor=desk.actor(reader), at=desk.now)
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def lines(content: bytes) -> list[dict[str, Any]]:
    return [json.loads(line) for line in content.splitlines()]


@pytest.mark.parametrize("reader", READERS)
def test_it_is_what_the_reader_may_read_and_nothing_else(busy: Desk, tmp_path: Path, reader: str) -> None:
    files = taken(busy, reader, tmp_path / "out")
    actor, everything = busy.actor(reader), b"".join(files.values()).decode()
    own = reader.partition(".")[0]
    other = {"c1": "p2", "p2": "c1", "c2": "p3", "p3": "c2"}[own]
    strangers = {"c1", "c2", "p1", "p2", "p3"} - {own, other}

    assert {t["ticket_id"] for t in lines(files["tickets.jsonl"])} == {
        str(i) for i in Participation.objects.visible_to(actor).values_list("ticket_id", flat=True)
    }
    streams = [stream.id for stream in ledger_sight().streams(actor)]
    entries = lines(files["entries.jsonl"])
    assert {e["id"] for e in entries} == {
        str(i) for i in Seal.objects.filter(stream_id__in=streams).values_list("entry_id", flat=True)
    }
    assert f"Note of {own} to itself." in everything
    assert f"Note of {other} to itself." not in everything
    partner = own if own.startswith("p") else other
    assert f"Shared by {partner} with" in everything
    known = set(Organization.objects.visible_to(actor).values_list("id", flat=True))
    assert busy.org("c2") not in known or own in {"c2", "p3"}
    for stranger in strangers:
        assert f"of {stranger} to itself" not in everything
        assert f"by {stranger}" not in everything
        if busy.org(stranger) not in known:
            assert busy.world.organizations[stranger].name not in everything
            assert str(busy.org(stranger)) not in everything
            assert busy.org(stranger).hex not in everything
    assert (f"Own matter of {other}" in everything) is False
    # What was taken out can be checked by whoever has it.
    for entry in entries:
        if entry["payload"] is not None:
            assert payload_digest(entry["salt"], entry["payload"]) == entry["payload_digest"]
    assert verify(busy.org(own), json.loads(files["heads.json"])).findings == []
    manifest = json.loads(files["manifest.json"])
    assert {n: r["rows"] for n, r in manifest["records"].items()} == {
        name.removesuffix(".jsonl"): len(lines(content))
        for name, content in files.items()
        if name.endswith(".jsonl")
    }


@pytest.mark.threat("S19")
def test_what_strangers_do_changes_not_a_byte(busy: Desk, tmp_path: Path) -> None:
    """Whatever happens between the second client and its partner, the first ones' exports stay as they are."""
    chance, now = random.Random(7), busy.now
    before = {reader: taken(busy, reader, tmp_path / f"before {reader}") for reader in ("c1.cso", "p2.pm")}
    for number in range(4):
        ticket = busy.open(by="c2.ct", title=f"Stranger {number}")
        if chance.random() < 0.7:
            busy.give(ticket, "p3.print", "c2.ct", "p3.pt")
            write(busy, ticket, "p3.pt", ["c2"], "Strange words.")
    seal_all()
    busy.now = now
    for reader, files in before.items():
        assert taken(busy, reader, tmp_path / f"after {reader}") == files


@pytest.mark.threat("S13")
def test_tables_and_event_log_can_be_read(busy: Desk, tmp_path: Path) -> None:
    files = taken(busy, "c1.cso", tmp_path / "out")
    rows = list(csv.DictReader(files["tickets.csv"].decode().splitlines()))
    assert sorted(row["title"] for row in rows) == ["'=SUM(1) by c1", "Own matter of c1"]
    events = list(csv.DictReader(files["events.csv"].decode().splitlines()))
    assert {e["reference"] for e in events} == {row["reference"] for row in rows}
    log = ElementTree.fromstring(files["events.xes"])
    space = "{http://www.xes-standard.org/}"
    assert len(log.findall(f"{space}trace")) == 2
    assert len(log.findall(f"{space}trace/{space}event")) == len(events)
    readable = Entry.objects.filter(
        subject_kind="ticket", audience__readers__organization_id=busy.org("c1")
    ).distinct()
    assert len(events) == readable.count()


def test_who_reads_no_whole_record_takes_none_out(busy: Desk, tmp_path: Path) -> None:
    with pytest.raises(NotAllowed):
        export_make(folder=tmp_path / "out", actor=busy.actor("c1.ct"), at=busy.now)
    assert not (tmp_path / "out").exists()
    assert not AccessLog.objects.filter(object_kind="export").exists()
    taken(busy, "c1.cso", tmp_path / "out")
    assert AccessLog.objects.get(object_kind="export").owner_organization_id == busy.org("c1")
    with pytest.raises(Conflict, match="is there already"):
        taken(busy, "c1.cso", tmp_path / "out")
