"""Why no plan keeps all rules, and the cheapest way to give way.

In this order: lines that nobody may do, with the rule that keeps each team out; work of a skill in a band that is more than all
who can do it may plan; the cheapest repair, each rule at its price per hour; and the kinds of rule that clash, of which none can
be left away. The repair is one of hours, so it can be read as "so many hours more of this".
"""

from collections import defaultdict
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from cosource.allocation.rules.instance import Instance, Weights
from cosource.allocation.rules.model import TOLERANCE, Floats, Model
from cosource.allocation.rules.relaxation import Relaxation, staged
from cosource.allocation.rules.rounding import Search
from cosource.allocation.rules.watch import Watch

_EXACT_UP_TO = 300
_EXACT_SECONDS = 20.0
_NEAR_ENOUGH = 1e-3


@dataclass(frozen=True)
class Repair:
    """`hours` by row (above the bound positive, below negative); `cost` by repair prices; `bound`: no repair is cheaper."""

    model: Model
    hours: Floats
    cost: float
    bound: float
    conflict: tuple[str, ...]


def cheapest_repair(instance: Instance, watch: Watch) -> Repair:
    """Return the cheapest set of rules to give way, so that every line that somebody may do is done."""
    model = Model(replace(instance, weights=Weights()))
    allowed = np.ones(model.size, bool)
    for number, line in enumerate(model.lines):
        choice = instance.locks.get(line.id)
        pattern = model.pattern(number, choice) if choice else None
        if pattern is not None:
            allowed[model.first[number] : model.first[number + 1]] = False
            allowed[pattern] = True
    nothing = np.zeros(model.size)
    relaxation = staged(model, nothing, penalty=1.0, watch=watch, allowed=allowed)
    relaxed = relaxation.solve()
    search = Search(model, nothing, penalty=1.0, prices=relaxed.prices, may=allowed, watch=watch)
    search.round(relaxed.share)
    search.improve(sweeps=2, enough=relaxed.bound * (1 + _NEAR_ENOUGH))
    bound = max(0.0, relaxed.bound)
    chosen = search.chosen
    if len(model.lines) <= _EXACT_UP_TO:
        found, _, low = Relaxation(model, nothing, penalty=1.0, watch=watch, allowed=allowed).integral(
            _EXACT_SECONDS
        )
        before = search.value
        if found is not None:
            search.start(found)
            chosen = found if search.value <= before else chosen
            bound = max(bound, low)
    search.start(chosen)
    conflict = _clash(model, relaxation, relaxed.prices) if relaxed.bound > TOLERANCE else ()
    return Repair(model, search.short, search.value, min(bound, search.value), conflict)


def _clash(model: Model, relaxation: Relaxation, prices: Floats) -> tuple[str, ...]:
    """Return kinds of rule that cannot all be kept, and of which no one can be left away."""
    kinds = sorted(
        {_kind(model, number, price) for number, price in enumerate(prices) if abs(price) > TOLERANCE}
    )
    needed = list(kinds)
    for kind in kinds:
        without = [k for k in needed if k != kind]
        relaxation.forgive({k for k in _kinds(model) if k not in without})
        if relaxation.solve().bound > TOLERANCE:
            needed = without
    relaxation.forgive(set())
    return tuple(needed)


def _kinds(model: Model) -> set[str]:
    return {
        kind
        for row in model.rows
        for kind in ({"contract_minimum", "contract_maximum"} if row.kind == "contract" else {row.kind})
    }


def _kind(model: Model, number: int, sign: float) -> str:
    kind = model.rows[number].kind
    if kind == "contract":
        return "contract_maximum" if sign > 0 else "contract_minimum"
    return kind


def shortages(model: Model) -> list[dict[str, Any]]:
    """Return what can be seen without solving: lines that nobody may do, and skills in bands with more work than hours."""
    found: list[dict[str, Any]] = []
    for number in model.unplaceable:
        line = model.lines[number]
        out: dict[str, list[str]] = {}
        for team, reasons in model.eligibility.reasons(line).items():
            for reason in reasons:
                out.setdefault(str(reason), []).append(team)
        found.append({"kind": "nobody_may_do_it", "line": line.id, "excluded": out})
    wanted: dict[tuple[str, str], float] = defaultdict(float)
    able: dict[tuple[str, str], set[str]] = defaultdict(set)
    for line in model.lines:
        teams = model.eligibility.teams(line)
        if teams:
            wanted[line.skill, line.band] += line.hours
            able[line.skill, line.band] |= {team.id for team in teams}
    share = {band.id: band.utilisation for band in model.instance.bands}
    for (skill, band), hours in wanted.items():
        those = [model.instance.team_named[name] for name in sorted(able[skill, band])]
        offered = sum((team.capacity or {}).get(band, 0.0) for team in those) * share[band]
        if hours > offered * (1 + TOLERANCE) + TOLERANCE:
            found.append(
                {
                    "kind": "more_work_than_hours",
                    "skill": skill,
                    "band": band,
                    "hours_needed": round(hours, 4),
                    "hours_there": round(offered, 4),
                    "hours_missing": round(hours - offered, 4),
                }
            )
    return found


def steps(repair: Repair) -> list[dict[str, Any]]:
    """Return the repair as a list: which rule gives way by how many hours, from what to what, and at what cost."""
    found = []
    for number in np.flatnonzero(repair.hours):
        row, hours = repair.model.rows[number], float(repair.hours[number])
        price = row.upper_price if hours > 0 else row.lower_price
        limit = row.upper if hours > 0 else row.lower
        found.append(
            {
                "rule": _kind(repair.model, int(number), hours),
                "about": list(row.about),
                "limit": round(limit, 4),
                "to": round(limit + hours, 4),
                "hours": round(abs(hours), 4),
                "cost": round(abs(hours) * price, 4),
            }
        )
    return sorted(found, key=lambda step: -step["cost"])
