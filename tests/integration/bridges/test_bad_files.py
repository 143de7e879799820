"""What is wrong with a file is named by file, row and column, the good rows are kept, and nothing is half done.

Each case goes in by the command line and by the page, and by either it says and keeps the same. In a quick run every third
case goes in by the page.
"""

import time
from html import escape

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from tests.integration.bridges import test_import_command, test_import_pages
from tests.integration.bridges.bad_files import CASES, BadFile
from tests.integration.bridges.log import HEADING, MAPPING, story

from cosource.bridges.models import Import, ImportProblem
from cosource.bridges.queries.imports import as_problem
from cosource.foundation.models import Entry
from cosource.tickets.models import Ticket

pytestmark = [pytest.mark.django_db, pytest.mark.req("X5")]
run = test_import_command.run
browser, said, work = test_import_pages.browser, test_import_pages.said, test_import_pages.work


def _kept() -> tuple[int, int]:
    """Tickets that came in, and lines of the file among the entries."""
    tickets = Ticket.objects.filter(import_id__isnull=False)
    lines = Entry.objects.filter(subject_id__in=tickets.values("id"), key__isnull=False)
    return tickets.count(), lines.count()


def _listed(row: Import) -> list[tuple[int | None, str | None, str, str]]:
    found = [
        as_problem(p, row.file_name) for p in ImportProblem.objects.filter(batch_id=row.id).order_by("id")
    ]
    return [(p.row, p.column, p.outcome, p.message) for p in found]


def _fits(found: list[tuple[int | None, str | None, str, str]], case: BadFile) -> bool:
    return len(found) == len(case.said) and all(
        (row, column, outcome) == wanted[:3] and message.startswith(wanted[3])
        for (row, column, outcome, message), wanted in zip(found, case.said, strict=True)
    )


def _place(row: int | None, column: str | None) -> str:
    return "log.csv" + (f", row {row}" if row else "") + (f", column {column}" if column else "")


@pytest.mark.parametrize("name", CASES)
def test_by_the_command_line(name, run):
    case = CASES[name]
    code, out, err = run(case.data, mapping=case.mapping)
    refused = any(outcome in {"refused", "stopped"} for _r, _c, outcome, _w in case.said)
    assert code == (2 if case.unreadable and case.said else 1 if refused else 0), (out, err)
    for row, column, outcome, words in case.said:
        place = f"{_place(row, column)}: {words}"
        assert (f"cosource: {place}" in err) if case.unreadable else (f"{outcome}: {place}" in out), (
            out,
            err,
        )
    assert "Traceback" not in out + err
    assert _kept() == (case.tickets, case.rows)
    if case.unreadable and case.said:
        assert not Import.objects.exists()
    else:
        row = Import.objects.get()
        assert (row.state, row.rows_kept) == ("done", case.rows)
        assert _fits(_listed(row), case), _listed(row)
        assert row.rows_repaired == sum(outcome == "repaired" for _r, _c, outcome, _w in case.said)
        assert row.rows_refused == sum(outcome == "refused" for _r, _c, outcome, _w in case.said)


@pytest.mark.parametrize(
    "name", [pytest.param(n, marks=[pytest.mark.proof] if place % 3 else []) for place, n in enumerate(CASES)]
)
@pytest.mark.threat("S12", "S14")
def test_by_the_page(name, world, settings, tmp_path):
    settings.SPOOL_DIR = tmp_path
    case = CASES[name]
    client = browser(world, "c1.cso")
    file = SimpleUploadedFile("log.csv", case.data)
    sent = client.post("/import/", {"file": file, "mapping": "own", "own_mapping": case.mapping})
    row = Import.objects.get()
    assert sent.headers["Location"] == f"/import/{row.id}/"
    client.post(f"/import/{row.id}/check/")
    work()
    assert _kept() == (0, 0)  # a check writes nothing
    checked = said(client.get(f"/import/{row.id}/"))
    if not (case.unreadable and case.said):
        client.post(f"/import/{row.id}/start/")
        work()
    row.refresh_from_db()
    page = said(client.get(f"/import/{row.id}/"))
    assert row.state == ("failed" if case.unreadable and case.said else "done")
    assert _kept() == (case.tickets, case.rows)
    assert "log.csv" in page
    for number, column, _outcome, words in case.said:
        assert escape(words) in checked
        assert escape(words) in page
        cells = f'data-label="Row">{number or "–"}</td><td data-label="Column">{column or "–"}</td>'
        assert cells in page
    assert _fits(_listed(row), case), _listed(row)


def test_the_same_file_under_another_mapping_by_both_doors(world, run, settings, tmp_path):
    data = (HEADING + story("T1", "Desk W1")).encode()
    assert run(data)[0] == 0
    before = _kept()
    other = MAPPING.replace('name = "Old desk"', 'name = "Older desk"')
    code, out, err = run(data, mapping=other)
    assert (code, _kept()) == (2, before), out
    assert "cosource: This file was brought in on" in err
    assert "under another mapping (old-desk.toml)" in err
    client = browser(world, "c1.cso")
    client.post(
        "/import/", {"file": SimpleUploadedFile("log.csv", data), "mapping": "own", "own_mapping": other}
    )
    row = Import.objects.get(state="staged")
    answer = client.post(f"/import/{row.id}/check/", follow=True)
    work()
    assert "under another mapping (old-desk.toml)" in said(answer) + said(client.get(f"/import/{row.id}/"))
    assert _kept() == before


def test_two_gigabytes_are_refused_before_they_are_read(run, settings, tmp_path):
    settings.IMPORT_MAX_BYTES = 1024**3
    with (tmp_path / "log.csv").open("wb") as file:
        file.write((HEADING + story("T1", "Desk W1")).encode())
        file.truncate(2 * 1024**3)
    began = time.process_time()
    code, out, err = run(None)
    assert (code, out) == (2, "")
    assert "cosource: log.csv: Unpacked, the file is larger than 1073741824 bytes." in err
    assert time.process_time() - began < 0.5  # it takes seconds to read
    assert not Import.objects.exists()


@pytest.mark.parametrize("door", ["/import/", "/api/v1/imports"])
def test_two_gigabytes_are_refused_at_the_door(world, settings, tmp_path, door):
    settings.SPOOL_DIR = tmp_path
    client = browser(world, "c1.cso")
    answer = client.generic(
        "POST",
        door,
        b"--x\r\n",
        content_type="multipart/form-data; boundary=x",
        CONTENT_LENGTH=str(2 * 1024**3),
    )
    assert answer.status_code == 413
    assert '"type": "urn:cosource:problem:too-large"' in said(
        answer
    ) or "larger than 256 MiB; bring it in by the command line" in said(answer)
    assert not Import.objects.exists()
    assert list(tmp_path.iterdir()) == []
