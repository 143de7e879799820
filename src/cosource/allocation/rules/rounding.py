"""From shares to one choice for each line: rounding, repair of rows that do not hold, and exchange for the better.

What is made small is the objective plus, for each row, its price of waiting and a penalty for hours outside of its bounds. Moves
are looked for among the patterns that the relaxation's prices make cheap. Everything is decided by value, then by number, so
that the same instance always has the same plan.
"""

from itertools import pairwise
from typing import Any

import numpy as np

from cosource.allocation.rules.model import Floats, Ints, Model
from cosource.allocation.rules.watch import Watch

_SURE, _SURELY_NOT = 1 - 1e-6, 1e-6
_TOLERANCE = 1e-7
_WORTH = 1e-5
_LOOKED_AT = 4_000
_ASKED_EVERY = 64
_NEARBY = 0.1
_LONGEST_CHAIN = 3


class Search:
    """A choice for every placeable line, with the loads it causes, and ways to better it.

    `chosen` by line: its pattern, −1 for a line that nobody may do. `load` by row. `may` by pattern: what locks leave.
    """

    def __init__(
        self, model: Model, objective: Floats, *, penalty: float, prices: Floats, may: Ints, watch: Watch
    ) -> None:
        self.model, self.objective, self.prices, self.may, self.watch = model, objective, prices, may, watch
        self.priced = np.where(may, objective + model.entries.priced(prices), np.inf)
        self._knees, self._rises = _knees(model, penalty)
        self._lower = model.lower
        self._lower_penalty = penalty * np.array([row.lower_price for row in model.rows])
        self.chosen = np.full(len(model.lines), -1, np.int64)
        self.load = np.zeros(len(model.rows))
        self.moves = 0

    def start(self, chosen: Ints) -> None:
        """Take a choice for each line as it is."""
        self.chosen = chosen.copy()
        placed = self.chosen[self.chosen >= 0]
        _, row, hours = self.model.entries.of(placed)
        self.load = np.bincount(row, hours, len(self.model.rows)).astype(float)

    def round(self, share: Floats) -> None:
        """Take what is sure, and for the other lines, the largest first, what costs least where the loads then stand."""
        best = np.lexsort((self.priced, -share, self.model.line))
        placed = np.flatnonzero(np.diff(self.model.first))
        start = np.full(len(self.model.lines), -1, np.int64)
        start[placed] = best[self.model.first[placed]]
        unsure = placed[share[start[placed]] < _SURE]
        sure = start.copy()
        sure[unsure] = -1
        self.start(sure)
        for line in unsure[np.argsort(-self.model.hours[unsure], kind="stable")]:
            ways = np.arange(self.model.first[line], self.model.first[line + 1])
            shared = ways[share[ways] > _SURELY_NOT]
            # A relaxation that was stopped before its first solution shares nothing.
            ways = shared if len(shared) else ways[np.isfinite(self.priced[ways])]
            gains = self._gains(ways)
            self._take(int(ways[np.argmin(gains)]))

    @property
    def value(self) -> float:
        """What is made small."""
        placed = self.chosen[self.chosen >= 0]
        return float(
            self.objective[placed].sum() + self.row_costs(self.load, np.arange(len(self.load))).sum()
        )

    @property
    def short(self) -> Floats:
        """Hours by which each row is above (positive) or below (negative) its bounds."""
        model = self.model
        slack = _TOLERANCE * (1 + np.abs(self.load))
        over = np.where(self.load > model.upper + slack, self.load - model.upper, 0.0)
        return over - np.where(self.load < model.lower - slack, model.lower - self.load, 0.0)

    def improve(self, *, sweeps: int = 8, enough: float = -np.inf, longest: int = 2) -> None:
        """Move lines, alone and in pairs, while that makes the whole smaller; ends early at a value of `enough`."""
        for _ in range(sweeps):
            moves = self._promising()
            before = self.value
            self._singles(moves)
            self._chains(moves, enough, longest)
            after = self.value
            if self.watch.stopped or after <= enough or after >= before - _WORTH * abs(before):
                return

    def look_around(self, times: int, *, enough: float) -> None:
        """Better the plan by moves that other prices, near those given, make cheap: where many are right, one hides some."""
        random = np.random.default_rng(0)
        for _ in range(times):
            if self.watch.stopped or self.value <= enough:
                return
            prices = self.prices * (1 + _NEARBY * random.standard_normal(len(self.prices)))
            self.priced = np.where(self.may, self.objective + self.model.entries.priced(prices), np.inf)
            before = self.value
            self.improve(sweeps=2, enough=enough, longest=_LONGEST_CHAIN)
            if self.value >= before - _WORTH * abs(before):
                return

    def _promising(self) -> "Moves":
        """Return the moves that the prices make cheap, the cheapest first, and moves that concern rows which do not hold."""
        model = self.model
        spread = self.priced - self.priced[self.chosen][model.line]
        spread[self.chosen[self.chosen >= 0]] = np.inf
        order = np.argsort(spread, kind="stable")
        order = order[np.isfinite(spread[order])]
        ways = order[:_LOOKED_AT]
        rows = np.flatnonzero(self.short)
        if len(rows):
            ways = np.concatenate((ways, self._concerning(rows, spread, order[_LOOKED_AT:])))
        return Moves(model, self.objective, ways, self.chosen)

    def _concerning(self, rows: Ints, spread: Floats, order: Ints) -> Ints:
        """Return more moves off rows that are too full and onto rows that lack hours."""
        entries, model, short = self.model.entries, self.model, self.short
        full, empty = np.zeros(len(short), bool), np.zeros(len(short), bool)
        full[rows], empty[rows] = short[rows] > 0, short[rows] < 0
        placed = self.chosen[self.chosen >= 0]
        whose, row, _ = entries.of(placed)
        leaving = np.zeros(len(model.lines), bool)
        leaving[model.line[placed[whose[full[row]]]]] = True
        coming = (
            np.bincount(
                np.repeat(np.arange(model.size), np.diff(entries.start)), empty[entries.row], model.size
            )
            > 0
        )
        return order[leaving[model.line[order]] | coming[order]][: _LOOKED_AT // 2]

    def _singles(self, moves: "Moves") -> None:
        gains = moves.gains(self, slice(None))
        for at in np.argsort(gains, kind="stable"):
            if gains[at] >= -_TOLERANCE:
                break
            if moves.fresh[at] and moves.gains(self, slice(at, at + 1))[0] < -_TOLERANCE:
                self._make(moves, int(at))

    def _chains(self, moves: "Moves", enough: float, longest: int) -> None:
        """For each move in turn, follow it by the moves that best mend what was spoilt, while the chain may be for the better."""
        beside = moves.by_row(len(self.load))
        for at in range(len(moves.way)):
            if at % _ASKED_EVERY == 0 and (self.watch.stopped or self.value <= enough):
                return
            if moves.fresh[at]:
                for one in self._chain(moves, at, beside, longest):
                    self._make(moves, one)

    def _chain(
        self, moves: "Moves", first: int, beside: tuple[list[Ints], list[Ints]], longest: int
    ) -> list[int]:
        """Return moves of different lines that are for the better together, beginning with one; none where none are found."""
        chain, total = [first], float(moves.gains(self, slice(first, first + 1))[0])
        touched: dict[int, float] = {}
        while total >= -_TOLERANCE and len(chain) < longest:
            last = chain[-1]
            for row, hours in zip(moves.row[last].tolist(), moves.hours[last].tolist(), strict=True):
                if hours:
                    touched.setdefault(row, float(self.load[row]))
                    self.load[row] += hours
            rows = np.array(list(touched))
            was = np.array(list(touched.values()))
            worse = self.row_costs(self.load[rows], rows) - self.row_costs(was, rows)
            spoilt = int(rows[np.argmax(worse)])
            others = beside[0 if self.load[spoilt] > touched[spoilt] else 1][spoilt]
            free = moves.fresh[others]
            for one in chain:
                free &= moves.line[others] != moves.line[one]
            others = others[free]
            if not len(others):
                break
            gains = moves.gains(self, others)
            least = int(np.argmin(gains))
            chain.append(int(others[least]))
            total += float(gains[least])
        for row, load in touched.items():
            self.load[row] = load
        return chain if total < -_TOLERANCE else []

    def _make(self, moves: "Moves", at: int) -> None:
        self._take(int(moves.way[at]))
        moves.fresh[moves.line == moves.line[at]] = False

    def _take(self, pattern: int) -> None:
        line = self.model.line[pattern]
        before = self.chosen[line]
        entries = self.model.entries
        if before >= 0:
            here = slice(entries.start[before], entries.start[before + 1])
            self.load[entries.row[here]] -= entries.hours[here]
        here = slice(entries.start[pattern], entries.start[pattern + 1])
        self.load[entries.row[here]] += entries.hours[here]
        self.chosen[line] = pattern
        self.moves += 1

    def _gains(self, ways: Ints) -> Floats:
        """Return by how much what is made small grows if each pattern alone were taken."""
        before = self.chosen[self.model.line[ways]]
        had = np.flatnonzero(before >= 0)
        whose, row, hours = self.model.entries.of(ways)
        whose_before, row_before, hours_before = self.model.entries.of(before[had])
        count = len(self.model.rows)
        key = np.concatenate((whose * count + row, had[whose_before] * count + row_before))
        change = np.concatenate((hours, -hours_before))
        order = np.argsort(key, kind="stable")
        key, change = key[order], change[order]
        first = (
            np.flatnonzero(np.concatenate(([True], key[1:] != key[:-1])))
            if len(key)
            else np.zeros(0, np.int64)
        )
        change = np.add.reduceat(change, first) if len(key) else change
        whose, row = np.divmod(key[first], count) if len(key) else (key, key)
        cost = self.row_costs(self.load[row] + change, row) - self.row_costs(self.load[row], row)
        gains = np.bincount(whose, cost, len(ways)) + self.objective[ways]
        gains[had] -= self.objective[before[had]]
        return gains

    def row_costs(self, load: Floats, row: Ints) -> Floats:
        """Return what rows cost at loads; both of the same shape."""
        above = np.maximum(load[..., None] - self._knees[row], 0.0)
        below = np.maximum(self._lower[row] - load, 0.0)
        return (above * self._rises[row]).sum(-1) + below * self._lower_penalty[row]


class Moves:
    """Moves of lines to other patterns, each with the rows whose load it changes and by how many hours.

    `fresh`: false once the line went elsewhere. Rows are padded with row 0 and no hours.
    """

    def __init__(self, model: Model, objective: Floats, ways: Ints, chosen: Ints) -> None:
        self.way, self.line = ways, model.line[ways]
        before = chosen[self.line]
        self.cost = objective[ways] - objective[before]
        self.fresh = np.ones(len(ways), bool)
        whose, row, hours = model.entries.of(ways)
        whose_before, row_before, hours_before = model.entries.of(before)
        count = max(1, len(model.rows))
        key = np.concatenate((whose, whose_before)) * count + np.concatenate((row, row_before))
        change = np.concatenate((hours, -hours_before))
        order = np.argsort(key, kind="stable")
        key, change = key[order], change[order]
        first = np.flatnonzero(np.diff(key, prepend=-1))
        whose, row = np.divmod(key[first], count)
        change = np.add.reduceat(change, first) if len(first) else change
        real = change != 0
        whose, row, change = whose[real], row[real], change[real]
        sizes = np.bincount(whose, minlength=len(ways))
        place = np.arange(len(whose)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
        width = max(1, int(sizes.max(initial=0)))
        self.row, self.hours = np.zeros((len(ways), width), np.int64), np.zeros((len(ways), width))
        self.row[whose, place], self.hours[whose, place] = row, change

    def gains(self, search: Search, which: "slice | Ints") -> Floats:
        """Return by how much the whole would grow with each of some moves alone."""
        row, hours = self.row[which], self.hours[which]
        load = search.load[row]
        return self.cost[which] + (search.row_costs(load + hours, row) - search.row_costs(load, row)).sum(-1)

    def by_row(self, rows: int) -> tuple[list[Ints], list[Ints]]:
        """Return the numbers of the moves that take hours off each row, and of those that bring hours to it."""
        return self._by_row(rows, self.hours < 0), self._by_row(rows, self.hours > 0)

    def _by_row(self, rows: int, which: Any) -> list[Ints]:
        at, place = np.nonzero(which)
        row = self.row[at, place]
        order = np.argsort(row, kind="stable")
        ends = np.searchsorted(row[order], np.arange(rows + 1))
        return [at[order[a:b]] for a, b in pairwise(ends)]


def _knees(model: Model, penalty: float) -> tuple[Floats, Floats]:
    """Return for each row the loads at which an hour more becomes dearer, and by how much."""
    width = 1 + max((len(row.pieces) for row in model.rows), default=0)
    knees = np.full((len(model.rows), width), 1e18)
    rises = np.zeros((len(model.rows), width))
    for number, row in enumerate(model.rows):
        load = slope = 0.0
        for piece, (long, steep) in enumerate(row.pieces):
            knees[number, piece], rises[number, piece] = load, steep - slope
            load, slope = load + long, steep
        if np.isfinite(row.upper):
            knees[number, -1], rises[number, -1] = row.upper, penalty * row.upper_price - slope
    return knees, rises
