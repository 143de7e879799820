"""`cosource allocate`, as a person meets it."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from cosource.config.cli import app

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "examples/allocation.json"
SCHEMA = ROOT / "docs/reference/allocation-input.schema.json"

pytestmark = pytest.mark.req("C5")


def allocate(*arguments: str | Path) -> Result:
    return CliRunner().invoke(app, ["allocate", *map(str, arguments)])


def by_hand(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """The same in a process of its own, without a database and settings."""
    return subprocess.run(
        [sys.executable, "-m", "cosource", "allocate", *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )


def changed(path: Path, **change: Any) -> Path:
    path.write_text(json.dumps({**json.loads(EXAMPLE.read_text()), **change}))
    return path


def test_the_example_is_planned_and_the_plan_checks(tmp_path: Path) -> None:
    out = tmp_path / "plan.json"
    done = by_hand(EXAMPLE, "--out", out, "--scenario", "a fifth more work", "--scenario", "volume=0.5")
    assert done.stderr == (
        "cosource: 24 lines, 312,330.00 EUR, optimal, at most 0.0000% above the best; 387 checks, 0 violations\n"
    )
    assert (done.returncode, done.stdout) == (0, "")
    plan = json.loads(out.read_text())
    assert (plan["status"], plan["gap"], plan["verification"]["violated"]) == ("optimal", 0.0, {})
    assert [(one["id"], one["status"]) for one in plan["scenarios"]] == [
        ("a fifth more work", "optimal"),
        ("volume=0.5", "infeasible"),
    ]
    assert plan["scenarios"][0]["cost_change"] > 0
    checked = allocate(EXAMPLE, "--check", out)
    assert (checked.exit_code, json.loads(checked.stdout)["holds"]) == (0, True)


def test_a_plan_that_breaks_a_rule_ends_with_one(tmp_path: Path) -> None:
    out = tmp_path / "plan.json"
    allocate(EXAMPLE, "--out", out)
    done = allocate(changed(tmp_path / "in.json", change_budget=0.1), "--check", out)
    assert (done.exit_code, done.stderr) == (1, "cosource: 1 rules do not hold\n")
    assert json.loads(done.stdout)["violations"] == [
        {"rule": "change_budget", "about": "plan", "what": "1396.00 hours, and it is at most 564.4"}
    ]


def test_a_lock_of_a_file_holds(tmp_path: Path) -> None:
    locks = tmp_path / "locks.json"
    locks.write_text('[{"line": "L14", "lead": "kestrel-security", "support": "harbour-security"}]')
    done = allocate(EXAMPLE, "--lock", locks)
    line = next(one for one in json.loads(done.stdout)["lines"] if one["line"] == "L14")
    assert (line["lead"], line["support"], line["locked"]) == ("kestrel-security", "harbour-security", True)
    locks.write_text('[{"line": "L14", "lead": "brightline-desk"}]')
    done = allocate(EXAMPLE, "--lock", locks)
    assert done.exit_code == 2
    assert 'locks[0]: brightline-desk may not do "L14": skill, clearance, residency, hours' in done.stderr


def test_what_cannot_be_planned_has_its_cheapest_repair(tmp_path: Path) -> None:
    given = changed(tmp_path / "in.json", change_budget=0)
    done = allocate(given)
    plan = json.loads(done.stdout)
    assert (done.exit_code, plan["status"]) == (1, "infeasible")
    assert "lines" not in plan
    assert plan["repair"]["clash"]
    assert done.stderr.endswith(f"the cheapest repair costs {plan['repair']['cost']:g}\n")


def test_good_lines_are_planned_beside_bad_ones(tmp_path: Path) -> None:
    lines = json.loads(EXAMPLE.read_text())["lines"]
    lines[3]["effort_hours"] = -2
    done = allocate(changed(tmp_path / "in.json", lines=lines))
    assert done.exit_code == 1
    assert "lines[3].effort_hours: -2 is outside of what it may be; give a number above 0\n" in done.stderr
    assert done.stderr.endswith("cosource: 1 lines are left out; the lines above say why\n")
    plan = json.loads(done.stdout)
    assert (plan["totals"]["lines"], plan["verification"]["holds"]) == (23, True)


@pytest.mark.parametrize(
    ("text", "said"),
    [("{", "this is not JSON"), ("[]", "is no object"), (None, "No such file or directory")],
)
def test_what_is_no_instance_is_refused(text: str | None, said: str, tmp_path: Path) -> None:
    path = tmp_path / "in.json"
    if text is not None:
        path.write_text(text)
    done = allocate(path)
    assert (done.exit_code, done.stdout) == (2, "")
    assert said in done.stderr
    assert isinstance(done.exception, SystemExit)


def test_the_schema_in_the_documentation_is_the_code_s() -> None:
    assert allocate("--schema").stdout == SCHEMA.read_text(), (
        "cosource allocate --schema > docs/reference/allocation-input.schema.json"
    )


def test_the_example_fits_the_schema() -> None:
    import jsonschema_rs

    jsonschema_rs.validator_for(json.loads(SCHEMA.read_text())).validate(json.loads(EXAMPLE.read_text()))
