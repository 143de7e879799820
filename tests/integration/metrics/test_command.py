"""`cosource metrics` as it is typed: its words, its list for programs, its exit codes, and the note it leaves."""

import json

import pytest
import time_machine
from tests.integration.metrics.conftest import move
from typer.testing import CliRunner

from cosource.config.cli import app
from cosource.foundation.models import AccessLog
from cosource.foundation.services.sealing import seal_all

pytestmark = pytest.mark.req("C16")


@pytest.fixture
def run(desk):
    """Types the command an hour after one ticket was resolved and another opened; gives exit code, output, error output."""
    for ends in (True, False):
        ticket = desk.open(impact=1, urgency=1)
        if ends:
            move(desk, ticket, "in_progress", "c1.ct")
            move(desk, ticket, "resolved", "c1.ct", text="Done.")
    seal_all()

    def typed(*arguments: str) -> tuple[int, str, str]:
        with time_machine.travel(desk.tick(60), tick=False):
            result = CliRunner().invoke(app, ["metrics", *arguments])
        # That the facts were gathered first stands in the log, which goes the same way.
        said = [line for line in result.stderr.splitlines(keepends=True) if "facts.rebuild" not in line]
        return result.exit_code, result.stdout, "".join(said)

    return typed


def test_a_list_for_programs(run, desk):
    code, out, _ = run(
        "show", "--json", "--as", "Alder Hospitals", "--from", "2026-03-01", "--until", "2026-04-01"
    )
    assert code == 0
    found = {figure["id"]: figure for figure in json.loads(out)}
    assert found["mttr_resolve.median"] == {
        "id": "mttr_resolve.median",
        "value": 1.0,
        "unit": "hours",
        "n": 1,
        "numerator": None,
        "denominator": None,
        "excluded": [],
        "cohort": "tickets resolved in the period, or closed without having been resolved; not the duplicates "
        "merged into them",
        "by": None,
    }
    assert (found["reopened"]["numerator"], found["reopened"]["denominator"]) == (0, 1)
    note = AccessLog.objects.get()
    assert (note.object_kind, note.reason) == ("figures", "command line: metrics show")
    assert note.owner_organization_id == desk.org("c1")


def test_a_group_for_each_value_and_only_what_was_asked(run):
    code, out, _ = run(
        "show",
        "--json",
        "--as",
        "cso@c1.example",
        "--by",
        "priority",
        "--only",
        "tickets",
        "--only",
        "reopened",
    )
    assert code == 0
    assert [(f["id"], f["by"], f["value"]) for f in json.loads(out)] == [
        ("tickets", {"field": "priority", "value": "1", "label": "1 – Critical"}, 2),
        ("reopened", {"field": "priority", "value": "1", "label": "1 – Critical"}, 0.0),
    ]


def test_a_table_for_people(run):
    code, out, err = run("show", "--only", "tickets", "--only", "first_response.mean")
    assert code == 0
    assert err == "cosource: figures of Alder Hospitals, which has most tickets here; --as names another\n"
    assert [line.split() for line in out.splitlines()[1:]] == [
        ["tickets", "2", "tickets", "2"],
        ["first_response.mean", "–", "hours", "0", "2", "not", "answered"],
    ]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--as", "Nobody Ltd"), 'there is no one organization named "Nobody Ltd", nor a person'),
        (
            ("--as", "nobody@c1.example"),
            'there is no one organization named "nobody@c1.example", nor a person',
        ),
        (("--as", "req@c1.example"), "There is no such thing in your sight."),
        (("--from", "yesterday"), '--from is "yesterday": give a day as 2026-03-01'),
        (("--from", "2026-03-02", "--until", "2026-03-01"), "No day lies from 2026-03-02 up to 2026-03-01"),
        (("--by", "colour"), "There is no field “colour”. There are: kind, priority, category"),
        (("--only", "speed"), "There is no metric “speed”"),
        (("--scope", "Elsewhere"), 'there is no one scope "Elsewhere"; there are: Alder Hospitals'),
    ],
)
def test_what_cannot_be_shown_is_one_line(run, arguments, said):
    given = arguments if "--as" in arguments else ("--as", "Alder Hospitals", *arguments)
    code, out, err = run("show", *given)
    assert (code, out) == (2, "")
    assert said in err
    assert err.count("\n") == 1


def test_a_scope_by_name(run, desk):
    name = desk.world.engagements["c1p1"].name
    code, out, _ = run("show", "--json", "--as", "Alder Hospitals", "--scope", name, "--only", "tickets")
    assert (code, [f["value"] for f in json.loads(out)]) == (0, [0])


def test_gathering_anew_changes_no_figure(run):
    _, before, _ = run(
        "show", "--json", "--as", "Alder Hospitals", "--until", "2026-03-02", "--from", "2026-03-01"
    )
    code, out, _ = run("rebuild")
    assert (code, out) == (0, "2 rows of tickets\n")
    _, after, _ = run(
        "show", "--json", "--as", "Alder Hospitals", "--until", "2026-03-02", "--from", "2026-03-01"
    )
    assert after == before


def test_all_metrics_are_listed(run):
    code, out, _ = run("list")
    assert code == 0
    assert out.splitlines()[0].split() == ["tickets", "Tickets", "(tickets)"]
