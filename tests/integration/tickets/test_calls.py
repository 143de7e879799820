"""The doors by which calls come in: the page, the command and the API say what became of each row."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile
from tests.integration.tickets.conftest import Desk
from tests.integration.tickets.page_reader import Reader, words_of
from typer.testing import CliRunner

from cosource.config.cli import app
from cosource.tickets.models import Call

CSV = (
    "id,offered_at,answered_at,abandoned_at,queue\n"
    "1,2026-03-01T09:00:00Z,2026-03-01T09:00:05Z,,<b>Main</b>\n"
    "2,2026-03-01T09:01:00Z,,,Main\n"
)
pytestmark = pytest.mark.req("E1")


def test_the_page_says_what_became_of_a_file(desk: Desk) -> None:
    owner, both = Reader(desk, "c1.cso"), desk.world.engagements["c1p1"].id.hex

    def send(who: Reader, text: str = CSV, where: str = "own") -> tuple[int, str]:
        file = SimpleUploadedFile("calls.csv", text.encode())
        answer = who.client.post("/tickets/calls/", {"desk": where, "source": "PBX", "file": file})
        return answer.status_code, words_of(answer)

    status, words = send(owner)
    assert status == 200
    assert "1 new · 0 there already · 1 cannot be used" in words
    assert "3 answered_at A call was either answered or given up" in words
    assert "0 new · 1 there already" in send(owner)[1]
    assert "0 new · 1 there already" in send(owner, CSV.replace("\n", "\r"))[1]
    assert "1 new" in send(Reader(desk, "p1.pm"), where=both)[1]
    status, words = send(owner, "id,queue\n1,x\n")
    assert status == 422
    assert "The heading lacks: offered_at, answered_at, abandoned_at." in words
    assert send(Reader(desk, "c1.ct"))[0] == 403
    assert send(Reader(desk, "p2.pm"), where=both)[0] == 404
    assert Call.objects.count() == 2

    assert "PBX" in words_of(Reader(desk, "p1.pt").get("/tickets/calls/"))
    assert "PBX" not in words_of(Reader(desk, "p2.pm").get("/tickets/calls/"))
    assert Reader(desk, "c1.req").get("/tickets/calls/").status_code == 403


def test_a_program_brings_calls_in_and_reads_what_it_did(desk: Desk) -> None:
    reader = Reader(desk, "c1.cso")
    headers = {"Authorization": f"Bearer {desk.world.secrets['p1']}"}
    body = {
        "source": "PBX",
        "engagement_id": str(desk.world.engagements["c1p1"].id),
        "calls": [
            {"id": "1", "offered_at": "2026-03-01T09:00:00Z", "answered_at": "2026-03-01T09:00:05Z"},
            {"id": "2", "offered_at": "2026-03-01T09:00:00Z"},
        ],
    }

    def post(key: str) -> dict[str, object]:
        answer = reader.client.post(
            "/api/v1/calls",
            json.dumps(body),
            content_type="application/json",
            headers=headers | {"Idempotency-Key": key},
        )
        assert answer.status_code == 200, answer.content
        return dict(answer.json())

    with time_machine.travel(desk.world.at, tick=True):
        _check(post, reader, headers)


def _check(post: Callable[[str], dict[str, object]], reader: Reader, headers: dict[str, str]) -> None:
    assert {k: post("a" * 20)[k] for k in ("taken", "known", "refused")} == {
        "taken": 1,
        "known": 0,
        "refused": 1,
    }
    assert {k: post("b" * 20)[k] for k in ("taken", "known", "refused")} == {
        "taken": 0,
        "known": 1,
        "refused": 1,
    }
    [load] = reader.client.get("/api/v1/call-loads", headers=headers).json()["items"]
    assert (load["source"], load["taken"], load["refused"]) == ("PBX", 1, 1)


def test_the_command_names_rows_and_ends_as_it_went(desk: Desk, tmp_path: Path) -> None:
    file = tmp_path / "calls.csv"
    file.write_text(CSV)
    asked = ["calls", "import", str(file), "--source", "PBX", "--as"]
    person = desk.world.people["c1.cso"].email
    done = CliRunner().invoke(app, [*asked, person])
    assert (done.exit_code, done.stdout) == (1, "1 new, 0 there already, 1 refused\n")
    assert "calls.csv, row 3, answered_at: A call was either answered or given up" in done.stderr
    refused = CliRunner().invoke(app, [*asked, desk.world.people["c1.ct"].email])
    assert (refused.exit_code, Call.objects.count()) == (2, 1)
    assert "Who leads the desk" in refused.stderr
