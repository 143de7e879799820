"""From an instance to a plan: relaxation, rounding, repair, and for small instances the exact best.

A `Solver` keeps the relaxation and its basis, so that after a lock it goes on from where it was. Everything is decided by value
and number; time decides only where a limit of time is given. Not here: what to say about a plan (`explaining`, `shortages`).
"""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from cosource.allocation.rules.instance import Choice, Instance, Weights
from cosource.allocation.rules.model import Floats, Ints, Model
from cosource.allocation.rules.relaxation import Relaxation, Relaxed, staged
from cosource.allocation.rules.rounding import Search
from cosource.allocation.rules.watch import Watch

EXACT_UP_TO = 300
_RELAXING = 0.6
_EXACT_SECONDS = 20.0
# At first an hour too much costs little more than an hour, so that lines settle where they fit; then ever more.
_STRICT = 20.0
_STRICTER = (0.15, 0.4, 1.0, _STRICT, 400.0, 20_000.0)
_SWEEPS = 3
_OTHER_VIEWS = 6
# Search ends where a plan is so near to the bound; what is left to gain is less than costs are known to.
_NEAR_ENOUGH = 4e-4


@dataclass(frozen=True)
class Outcome:
    """A plan and what is known of it.

    `status`: "optimal", "feasible", "infeasible" (no plan keeps all rules), "unproven" (none was found) or "stopped" (by the
    limit of time). `chosen` by line: its pattern, or −1. `value`: what was made small; `bound`: what no plan is better than.
    """

    status: str
    chosen: Ints
    value: float
    bound: float
    prices: Floats
    short: Floats
    load: Floats

    @property
    def gap(self) -> float:
        """How far the plan may be from the best, as a share of the bound."""
        return max(0.0, self.value - self.bound) / max(abs(self.bound), 1e-9)

    @property
    def keeps_all(self) -> bool:
        """Tell whether every line is placed and every row holds."""
        return not self.short.any() and not (self.chosen < 0).any()


class Solver:
    """Makes plans for an instance. `objective`: another than the instance's own, by pattern."""

    def __init__(self, instance: Instance, *, watch: Watch | None = None, model: Model | None = None) -> None:
        self.watch = watch or Watch()
        self.watch.step("patterns", 0.0)
        self.model = model or Model(instance)
        self.locks = dict(instance.locks)
        self.objective = self.model.objective()
        self.relaxation: Relaxation | None = None
        self.last: Outcome | None = None
        self.relaxed: Relaxed | None = None

    def lock(self, line: str, choice: Choice | None) -> None:
        """Settle a line by hand, or give it free again; holds from the next `solve` on. Raises: KeyError."""
        number = next(n for n, one in enumerate(self.model.lines) if one.id == line)
        if choice is None:
            self.locks.pop(line, None)
        elif self.model.pattern(number, choice) is None:
            raise KeyError(line)
        else:
            self.locks[line] = choice

    def solve(self, *, objective: Floats | None = None) -> Outcome:
        """Return the best plan found. Raises: Cancelled."""
        if objective is not None:
            self.objective = objective
        allowed = self._allowed()
        relaxing = self.watch.part(_RELAXING)
        if self.relaxation is None:
            self.relaxation = staged(
                self.model, self.objective, penalty=self.penalty, watch=relaxing, allowed=allowed
            )
        else:
            self.relaxation.watch = relaxing
            self.relaxation.reprice(self.objective)
            self.relaxation.allow(allowed)
        self.watch.step("relaxation", 0.3)
        relaxed = self.relaxed = self.relaxation.solve()
        if relaxed.finished and np.abs(relaxed.short).sum() > 1e-6 and self._truly_short(allowed):
            return self._keep("infeasible", relaxed, np.full(len(self.model.lines), -1), relaxed.bound)
        self.watch.step("rounding", 0.6)
        chosen, short, bound = self._rounded(relaxed, allowed)
        status = "feasible" if relaxed.finished else "stopped"
        if relaxed.finished and len(self.model.lines) <= EXACT_UP_TO:
            status, chosen, bound = self._exact(allowed, chosen, bound)
        if status == "feasible" and (short.any() or len(self.model.unplaceable)):
            status = "stopped" if self.watch.left <= 0 else "unproven"
        return self._keep(status, relaxed, chosen, bound)

    def _keep(self, status: str, relaxed: Relaxed, chosen: Ints, bound: float) -> Outcome:
        search = self._search(
            relaxed.prices, self.relaxation.allowed if self.relaxation else self.model.fits, 0.0
        )
        search.start(chosen)
        if len(self.model.unplaceable):
            status = "infeasible"
        self.last = Outcome(status, chosen, search.value, bound, relaxed.prices, search.short, search.load)
        self.watch.step("done", 1.0)
        return self.last

    def _allowed(self) -> Any:
        allowed = self.model.fits.copy()
        for number, line in enumerate(self.model.lines):
            choice = self.locks.get(line.id)
            if choice is not None:
                here = slice(self.model.first[number], self.model.first[number + 1])
                allowed[here] = False
                pattern = self.model.pattern(number, choice)
                if pattern is not None:
                    allowed[pattern] = True
        # A line that is left without any way is looked at with all its ways, so that what it lacks can be named.
        some = np.bincount(self.model.line, allowed, len(self.model.lines)) > 0
        return allowed | ~some[self.model.line]

    @property
    def penalty(self) -> float:
        """What an hour outside of its bounds costs: more than any other way of having it done."""
        model = self.model
        dearest = float((np.abs(self.objective) / model.hours[model.line]).max(initial=1.0))
        steepest = max((slope for row in model.rows for _, slope in row.pieces), default=0.0)
        return (3 * dearest + steepest + 1.0) / min(
            (min(r.lower_price, r.upper_price) for r in model.rows), default=1.0
        )

    def _truly_short(self, allowed: Any) -> bool:
        """Tell whether rows give way because they must, and not because that is cheaper than what an hour may cost."""
        return least_repair(self.model, allowed, self.watch).bound > 1e-6

    def _search(self, prices: Floats, allowed: Any, penalty: float) -> Search:
        return Search(
            self.model, self.objective, penalty=penalty, prices=prices, may=allowed, watch=self.watch
        )

    def _rounded(self, relaxed: Relaxed, allowed: Any) -> tuple[Ints, Floats, float]:
        search = self._search(relaxed.prices, allowed, self.penalty)
        enough = relaxed.bound + _NEAR_ENOUGH * abs(relaxed.bound)
        before = self.last
        if before is not None and before.keeps_all:
            search.start(self._following_locks(before.chosen, allowed, search))
            begin, sweeps, views = _STRICTER.index(_STRICT), 1, 0
        else:
            search.round(relaxed.share)
            begin, sweeps, views = 0, _SWEEPS, _OTHER_VIEWS
        for stricter in _STRICTER[begin:]:
            search = self._stricter(search, relaxed, allowed, self.penalty * stricter)
            search.improve(sweeps=sweeps, enough=enough if stricter >= 1 else -np.inf)
            if stricter >= 1 and not search.short.any():
                break
        search.look_around(views, enough=enough)
        return search.chosen, search.short, relaxed.bound

    def _stricter(self, search: Search, relaxed: Relaxed, allowed: Any, penalty: float) -> Search:
        again = self._search(relaxed.prices, allowed, penalty)
        again.start(search.chosen)
        return again

    def _following_locks(self, chosen: Ints, allowed: Any, search: Search) -> Ints:
        chosen = chosen.copy()
        for line in np.flatnonzero(~allowed[chosen]):
            ways = np.arange(self.model.first[line], self.model.first[line + 1])
            chosen[line] = ways[np.argmin(search.priced[ways])]
        return chosen

    def _exact(self, allowed: Any, chosen: Ints, bound: float) -> tuple[str, Ints, float]:
        """Look for the very best of a small instance; what was found before holds where time runs out."""
        whole = Relaxation(
            self.model,
            self.objective,
            penalty=self.penalty * _STRICTER[-1],
            watch=self.watch,
            allowed=allowed,
        )
        found, proven, low = whole.integral(min(_EXACT_SECONDS, self.watch.left))
        if found is None:
            return "feasible", chosen, bound
        search = self._search(np.zeros(len(self.model.rows)), allowed, self.penalty * _STRICTER[-1])
        search.start(chosen)
        rounded = search.value
        search.start(found)
        best = found if search.value <= rounded else chosen
        search.start(best)
        if search.short.any():
            return ("infeasible" if proven else "unproven"), best, bound
        return ("optimal" if proven else "feasible"), best, min(max(bound, low), search.value)


def least_repair(model: Model, allowed: Any, watch: Watch) -> Relaxed:
    """Return the relaxation in which only giving way costs, each hour its repair price; `bound` is its least cost."""
    plain = model
    if any(row.pieces for row in model.rows):
        plain = Model(replace(model.instance, weights=Weights()))
        allowed = np.ones(plain.size, bool) if plain.size != len(allowed) else allowed
    return staged(plain, np.zeros(plain.size), penalty=1.0, watch=watch, allowed=allowed).solve()
