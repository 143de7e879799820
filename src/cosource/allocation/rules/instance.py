"""An allocation instance as values: the work, who may do it, and the rules between the parties.

Hours are those of one planning period, money is in one currency, shares are 0 to 1. Not here: reading it (`reading`).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property


@dataclass(frozen=True, slots=True)
class Band:
    id: str
    utilisation: float = 0.85


@dataclass(frozen=True, slots=True)
class Skill:
    id: str
    max_team_share: float | None = None


@dataclass(frozen=True, slots=True)
class Party:
    id: str
    min_hours: float | None = None
    max_hours: float | None = None


@dataclass(frozen=True, slots=True)
class Union:
    id: str
    min_hours: float = 0.0


@dataclass(frozen=True, slots=True)
class Service:
    id: str
    max_partner_share: float | None = None


@dataclass(frozen=True, slots=True)
class Team:
    """`capacity` None: the team has no calendar. `people`: how many work at once, by band."""

    id: str
    party: str
    skills: frozenset[str] = frozenset()
    clearance: float = 0.0
    residency: str | None = None
    access: frozenset[str] = frozenset()
    duties: frozenset[str] = frozenset()
    union: str | None = None
    rate: float | None = None
    capacity: Mapping[str, float] | None = None
    people: Mapping[str, float] | None = None


@dataclass(frozen=True, slots=True, order=True)
class Choice:
    """Who does a line: the accountable team, alone or with a team of another party."""

    lead: str
    support: str | None = None

    @property
    def is_joint(self) -> bool:
        return self.support is not None


@dataclass(frozen=True, slots=True)
class Line:
    """A line of work. `costs`: of the whole line by team, instead of hours at the team's rate."""

    id: str
    skill: str
    band: str
    effort_hours: float
    criticality: float
    name: str | None = None
    service: str | None = None
    occurrences: float = 1.0
    complexity: float = 1.0
    specificity: float = 1.0
    clearance: float = 0.0
    residency: frozenset[str] = frozenset()
    access: frozenset[str] = frozenset()
    separate_from: frozenset[str] = frozenset()
    retained: bool = False
    partner_only: bool = False
    reserved_for: str | None = None
    joint: str = "allowed"
    depends_on: tuple[str, ...] = ()
    current: Choice | None = None
    costs: Mapping[str, float] | None = None

    @property
    def hours(self) -> float:
        """Hours of the line in the period."""
        return self.occurrences * self.effort_hours * self.complexity

    def hourly(self, team: Team) -> float | None:
        """Cost of an hour of this line by a team; None where it is not known."""
        given = (self.costs or {}).get(team.id)
        return team.rate if given is None else given / self.hours


@dataclass(frozen=True, slots=True)
class Joint:
    lead_share: float = 0.6
    coordination: float = 0.1


@dataclass(frozen=True, slots=True)
class Weights:
    """Prices of a point of risk, an hour of waiting, and an hour of work that changes hands."""

    risk: float = 0.0
    waiting: float = 0.0
    moved: float = 0.0


@dataclass(frozen=True, slots=True)
class RepairPrices:
    """What an hour costs by which a rule gives way."""

    capacity: float = 1.0
    contract_minimum: float = 1.0
    contract_maximum: float = 1.0
    union_minimum: float = 1.0
    change_budget: float = 1.0
    partner_share: float = 1.0
    team_share: float = 1.0


@dataclass(frozen=True, slots=True)
class Scenario:
    """What may come: more or less work, teams lost, parties gone."""

    id: str
    volume: float = 1.0
    without_teams: frozenset[str] = frozenset()
    without_parties: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Instance:
    """Everything an allocation needs. Lines that are blocked are not in `lines`."""

    client: str
    parties: tuple[Party, ...]
    bands: tuple[Band, ...]
    skills: tuple[Skill, ...]
    teams: tuple[Team, ...]
    lines: tuple[Line, ...]
    unions: tuple[Union, ...] = ()
    services: tuple[Service, ...] = ()
    joint: Joint | None = None
    change_budget: float | None = None
    weights: Weights = field(default_factory=Weights)
    repair_prices: RepairPrices = field(default_factory=RepairPrices)
    locks: Mapping[str, Choice] = field(default_factory=dict)
    scenarios: tuple[Scenario, ...] = ()
    currency: str = "EUR"

    @cached_property
    def team_named(self) -> dict[str, Team]:
        return {team.id: team for team in self.teams}

    @cached_property
    def line_named(self) -> dict[str, Line]:
        return {line.id: line for line in self.lines}

    def under(self, scenario: Scenario) -> "Instance":
        """Return the instance as it would be in a scenario: a team that is lost has no hours, and locks on it fall away.

        >>> one = Line("a", "s", "day", effort_hours=10, criticality=0, costs={"t": 50.0})
        >>> here = Instance("c", (Party("c"),), (Band("day"),), (Skill("s"),), (Team("t", "c"),), (one,))
        >>> more = here.under(Scenario("more", volume=1.5)).lines[0]
        >>> more.hours, more.costs
        (15.0, {'t': 75.0})
        """
        lost = {
            t.id for t in self.teams if t.id in scenario.without_teams or t.party in scenario.without_parties
        }
        gone = scenario.without_parties
        return replace(
            self,
            lines=tuple(_scaled(line, scenario.volume) for line in self.lines),
            teams=tuple(replace(t, capacity={}) if t.id in lost else t for t in self.teams),
            parties=tuple(replace(p, min_hours=None) if p.id in gone else p for p in self.parties),
            locks={i: c for i, c in self.locks.items() if not {c.lead, c.support} & lost},
        )


def _scaled(line: Line, volume: float) -> Line:
    if volume == 1:
        return line
    costs = None if line.costs is None else {team: cost * volume for team, cost in line.costs.items()}
    return replace(line, occurrences=line.occurrences * volume, costs=costs)
