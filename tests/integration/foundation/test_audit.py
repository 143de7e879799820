"""The audit pages: who goes through which record, what an entry shows, erasing, checking, the heads."""

import io
import json
from datetime import timedelta
from uuid import uuid4

import pytest
import time_machine
from django.contrib.sessions.models import Session
from django.core.cache import caches
from django.test import Client
from tests.worlds import World
from typer.testing import CliRunner

from cosource.config.cli import app as command_line
from cosource.foundation import clock
from cosource.foundation.duework import worker_name
from cosource.foundation.errors import NotAllowed, NotFound
from cosource.foundation.ids import NIL
from cosource.foundation.models import AccessLog, DueWork, Entry, Payload, ReplayedRequest, Seal
from cosource.foundation.queries import ledger as ledger_queries
from cosource.foundation.queries.ledger import entry_list
from cosource.foundation.queries.verification import heads_of, verify
from cosource.foundation.services.duework import work_next
from cosource.foundation.services.erasure import payload_erase
from cosource.foundation.services.schedules import Scheduler
from cosource.foundation.services.sealing import seal_all

NOW = "2026-03-02T09:00:00Z"


@pytest.fixture(autouse=True)
def _at_nine(world):
    with time_machine.travel(NOW, tick=False):
        seal_all()
        yield


def reader(world: World, key: str) -> Client:
    client = Client(headers={"host": "localhost"})
    client.force_login(world.person(key), backend="allauth.account.auth_backends.AuthenticationBackend")
    return client


def entry_of(kind: str, stream_id=None) -> Entry:
    found = Entry.objects.filter(kind=kind).order_by("id")
    if stream_id is not None:
        found = found.filter(seals__stream_id=stream_id)
    return found[0]


@pytest.mark.req("X1")
def test_each_party_goes_through_its_own_records_only(world):
    shown = {
        key: [s.label for s in ledger_queries.readable_streams(world.actor(key))]
        for key in ("c1.cso", "c1.aud", "p1.pm", "p2.pm")
    }
    assert (
        shown["c1.cso"]
        == shown["c1.aud"]
        == [
            "Alder Hospitals",
            "Alder Hospitals – Dogwood Networks: Networks",
            "Alder Hospitals – Cedar Desk: Workplace",
        ]
    )
    assert shown["p1.pm"] == [
        "Cedar Desk",
        "Cedar Desk – Elm Print: Print repairs (ended)",
        "Cedar Desk – Elm Print: Print repairs",
        "Birch Rail – Cedar Desk: Stations",
        "Alder Hospitals – Cedar Desk: Workplace",
    ]
    assert shown["p2.pm"] == ["Dogwood Networks", "Alder Hospitals – Dogwood Networks: Networks"]


@pytest.mark.parametrize("key", ["c1.ct", "c1.req", "p1.pt", "emb"])
def test_who_only_works_tickets_goes_through_none(world, key):
    with pytest.raises(NotAllowed):
        entry_list(actor=world.actor(key))
    if key != "emb":
        assert reader(world, key).get("/audit/").status_code == 403


def test_pages_follow_each_other_newest_first_and_each_entry_comes_once(world):
    actor = world.actor("p1.pm")
    mine = {s.id for s in ledger_queries.readable_streams(actor)}
    expected = sorted(
        set(Seal.objects.filter(stream_id__in=mine).values_list("entry_id", flat=True)), reverse=True
    )
    assert len(expected) > 20
    seen, cursor = [], ""
    while True:
        page = entry_list(actor=actor, cursor=cursor, limit=7)
        seen += [row.id for row in page.rows]
        assert page.searched_back_to_end
        cursor = page.next_cursor
        if not cursor:
            break
    assert seen == expected


def test_a_rare_kind_is_looked_for_window_by_window(world, monkeypatch):
    monkeypatch.setattr(ledger_queries, "WINDOW", 3)
    actor = world.actor("c1.cso")
    seen, cursor, rounds = [], "", 0
    while True:
        page = entry_list(actor=actor, kind="organization.", cursor=cursor, limit=50)
        seen += [row.kind for row in page.rows]
        rounds += 1
        cursor = page.next_cursor
        assert page.searched_back_to_end == (not cursor)
        if not cursor:
            break
    assert "organization.created/1" in seen
    assert rounds > 3


def test_filters_name_stream_kind_and_subject(world):
    actor = world.actor("c1.cso")
    engagement = world.engagement("c1p1")
    shared = entry_list(actor=actor, stream_id=engagement.stream_id)
    assert shared.rows
    assert {label for row in shared.rows for label, _ in row.positions} == {
        "Alder Hospitals – Cedar Desk: Workplace"
    }
    about = entry_list(actor=actor, subject_id=world.person("c1.ct").id)
    assert {row.subject_id for row in about.rows} == {world.person("c1.ct").id}
    with pytest.raises(NotFound):
        entry_list(actor=actor, stream_id=world.engagement("c2p1").stream_id)


@pytest.mark.req("C28")
def test_a_foreign_entry_and_none_at_all_are_the_same_page(world):
    client = reader(world, "p2.pm")
    foreign = entry_of("organization.created/1", world.organization("c2").own_stream_id)
    first, second = client.get(f"/audit/{foreign.id}/"), client.get(f"/audit/{uuid4()}/")
    assert first.status_code == second.status_code == 404
    assert first.content == second.content
    for path in (f"/audit/{foreign.id}/erase/", f"/audit/{uuid4()}/erase/"):
        assert client.post(path, {"reason": "x"}).status_code == 404
    assert Payload.objects.filter(entry=foreign).exists()


def test_an_entry_shows_what_was_sealed_and_reading_it_is_noted(world):
    stream = world.engagement("c1p1").stream_id
    entry = Entry.objects.filter(seals__stream_id=stream, payload__isnull=False).order_by("id")[0]
    seal = Seal.objects.get(entry=entry, stream_id=stream)
    page = reader(world, "c1.aud").get(f"/audit/{entry.id}/").content.decode()
    for text in (
        entry.digest,
        entry.payload_digest,
        seal.hash,
        entry.payload.salt,
        *entry.payload.body.values(),
    ):
        assert str(text) in page
    assert "Erase names" not in page, "an auditor only reads"
    noted = AccessLog.objects.get(object_kind="ledger_entry")
    assert (noted.actor_id, noted.object_id) == (world.person("c1.aud").id, entry.id)
    access = reader(world, "c1.cso").get("/audit/access/").content.decode()
    assert world.person("c1.aud").name in access


def test_erasing_needs_a_reason_and_a_right_and_leaves_the_chain_whole(world):
    entry = entry_of("person.joined/1", world.organization("c1").own_stream_id)
    address = f"/audit/{entry.id}/erase/"
    before = Entry.objects.count()
    assert reader(world, "c1.aud").post(address, {"reason": "Asked for"}).status_code == 403
    assert reader(world, "c1.cso").post(address, {"reason": " "}).status_code == 422
    assert reader(world, "c1.cso").get(address).status_code == 405
    assert Entry.objects.count() == before
    assert Payload.objects.filter(entry=entry).exists()

    assert reader(world, "c1.cso").post(address, {"reason": "Asked for by Lee"}).status_code == 302

    assert not Payload.objects.filter(entry=entry).exists()
    told = Entry.objects.get(kind="payload.erased/1")
    assert (told.facts, told.payload.body) == ({"entry": entry.id.hex}, {"reason": "Asked for by Lee"})
    seal_all()
    result = verify(world.organization("c1").id)
    assert (result.findings, result.erased) == ([], 1)
    page = reader(world, "c1.cso").get(f"/audit/{entry.id}/").content.decode()
    assert "Asked for by Lee" in page
    assert reader(world, "c1.cso").post(address, {"reason": "Again"}).status_code == 403


def test_a_partner_does_not_erase_what_the_client_wrote_in_their_record(world):
    engagement = world.engagement("c1p1")
    written = Entry.objects.filter(
        seals__stream_id=engagement.stream_id,
        organization_id=world.organization("c1").id,
        payload__isnull=False,
    ).order_by("id")[0]
    with pytest.raises(NotAllowed, match="whose record"):
        payload_erase(entry_id=written.id, reason="x", actor=world.actor("p1.pm"), at=clock.now())
    assert Payload.objects.filter(entry=written).exists()


def test_heads_are_taken_and_a_check_runs_in_the_background(world):
    client = reader(world, "p1.pm")
    taken = client.get("/audit/heads.json")
    assert (
        taken.headers["Content-Disposition"]
        == 'attachment; filename="cosource-heads-2026-03-02T09-00-00Z.json"'
    )
    heads = taken.json()
    assert heads == heads_of(world.organization("p1").id, clock.now())

    file = io.BytesIO(json.dumps(heads).encode())
    file.name = "heads.json"
    asked = client.post("/audit/check/", {"heads": file})
    assert asked.status_code == 302
    result_page = asked.headers["Location"]
    assert "Checking the record" in client.get(result_page).content.decode()
    assert reader(world, "c1.cso").get(result_page).status_code == 404
    while work_next(worker=worker_name(), at=clock.now()):
        pass
    assert "The record holds." in client.get(result_page).content.decode()
    part = client.get(result_page, headers={"HX-Request": "true"}).content.decode()
    assert part.lstrip().startswith("<section")
    work = DueWork.objects.get(kind="foundation.verification")
    assert (work.result["streams"], work.result["found"]) == (5, 0)
    assert (
        work.result["entries"]
        == Seal.objects.filter(stream_id__in=[h["stream"] for h in heads["streams"]]).count()
    )
    assert AccessLog.objects.filter(object_kind="ledger", reason="verification").count() == 1


@pytest.mark.parametrize(
    "content", [b"", b"[]", b"{", b'{"format": "other"}', b'{"format": "cosource-heads/1"}', b"\xff"]
)
def test_a_file_that_holds_no_heads_is_refused(world, content):
    file = io.BytesIO(content)
    file.name = "heads.json"
    answer = reader(world, "c1.cso").post("/audit/check/", {"heads": file})
    assert answer.status_code == 422
    assert not DueWork.objects.filter(kind="foundation.verification").exists()


@pytest.mark.req("X1")
def test_the_command_line_checks_for_a_named_organization_and_notes_it(world, tmp_path):
    run = CliRunner().invoke
    file = tmp_path / "heads.json"
    assert run(command_line, ["ledger", "heads", "--as", "Cedar Desk", "--output", str(file)]).exit_code == 0
    assert json.loads(file.read_text())["format"] == "cosource-heads/1"
    held = run(
        command_line, ["ledger", "verify", "--as", str(world.organization("p1").id), "--heads", str(file)]
    )
    assert held.exit_code == 0
    assert held.output.endswith("in 5 streams, 0 erased: the record holds\n")

    cut = json.loads(file.read_text())
    cut["streams"][0]["position"] += 5
    file.write_text(json.dumps(cut))
    found = run(command_line, ["ledger", "verify", "--as", "Cedar Desk", "--heads", str(file)])
    assert found.exit_code == 1
    assert "the record ends before the kept head" in found.output

    assert run(command_line, ["ledger", "verify", "--as", "Nobody Ltd"]).exit_code == 2
    assert run(command_line, ["ledger", "verify"]).exit_code == 2
    file.write_text("{}")
    assert run(command_line, ["ledger", "verify", "--as", "Cedar Desk", "--heads", str(file)]).exit_code == 2
    reasons = AccessLog.objects.filter(object_kind="ledger", actor_id=NIL).values_list("reason", flat=True)
    # One line for each reader, thing and hour.
    assert list(reasons) == ["command line: ledger heads"]


def test_a_menu_entry_for_those_who_go_through_the_record_only(world):
    assert 'href="/audit/"' in reader(world, "c1.cso").get("/profile/").content.decode()
    assert 'href="/audit/"' not in reader(world, "c1.ct").get("/profile/").content.decode()


def test_health_tells_whether_the_worker_is_there(world):
    from cosource.foundation.services.leases import lease_claim

    client = Client(headers={"host": "localhost"})
    assert client.get("/health").content == b"ok\n"
    absent = client.get("/healthz")
    assert (absent.status_code, absent.json()["worker"]) == (503, "absent")
    lease_claim(name="sealer", holder="w", at=clock.now(), seconds=10)
    assert client.get("/healthz").json() == {
        "status": "ok",
        "database": "ok",
        "worker": "ok",
        "worker_late_seconds": 0,
    }
    with time_machine.travel(clock.now() + timedelta(seconds=45), tick=False):
        late = client.get("/healthz")
    assert (late.status_code, late.json()["worker_late_seconds"]) == (503, 35)


def test_what_has_had_its_time_is_swept_once_an_hour(world):
    ReplayedRequest.objects.create(
        actor_id=uuid4(),
        key="k",
        request_digest="d",
        status=201,
        created_at=clock.now() - timedelta(hours=49),
    )
    Session.objects.create(session_key="old", session_data="", expire_date=clock.now() - timedelta(days=1))
    caches["default"].set("over", 1, timeout=-1)
    caches["default"].set("counts", [1.5], timeout=60)
    for _ in range(2):
        Scheduler().enqueue(clock.now())
    while work_next(worker=worker_name(), at=clock.now()):
        pass
    work = DueWork.objects.get(kind="foundation.sweep")
    assert work.result == {"replays": 1, "sessions": 1, "attempts": 0, "shared": 1, "work": 0, "notices": 0}
    assert caches["default"].get("counts") == [1.5]
