"""`cosource import` as it is typed: its words and its exit codes. Bad files are in `test_bad_files`."""

import csv
from pathlib import Path

import openpyxl
import pytest
from tests.integration.bridges.log import HEADING, MAPPING, line, story
from typer.testing import CliRunner

from cosource.bridges.cli import write_problems
from cosource.bridges.models import Import
from cosource.bridges.reading.shipped import shipped_mapping
from cosource.bridges.rules import listing
from cosource.bridges.rules.problems import Problem
from cosource.bridges.services import import_run
from cosource.config.cli import app
from cosource.foundation.models import Entry
from cosource.parties.models import Organization
from cosource.tickets.models import Ticket

pytestmark = pytest.mark.django_db
GOOD = story("T1", "Desk W1")


@pytest.fixture
def run(world, tmp_path, settings):
    """Types the command for a text; None for the file that is there; gives exit code, output, error output."""
    settings.SPOOL_DIR = settings.DATA_DIR = tmp_path / "data"
    settings.SPOOL_DIR.mkdir()

    def typed(
        data: str | bytes | None, *more: str, name: str = "log.csv", mapping: str = MAPPING
    ) -> tuple[int, str, str]:
        if data is not None:
            (tmp_path / name).write_bytes(data if isinstance(data, bytes) else data.encode())
        (tmp_path / "old-desk.toml").write_text(mapping)
        result = CliRunner().invoke(
            app, ["import", str(tmp_path / name), "--mapping", str(tmp_path / "old-desk.toml"), *more]
        )
        return result.exit_code, result.stdout, result.stderr

    return typed


def test_all_is_well(run):
    code, out, _ = run(HEADING + GOOD)
    assert code == 0
    assert (
        "3 rows read: 3 kept, 0 known before, 0 refused; 0 repaired. 1 new tickets, 0 with more history."
        in out
    )
    code, out, _ = run(HEADING + GOOD, "--as", "cso@c1.example")
    assert code == 0
    assert "0 kept, 3 known before" in out


def test_a_dry_run_describes_and_writes_nothing(run):
    code, out, _ = run(HEADING + GOOD, "--dry-run")
    assert code == 0
    assert "Alder Hospitals is the client" in out
    assert "Dry run: nothing was written. It would make 2 teams." in out
    assert not Import.objects.exists()


def test_who_it_is_done_as(run):
    assert run(HEADING + GOOD, "--as", "nobody@c1.example")[0] == 2
    assert "Only who owns the service" in run(HEADING + GOOD, "--as", "ct@c1.example")[2]
    code, _, err = run(HEADING + GOOD, "--as", "Nowhere Ltd")
    assert code == 2
    assert "There is no organization Nowhere Ltd here. There are: Alder Hospitals, Birch Rail" in err
    assert "give KEY=NAME" in run(HEADING + GOOD, "--party", "cedar")[2]
    assert run(HEADING + GOOD, "--resume")[0] == 2
    assert not Import.objects.exists()


def test_a_mapping_for_any_client_is_of_whoever_brings_the_file_in(run):
    anybody = MAPPING.replace('name = "Alder Hospitals"\n', "")
    code, _, err = run(HEADING + GOOD, mapping=anybody)
    assert code == 2
    assert (
        "names no client: say with --as whose desk the file is for. Among them: Alder Hospitals, Birch Rail."
        in err
    )
    assert (
        "Whoever brings the file in is the client"
        in run(None, "--as", "cso@c1.example", "--dry-run", mapping=anybody)[1]
    )
    code = run(None, "--as", "cso@c1.example", mapping=anybody)[0]
    assert (code, Ticket.objects.get(source_key="T1").owner.name) == (0, "Alder Hospitals")


def test_the_ready_mapping_is_named_and_needs_no_party(run, world, tmp_path):
    c1, c2 = (world.organizations[key].pk for key in ("c1", "c2"))
    Organization.objects.filter(pk=c2).update(stand_in=True, kept_by=c1)
    (tmp_path / "log.csv").write_text(",".join(shipped_mapping("servicenow-audit").columns.needed) + "\n")
    typed = CliRunner().invoke(
        app, ["import", str(tmp_path / "log.csv"), "--mapping", "servicenow-audit", "--dry-run"]
    )
    # Of those who are here one is a client only, so it is that one's desk.
    assert (typed.exit_code, typed.stderr) == (0, "")


def test_a_formula_stays_its_text(run):
    run(HEADING + GOOD.replace("Printer is silent", "=HYPERLINK(1)"))
    assert Ticket.objects.get(source_key="T1").title == "=HYPERLINK(1)"


def test_many_problems_are_all_in_a_file(run, tmp_path):
    rows = "".join(line(id=f"T{n}", state="Odd", at="2024-03-01 09:00") for n in range(60))
    code, out, _ = run(HEADING + GOOD + rows)
    assert code == 1
    assert out.count("refused: log.csv") == 50
    [table] = (tmp_path / "data" / "imports").glob("*.csv")
    assert len(table.read_text("utf-8-sig").splitlines()) == 61


@pytest.mark.parametrize("more", [("--dry-run",), ()])
def test_no_number_of_notes_keeps_a_refused_row_off_the_list(run, tmp_path, monkeypatch, more):
    monkeypatch.setattr(listing, "LISTED_OF_EACH", 55)
    monkeypatch.setattr(import_run.Pace.__init__, "__defaults__", (20,))
    monkeypatch.setattr(import_run, "LEAST_LINES", 20)
    monkeypatch.setattr(import_run, "MOST_LINES", 20)
    notes = "".join(line(id=f"T{n}", state="New", at="2024-03-01 09:00") for n in range(60))
    code, out, _ = run(HEADING + notes + line(id="T60", state="Odd", at="2024-03-01 09:00"), *more)
    assert code == 1
    assert "refused: log.csv, row 62, column state:" in out
    assert "… and 7 more; all but 5, which are only counted: " in out
    [table] = (tmp_path / "data" / "imports").glob("*.csv")
    rows = list(csv.DictReader(table.read_text("utf-8-sig").splitlines()))
    assert [len([r for r in rows if r["outcome"] == outcome]) for outcome in ("noted", "refused")] == [56, 1]
    assert [r["kind"] for r in rows if not r["row"]] == ["too-many-problems"]
    if not more:
        row = Import.objects.get()
        assert row.report["codes"] == {"no-group": 60, "unknown-state": 1, "too-many-problems": 5}
        assert row.problems.count() == 57


@pytest.mark.threat("S13")
def test_the_table_of_problems_holds_no_formula(tmp_path):
    problem = Problem("f.csv", 2, "=cmd", "no-state")
    write_problems(tmp_path / "all.csv", [problem])
    assert "'=cmd" in (tmp_path / "all.csv").read_text("utf-8-sig")


def workbook(directory: Path, *rows: list[str]) -> bytes:
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    book.save(directory / "made.xlsx")
    return (directory / "made.xlsx").read_bytes()


def log_in_xes(*rows: dict[str, str]) -> str:
    """A log of XES in which each row is an event, and the ticket's key its trace."""
    kept = {"id": "concept:name"}
    traces = "".join(
        f'<trace><string key="concept:name" value="{key}"/>'
        + "".join(
            "<event>"
            + "".join(f'<string key="{n}" value="{v}"/>' for n, v in r.items() if n not in kept)
            + "</event>"
            for r in rows
            if r["id"] == key
        )
        + "</trace>"
        for key in dict.fromkeys(r["id"] for r in rows)
    )
    return f'<?xml version="1.0"?><log xmlns="http://www.xes-standard.org/">{traces}</log>'


@pytest.mark.parametrize("form", ["list.xlsx", "log.xes"])
def test_a_workbook_of_tickets_and_a_log_of_xes_come_in_once_and_are_known_again(run, tmp_path, form):
    rows = list(csv.DictReader((HEADING + story("T1", "Desk W1") + story("T2", "Desk")).splitlines()))
    if form == "log.xes":
        data: bytes | str = log_in_xes(*rows)
        mapping = MAPPING.replace("event-log", "xes").replace('"id"', '"case:concept:name"')
        kept = len(rows)
    else:
        last = {row["id"]: row for row in rows}
        data = workbook(tmp_path, list(rows[0]), *(list(row.values()) for row in last.values()))
        mapping, kept = MAPPING.replace("event-log", "ticket-list"), 2
    code, out, err = run(data, name=form, mapping=mapping)
    assert code == 0, out + err
    assert f"{kept} rows read: {kept} kept, 0 known before, 0 refused; 0 repaired. 2 new tickets" in out
    found = Ticket.objects.order_by("source_key").values_list("source_key", "title", "state")
    assert list(found) == [("T1", "Printer is silent", "closed"), ("T2", "Printer is silent", "closed")]
    before = (
        list(Ticket.objects.order_by("id").values()),
        Entry.objects.filter(subject_kind="ticket").count(),
    )
    code, out, _ = run(None, name=form, mapping=mapping)
    assert code == 0
    assert f"0 kept, {kept} known before, 0 refused; 0 repaired. 0 new tickets, 0 with more history." in out
    assert (
        list(Ticket.objects.order_by("id").values()),
        Entry.objects.filter(subject_kind="ticket").count(),
    ) == before
