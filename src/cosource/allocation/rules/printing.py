"""A plan as a document: totals with bound and gap, lines with roles, explanations, what binds, what was left out."""

from collections.abc import Iterable, Mapping
from typing import Any

from cosource.allocation.rules.explaining import Explanation, binding, mode, profiles, reasons
from cosource.allocation.rules.fields import Problem
from cosource.allocation.rules.model import Model
from cosource.allocation.rules.solving import Outcome, Solver
from cosource.allocation.rules.verification import Verdict

FORMAT = "cosource-allocation-plan/1"
ALTERNATIVES = 10


def plan_document(
    solver: Solver,
    outcome: Outcome,
    blocked: Iterable[Problem],
    notes: Iterable[Problem],
    *,
    alternatives: int,
) -> dict[str, Any]:
    """Return the plan; without lines where there is none that keeps all rules."""
    model = solver.model
    document: dict[str, Any] = {
        "format": FORMAT,
        "status": outcome.status,
        "currency": model.instance.currency,
    }
    if outcome.status != "infeasible":
        document |= _totals(model, outcome, solver)
        document["lines"] = _lines(solver, outcome, alternatives)
        document["binding"] = binding(model, outcome)
    document["eligibility"] = profiles(model)[0]
    document["reasons"] = reasons()
    document["blocked"] = [_problem(problem) for problem in blocked]
    document["notes"] = [_problem(problem) for problem in notes]
    document["dependencies"] = _dependencies(model, outcome)
    return document


def verdict_document(verdict: Verdict) -> dict[str, Any]:
    """Return what the verifier found: counts by kind, and each violation by name."""
    return {
        "holds": verdict.holds,
        "checked": dict(verdict.checked),
        "violated": {kind: count for kind in verdict.checked if (count := verdict.broken(kind))},
        "violations": [
            {"rule": kind, "about": about, "what": what} for kind, about, what in verdict.violations
        ],
    }


def _totals(model: Model, outcome: Outcome, solver: Solver) -> dict[str, Any]:
    taken = outcome.chosen[outcome.chosen >= 0]
    weights = model.instance.weights
    parts = {
        "cost": float(model.cost[taken].sum()),
        "risk": float(model.risk[taken].sum()),
        "moved_hours": float(model.moved[taken].sum()),
    }
    weighed = parts["cost"] + weights.risk * parts["risk"] + weights.moved * parts["moved_hours"]
    waiting = outcome.value - weighed if not outcome.short.any() else 0.0
    return {
        "totals": {
            "lines": len(taken),
            "hours": round(float(model.hours[model.line[taken]].sum()), 4),
            **{name: round(amount, 4) for name, amount in parts.items()},
            "waiting_hours": round(waiting / weights.waiting, 4) if weights.waiting else None,
            "value": round(outcome.value, 4),
        },
        "bound": round(outcome.bound, 4),
        "gap": round(outcome.gap, 8),
        "patterns": {"considered": model.size, "left_out": model.left_out},
    }


def _lines(solver: Solver, outcome: Outcome, alternatives: int) -> list[dict[str, Any]]:
    model = solver.model
    explanation = Explanation(model, outcome, solver.objective, alternatives)
    _, profile = profiles(model)
    found = []
    for number, line in enumerate(model.lines):
        pattern = int(outcome.chosen[number])
        if pattern < 0:
            continue
        choice = model.choice(pattern)
        entry: dict[str, Any] = {"line": line.id, "lead": choice.lead}
        hours = {"lead": round(float(model.lead_hours[pattern]), 6)}
        if choice.support:
            entry["support"] = choice.support
            hours["support"] = round(float(model.support_hours[pattern]), 6)
        entry |= {
            "mode": mode(model, pattern),
            "hours": hours,
            "cost": round(float(model.cost[pattern]), 4),
            "risk": round(float(model.risk[pattern]), 6),
            "moved_hours": round(float(model.moved[pattern]), 6),
            "eligibility": profile[number],
            "why": explanation.of(number),
        }
        if line.id in solver.locks:
            entry["locked"] = True
        found.append(entry)
    return found


def _dependencies(model: Model, outcome: Outcome) -> dict[str, int]:
    """Count what comes after what, and where work passes from one party to another on the way."""
    numbers = {line.id: number for number, line in enumerate(model.lines)}
    count = crossing = 0
    for number, line in enumerate(model.lines):
        for before in (numbers[name] for name in line.depends_on if name in numbers):
            count += 1
            here, there = int(outcome.chosen[number]), int(outcome.chosen[before])
            if min(here, there) >= 0:
                crossing += model.teams[model.lead[here]].party != model.teams[model.lead[there]].party
    return {"dependencies": count, "between_parties": int(crossing)}


def _problem(problem: Problem) -> Mapping[str, Any]:
    found = {"where": problem.where, "what": problem.what, "remedy": problem.remedy}
    return {"line": problem.line, **found} if problem.line else found
