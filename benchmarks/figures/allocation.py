"""Plans of ten and of fifty thousand lines for fifty teams: time and gap, for instances of several shapes and loads.

Time is from the parsed document to the plan that the verifier has passed: reading, patterns, relaxation, repair, check. Beside it
stands, in the same run, the time of the bare linear relaxation, which every such method has to solve. Instances are drawn from
fixed seeds, and hold a hidden plan that loads the teams as far as the figure says.
"""

import time
from collections.abc import Callable
from typing import Any

from benchmarks.instances import SHAPES, lumpy
from benchmarks.measuring import Figure, hand_in

TEAMS = 50
LINES, MANY = 10_000, 50_000
LOADS = (0.92, 0.97)
LIMIT_SECONDS, LIMIT_MANY, LIMIT_AGAIN, LIMIT_EXPLAINED = 15, 120, 3, 30
LIMIT_GAP = 0.05
SEED = 1


def main() -> None:
    from cosource.allocation.rules.solving import Solver  # loads the solver before any clock runs

    figures: list[Figure] = []
    for name, shape in SHAPES.items():
        for load in LOADS:
            on = f"{name}, {LINES:,} lines, {load:.0%}"
            figures += planned(shape, LINES, load, on, LIMIT_SECONDS, LIMIT_GAP, Solver)
    figures += planned(lumpy, LINES, LOADS[1], f"lumpy, {LINES:,} lines, {LOADS[1]:.0%}", None, None, Solver)
    figures += planned(
        SHAPES["even"], MANY, LOADS[0], f"even, {MANY:,} lines, {LOADS[0]:.0%}", LIMIT_MANY, LIMIT_GAP, Solver
    )
    figures += [explained(name, shape) for name, shape in SHAPES.items()]
    hand_in(figures)


def planned(  # noqa: PLR0917 - what is planned, on what, beside which limits
    shape: Callable[..., Any],
    lines: int,
    load: float,
    on: str,
    seconds: float | None,
    gap: float | None,
    solver_of: Any,
) -> list[Figure]:
    """Plan an instance, check the plan, lock one line otherwise and plan again."""
    from cosource.allocation.rules.printing import plan_document
    from cosource.allocation.rules.reading import read_instance
    from cosource.allocation.rules.verification import verify

    document = shape(lines, TEAMS, load, SEED)
    began = time.perf_counter()
    reading = read_instance(document)
    solver = solver_of(reading.instance)
    outcome = solver.solve()
    worked = time.perf_counter() - began
    plan = plan_document(solver, outcome, reading.blocked, reading.notes, alternatives=1)
    began = time.perf_counter()
    verdict = verify(document, plan)
    worked += time.perf_counter() - began
    relaxed = solver.relaxation.seconds
    model = solver.model
    line = next(n for n in range(lines) if model.first[n + 1] - model.first[n] > 3)
    other = next(k for k in range(model.first[line], model.first[line + 1]) if k != outcome.chosen[line])
    solver.lock(model.lines[line].id, model.choice(other))
    began = time.perf_counter()
    again = solver.solve()
    seconds_again = time.perf_counter() - began
    return [
        Figure("plan, read, made and checked", round(worked, 1), "s", seconds, on=on),
        Figure("bare relaxation within it", round(relaxed, 1), "s", on=on),
        Figure("gap to the bound", round(100 * outcome.gap, 4), "%", gap, on=on),
        Figure("violations of the plan", len(verdict.violations), "", 0, on=on),
        Figure(
            "plan again after a lock",
            round(seconds_again, 1),
            "s",
            seconds and LIMIT_AGAIN * lines / LINES,
            on=on,
        ),
        Figure("gap after the lock", round(100 * again.gap, 4), "%", gap, on=on),
    ]


def explained(name: str, shape: Callable[..., Any]) -> Figure:
    """Take away a tenth of all hours from an instance that was nearly full, and explain why there is no plan."""
    from cosource.allocation.rules.reading import read_instance
    from cosource.allocation.rules.shortages import cheapest_repair, shortages, steps
    from cosource.allocation.rules.solving import Solver
    from cosource.allocation.rules.watch import Watch

    document = shape(LINES, TEAMS, LOADS[1], SEED)
    for team in document["teams"]:
        team["capacity"] = {band: 0.9 * hours for band, hours in team["capacity"].items()}
    began = time.perf_counter()
    instance = read_instance(document).instance
    solver = Solver(instance)
    outcome = solver.solve()
    repair = cheapest_repair(instance, Watch())
    shortages(solver.model)
    seconds = time.perf_counter() - began
    if outcome.status != "infeasible" or not steps(repair):
        raise RuntimeError(f"{name}: an instance with too few hours was planned")
    note = f"repair {repair.cost:,.0f} h, bound {repair.bound:,.0f} h, clash of {', '.join(repair.conflict)}"
    return Figure(
        "no plan explained", round(seconds, 1), "s", LIMIT_EXPLAINED, on=f"{name}, {LINES:,} lines", note=note
    )


if __name__ == "__main__":
    main()
