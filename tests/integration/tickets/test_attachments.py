"""Files that come with what is written on a ticket: whoever reads the words has them, and nobody else."""

import hashlib
import io
import json
import os
import random
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from tests.integration.foundation.test_notices import do_work
from tests.integration.tickets.conftest import Desk

from cosource.foundation.errors import CosourceError, Invalid, NotFound
from cosource.foundation.models import Entry, StoredFile
from cosource.foundation.queries.files import file_content, file_get, files_state
from cosource.foundation.queries.search import matching_subjects
from cosource.foundation.queries.verification import verify
from cosource.foundation.rules.files import name_shown
from cosource.foundation.services.erasure import payload_erase
from cosource.foundation.services.files import file_bring, files_sweep
from cosource.foundation.services.sealing import seal_all
from cosource.foundation.stores import path_of
from cosource.parties.models import Grant
from cosource.tickets.models import Ticket
from cosource.tickets.services.conversation import ticket_reply
from cosource.tickets.services.hiding import message_hide
from cosource.tickets.services.splitting import ticket_split

pytestmark = [pytest.mark.django_db, pytest.mark.req("X1")]
PNG = b"\x89PNG\r\n\x1a\n" + bytes(64)


@pytest.fixture(autouse=True)
def folder(settings: Any, tmp_path: Path) -> Path:
    settings.FILES_DIR = tmp_path / "files"
    settings.FILES_DIR.mkdir()
    return tmp_path / "files"


def bring(desk: Desk, by: str, content: bytes = PNG, name: str = "screen.png") -> UUID:
    return file_bring(source=io.BytesIO(content), name=name, actor=desk.actor(by), at=desk.tick()).id


def reply(desk: Desk, ticket: Ticket, by: str, to: tuple[str, ...], *files: UUID, **more: Any) -> UUID:
    given: dict[str, Any] = {"text": "See the picture.", "with_requester": False, "wider_confirmed": True}
    return ticket_reply(
        ticket_id=ticket.id,
        party_ids=[desk.org(key) for key in to],
        file_ids=files,
        actor=desk.actor(by),
        at=desk.tick(),
        **(given | more),
    )


def read(desk: Desk, by: str, file_id: UUID) -> bytes:
    with file_content(file_get(actor=desk.actor(by), file_id=file_id)) as content:
        return content.read()


def contents(folder: Path) -> list[Path]:
    return [p for p in folder.rglob("*") if p.is_file()]


def test_whoever_reads_the_message_has_its_file_and_nobody_else(desk: Desk, folder: Path) -> None:
    ticket = desk.open(service_id=desk.world.services["c1.printing"].id)
    desk.give(ticket, "p1.alder", "c1.ct", "p1.pt")
    file_id = bring(desk, "p1.pt")
    with pytest.raises(NotFound):
        # It waits for its message: nobody has it yet, not even who brought it.
        read(desk, "p1.pt", file_id)
    reply(desk, ticket, "p1.pt", ("c1",), file_id)
    for reader in ("c1.ct", "c1.cso", "p1.pt", "p1.pm"):
        assert read(desk, reader, file_id) == PNG
    for stranger in ("p2.pt", "c2.cso", "p3.pm", "c1.req", "p1.pt2"):
        with pytest.raises(NotFound):
            read(desk, stranger, file_id)
    own = bring(desk, "p1.pt", b"ours", "note.txt")
    reply(desk, ticket, "p1.pt", (), own)
    assert read(desk, "p1.pm", own) == b"ours"
    for stranger in ("c1.cso", "c1.ct", "p2.pm", "c1.aud"):
        with pytest.raises(NotFound):
            read(desk, stranger, own)


def test_the_ledger_binds_the_file_and_its_name_is_payload(desk: Desk) -> None:
    ticket = desk.open()
    file_id = bring(desk, "c1.ct", name="Ward 4 \u202egnp.exe")
    entry = Entry.objects.select_related("payload").get(id=reply(desk, ticket, "c1.ct", (), file_id))
    [said], [named] = entry.facts["files"], entry.payload.body["files"]
    assert {k: said[k] for k in ("id", "bytes", "type")} == {
        "id": file_id.hex,
        "bytes": len(PNG),
        "type": "image/png",
    }
    assert (set(said), set(named)) == ({"id", "bytes", "type", "digest"}, {"name", "salt"})
    assert named["name"] == "Ward 4 \u202egnp.exe"
    assert "Ward" not in json.dumps(entry.facts)
    assert files_state().faults == []
    assert len(matching_subjects("gnp", actor=desk.actor("c1.ct"), limit=9)[0]) == 1


def test_erasing_the_words_takes_the_file_along(desk: Desk, folder: Path) -> None:
    ticket = desk.open()
    file_id = bring(desk, "c1.ct", b"Xanthippe fell.", "Xanthippe.txt")
    entry_id = reply(desk, ticket, "c1.ct", (), file_id)
    seal_all()
    assert len(contents(folder)) == 1
    payload_erase(entry_id=entry_id, reason="patient data", actor=desk.actor("c1.cso"), at=desk.tick())
    with pytest.raises(NotFound):
        read(desk, "c1.ct", file_id)
    row = StoredFile.objects.get(id=file_id)
    assert (row.name, row.sha256, row.type, row.size) == ("", "", "", 15)
    do_work()
    assert contents(folder) == []
    seal_all()
    assert verify(desk.org("c1"), None).findings == []
    assert files_state().faults == []


def test_a_description_takes_its_files_to_everybody_it_is_shared_with(desk: Desk, folder: Path) -> None:
    printing = desk.world.services["c1.printing"].id
    ticket = desk.open(service_id=printing, file_ids=[bring(desk, "c1.ct")])
    rows = StoredFile.objects.filter(subject_id=ticket.id)
    # Those in whose scope it is have it from the start, another from when it is offered; all share one content.
    assert rows.count() == 2
    desk.offer(ticket, "p2.noc")
    assert rows.count() == 3
    [theirs] = [r for r in rows if r.audience is not None and desk.org("p2") in desk.readers(r.entry_id)]  # type: ignore[arg-type]  # attached
    assert read(desk, "p2.pm", theirs.id) == PNG
    assert len(contents(folder)) == 1
    with pytest.raises(NotFound):
        read(desk, "p2.pm", rows.exclude(id=theirs.id).order_by("id")[0].id)
    opened = Entry.objects.get(subject_id=ticket.id, kind="ticket.opened/1")
    payload_erase(entry_id=opened.id, reason="patient data", actor=desk.actor("c1.cso"), at=desk.tick())
    assert not rows.filter(erased_at=None).exists()
    do_work()
    assert contents(folder) == []


def test_a_file_goes_along_once_and_only_with_whoever_brought_it(desk: Desk) -> None:
    ticket = desk.open()
    file_id = bring(desk, "c1.ct")
    for wrong in ([uuid4()], [file_id, uuid4()]):
        with pytest.raises(Invalid) as refused:
            reply(desk, ticket, "c1.ct", (), *wrong)
        assert refused.value.code == "no_such_file"
    with pytest.raises(Invalid):
        reply(desk, ticket, "c1.cso", (), file_id)
    reply(desk, ticket, "c1.ct", (), file_id, text="")
    with pytest.raises(Invalid):
        reply(desk, ticket, "c1.ct", (), file_id)
    with pytest.raises(Invalid):
        reply(desk, ticket, "c1.ct", (), text="")


def test_limits_are_those_of_the_settings(desk: Desk, settings: Any, folder: Path) -> None:
    settings.FILE_MAX_BYTES, settings.FILES_PER_MESSAGE = 100, 2
    ticket = desk.open()
    assert bring(desk, "c1.ct", bytes(100))
    for content, name, code in (
        (bytes(101), "a.bin", "too_large"),
        (b"", "a.bin", "empty"),
        (b"x", "", "bad_name"),
        (b"x", "a\x00b", "bad_name"),
        (b"x", "a" * 256, "bad_name"),
        (b"x", "a\ud800b", "bad_name"),
    ):
        with pytest.raises(CosourceError) as refused:
            bring(desk, "c1.ct", content, name)
        assert refused.value.code == code
    files = [bring(desk, "c1.ct") for _ in range(3)]
    with pytest.raises(Invalid) as many:
        reply(desk, ticket, "c1.ct", (), *files)
    assert many.value.code == "too_many_files"
    assert len(contents(folder)) == StoredFile.objects.count() == 4


def door(desk: Desk, person: str) -> Client:
    client = Client(headers={"host": "localhost"})
    client.force_login(
        desk.world.person(person), backend="allauth.account.auth_backends.AuthenticationBackend"
    )
    return client


def body_of(answer: Any) -> bytes:
    assert answer.status_code == 200
    return b"".join(answer.streaming_content)


def upload(name: str, content: bytes, kind: str = "image/png") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content, content_type=kind)


def test_a_form_keeps_its_files_through_a_question(desk: Desk) -> None:
    """Nobody chooses their files again because something else was asked first."""
    ticket = desk.open(service_id=desk.world.services["c1.printing"].id, internal=False)
    client, url = door(desk, "c1.ct"), f"/tickets/{ticket.id}/reply/"
    audience = f"{desk.org('c1').hex}.{desk.org('p1').hex}"
    form = {
        "text": "",
        "audience": desk.org("c1").hex,
        "files": [upload("a.png", PNG), upload("b.txt", b"words")],
    }
    assert client.post(url, form | {"audience": "nobody"}).status_code == 422
    kept = [str(i) for i in StoredFile.objects.order_by("at", "id").values_list("id", flat=True)]
    answer = client.post(url, {"text": "", "audience": "nobody", "file": kept})
    ticked = [f'name="file" value="{i}" checked' in answer.content.decode() for i in kept]
    assert (answer.status_code, ticked, StoredFile.objects.count()) == (422, [True, True], 2)
    # One is left out, and another brought.
    sent = {"text": "", "audience": audience, "file": kept[1:], "files": [upload("c.png", PNG)]}
    question = client.post(url, sent)
    key = question.content.decode().partition('name="confirmed" value="')[2].partition('"')[0]
    if question.status_code == 409:
        kept = [
            str(i)
            for i in StoredFile.objects.filter(entry=None).exclude(id=kept[0]).values_list("id", flat=True)
        ]
        assert client.post(url, sent | {"file": kept, "files": [], "confirmed": key}).status_code == 303
    entry = Entry.objects.get(subject_id=ticket.id, kind="ticket.message_added/1")
    assert sorted(f["name"] for f in entry.payload.body["files"]) == ["b.txt", "c.png"]
    page = client.get(f"/tickets/{ticket.id}/").content.decode()
    assert [name in page for name in ("a.png", "b.txt", "c.png")] == [False, True, True]


def test_a_ticket_is_opened_with_files_by_who_asks(desk: Desk) -> None:
    client = door(desk, "c1.req")
    once = client.get("/tickets/new/").content.decode().partition('name="once" value="')[2].partition('"')[0]
    form = {"once": once, "desk": "", "title": "", "text": "It is broken.", "files": [upload("a.png", PNG)]}
    refused = client.post("/tickets/new/", form)
    assert (refused.status_code, "checked" in refused.content.decode()) == (422, True)
    [kept] = StoredFile.objects.values_list("id", flat=True)
    done = client.post("/tickets/new/", form | {"title": "Screen", "files": [], "file": [str(kept)]})
    assert done.status_code == 303
    page = client.get(done["Location"]).content.decode()
    assert f'href="/files/{kept}/"' in page
    answer = client.get(f"/files/{kept}/")
    assert body_of(answer) == PNG


def test_a_file_that_is_too_large_leaves_what_was_written(desk: Desk, settings: Any) -> None:
    settings.FILE_MAX_BYTES = 100
    ticket = desk.open()
    form = {"text": "Kept words.", "audience": desk.org("c1").hex, "files": [upload("big.bin", bytes(101))]}
    answer = door(desk, "c1.ct").post(f"/tickets/{ticket.id}/reply/", form)
    assert answer.status_code == 413
    page = answer.content.decode()
    assert ("Kept words." in page, "At most 100\xa0bytes for each file." in page) == (True, True)
    assert not StoredFile.objects.exists()


NAMES = (
    "plain.txt", "Größe 5.pdf", "two  blanks.txt", "\u200b.htaccess", ".htaccess", "..", "...", "../../etc/passwd",
    "..\\..\\windows\\win.ini", "/etc/shadow", "C:\\boot.ini", "NUL", "con.txt", "COM1.log", "lpt9", "aux.", " .txt",
    "gpj.\u202eexe", "\u2066a\u2069.png", "a\u200db.txt", "<script>alert(1)</script>.png", '"><img src=x onerror=alert(1)>.gif',
    "'; DROP TABLE x; --.sql", "=1+1.csv", "%00.txt", "%2e%2e%2f.txt", "a;b,c.txt", "a\tb.txt", "\ufeffbom.txt", "名前.docx",
    "\U0001f5a8.png", "a" * 251 + ".pdf", "e\u0301.txt", "\u00e9.txt", "ﬁle.txt", "．．／x", "x.php\u0300.png", "shell.php;.jpg",
)  # fmt: skip


def made_names(count: int) -> list[str]:
    chance = random.Random(5)
    parts = [
        *NAMES,
        "\u200b",
        "\u202e",
        "\u2067",
        "\ufeff",
        "..",
        "/",
        "\\",
        ":",
        "NUL",
        "con",
        ".exe",
        ".png",
        " ",
        "ü",
        "\u0301",
        "🖨",
        "\t",
        "\n",
    ]
    found = list(NAMES)
    while len(found) < count:
        name = "".join(chance.choice(parts) for _ in range(chance.randrange(1, 5)))
        if name.strip() and len(name) <= 255:
            found.append(name)
    return found


@pytest.mark.parametrize("count", [60, pytest.param(1_000, marks=pytest.mark.proof)])
@pytest.mark.threat("S05", "S15")
def test_names_come_back_as_data_and_never_as_a_path(
    desk: Desk, folder: Path, settings: Any, count: int
) -> None:
    """As it was called in the record and the API; harmless in a header, on a page and in the folder."""
    ticket = desk.open()
    settings.FILES_PER_MESSAGE = 1_000
    client = door(desk, "c1.ct")
    for start in range(0, count, 50):
        names = made_names(count)[start : start + 50]
        files = [bring(desk, "c1.ct", b"x", name) for name in names]
        entry = Entry.objects.get(id=reply(desk, ticket, "c1.ct", (), *files))
        assert [f["name"] for f in entry.payload.body["files"]] == names
        for file_id, name in zip(files, names, strict=True):
            answer = client.get(f"/files/{file_id}/")
            assert body_of(answer) == b"x"
            header = answer["Content-Disposition"]
            assert header.startswith("attachment; filename")
            assert header.isascii()
            assert header.isprintable()
            shown = name_shown(name)
            assert shown
            assert not set(shown) & set('\\/:*?"<>|\t\n\u200b\u202e\u2067\ufeff')
            assert shown[0] not in ". "
    for place in contents(folder):
        assert place.relative_to(folder).as_posix() == f"{place.name[:2]}/{place.name}"
        assert len(place.name) == 32
        assert not place.name.strip("0123456789abcdef")
    assert "<script>alert" not in client.get(f"/tickets/{ticket.id}/").content.decode()


@pytest.mark.parametrize(
    ("name", "content", "served"),
    [
        ("page.html", b"<html><script>alert(1)</script>", "text/plain"),
        ("drawing.svg", b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>', "text/plain"),
        ("program.exe", b"MZ" + bytes(200), "application/octet-stream"),
        ("archive.zip", b"PK\x03\x04" + bytes(40), "application/octet-stream"),
        ("screen.png", PNG, "image/png"),
        ("paper.pdf", b"%PDF-1.7\n", "application/pdf"),
        ("noise", bytes(range(256)), "application/octet-stream"),
    ],
)
@pytest.mark.threat("S05")
def test_a_file_is_given_to_be_saved_and_never_to_be_run(
    desk: Desk, name: str, content: bytes, served: str
) -> None:
    ticket = desk.open()
    file_id = bring(desk, "c1.ct", content, name)
    reply(desk, ticket, "c1.ct", (), file_id)
    answer = door(desk, "c1.ct").get(f"/files/{file_id}/")
    assert body_of(answer) == content
    said = {
        k: answer[k] for k in ("Content-Type", "Content-Length", "X-Content-Type-Options", "Cache-Control")
    }
    assert said == {
        "Content-Type": served,
        "Content-Length": str(len(content)),
        "X-Content-Type-Options": "nosniff",
        "Cache-Control": "private, no-store",
    }
    assert answer["Content-Security-Policy"] == "sandbox; default-src 'none'; frame-ancestors 'none'"
    assert answer["Content-Disposition"] == f'attachment; filename="{name}"'


@pytest.mark.threat("S15", "S21")
def test_after_the_grant_ends_the_next_request_finds_nothing(desk: Desk) -> None:
    ticket = desk.open(service_id=desk.world.services["c1.printing"].id)
    desk.give(ticket, "p1.alder", "c1.ct", "p1.pt")
    file_id = bring(desk, "c1.ct")
    reply(desk, ticket, "c1.ct", ("p1",), file_id)
    client = door(desk, "p1.pt")
    never = client.get(f"/files/{uuid4()}/")
    assert body_of(client.get(f"/files/{file_id}/")) == PNG
    Grant.objects.filter(person=desk.world.person("p1.pt")).update(ends_at=desk.now)
    gone = client.get(f"/files/{file_id}/")
    assert (gone.status_code, gone.content) == (404, never.content)


@pytest.fixture
def _in_time(desk: Desk) -> Iterator[None]:
    """Tokens live for a while: the clock stands where the world does."""
    with time_machine.travel(desk.now + timedelta(hours=1), tick=False):
        yield


@pytest.mark.usefixtures("_in_time")
def test_programs_bring_a_file_and_name_it_in_their_message(desk: Desk) -> None:
    ticket = desk.open(service_id=desk.world.services["c1.printing"].id)
    desk.give(ticket, "p1.alder", "c1.ct", "p1.pt")
    client = Client(headers={"host": "localhost", "authorization": f"Bearer {desk.world.secrets['p1']}"})
    made = client.post(
        "/api/v1/files", {"file": upload("../NUL\u200b.pdf", b"MZ" + bytes(80), "application/pdf")}
    )
    assert made.status_code == 202, made.content
    file = made.json()
    assert (file["name"], file["type"], file["is_disguised"]) == (
        "_NUL.pdf",
        "application/x-msdownload",
        True,
    )
    url = f"/api/v1/tickets/{ticket.id}"
    body = {"text": "", "party_ids": [str(desk.org("c1"))], "file_ids": [file["id"]], "wider_confirmed": True}
    said = client.post(f"{url}/messages", body, "application/json", headers={"idempotency-key": "one"})
    again = client.post(f"{url}/messages", body, "application/json", headers={"idempotency-key": "one"})
    assert (said.status_code, again.status_code, said.content == again.content) == (201, 201, True)
    entry = next(e for e in client.get(f"{url}/entries").json()["items"] if e["id"] == said.json()["id"])
    assert [f["id"] for f in entry["files"]] == [file["id"]]
    answer = client.get(f"/api/v1/files/{file['id']}")
    assert body_of(answer) == b"MZ" + bytes(80)
    stranger = Client(headers={"host": "localhost", "authorization": f"Bearer {desk.world.secrets['p2']}"})
    assert (
        stranger.get(f"/api/v1/files/{file['id']}").content
        == stranger.get(f"/api/v1/files/{uuid4()}").content
    )
    assert client.post("/api/v1/files", {}).status_code == 400


def test_a_page_with_files_asks_the_database_no_more_than_one_without(desk: Desk) -> None:
    plain, with_files = desk.open(), desk.open(file_ids=[bring(desk, "c1.ct")])
    reply(desk, plain, "c1.ct", ())
    reply(desk, with_files, "c1.ct", (), bring(desk, "c1.ct"), bring(desk, "c1.ct"))
    client = door(desk, "c1.ct")
    asked = []
    for ticket in (plain, plain, with_files):
        with CaptureQueriesContext(connection) as queries:
            page = client.get(f"/tickets/{ticket.id}/").content.decode()
        asked.append(len(queries))
    assert (asked[2], page.count('href="/files/')) == (asked[1], 3)


def test_what_nobody_sent_and_what_no_row_knows_is_swept(desk: Desk, folder: Path) -> None:
    ticket = desk.open()
    sent, unsent = bring(desk, "c1.ct"), bring(desk, "c1.ct")
    reply(desk, ticket, "c1.ct", (), sent)
    young, old = folder / "ab" / ("ab" * 16), folder / "cd" / ("cd" * 16)
    draft, strange = folder / "cd" / ("ce" * 16 + ".part"), folder / "readme.txt"
    for place in (young, old, draft, strange):
        place.parent.mkdir(exist_ok=True)
        place.write_bytes(b"left")
        seconds = (desk.now + timedelta(hours=0 if place == young else -30)).timestamp()
        os.utime(place, (seconds, seconds))
    for row in StoredFile.objects.all():
        os.utime(folder / path_of(row.content), (old.stat().st_mtime,) * 2)
    assert files_sweep(at=desk.now) == {"unsent": 0, "unknown": 2}
    assert (young.exists(), old.exists(), draft.exists(), strange.exists()) == (True, False, False, True)
    StoredFile.objects.filter(id=unsent).update(at=desk.now - timedelta(days=8))
    assert files_sweep(at=desk.now) == {"unsent": 1, "unknown": 1}
    assert read(desk, "c1.ct", sent) == PNG
    assert sorted(contents(folder)) == sorted(
        [folder / path_of(StoredFile.objects.get().content), young, strange]
    )


def test_a_changed_a_missing_and_an_exchanged_file_are_named(desk: Desk, folder: Path) -> None:
    ticket = desk.open()
    ids = [bring(desk, "c1.ct", content, "n.txt") for content in (b"one", b"two", b"three", b"four")]
    reply(desk, ticket, "c1.ct", (), *ids)
    rows = {row.id: row for row in StoredFile.objects.all()}
    places = {i: folder / path_of(rows[i].content) for i in ids}
    assert (files_state().rows, files_state().bytes, files_state().faults) == (4, 15, [])
    places[ids[0]].unlink()
    places[ids[1]].write_bytes(b"owt")
    places[ids[2]].write_bytes(b"thr")
    # Whoever changes content and row alike meets the record, which is sealed.
    places[ids[3]].write_bytes(b"FOUR")
    StoredFile.objects.filter(id=ids[3]).update(sha256=hashlib.sha256(b"FOUR").hexdigest())
    said = {
        line.partition("(file ")[2].partition(")")[0]: line.partition(") ")[2]
        for line in files_state().faults
    }
    assert said == {
        str(ids[0]): "is missing",
        str(ids[1]): "has been changed",
        str(ids[2]): "has 3 bytes and not 5",
        str(ids[3]): "is not the one that the record speaks of",
    }
    assert door(desk, "c1.ct").get(f"/files/{ids[0]}/").status_code == 410


def test_a_ticket_made_of_messages_has_their_files_for_who_read_them(desk: Desk, folder: Path) -> None:
    ticket = desk.open(service_id=desk.world.services["c1.printing"].id)
    desk.give(ticket, "p1.alder", "c1.ct", "p1.pt")
    both = reply(desk, ticket, "c1.ct", ("p1",), bring(desk, "c1.ct", b"both"), text="")
    alone = reply(desk, ticket, "c1.ct", (), bring(desk, "c1.ct", b"alone"))
    for entries, readers in (([both], {"c1", "p1"}), ([both, alone], {"c1"})):
        made = ticket_split(
            ticket_id=ticket.id, entry_ids=entries, title="Apart", actor=desk.actor("c1.ct"), at=desk.tick()
        )
        rows = list(StoredFile.objects.filter(subject_id=made.id).order_by("id"))
        assert len(rows) == len(entries)
        assert desk.readers(rows[0].entry_id) == {desk.org(key) for key in readers}  # type: ignore[arg-type]  # attached
        assert read(desk, "c1.ct", rows[0].id) == b"both"
        if readers == {"c1"}:
            with pytest.raises(NotFound):
                read(desk, "p1.pt", rows[0].id)
        else:
            assert read(desk, "p1.pt", rows[0].id) == b"both"
    payload_erase(entry_id=both, reason="patient data", actor=desk.actor("c1.cso"), at=desk.tick())
    do_work()
    left = StoredFile.objects.filter(erased_at=None)
    assert {path_of(row.content) for row in left} == {
        p.relative_to(folder).as_posix() for p in contents(folder)
    }
    assert files_state().faults == []


def test_what_is_hidden_hides_its_files_from_the_same_people(desk: Desk) -> None:
    ticket = desk.open(service_id=desk.world.services["c1.printing"].id)
    desk.give(ticket, "p1.alder", "c1.ct", "p1.pt")
    file_id = bring(desk, "p1.pt", b"A name.", "who.txt")
    entry_id = reply(desk, ticket, "p1.pt", ("c1",), file_id)
    message_hide(ticket_id=ticket.id, entry_id=entry_id, actor=desk.actor("c1.ct"), at=desk.tick())
    for reader in ("p1.pt", "c1.ct", "c1.cso", "p1.pm"):
        assert read(desk, reader, file_id) == b"A name."
    for other in ("c1.ct2", "c1.aud", "emb"):
        with pytest.raises(NotFound):
            read(desk, other, file_id)
    for token in ("c1", "p1"):
        with pytest.raises(NotFound):
            file_get(actor=desk.world.token_actor(token, at=desk.now), file_id=file_id)
    payload_erase(entry_id=entry_id, reason="patient data", actor=desk.actor("c1.cso"), at=desk.tick())
    with pytest.raises(NotFound):
        read(desk, "c1.cso", file_id)
