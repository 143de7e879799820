"""Plans beside the slow way: every plan of a small instance is tried, and none is better than the one that is given."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, settings
from tests.unit.allocation.instances import best_by_trying, instance, line, small, team

from cosource.allocation.rules.instance import Choice
from cosource.allocation.rules.printing import plan_document
from cosource.allocation.rules.reading import read_instance
from cosource.allocation.rules.shortages import cheapest_repair, shortages, steps
from cosource.allocation.rules.solving import Outcome, Solver
from cosource.allocation.rules.verification import verify
from cosource.allocation.rules.watch import Cancelled, Watch

pytestmark = pytest.mark.req("C5")
EXAMPLE = Path(__file__).parents[3] / "examples/allocation.json"


def solved(document: dict[str, Any], watch: Watch | None = None) -> tuple[Solver, Outcome]:
    solver = Solver(read_instance(document).instance, watch=watch)
    return solver, solver.solve()


def plan_of(document: dict[str, Any]) -> dict[str, Any]:
    solver, outcome = solved(document)
    return plan_document(solver, outcome, (), (), alternatives=100)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(small())
def test_no_plan_is_better_than_the_one_given(document: dict[str, Any]) -> None:
    best, _ = best_by_trying(document)
    solver, outcome = solved(document)
    if best is None:
        assert outcome.status == "infeasible"
        return
    assert outcome.status == "optimal"
    assert outcome.value == pytest.approx(best, abs=1e-4)
    assert outcome.bound <= best + 1e-4
    verdict = verify(document, plan_document(solver, outcome, (), (), alternatives=3))
    assert verdict.violations == []


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(small())
def test_no_repair_is_cheaper_than_the_one_given_and_it_repairs(document: dict[str, Any]) -> None:
    best, least = best_by_trying(document)
    assume(best is None and least is not None)
    here = read_instance(document).instance
    repair = cheapest_repair(here, Watch())
    assert repair.cost == pytest.approx(least, abs=1e-4)
    assert repair.bound <= repair.cost + 1e-6
    for step in steps(repair):
        give_way(document, step)
    assert solved(document)[1].status == "optimal"


def give_way(document: dict[str, Any], step: dict[str, Any]) -> None:
    """Change the instance as a step of a repair says."""
    more = 1e-6
    rule, about, to = step["rule"], step["about"], step["to"]
    if rule == "capacity":
        one = next(t for t in document["teams"] if t["id"] == about[0])
        one["capacity"][about[1]] = to + more  # bands of tests may be planned in full
    elif rule in {"contract_minimum", "contract_maximum"}:
        one = next(p for p in document["parties"] if p["id"] == about[0])
        one["min_hours" if rule == "contract_minimum" else "max_hours"] = (
            max(0.0, to - more) if rule.endswith("minimum") else to + more
        )
    elif rule == "change_budget":
        document["change_budget"] = min(
            1.0, to / sum(one["effort_hours"] for one in document["lines"]) + more
        )
    else:
        document["skills"][0]["max_team_share"] = min(
            1.0, to / sum(one["effort_hours"] for one in document["lines"]) + more
        )


def test_the_example_is_solved_and_comes_out_the_same_each_time() -> None:
    document = json.loads(EXAMPLE.read_text())
    first, again = plan_of(document), plan_of(document)
    assert json.dumps(first) == json.dumps(again)
    assert first["status"] == "optimal"
    assert first["totals"]["cost"] == 312330.0
    assert verify(document, first).violations == []


def test_a_lock_holds_and_solving_again_equals_solving_anew() -> None:
    document = json.loads(EXAMPLE.read_text())
    solver, before = solved(document)
    number = next(n for n, one in enumerate(solver.model.lines) if one.id == "L14")
    other = Choice("kestrel-security", "harbour-security")
    assert solver.model.choice(int(before.chosen[number])) != other
    solver.lock("L14", other)
    after = solver.solve()
    assert solver.model.choice(int(after.chosen[number])) == other
    document["locks"].append({"line": "L14", "lead": other.lead, "support": other.support})
    assert after.value == pytest.approx(solved(document)[1].value, abs=1e-4)
    solver.lock("L14", None)
    assert solver.solve().value == pytest.approx(before.value, abs=1e-4)


def test_a_way_that_cannot_be_is_not_locked() -> None:
    solver, _ = solved(json.loads(EXAMPLE.read_text()))
    with pytest.raises(KeyError):
        solver.lock("L14", Choice("brightline-desk"))


@pytest.mark.parametrize("change", [-0.5, 0.5])
def test_an_alternative_enters_below_its_price_and_not_above(change: float) -> None:
    """The price is taken from the plan, the alternative's cost set to either side of it, and the sharing solved again."""
    work = [
        line(f"l{n}", 10 + 1.37 * n, costs={"a": 700 + 31 * n, "b": 500 + 17 * n, "c": 600 + 23 * n})
        for n in range(8)
    ]
    document = instance(work, [team("a", "own"), team("b", "north", day=47.3), team("c", "south", day=33.1)])
    plan = plan_of(document)
    solver, _ = solved(document)
    tried = 0
    for number, entry in enumerate(plan["lines"]):
        for other in entry["why"]["alternatives"]:
            pattern = solver.model.pattern(number, Choice(other["lead"]))
            if solver.relaxed.share[pattern] > 0 or other["enters_at"] >= other["cost"]:
                continue
            work[number]["costs"][other["lead"]] = other["enters_at"] + change
            there = Solver(read_instance(document).instance)
            there.solve()
            entered = there.relaxed.share[there.model.pattern(number, Choice(other["lead"]))] > 1e-9
            assert entered == (change < 0), (entry["line"], other)
            work[number]["costs"][other["lead"]] = other["cost"]
            tried += 1
    assert tried > 5


def test_a_runner_up_and_what_keeps_the_others_out_are_named() -> None:
    document = instance(
        [line("x", 10, retained=True), line("y", 10, skill="dba")],
        [
            team("a", "own", 60, skills=["net", "dba"]),
            team("b", "north", 50),
            team("d", "own", 70, skills=["dba", "net"]),
        ],
    )
    plan = plan_of(document)
    x, y = plan["lines"]
    assert (x["lead"], x["why"]["runner_up"]["lead"]) == ("a", "d")
    assert x["why"]["runner_up"]["enters_at"] == 600.0
    assert plan["eligibility"][x["eligibility"]]["excluded"] == {"retained": ["b"]}
    assert plan["eligibility"][y["eligibility"]]["excluded"] == {"skill": ["b"]}


@pytest.mark.req("C22")
def test_what_binds_has_the_price_of_an_hour() -> None:
    """The cheap team is full: one hour more there would save the difference of the rates."""
    document = instance(
        [line(f"l{n}", 10) for n in range(4)], [team("a", "own", 60), team("b", "north", 50, 25)]
    )
    plan = plan_of(document)
    assert plan["binding"] == [
        {"rule": "capacity", "about": ["b", "day"], "hours": 20.0, "limit": 25.0, "price_per_hour": 10.0}
    ]


@pytest.mark.req("D13")
def test_work_reserved_for_a_union_stays_there_and_its_least_volume_is_kept() -> None:
    staff = [team("a", "own", 90, union="u"), team("b", "north", 50)]
    document = instance(
        [line("x", 10, reserved_for="u"), line("y", 10)], staff, unions=[{"id": "u", "min_hours": 0}]
    )
    assert [entry["lead"] for entry in plan_of(document)["lines"]] == ["a", "b"]
    document["unions"] = [{"id": "u", "min_hours": 15}]
    plan = plan_of(document)
    assert [entry["lead"] for entry in plan["lines"]] == ["a", "a"]
    assert plan["eligibility"][plan["lines"][0]["eligibility"]]["excluded"] == {"union": ["b"]}
    assert plan["binding"][0]["rule"] == "union_minimum"


@pytest.mark.req("C22")
def test_shortages_are_named_before_anything_is_solved() -> None:
    document = instance(
        [
            line("x", 10, skill="dba", band="night"),
            line("y", 30, partner_only=True, retained=True),
            line("z", 20),
        ],
        [team("a", "own", 60, 15, skills=["net", "dba"], capacity={"night": 4})],
    )
    solver, outcome = solved(document)
    assert outcome.status == "infeasible"
    assert shortages(solver.model) == [
        {"kind": "nobody_may_do_it", "line": "y", "excluded": {"partner_only": ["a"]}},
        {
            "kind": "more_work_than_hours",
            "skill": "dba",
            "band": "night",
            "hours_needed": 10.0,
            "hours_there": 4.0,
            "hours_missing": 6.0,
        },
        {
            "kind": "more_work_than_hours",
            "skill": "net",
            "band": "day",
            "hours_needed": 20.0,
            "hours_there": 15.0,
            "hours_missing": 5.0,
        },
    ]
    repair = cheapest_repair(read_instance(document).instance, Watch())
    assert [(step["about"], step["hours"]) for step in steps(repair)] == [
        (["a", "night"], 6.0),
        (["a", "day"], 5.0),
    ]


def test_kinds_of_rule_that_clash_are_those_that_cannot_all_hold() -> None:
    """The partner must have 30 hours and may be given none: with either rule away, the rest can be kept."""
    document = instance(
        [line("x", 40, current={"lead": "a"})],
        [team("a", "own", 60, 100), team("b", "north", 50, 100)],
        parties=[{"id": "own"}, {"id": "north", "min_hours": 30}],
        change_budget=0,
    )
    assert solved(document)[1].status == "infeasible"
    assert cheapest_repair(read_instance(document).instance, Watch()).conflict == (
        "change_budget",
        "contract_minimum",
    )


def test_whoever_no_longer_wants_the_plan_is_heard() -> None:
    with pytest.raises(Cancelled):
        solved(json.loads(EXAMPLE.read_text()), Watch(cancelled=lambda: True))


def test_progress_is_told_in_order() -> None:
    told: list[tuple[str, float]] = []
    solved(json.loads(EXAMPLE.read_text()), Watch(progress=lambda step, done: told.append((step, done))))
    assert [name for name, _ in told] == ["patterns", "relaxation", "rounding", "done"]
    assert [done for _, done in told] == sorted(done for _, done in told)
