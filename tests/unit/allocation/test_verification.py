"""The verifier finds every kind of fault, and finds none where there is none."""

import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from cosource.allocation.rules.printing import plan_document
from cosource.allocation.rules.reading import read_instance
from cosource.allocation.rules.solving import Solver
from cosource.allocation.rules.verification import KINDS, verify

pytestmark = pytest.mark.req("C5")
EXAMPLE = json.loads((Path(__file__).parents[3] / "examples/allocation.json").read_text())


@pytest.fixture(scope="module")
def plan() -> dict[str, Any]:
    solver = Solver(read_instance(EXAMPLE).instance)
    return plan_document(solver, solver.solve(), (), (), alternatives=1)


def row(plan: dict[str, Any], name: str) -> dict[str, Any]:
    return next(entry for entry in plan["lines"] if entry["line"] == name)


def entry(document: dict[str, Any], part: str, name: str) -> dict[str, Any]:
    return next(one for one in document[part] if one["id"] == name)


def give(plan: dict[str, Any], name: str, lead: str, support: str | None = None) -> None:
    one = row(plan, name)
    one["lead"] = lead
    one.pop("support", None)
    if support:
        one["support"] = support


type Break = Callable[[dict[str, Any], dict[str, Any]], object]

BREAKS: dict[str, tuple[Break, str]] = {
    "accountable": (lambda _, p: p["lines"].remove(row(p, "L01")), "0 teams are accountable, not one"),
    "known_team": (lambda _, p: give(p, "L01", "nobody"), "there is no team nobody"),
    "skill": (lambda _, p: give(p, "L01", "kestrel-data"), "kestrel-data may not do it by the rule on skill"),
    "clearance": (
        lambda d, _: entry(d, "lines", "L01").update(clearance=3),
        "harbour-servers may not do it by the rule on clearance",
    ),
    "residency": (
        lambda d, _: entry(d, "lines", "L01").update(residency=["PL"]),
        "harbour-servers may not do it by the rule on residency",
    ),
    "access": (
        lambda d, _: entry(d, "lines", "L01").update(access=["vault"]),
        "harbour-servers may not do it by the rule on access",
    ),
    "separation_of_duty": (
        lambda _, p: give(p, "L22", "harbour-desk"),
        "harbour-desk may not do it by the rule on separation of duty",
    ),
    "retained": (
        lambda d, p: entry(d, "lines", "L10").update(retained=True) or give(p, "L10", "brightline-desk"),
        "brightline-desk may not do it by the rule on retained",
    ),
    "partner_only": (
        lambda d, _: entry(d, "lines", "L01").update(partner_only=True),
        "harbour-servers may not do it by the rule on partner only",
    ),
    "union": (
        lambda _, p: give(p, "L17", "brightline-network"),
        "brightline-network may not do it by the rule on union",
    ),
    "hours_in_band": (
        lambda d, _: entry(d, "teams", "harbour-servers")["capacity"].pop("night"),
        "harbour-servers may not do it by the rule on hours in band",
    ),
    "joint": (lambda _, p: give(p, "L09", "harbour-servers"), "it must be shared by two parties"),
    "lock": (
        lambda _, p: give(p, "L09", "kestrel-data", "harbour-servers"),
        "it is settled for harbour-servers",
    ),
    "role_hours": (lambda _, p: row(p, "L01")["hours"].update(lead=71.0), "hours are 72 and 0"),
    "cost": (lambda _, p: row(p, "L01").update(cost=4895.0), "it costs 4896.00"),
    "capacity": (
        lambda d, _: entry(d, "teams", "harbour-servers")["capacity"].update(night=10),
        "hours, and it is at most 9",
    ),
    "contract_minimum": (
        lambda d, _: entry(d, "parties", "kestrel").update(min_hours=2500),
        "and it is at least 2500",
    ),
    "contract_maximum": (
        lambda d, _: entry(d, "parties", "brightline").update(max_hours=2000),
        "and it is at most 2000",
    ),
    "union_minimum": (lambda d, _: d["unions"][0].update(min_hours=4000), "and it is at least 4000"),
    "change_budget": (lambda d, _: d.update(change_budget=0.1), "1396.00 hours, and it is at most 564.4"),
    "partner_share": (
        lambda d, _: entry(d, "services", "hospital").update(max_partner_share=0.01),
        "hours, and it is at most",
    ),
    "team_share": (
        lambda d, _: entry(d, "skills", "desk").update(max_team_share=0.5),
        "hours, and it is at most",
    ),
    "total_cost": (lambda _, p: p["totals"].update(cost=1.0), "1.0 is not 312330.0"),
}


def test_a_sound_plan_has_no_violation_and_every_kind_was_checked(plan: dict[str, Any]) -> None:
    verdict = verify(EXAMPLE, plan)
    assert (verdict.holds, verdict.violations) == (True, [])
    assert [kind for kind in KINDS if verdict.checked[kind] == 0] == []
    assert verdict.checked["accountable"] == 24


def test_there_is_a_broken_plan_for_every_kind() -> None:
    assert set(BREAKS) == set(KINDS)


@pytest.mark.parametrize("kind", KINDS)
def test_a_plan_that_breaks_a_rule_is_found_by_that_rule(kind: str, plan: dict[str, Any]) -> None:
    document, broken = copy.deepcopy(EXAMPLE), copy.deepcopy(plan)
    breaking, said = BREAKS[kind]
    breaking(document, broken)
    verdict = verify(document, broken)
    assert verdict.broken(kind) > 0
    assert any(found == kind and said in what for found, _, what in verdict.violations), verdict.violations


def test_a_line_that_is_planned_twice_or_is_none_is_found(plan: dict[str, Any]) -> None:
    broken = copy.deepcopy(plan)
    broken["lines"] += [
        copy.deepcopy(broken["lines"][0]),
        {**copy.deepcopy(broken["lines"][1]), "line": "L99"},
    ]
    found = verify(EXAMPLE, broken).violations
    assert ("accountable", "L01", "2 teams are accountable, not one") in found
    assert ("accountable", "L99", "no such line in the instance") in found


def test_two_teams_of_one_party_are_no_two_parties(plan: dict[str, Any]) -> None:
    broken = copy.deepcopy(plan)
    give(broken, "L21", "harbour-desk", "harbour-security")
    assert ("joint", "L21", "harbour-desk and harbour-security may not share it") in verify(
        EXAMPLE, broken
    ).violations
