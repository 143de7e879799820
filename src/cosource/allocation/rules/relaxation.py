"""The linear relaxation: shares instead of a choice for each line, solved with HiGHS, and the prices of the rows that it yields.

Only promising patterns are given to the solver; whether any of the others would be worth its price is asked after each solution,
until none is. The bound is computed from the prices alone, in plain arithmetic, so that it holds whatever state the solver was
stopped in. The solver's basis is kept: after a lock or another objective it goes on from there.
"""

import time
from dataclasses import dataclass
from typing import Any

import highspy
import numpy as np

from cosource.allocation.rules.model import Floats, Ints, Model
from cosource.allocation.rules.watch import Watch

SAMPLES = (400, 2_000, 10_000)
_WORTH = 1e-7
_ENTERING = 3
_AT_FIRST = 3
_DUAL, _PRIMAL = 1, 4


@dataclass(frozen=True)
class Relaxed:
    """A solution of the relaxation. `prices` by row (what an hour costs that is used there), `share` by pattern.

    `bound`: no plan can be better. `short`: hours by which rows give way, above (positive) or below (negative).
    `finished`: false where it was stopped before the best was found.
    """

    prices: Floats
    share: Floats
    bound: float
    short: Floats
    finished: bool


def lagrangian_bound(model: Model, objective: Floats, prices: Floats, allowed: Ints | None = None) -> float:
    """Return what no choice can be better than, from any prices: each line at its best price, each row at its best load."""
    priced = objective + model.entries.priced(prices)
    if allowed is not None:
        priced = np.where(allowed, priced, np.inf)
    placed = np.flatnonzero(np.diff(model.first))
    total = float(np.minimum.reduceat(priced, model.first[placed]).sum()) if len(placed) else 0.0
    return total + float(sum(_best_load(model, row, float(price)) for row, price in enumerate(prices)))


def _best_load(model: Model, number: int, price: float) -> float:
    """Return the least of a row's own cost minus its load at the price, over the loads that it allows."""
    row = model.rows[number]
    loads, costs = [row.lower], [0.0]
    if row.pieces:
        load = cost = 0.0
        loads, costs = [0.0], [0.0]
        for width, slope in row.pieces:
            load, cost = load + width, cost + width * slope
            loads.append(load)
            costs.append(cost)
    elif np.isfinite(row.upper):
        loads, costs = [row.lower, row.upper], [0.0, 0.0]
    return min(cost - price * load for load, cost in zip(loads, costs, strict=True))


class Relaxation:
    """The relaxation of a model's placeable lines, or of some of them with the bounds of rows scaled to their hours.

    `penalty`: what an hour costs by which a row gives way, times the row's price. `allowed` by pattern: what a lock leaves.
    """

    def __init__(
        self,
        model: Model,
        objective: Floats,
        *,
        penalty: float,
        watch: Watch,
        lines: Ints | None = None,
        guess: Floats | None = None,
        allowed: Any = None,
    ) -> None:
        self.model, self.watch, self.penalty = model, watch, penalty
        self.objective = objective
        self.allowed = model.fits.copy() if allowed is None else allowed.copy()
        self.lines = np.flatnonzero(np.diff(model.first)) if lines is None else lines
        self.pivots = 0
        self.seconds = 0.0
        # A sample is uneven: what is scarce in it by chance must not get the price of what can't be had.
        whole = float(model.hours.sum())
        ease = 0.0 if lines is None else 1 / np.sqrt(len(lines))
        self._scale = (1.0 if lines is None else float(model.hours[lines].sum()) / whole) * (1 + ease)
        self._lower_scale = self._scale * (1 - ease) / (1 + ease)
        self._mine = np.zeros(len(model.hours), bool)
        self._mine[self.lines] = True
        self._row_of = np.cumsum(self._mine) - 1
        first_slope = [row.pieces[0][1] if row.pieces else 0.0 for row in model.rows]
        self._least_price = np.where(model.lower > 0, -np.inf, np.array(first_slope))
        self._column = np.full(model.size, -1, np.int64)
        self._patterns: Ints = np.zeros(0, np.int64)
        self._solver = _quiet(watch)
        self._add_rows()
        self._begin(np.zeros(len(model.rows)) if guess is None else guess)

    def solve(self) -> Relaxed:
        """Return the best shares, or the best found until the limit of time. Raises: Cancelled."""
        finished = False
        prices = np.zeros(len(self.model.rows))
        while True:
            ended = self._run()
            solution = self._solver.getSolution()
            duals = np.array(solution.row_dual)
            if len(duals):
                prices = self._usable(-duals[len(self.lines) :])
            if not ended:
                break
            entering = self._worth_adding(prices, duals[: len(self.lines)])
            if not len(entering):
                finished = True
                break
            self._add(entering)
        values = np.array(solution.col_value)
        share = np.zeros(self.model.size)
        columns = values[self._offset :] if len(values) else np.zeros(len(self._patterns))
        share[self._patterns] = np.clip(columns, 0.0, 1.0)
        short = np.zeros(len(self.model.rows))
        if len(values):
            np.add.at(short, self._slack_row, values[self._slack] * self._slack_sign)
        return Relaxed(prices, share, self.bound(prices), short, finished)

    def bound(self, prices: Floats) -> float:
        """Return what no choice can be better than, from any prices."""
        return lagrangian_bound(self.model, self.objective, self._usable(prices), self.allowed)

    def reprice(self, objective: Floats, *, penalty: float | None = None) -> None:
        """Change what is made small; the basis stays."""
        self.objective = objective
        columns = np.arange(len(self._patterns)) + self._offset
        self._solver.changeColsCost(len(columns), _int32(columns), objective[self._patterns])
        if penalty is not None:
            self.penalty = penalty
            self._solver.changeColsCost(len(self._slack), _int32(self._slack), penalty * self._slack_price)

    def allow(self, allowed: Any) -> None:
        """Take patterns out of use, or back into it; the basis stays."""
        changed = np.flatnonzero(allowed != self.allowed)
        self.allowed = allowed.copy()
        there = changed[self._column[changed] >= 0]
        self._add(changed[allowed[changed] & (self._column[changed] < 0)])
        self._solver.changeColsBounds(
            len(there),
            _int32(self._column[there]),
            np.zeros(len(there)),
            np.where(allowed[there], np.inf, 0.0),
        )
        # A line whose ways that the solver knows are all out of use is given those that it did not know.
        known = (
            np.bincount(self.model.line[self._patterns], allowed[self._patterns], len(self.model.hours)) > 0
        )
        lacking = self._mine[self.model.line] & ~known[self.model.line] & allowed & (self._column < 0)
        self._add(np.flatnonzero(lacking))

    def forgive(self, kinds: set[str]) -> None:
        """Let rows of some kinds give way at no cost, and all others at their price."""
        rows = [self.model.rows[row] for row in self._slack_row]
        named = [
            ("contract_maximum" if sign > 0 else "contract_minimum") if row.kind == "contract" else row.kind
            for row, sign in zip(rows, self._slack_sign, strict=True)
        ]
        costs = np.where([name in kinds for name in named], 0.0, self.penalty * self._slack_price)
        self._solver.changeColsCost(len(self._slack), _int32(self._slack), costs)

    def integral(self, seconds: float) -> tuple[Ints | None, bool, float]:
        """Return a pattern for every line instead of shares, whether that is proven to be the best, and the bound."""
        missing = np.flatnonzero((self._column < 0) & self.allowed & self._mine[self.model.line])
        self._add(missing)
        columns = np.arange(len(self._patterns)) + self._offset
        kinds = np.array([highspy.HighsVarType.kInteger] * len(columns))
        self._solver.changeColsIntegrality(len(columns), _int32(columns), kinds)
        for name, value in (
            ("time_limit", seconds),
            ("mip_rel_gap", 0.0),
            ("mip_abs_gap", 1e-7),
            ("presolve", "on"),
        ):
            self._solver.setOptionValue(name, value)
        self._solver.setOptionValue("simplex_strategy", _DUAL)
        self._solver.run()
        self.watch.look()
        values = np.array(self._solver.getSolution().col_value)
        information = self._solver.getInfo()
        if (
            not len(values)
            or information.primal_solution_status != highspy.SolutionStatus.kSolutionStatusFeasible
        ):
            return None, False, -np.inf
        chosen = np.full(len(self.model.lines), -1, np.int64)
        taken = self._patterns[values[self._offset :] > 0.5]
        chosen[self.model.line[taken]] = taken
        proven = self._solver.getModelStatus() == highspy.HighsModelStatus.kOptimal
        return chosen, bool(proven), float(information.mip_dual_bound)

    def bounds(self, lower: Floats, upper: Floats) -> None:
        """Change the bounds of plain rows; the basis stays. Rows with a price of waiting keep theirs."""
        plain = np.array([not row.pieces for row in self.model.rows])
        rows = np.flatnonzero(plain)
        self._solver.changeRowsBounds(len(rows), _int32(rows + len(self.lines)), lower[rows], upper[rows])

    def _add_rows(self) -> None:
        rows, none = self.model.rows, np.zeros(0, np.int32)
        count = len(self.lines)
        self._solver.addRows(
            count, np.ones(count), np.ones(count), 0, _int32(np.zeros(count)), none, np.zeros(0)
        )
        # Hours are never below zero: that bound is left to the patterns, so that no row has a price for it.
        least = [row.lower * self._lower_scale if row.lower > 0 else -np.inf for row in rows]
        lower = np.array([0.0 if row.pieces else bound for row, bound in zip(rows, least, strict=True)])
        upper = np.array([0.0 if row.pieces else row.upper * self._scale for row in rows])
        self._solver.addRows(len(rows), lower, upper, 0, _int32(np.zeros(len(rows))), none, np.zeros(0))
        columns: list[tuple[int, float, float, float]] = []  # row, sign, cost, most
        slack, prices = [], []
        for number, row in enumerate(rows):
            for width, slope in row.pieces:
                columns.append((number, -1.0, slope, width * self._scale))
            for sign, limit, price in ((-1.0, row.upper, row.upper_price), (1.0, row.lower, row.lower_price)):
                if np.isfinite(limit) and (limit > 0 or sign < 0):
                    slack.append(len(columns))
                    prices.append(price)
                    columns.append((number, sign, self.penalty * price, np.inf))
        self._slack = np.array(slack, np.int64)
        self._slack_price = np.array(prices)
        self._slack_row = np.array([columns[column][0] for column in slack], np.int64)
        self._slack_sign = -np.array([columns[column][1] for column in slack])
        self._offset = len(columns)
        self._solver.addCols(
            len(columns),
            np.array([c[2] for c in columns]),
            np.zeros(len(columns)),
            np.array([c[3] for c in columns]),
            len(columns),
            _int32(np.arange(len(columns))),
            _int32(np.array([c[0] + count for c in columns])),
            np.array([c[1] for c in columns]),
        )

    def _begin(self, guess: Floats) -> None:
        """Give the solver each line's best patterns at guessed prices, the very best in the basis."""
        priced = self._priced(self._usable(guess))
        self._add(self._best(priced, _AT_FIRST))
        if not len(self.lines):
            return
        chosen = self._best(priced, 1)
        basis = highspy.HighsBasis()
        column = np.zeros(self._offset + len(self._patterns), np.int64)
        column[self._column[chosen]] = 1
        state = (highspy.HighsBasisStatus.kLower, highspy.HighsBasisStatus.kBasic)
        basis.col_status = [state[c] for c in column]
        basis.row_status = [state[0]] * len(self.lines) + [state[1]] * len(self.model.rows)
        self._solver.setBasis(basis)

    def _best(self, priced: Floats, count: int) -> Ints:
        """Return the patterns of each line with the lowest values, in the order of lines."""
        order = np.lexsort((priced, self.model.line))
        order = order[self._mine[self.model.line[order]]]
        lengths = np.diff(self.model.first)[self.lines]
        rank = np.arange(len(order)) - np.repeat(np.cumsum(lengths) - lengths, lengths)
        return np.asarray(order[(rank < count) & np.isfinite(priced[order])], np.int64)

    def _priced(self, prices: Floats) -> Floats:
        priced = self.objective + self.model.entries.priced(prices)
        priced[~self.allowed] = np.inf
        return priced

    def _worth_adding(self, prices: Floats, line_duals: Floats) -> Ints:
        priced = self._priced(prices)
        value = np.zeros(len(self.model.hours))
        value[self.lines] = line_duals
        saved = priced - value[self.model.line]
        worth = self._mine[self.model.line] & (self._column < 0)
        worth &= saved < -_WORTH * (1.0 + np.abs(self.objective))
        if not worth.any():
            return np.zeros(0, np.int64)
        return self._best(np.where(worth, saved, np.inf), _ENTERING)

    def _add(self, patterns: Ints) -> None:
        if not len(patterns):
            return
        self._column[patterns] = self._offset + len(self._patterns) + np.arange(len(patterns))
        self._patterns = np.concatenate((self._patterns, patterns))
        whose, row, hours = self.model.entries.of(patterns)
        counts = np.bincount(whose, minlength=len(patterns)) + 1
        start = np.cumsum(counts) - counts
        index, value = np.zeros(counts.sum(), np.int64), np.ones(counts.sum())
        index[start] = self._row_of[self.model.line[patterns]]
        rest = np.ones(len(index), bool)
        rest[start] = False
        index[rest], value[rest] = row + len(self.lines), hours
        self._solver.addCols(
            len(patterns),
            self.objective[patterns],
            np.zeros(len(patterns)),
            np.where(self.allowed[patterns], np.inf, 0.0),
            len(index),
            _int32(start),
            _int32(index),
            value,
        )

    def _run(self) -> bool:
        """Let the solver work; false when it was stopped before the end."""
        self.watch.look()
        if self.watch.left <= 0:
            return False
        began = time.monotonic()
        self._solver.run()
        self.seconds += time.monotonic() - began
        self.pivots = self._solver.getInfo().simplex_iteration_count
        self.watch.look()
        optimal = highspy.HighsModelStatus.kOptimal
        for strategy in (_DUAL, _PRIMAL):
            if self._solver.getModelStatus() == optimal or self.watch.stopped:
                break
            # Numbers that went astray on one way come right on the other.
            self._solver.setOptionValue("simplex_strategy", strategy)
            self._solver.run()
            self._solver.setOptionValue("simplex_strategy", _PRIMAL)
        return bool(self._solver.getModelStatus() == optimal)

    def _usable(self, prices: Floats) -> Floats:
        """Return prices without what no load could ask: too much without an upper bound, too little without a lower one."""
        capped = np.where(np.isfinite(self.model.upper), prices, np.minimum(prices, 0.0))
        return np.asarray(np.maximum(capped, self._least_price))


def staged(model: Model, objective: Floats, *, penalty: float, watch: Watch, allowed: Any) -> Relaxation:
    """Return a relaxation that begins at prices learned from ever larger samples of lines: most of the way is done then."""
    placed = np.flatnonzero(np.diff(model.first))
    order = np.random.default_rng(0).permutation(placed)
    guess = None
    for size in SAMPLES:
        if size * 2 > len(placed):
            break
        lines = np.sort(order[:size])
        sample = Relaxation(
            model, objective, penalty=penalty, watch=watch, lines=lines, guess=guess, allowed=allowed
        )
        guess = sample.solve().prices
    return Relaxation(model, objective, penalty=penalty, watch=watch, guess=guess, allowed=allowed)


def _quiet(watch: Watch) -> Any:
    solver = highspy.Highs()  # type: ignore[no-untyped-call]
    for name, value in (
        ("output_flag", False),
        ("threads", 1),
        ("random_seed", 0),
        ("presolve", "off"),
        ("solver", "simplex"),
        ("simplex_strategy", _PRIMAL),
    ):
        solver.setOptionValue(name, value)
    solver.cbSimplexInterrupt.subscribe(lambda event: event.interrupt() if watch.stopped else None)
    return solver


def _int32(values: Any) -> Any:
    return np.asarray(values, np.int32)
