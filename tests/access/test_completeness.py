"""No way in is forgotten: every address, endpoint, command and kind of work is in the table, or says why not."""

import csv
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.main import get_command

from cosource.config.cli import app
from cosource.foundation.services import duework
from tests.access.reader import everything
from tests.access.routes import route_of, routes
from tests.access.scene import Scene
from tests.access.table import cells

HERE = Path(__file__).parent


def doors() -> list[dict[str, str]]:
    lines = (HERE / "doors.csv").read_text().splitlines()
    return list(csv.DictReader(line for line in lines if not line.startswith("#")))


def _listed(kind: str) -> list[str]:
    return [door["name"] for door in doors() if door["kind"] == kind]


def _commands(group: Any, prefix: str = "") -> list[str]:
    found: list[str] = []
    for name, command in group.commands.items():
        inner = getattr(command, "commands", None)
        found += _commands(command, f"{prefix}{name} ") if inner is not None else [f"{prefix}{name}"]
    return found


def _ways_in() -> dict[str, set[str]]:
    group = get_command(app)
    assert isinstance(group, typer.core.TyperGroup)
    return {
        "page": {r.name for r in routes() if not r.is_api},
        "endpoint": {r.name for r in routes() if r.is_api},
        "command": set(_commands(group)),
        "work": set(duework._handlers),
    }


@pytest.mark.parametrize("kind", ["page", "endpoint", "command", "work"])
def test_every_way_in_is_listed_and_nothing_else(kind: str) -> None:
    there, listed = _ways_in()[kind], _listed(kind)
    assert sorted(n for n in there if not any(fnmatchcase(n, pattern) for pattern in listed)) == []
    assert sorted(p for p in listed if not any(fnmatchcase(n, p) for n in there)) == []


def test_each_is_in_the_table_or_says_why_not() -> None:
    objects = {cell.object for cell in cells()}
    for door in doors():
        assert bool(door["object"]) != bool(door["exempt_because"]), door
        assert not door["object"] or door["object"] in objects, door


def test_the_number_of_exemptions_is_the_one_written_down() -> None:
    """Fewer now? Then write the lower number down, so that it stays so. More? Then say why in the change."""
    exempt = [door for door in doors() if door["exempt_because"]]
    assert len(exempt) == int((HERE / "exempt_most.txt").read_text())


def test_every_page_of_the_table_is_read_by_somebody(scene: Scene) -> None:
    """A page that nobody in the scene can open would pass every test of who may not."""
    read: set[str] = set()
    for role in ("CSO", "PM", "TOK", "TOC"):
        for url, answer in everything(scene, role).items():
            route = route_of(url.partition("?")[0])
            if route is not None and answer.status in (200, 303):
                read |= {r.name for r in routes() if r.template == route.template and "GET" in r.methods}
    named = [door["name"] for door in doors() if door["object"] and door["kind"] in ("page", "endpoint")]
    readable = {r.name for r in routes() if "GET" in r.methods} & set(named)
    assert sorted(readable - read - ASKED_BY_NAME) == []


# Read with an id that stands in no link of the scene's pages; asked for by the table's own channels and by the foreign ids.
ASKED_BY_NAME = {
    "audit:check_result",
    "notices:by_token",
    "api:notice_read",
    "api:import_problems_list",
    # Answers what is typed; the table asks the query behind it.
    "api:callers_list",
    "api:ticket_survey_read",
    "api:file_read",
    "tickets:file",
    # Answered from facts, which a worker gathers; `tests/integration/metrics` asks for them.
    "api:metrics_figures_list",
    "api:metrics_board_read",
    "api:metrics_tickets_list",
    "api:metrics_first_answers_get",
    "scoreboard:answers",
    "scoreboard:answer_tickets",
    "scoreboard:board",
    "scoreboard:figure",
    "scoreboard:question",
    "scoreboard:chart",
    "scoreboard:chart_png",
    "scoreboard:paper",
    "scoreboard:mail_by_token",
    "scoreboard:figure_table",
    "scoreboard:table",
    # A stream, which only the web process itself keeps open.
    "live",
    "parties:grant_new",
    # Somebody's own, a moment ago.
    "tickets:bulk_run",
    "api:bulk_run_read",
    "tickets:preview",
    "api:tickets_alike_list",
    # Drafts are begun by a step; dry runs belong to who asked: `tests/integration/tickets` reads both.
    "tickets:routing_rule",
    "api:routing_replay_read",
    "tickets:view",
}
