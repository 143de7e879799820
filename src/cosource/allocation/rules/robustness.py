"""How well a plan stands when weights or the world are others.

Under weights: the share of drawn weights under which a line is done in the same mode; a line below `JUDGEMENT` is a judgement
call, for people to settle. In a scenario: whether it can be done at all, what the best plan for it costs, and the regret of
changing as little as possible instead.
"""

from collections import Counter
from dataclasses import replace
from typing import Any

import numpy as np

from cosource.allocation.rules.explaining import mode
from cosource.allocation.rules.instance import Instance, Scenario, Weights
from cosource.allocation.rules.shortages import cheapest_repair, shortages, steps
from cosource.allocation.rules.solving import Outcome, Solver
from cosource.allocation.rules.watch import Watch

JUDGEMENT = 0.8


def stability(solver: Solver, outcome: Outcome, draws: int, seed: int) -> dict[str, Any]:
    """Return for each line the share of draws in which it has the plan's mode. Weights are drawn evenly (Dirichlet).

    Needs a solver that has solved; its relaxation goes on from its basis for each draw, and is left at the instance's weights.
    """
    model, relaxation = solver.model, solver.relaxation
    if relaxation is None:
        raise ValueError("the solver has not solved yet")
    weights = model.instance.weights
    random = np.random.default_rng(seed)
    terms = [True, weights.risk > 0, weights.moved > 0]
    modes = np.array([mode(model, pattern) for pattern in range(model.size)])
    placed = np.flatnonzero(np.diff(model.first))
    same: Counter[str] = Counter()
    for _ in range(draws):
        drawn = iter(random.dirichlet(np.ones(sum(terms))) * sum(terms))
        cost, risk, moved = (float(next(drawn)) if there else 0.0 for there in terms)
        relaxation.reprice(model.objective(cost=cost, risk=risk * weights.risk, moved=moved * weights.moved))
        share = relaxation.solve().share
        best = np.lexsort((-share, model.line))[model.first[placed]]
        for line, pattern in zip(placed.tolist(), best.tolist(), strict=True):
            same[model.lines[line].id] += bool(modes[pattern] == modes[outcome.chosen[line]])
    relaxation.reprice(solver.objective)
    shares = {model.lines[line].id: round(same[model.lines[line].id] / draws, 4) for line in placed.tolist()}
    return {
        "draws": draws,
        "seed": seed,
        "judgement_calls": [name for name, share in shares.items() if share < JUDGEMENT],
        "lines": shares,
    }


def scenario(
    instance: Instance, outcome: Outcome, solver: Solver, what: Scenario, watch: Watch
) -> dict[str, Any]:
    """Return what a scenario does to a plan."""
    there = instance.under(what)
    trial = Solver(there, watch=watch)
    best = trial.solve()
    found: dict[str, Any] = {"id": what.id, "status": best.status}
    if not best.keeps_all:
        repair = cheapest_repair(there, watch)
        return found | {
            "shortages": shortages(trial.model),
            "repair": steps(repair),
            "repair_cost": round(repair.cost, 4),
        }
    planned = {
        line.id: solver.model.choice(int(outcome.chosen[n])) for n, line in enumerate(solver.model.lines)
    }
    now = _cost(trial, best)
    found |= {
        "cost": round(now, 2),
        "cost_change": round(now - _cost(solver, outcome), 2),
        "gap": round(best.gap, 8),
        "lines_forced": sum(
            trial.model.pattern(n, planned[line.id]) is None for n, line in enumerate(trial.model.lines)
        ),
        "lines_changed": sum(
            trial.model.choice(int(best.chosen[n])) != planned[line.id]
            for n, line in enumerate(trial.model.lines)
        ),
    }
    kept = _changing_little(there, planned, watch)
    return found | {"regret": None if kept is None else round(max(0.0, kept - now), 2)}


def _changing_little(instance: Instance, planned: dict[str, Any], watch: Watch) -> float | None:
    """Return the cost of the plan that leaves as much as it can with who has it; None where none was found."""
    known = Solver(instance).model
    lines = tuple(
        replace(line, current=planned[line.id] if known.pattern(n, planned[line.id]) is not None else None)
        for n, line in enumerate(instance.lines)
    )
    dear = 2 * float((known.cost / known.hours[known.line]).max(initial=1.0))
    solver = Solver(
        replace(instance, lines=lines, weights=Weights(moved=dear), change_budget=None), watch=watch
    )
    kept = solver.solve()
    return _cost(solver, kept) if kept.keeps_all else None


def _cost(solver: Solver, outcome: Outcome) -> float:
    return float(solver.model.cost[outcome.chosen[outcome.chosen >= 0]].sum())
