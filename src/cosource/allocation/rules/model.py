"""An instance as arrays: every way of doing every line, and the rows of hours that these ways share.

A *pattern* is one way of doing one line. A *row* is a rule over the hours of many lines, with a lower and an upper bound and,
for a team's hours, a price of waiting that rises with the load. Patterns lie line by line. Not here: choosing.
"""

from collections import defaultdict
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cosource.allocation.rules.eligibility import Eligibility, Profile, profile_of
from cosource.allocation.rules.instance import Choice, Instance, Line
from cosource.allocation.rules.waiting import segments

type Floats = NDArray[np.float64]
type Ints = NDArray[np.int64]

MOST_PATTERNS = 24
# Hours by which a row may be passed, as a share of them and as such: what adding up many numbers loses.
TOLERANCE = 1e-7


@dataclass(frozen=True, slots=True)
class Row:
    """A rule over hours. `kind` is a field of `RepairPrices` (for bounds of both sides, of the upper one); `about`: whom."""

    kind: str
    about: tuple[str, ...]
    lower: float
    upper: float
    lower_price: float
    upper_price: float
    pieces: tuple[tuple[float, float], ...] = ()


@dataclass(frozen=True)
class Entries:
    """Hours of patterns in rows, pattern by pattern: those of pattern k are at `start[k]:start[k + 1]`."""

    start: Ints
    row: Ints
    hours: Floats

    def priced(self, prices: Floats) -> Floats:
        """Return for each pattern its hours at the rows' prices."""
        if not len(self.row):
            return np.zeros(len(self.start) - 1)
        return np.add.reduceat(np.append(self.hours * prices[self.row], 0.0), self.start[:-1]) * (
            np.diff(self.start) > 0
        )

    def of(self, patterns: Ints) -> tuple[Ints, Ints, Floats]:
        """Return (position in `patterns`, row, hours) of every entry of some patterns."""
        counts = self.start[patterns + 1] - self.start[patterns]
        whose = np.repeat(np.arange(len(patterns)), counts)
        first = np.repeat(self.start[patterns] - np.concatenate(([0], np.cumsum(counts)[:-1])), counts)
        at = first + np.arange(len(whose))
        return whose, self.row[at], self.hours[at]


class Model:
    """The patterns of an instance and the rows that they share.

    Arrays by pattern: `line` and `lead` (numbers), `support` (−1: none), `lead_hours`, `support_hours`, `cost`, `risk` (points),
    `moved` (hours), `fits`. `first[i]:first[i + 1]` are the patterns of line i.
    `unplaceable`: lines that nobody may do; they have none.
    """

    def __init__(
        self, instance: Instance, *, most_patterns: int = MOST_PATTERNS, most_risk: float | None = None
    ) -> None:
        self.instance = instance
        self.eligibility = Eligibility(instance)
        self.lines = instance.lines
        self.teams = instance.teams
        self.team_number = {team.id: number for number, team in enumerate(instance.teams)}
        self.hours = np.array([line.hours for line in instance.lines])
        self._lay_out(most_patterns)
        self.rows: list[Row] = []
        self._make_rows(most_risk)
        self.lower = np.array([row.lower for row in self.rows])
        self.upper = np.array([row.upper for row in self.rows])
        # What alone is more than a row takes can be in no plan; only where rows give way is it looked at.
        too_much = self.entries.hours > self.upper[self.entries.row] * (1 + TOLERANCE) + TOLERANCE
        whose = np.repeat(np.arange(self.size), np.diff(self.entries.start))
        self.fits = np.bincount(whose, too_much, self.size) == 0

    @property
    def size(self) -> int:
        """How many patterns there are."""
        return len(self.line)

    @property
    def unplaceable(self) -> Ints:
        return np.flatnonzero(np.diff(self.first) == 0)

    def objective(
        self, *, cost: float = 1.0, risk: float | None = None, moved: float | None = None
    ) -> Floats:
        """Return what each pattern adds to what is made small; without other factors as the instance weighs it."""
        weights = self.instance.weights
        by_risk = weights.risk if risk is None else risk
        by_moved = weights.moved if moved is None else moved
        return cost * self.cost + by_risk * self.risk + by_moved * self.moved

    def choice(self, pattern: int) -> Choice:
        """Return whom a pattern names."""
        support = int(self.support[pattern])
        return Choice(self.teams[self.lead[pattern]].id, self.teams[support].id if support >= 0 else None)

    def pattern(self, line: int, choice: Choice) -> int | None:
        """Return the pattern of a line in which it is done so; None where there is none."""
        lead = self.team_number.get(choice.lead, -1)
        support = self.team_number.get(choice.support, -2) if choice.support else -1
        here = slice(self.first[line], self.first[line + 1])
        found = np.flatnonzero((self.lead[here] == lead) & (self.support[here] == support))
        return int(found[0] + self.first[line]) if len(found) else None

    def _lay_out(self, most: int) -> None:
        groups: dict[tuple[Profile, str], list[int]] = defaultdict(list)
        for number, line in enumerate(self.lines):
            groups[profile_of(line), line.joint].append(number)
        parts = [part for numbers in groups.values() if (part := self._ways(np.array(numbers))) is not None]
        names = ("line", "lead", "support", "lead_hours", "support_hours", "cost", "risk", "moved", "kept")
        found = {name: np.concatenate([part[name] for part in parts] or [np.zeros(0)]) for name in names}
        whole = {name: found[name].astype(np.int64) for name in ("line", "lead", "support")}
        score = (
            found["cost"]
            + self.instance.weights.risk * found["risk"]
            + self.instance.weights.moved * found["moved"]
        )
        joint, kept = whole["support"] >= 0, found["kept"].astype(bool)
        best = np.lexsort((np.arange(len(score)), score, joint & ~kept, whole["line"]))
        counts = np.bincount(whole["line"], minlength=len(self.lines))
        rank = np.arange(len(best)) - np.repeat(np.cumsum(counts) - counts, counts)
        chosen = np.sort(best[rank < most])
        chosen = chosen[np.argsort(whole["line"][chosen], kind="stable")]
        self.left_out = len(best) - len(chosen)
        self.line, self.lead, self.support = (whole[name][chosen] for name in ("line", "lead", "support"))
        self.lead_hours: Floats = found["lead_hours"][chosen]
        self.support_hours: Floats = found["support_hours"][chosen]
        self.cost: Floats = found["cost"][chosen]
        self.risk: Floats = found["risk"][chosen]
        self.moved: Floats = found["moved"][chosen]
        self.first = np.searchsorted(self.line, np.arange(len(self.lines) + 1)).astype(np.int64)

    def _ways(self, numbers: Ints) -> dict[str, NDArray[Any]] | None:
        """Return every pattern of lines that ask for the same."""
        one = self.lines[numbers[0]]
        choices = self.eligibility.choices(one)
        if not choices:
            return None
        lead = np.array([self.team_number[c.lead] for c in choices])
        support = np.array([self.team_number[c.support] if c.support else -1 for c in choices])
        joint = support >= 0
        terms = self.instance.joint
        share = np.where(joint, terms.lead_share, 1.0) if terms else np.ones(len(choices))
        carried = share + np.where(joint, terms.coordination, 0.0) if terms else share
        outside = np.array([team.party != self.instance.client for team in self.teams])
        out = share * outside[lead] + (1 - share) * (outside[support] & joint)
        hours = self.hours[numbers][:, None]
        lines = [self.lines[number] for number in numbers]
        hourly = self._hourly(lines)
        weight = np.array([line.criticality * line.specificity for line in lines])[:, None]
        now = [self._numbers(line.current) for line in lines]
        known = np.array([line.current is not None for line in lines])[:, None]
        same = (lead == np.array([n[0] for n in now])[:, None]) & (
            support == np.array([n[1] for n in now])[:, None]
        )
        locked = [self._numbers(self.instance.locks.get(line.id)) for line in lines]
        kept = same | (
            (lead == np.array([n[0] for n in locked])[:, None])
            & (support == np.array([n[1] for n in locked])[:, None])
        )
        shape = (len(numbers), len(choices))
        made = {
            "line": np.broadcast_to(numbers[:, None], shape),
            "lead": np.broadcast_to(lead, shape),
            "support": np.broadcast_to(support, shape),
            "lead_hours": hours * carried,
            "support_hours": hours * (1 - share),
            "cost": hours
            * (carried * hourly[:, lead] + (1 - share) * np.where(joint, hourly[:, support], 0.0)),
            "risk": weight * out,
            "moved": hours * (known & ~same),
            "kept": kept,
        }
        return {name: np.ascontiguousarray(values).reshape(-1) for name, values in made.items()}

    def _hourly(self, lines: list[Line]) -> Floats:
        rates = np.array([team.rate if team.rate is not None else 0.0 for team in self.teams])
        hourly = np.tile(rates, (len(lines), 1))
        for number, line in enumerate(lines):
            for team, cost in (line.costs or {}).items():
                hourly[number, self.team_number[team]] = cost / line.hours
        return hourly

    def _numbers(self, choice: Choice | None) -> tuple[int, int]:
        if choice is None:
            return (-9, -9)
        return self.team_number[choice.lead], self.team_number[choice.support] if choice.support else -1

    def _make_rows(self, most_risk: float | None) -> None:
        pattern, row, hours = [np.zeros(0, np.int64)], [np.zeros(0, np.int64)], [np.zeros(0)]
        joint = self.support >= 0

        def add(which: Ints, rows: Ints, amounts: Floats) -> None:
            taken = (rows >= 0) & (amounts > 0)
            pattern.append(which[taken])
            row.append(rows[taken])
            hours.append(amounts[taken])

        everything = np.arange(self.size)
        for by_line_and_team, counts_coordination in self._tables():
            lead = by_line_and_team(self.line, self.lead)
            support = np.where(joint, by_line_and_team(self.line, self.support), -1)
            full = self.hours[self.line]
            helped = np.where(joint, self.support_hours, 0.0)
            led = self.lead_hours if counts_coordination else full - helped
            both = (lead == support) & (lead >= 0)
            add(everything, lead, led + np.where(both, helped, 0.0))
            add(everything, np.where(both, -1, support), helped)
        if self.instance.change_budget is not None:
            most = self.instance.change_budget * float(self.hours.sum())
            number = self._row("change_budget", (), upper=most)
            add(everything, np.full(self.size, number), self.moved)
        if most_risk is not None:
            number = self._row("risk", (), upper=most_risk)
            add(everything, np.full(self.size, number), self.risk)
        joined = np.concatenate(pattern)
        order = np.argsort(joined, kind="stable")
        start = np.searchsorted(joined[order], np.arange(self.size + 1)).astype(np.int64)
        self.entries = Entries(start, np.concatenate(row)[order], np.concatenate(hours)[order])

    def _row(
        self,
        kind: str,
        about: tuple[str, ...],
        *,
        lower: float = 0.0,
        upper: float = np.inf,
        pieces: tuple[tuple[float, float], ...] = (),
    ) -> int:
        prices = self.instance.repair_prices
        if kind == "risk":
            # Points are few where hours are many: so priced, giving way costs about as much as with hours.
            price = 10 * float(self.hours.sum()) / max(float(self.risk.sum()), 1e-9)
            self.rows.append(Row(kind, about, lower, upper, price, price))
            return len(self.rows) - 1
        low, high = ("contract_minimum", "contract_maximum") if kind == "contract" else (kind, kind)
        self.rows.append(Row(kind, about, lower, upper, getattr(prices, low), getattr(prices, high), pieces))
        return len(self.rows) - 1

    def _tables(self) -> Any:
        """Give for each kind of rule: which row the work of a team on a line counts in, and whether coordination counts."""
        here = self.instance
        bands = {band.id: number for number, band in enumerate(here.bands)}
        services = {service.id: number for number, service in enumerate(here.services)}
        skills = {skill.id: number for number, skill in enumerate(here.skills)}
        band_of = np.array([bands[line.band] for line in self.lines], np.int64)
        skill_of = np.array([skills[line.skill] for line in self.lines], np.int64)
        service_of = np.array(
            [services[line.service] if line.service else -1 for line in self.lines], np.int64
        )

        capacity = np.full((len(self.teams), len(here.bands)), -1)
        used = set(zip(self.lead.tolist(), band_of[self.line].tolist(), strict=True)) | set(
            zip(self.support.tolist(), band_of[self.line].tolist(), strict=True)
        )
        for t, b in sorted(pair for pair in used if pair[0] >= 0):
            team, band = self.teams[t], here.bands[b]
            offered, people = (team.capacity or {}).get(band.id, 0.0), (team.people or {}).get(band.id)
            pieces: tuple[tuple[float, float], ...] = ()
            if people is not None and here.weights.waiting > 0:
                pieces = tuple(
                    (width, here.weights.waiting * slope)
                    for width, slope in segments(offered, int(people), band.utilisation)
                )
            capacity[t, b] = self._row(
                "capacity", (team.id, band.id), upper=offered * band.utilisation, pieces=pieces
            )
        yield lambda line, team: capacity[team, band_of[line]], True

        parties = {
            party.id: self._row(
                "contract",
                (party.id,),
                lower=party.min_hours or 0.0,
                upper=np.inf if party.max_hours is None else party.max_hours,
            )
            for party in here.parties
            if party.min_hours or party.max_hours is not None
        }
        of_party = np.array([parties.get(team.party, -1) for team in self.teams], np.int64)
        yield lambda _, team: of_party[team], True

        unions = {
            u.id: self._row("union_minimum", (u.id,), lower=u.min_hours) for u in here.unions if u.min_hours
        }
        of_union = np.array([unions.get(team.union or "", -1) for team in self.teams], np.int64)
        yield lambda _, team: of_union[team], True

        partners = [party.id for party in here.parties if party.id != here.client]
        partner_of = np.array(
            [partners.index(t.party) if t.party in partners else -1 for t in self.teams], np.int64
        )
        in_service = np.bincount(service_of[service_of >= 0], self.hours[service_of >= 0], len(here.services))
        by_service = np.full((len(here.services) + 1, len(partners) + 1), -1)
        for s, service in enumerate(here.services):
            if service.max_partner_share is not None and in_service[s]:
                for p, partner in enumerate(partners):
                    most = service.max_partner_share * float(in_service[s])
                    by_service[s, p] = self._row("partner_share", (service.id, partner), upper=most)
        yield lambda line, team: by_service[service_of[line], partner_of[team]], False

        with_skill = np.bincount(skill_of, self.hours, len(here.skills))
        by_skill = np.full((len(here.skills), len(self.teams)), -1)
        for s, skill in enumerate(here.skills):
            if skill.max_team_share is not None and with_skill[s]:
                for t, team in enumerate(self.teams):
                    if skill.id in team.skills:
                        most = skill.max_team_share * float(with_skill[s])
                        by_skill[s, t] = self._row("team_share", (skill.id, team.id), upper=most)
        yield lambda line, team: by_skill[skill_of[line], team], False
