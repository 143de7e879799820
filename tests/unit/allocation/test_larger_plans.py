"""Plans of more lines than can be tried out or solved exactly: what must hold of them all the same."""

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from benchmarks.instances import SHAPES

from cosource.allocation.rules import robustness
from cosource.allocation.rules.front import front
from cosource.allocation.rules.instance import Instance, Scenario, Weights
from cosource.allocation.rules.printing import plan_document
from cosource.allocation.rules.reading import read_instance
from cosource.allocation.rules.relaxation import lagrangian_bound
from cosource.allocation.rules.shortages import cheapest_repair, steps
from cosource.allocation.rules.solving import Outcome, Solver
from cosource.allocation.rules.verification import verify
from cosource.allocation.rules.watch import Watch

pytestmark = pytest.mark.req("C5")
LINES, TEAMS = 320, 8
EXAMPLE = Path(__file__).parents[3] / "examples/allocation.json"


def drawn(shape: str, load: float = 0.7) -> dict[str, Any]:
    return SHAPES[shape](LINES, TEAMS, load, 3)


def instance_of(shape: str, load: float = 0.7) -> Instance:
    return read_instance(drawn(shape, load)).instance


@pytest.fixture(scope="module")
def solved() -> tuple[Solver, Outcome]:
    """The heavy instance with its plan, which takes seconds to find; nobody locks or solves it again."""
    solver = Solver(instance_of("heavy"))
    return solver, solver.solve()


def test_a_plan_keeps_all_rules_and_is_near_its_bound(solved: tuple[Solver, Outcome]) -> None:
    document = drawn("heavy")
    solver, outcome = solved
    plan = plan_document(solver, outcome, (), (), alternatives=2)
    assert (outcome.status, verify(document, plan).violations) == ("feasible", [])
    assert 0 <= outcome.gap < 0.02
    taken = outcome.chosen
    stated = plan["totals"]
    assert stated["cost"] == pytest.approx(math.fsum(float(solver.model.cost[k]) for k in taken), abs=1e-3)
    assert stated["lines"] == LINES


def test_any_prices_give_a_bound_and_those_of_the_relaxation_the_best(solved: tuple[Solver, Outcome]) -> None:
    solver, outcome = solved
    best = lagrangian_bound(solver.model, solver.objective, outcome.prices, solver.model.fits)
    assert outcome.bound == pytest.approx(best)
    random = np.random.default_rng(5)
    finite = np.isfinite(solver.model.upper)
    for _ in range(20):
        others = np.where(finite, outcome.prices * random.uniform(0, 2, len(outcome.prices)), 0.0)
        assert lagrangian_bound(solver.model, solver.objective, others, solver.model.fits) <= best + 1e-6


def test_the_same_instance_has_the_same_plan(solved: tuple[Solver, Outcome]) -> None:
    again = Solver(instance_of("heavy"))
    plans = [
        json.dumps(plan_document(solver, outcome, (), (), alternatives=2))
        for solver, outcome in (solved, (again, again.solve()))
    ]
    assert plans[0] == plans[1]


def test_every_way_of_a_line_can_be_locked_and_the_rest_fits_around_it() -> None:
    """Also those ways that the relaxation was never given."""
    document = drawn("heavy")
    solver = Solver(read_instance(document).instance)
    before = solver.solve()
    model = solver.model
    line = int(np.argmax(np.diff(model.first)))
    for pattern in range(int(model.first[line]), int(model.first[line + 1]), 5):
        choice = model.choice(pattern)
        solver.lock(model.lines[line].id, choice)
        after = solver.solve()
        assert after.status == "feasible"
        assert int(after.chosen[line]) == pattern
        assert after.bound >= before.bound - 1e-4
        locks = [{"line": model.lines[line].id, "lead": choice.lead, "support": choice.support}]
        plan = plan_document(solver, after, (), (), alternatives=1)
        assert verify({**document, "locks": locks}, plan).violations == []


def test_a_solver_that_is_stopped_gives_a_choice_for_every_line_and_a_bound_that_holds(
    solved: tuple[Solver, Outcome],
) -> None:
    whole = solved[1]
    stopped = Solver(instance_of("heavy"), watch=Watch(seconds=0.0)).solve()
    assert stopped.status == "stopped"
    assert (stopped.chosen >= 0).all()
    assert stopped.bound <= whole.value


def test_too_few_hours_are_repaired_at_a_cost_near_the_least_and_the_repair_is_enough() -> None:
    document = drawn("heavy", 0.97)
    for team in document["teams"]:
        team["capacity"] = {band: 0.8 * hours for band, hours in team["capacity"].items()}
    here = read_instance(document).instance
    assert Solver(here).solve().status == "infeasible"
    repair = cheapest_repair(here, Watch())
    assert repair.bound > 0
    assert repair.cost <= repair.bound * 1.05
    assert "capacity" in repair.conflict
    for step in steps(repair):
        assert step["rule"] in {"capacity", "contract_minimum", "contract_maximum", "partner_share"}
        assert step["hours"] == pytest.approx(abs(step["to"] - step["limit"]), abs=1e-3)


def test_less_risk_and_less_change_cost_more() -> None:
    points = front(read_instance(json.loads(EXAMPLE.read_text())).instance, 2, Watch())
    cheapest = points[0]
    for aim in ("risk", "moved_hours"):
        found = [point for point in points if point["aim"] == aim]
        assert found
        assert all(point[aim] <= point["limit"] + 1e-3 for point in found)
        assert [point["limit"] for point in found] == sorted(
            (point["limit"] for point in found), reverse=True
        )
        # Each point is as near the best as its gap says.
        assert all(point["cost"] * (1 + 1e-6) >= cheapest["cost"] * (1 - cheapest["gap"]) for point in found)


def test_a_line_that_one_mode_suits_under_all_weights_is_stable() -> None:
    from dataclasses import replace

    solver = Solver(replace(instance_of("heavy"), weights=Weights(risk=200.0)))
    outcome = solver.solve()
    first = robustness.stability(solver, outcome, 5, seed=1)
    assert first == robustness.stability(solver, outcome, 5, seed=1)
    retained = [line.id for line in solver.model.lines if line.retained]
    assert {first["lines"][name] for name in retained} == {1.0}
    assert set(first["judgement_calls"]) == {name for name, share in first["lines"].items() if share < 0.8}
    assert solver.solve().bound == pytest.approx(outcome.bound)


def test_stability_needs_a_plan() -> None:
    solver = Solver(instance_of("heavy"))
    with pytest.raises(ValueError, match="has not solved"):
        robustness.stability(solver, None, 1, seed=0)  # type: ignore[arg-type]


@pytest.mark.proof
def test_more_work_costs_more(solved: tuple[Solver, Outcome]) -> None:
    """The example is asked the same in every run (`test_allocate_command`)."""
    solver, outcome = solved
    more = robustness.scenario(solver.model.instance, outcome, solver, Scenario("more", volume=1.05), Watch())
    assert more["status"] == "feasible"
    assert more["cost_change"] > 0
    assert more["lines_forced"] == 0
    assert more["regret"] is None or more["regret"] >= 0


def test_scenarios_say_what_they_cost_or_what_is_short(solved: tuple[Solver, Outcome]) -> None:
    solver, outcome = solved
    here = solver.model.instance
    flood = robustness.scenario(here, outcome, solver, Scenario("flood", volume=5), Watch())
    assert flood["status"] == "infeasible"
    assert flood["repair_cost"] > 0
    lost = here.teams[0].id
    without = robustness.scenario(
        here, outcome, solver, Scenario("lost", without_teams=frozenset({lost})), Watch()
    )
    held = sum(lost in {c.lead, c.support} for c in (solver.model.choice(int(k)) for k in outcome.chosen))
    assert without["status"] == "infeasible" or without["lines_forced"] == held
