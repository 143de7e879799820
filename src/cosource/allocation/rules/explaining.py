"""Why a plan is as it is: for each line the choice beside the others, and for the plan which rules bind and what that costs.

All follows from the prices of the relaxation. A way of doing a line costs its own cost and its hours at the prices of the rows
that they take; the cheapest so is the line's *price-best*. Another way enters when its own cost falls below `enters_at`; above
that, no optimal sharing has it. Where several systems of prices are equally right, it may have to fall a little further.
"""

from typing import Any

import numpy as np

from cosource.allocation.rules.eligibility import TEXTS, Exclusion, profile_of
from cosource.allocation.rules.model import Floats, Model
from cosource.allocation.rules.solving import Outcome

_BINDING = 1e-6


def mode(model: Model, pattern: int) -> str:
    """Return whether a pattern is internal, outsourced or joint (of the client and a partner)."""
    parties = {model.teams[model.lead[pattern]].party}
    if model.support[pattern] >= 0:
        parties.add(model.teams[model.support[pattern]].party)
    if parties == {model.instance.client}:
        return "internal"
    return "joint" if model.instance.client in parties else "outsourced"


def entering_costs(model: Model, objective: Floats, prices: Floats) -> Floats:
    """Return for each pattern the cost below which it would enter the best sharing."""
    priced = objective + model.entries.priced(prices)
    placed = np.flatnonzero(np.diff(model.first))
    least = np.zeros(len(model.lines))
    usable = np.where(model.fits, priced, np.inf)
    least[placed] = np.minimum.reduceat(usable, model.first[placed])
    return np.asarray(model.cost - np.maximum(0.0, priced - least[model.line]))


class Explanation:
    """What can be said of the lines of one plan."""

    def __init__(self, model: Model, outcome: Outcome, objective: Floats, most: int) -> None:
        self._model, self._outcome, self._objective, self._most = model, outcome, objective, most
        self._hours_at_prices = model.entries.priced(outcome.prices)
        self._priced = objective + self._hours_at_prices
        self._enters = entering_costs(model, objective, outcome.prices)

    def of(self, line: int) -> dict[str, Any]:
        """Return why a line is done so: the terms of the choice, the runner-up, and at which price each other way enters."""
        model, chosen = self._model, int(self._outcome.chosen[line])
        ways = np.arange(model.first[line], model.first[line + 1])
        others = ways[ways != chosen]
        others = others[np.argsort(self._priced[others], kind="stable")]
        return {
            "terms": self._terms(chosen),
            "above_price_best": _money(float(self._priced[chosen] - self._priced[ways].min())),
            "runner_up": self._alternative(int(others[0])) | {"terms": self._terms(int(others[0]))}
            if len(others)
            else None,
            "alternatives": [self._alternative(int(way)) for way in others[: self._most]],
            "alternatives_left_out": max(0, len(others) - self._most),
        }

    def _terms(self, pattern: int) -> dict[str, float]:
        model, weights = self._model, self._model.instance.weights
        return {
            "cost": _money(float(model.cost[pattern])),
            "risk": _money(weights.risk * float(model.risk[pattern])),
            "moved": _money(weights.moved * float(model.moved[pattern])),
            "hours_at_prices": _money(float(self._hours_at_prices[pattern])),
        }

    def _alternative(self, pattern: int) -> dict[str, Any]:
        model = self._model
        choice = model.choice(pattern)
        found: dict[str, Any] = {"lead": choice.lead}
        if choice.support:
            found["support"] = choice.support
        found |= {
            "cost": _money(float(model.cost[pattern])),
            "enters_at": round(float(self._enters[pattern]), 4),
        }
        if not model.fits[pattern]:
            found["too_large"] = True
        return found


def profiles(model: Model) -> tuple[list[dict[str, Any]], list[int]]:
    """Return the different answers to who may do a line, and for each line the number of its answer."""
    numbers: dict[Any, int] = {}
    found: list[dict[str, Any]] = []
    of_line = []
    for line in model.lines:
        asked = profile_of(line)
        if asked not in numbers:
            numbers[asked] = len(found)
            out: dict[str, list[str]] = {}
            for team, reasons in model.eligibility.reasons(line).items():
                for reason in reasons:
                    out.setdefault(str(reason), []).append(team)
            found.append({"eligible": [t.id for t in model.eligibility.teams(line)], "excluded": out})
        of_line.append(numbers[asked])
    return found, of_line


def reasons() -> dict[str, str]:
    """Return what each reason for an exclusion means, in words."""
    return {str(reason): TEXTS[reason] for reason in Exclusion}


def binding(model: Model, outcome: Outcome) -> list[dict[str, Any]]:
    """Return the rules that bind, the dearest first: the load, its bounds, and what one hour more of room is worth."""
    found = []
    for number in np.argsort(-np.abs(outcome.prices), kind="stable"):
        price = float(outcome.prices[number])
        if abs(price) <= _BINDING:
            break
        row = model.rows[number]
        kind = row.kind
        if kind == "contract":
            kind = "contract_maximum" if price > 0 else "contract_minimum"
        found.append(
            {
                "rule": kind,
                "about": list(row.about),
                "hours": round(float(outcome.load[number]), 4),
                "limit": row.upper if price > 0 else row.lower,
                "price_per_hour": round(price, 4),
            }
        )
    return found


def _money(amount: float) -> float:
    return round(amount, 2) + 0.0
