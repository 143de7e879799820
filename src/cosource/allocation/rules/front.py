"""What less risk and less change would cost: best plans under ever tighter limits, instead of one weighted score.

Each point is the cheapest plan found whose risk (or whose hours that change hands) stays within a limit; limits go evenly from
what the cheapest plan has down to the least that any plan has.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from cosource.allocation.rules.instance import Instance, Weights
from cosource.allocation.rules.model import Floats, Model
from cosource.allocation.rules.solving import Outcome, Solver
from cosource.allocation.rules.watch import Watch

_ROOM = 1 + 1e-9


def front(instance: Instance, points: int, watch: Watch) -> list[dict[str, Any]]:
    """Return the points for risk and for stability, each with its limit, cost, risk, hours moved and gap."""
    plain = replace(instance, weights=Weights(waiting=instance.weights.waiting))
    model = Model(plain)
    cheapest = Solver(plain, model=model, watch=watch).solve()
    if not cheapest.keeps_all:
        return []
    found = [_point("cost", None, model, cheapest)]
    amounts: tuple[tuple[str, Floats, Callable[[float], Model]], ...] = (
        ("risk", model.risk, lambda most: Model(plain, most_risk=most)),
        ("moved_hours", model.moved, lambda most: _with_budget(plain, most, float(model.hours.sum()))),
    )
    for aim, amount, limited in amounts:
        solver = Solver(plain, model=model, watch=watch)
        # The cheapest among the plans with the least, as far as a thousandth of the cost tells them apart.
        scale = float(model.cost.sum()) / max(float(amount.sum()), 1e-9) * 1e3
        least = solver.solve(objective=model.cost + scale * amount)
        if not least.keeps_all:
            continue
        high, low = _total(amount, cheapest), _total(amount, least)
        if high - low <= 1e-6:
            continue
        for limit in np.linspace(high, low, points + 1)[1:].tolist():
            within = limited(limit * _ROOM + 1e-6)
            outcome = Solver(plain, model=within, watch=watch).solve()
            if outcome.keeps_all:
                found.append(_point(aim, round(limit, 4), within, outcome))
    return found


def _with_budget(instance: Instance, most: float, hours: float) -> Model:
    budget = most / hours
    if instance.change_budget is not None:
        budget = min(budget, instance.change_budget)
    return Model(replace(instance, change_budget=budget))


def _total(amount: Floats, outcome: Outcome) -> float:
    return float(amount[outcome.chosen[outcome.chosen >= 0]].sum())


def _point(aim: str, limit: float | None, model: Model, outcome: Outcome) -> dict[str, Any]:
    point = {
        "aim": aim,
        "cost": round(_total(model.cost, outcome), 2),
        "risk": round(_total(model.risk, outcome), 4),
        "moved_hours": round(_total(model.moved, outcome), 4),
        "gap": round(outcome.gap, 8),
    }
    return point if limit is None else {**point, "limit": limit}
