"""What a metric is made of: which tickets it looks at, what it takes from each, how it folds that into one value.

A metric is a value, so that one definition makes the figure, its walk to the tickets behind it, and its page of the reference.
Expressions are functions of a table (an Ibis table where they are evaluated; nothing is loaded here). Not here: the metrics
themselves (`catalogue`).
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

# An Ibis table or column. Named so that the definitions read on their own; the library is loaded where they are evaluated.
type Table = Any
type Column = Any


def gettext_noop(text: str) -> str:
    """Mark a text for translation where it is shown."""
    return text


class Cohort(StrEnum):
    """Which tickets, clocks of tickets, or calls belong to a period."""

    OPENED = "opened"
    ENDED = "ended"
    DUE = "due"
    OPEN = "open"
    CALLS = "calls"


COHORTS = {
    Cohort.OPENED: gettext_noop("tickets opened in the period"),
    Cohort.ENDED: gettext_noop(
        "tickets resolved in the period, or closed without having been resolved; not the duplicates merged into them"
    ),
    Cohort.DUE: gettext_noop("resolve clocks due in the period, open and overdue ones included"),
    Cohort.OPEN: gettext_noop("tickets open at the end of the period, or at the last midnight (UTC)"),
    Cohort.CALLS: gettext_noop("calls offered in the period, as a telephone system counted them"),
}


class Unit(StrEnum):
    """In what a value is counted. A share is between 0 and 1; hours are gross hours."""

    TICKETS = "tickets"
    TIMES = "times"
    HOURS = "hours"
    SHARE = "share"
    PAIRS = "pairs"
    CALLS = "calls"
    SECONDS = "seconds"
    POINTS = "points"


class Fold(StrEnum):
    """How what was taken from each ticket becomes one value.

    `COUNT`: how many there are. `SUM`: all together. `SHARE`: how many of them are true. `RATIO`: one sum over another.
    """

    COUNT = "count"
    SUM = "sum"
    SHARE = "share"
    RATIO = "ratio"
    MEAN = "mean"
    MEDIAN = "median"
    P90 = "p90"
    MAX = "max"


DECIMALS = {
    Unit.HOURS: 2,
    Unit.SHARE: 4,
    Unit.TIMES: 3,
    Unit.TICKETS: 0,
    Unit.PAIRS: 0,
    Unit.CALLS: 0,
    Unit.SECONDS: 1,
    Unit.POINTS: 2,
}


@dataclass(frozen=True, slots=True)
class Exclusion:
    """Tickets of the cohort that say nothing here: why, and which."""

    reason: str
    which: Callable[[Table], Column]


@dataclass(frozen=True, slots=True)
class Metric:
    """A metric.

    `of`: what is taken from each row of the cohort; nothing (null) where the row is excluded. `per`: what it is divided by, for
    a ratio. `source`: where it comes from; `pitfalls`: how it misleads. `parts`: the one further breakdown that belongs to it
    ("turn", "pair" or "party pair").
    """

    id: str
    title: str
    unit: Unit
    cohort: Cohort
    fold: Fold
    of: Callable[[Table], Column]
    source: str
    pitfalls: str
    per: Callable[[Table], Column] | None = None
    exclusions: tuple[Exclusion, ...] = ()
    parts: str = ""

    @property
    def has_interval(self) -> bool:
        """Tell whether a 95 % interval goes with the value."""
        return self.fold is Fold.SHARE or self.has_spread

    @property
    def has_spread(self) -> bool:
        """Tell whether the interval is that of a mean of answers, which takes how far they spread."""
        return self.fold is Fold.MEAN and self.unit is Unit.POINTS
