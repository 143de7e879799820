"""A figure: a value with all that it takes to check it."""

from collections.abc import Iterable
from dataclasses import dataclass

from cosource.metrics.rules.intervals import mean_interval, wilson
from cosource.metrics.rules.metric import COHORTS, DECIMALS, Cohort, Fold, Metric, Unit

# The least and the most that an answer can be.
POINTS = (1.0, 5.0)


@dataclass(frozen=True, slots=True)
class By:
    """The group that a figure is of: by which field, its value (None: none is recorded), and what to call it."""

    field: str
    value: str | None
    label: str


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure of one metric.

    `value`: rounded as it is printed; None of nothing. `n`: tickets (or clocks) that count. `numerator`, `denominator`: what a
    share or a sum is made of. `excluded`: why and how many of the cohort do not count.
    `interval`: 95 %, of a share or of a mean of answers.
    """

    id: str
    title: str
    unit: Unit
    value: float | int | None
    n: int
    numerator: float | int | None
    denominator: float | int | None
    excluded: tuple[tuple[str, int], ...]
    cohort: str
    cohort_key: Cohort
    by: By | None = None
    interval: tuple[float, float] | None = None


def figure_of(
    metric: Metric,
    *,
    value: float | None,
    n: int,
    per: float | None = None,
    spread: float | None = None,
    excluded: Iterable[tuple[str, int]] = (),
    by: By | None = None,
) -> Figure:
    """Return the figure of a metric from what was folded.

    `value`: the folded value, for a share how many are true. `per`: the sum that a ratio is divided by. `spread`: the standard
    deviation of what a mean is of.
    """
    whole = metric.fold is Fold.COUNT or (metric.fold is Fold.SUM and metric.unit is not Unit.HOURS)
    shown = value
    if metric.fold is Fold.SHARE:
        shown = (value or 0) / n if n else None
    elif metric.fold is Fold.RATIO:
        shown = (value or 0) / per if per else None
    elif metric.fold in (Fold.COUNT, Fold.SUM):
        shown = value or 0
    rounded = printed(metric.unit, shown, whole=whole)
    numerator, denominator = {
        Fold.SHARE: (int(value or 0), n),
        Fold.RATIO: (round(float(value or 0), 2), round(float(per or 0), 2)),
        Fold.SUM: (rounded, n),
        Fold.COUNT: (rounded, None),
    }.get(metric.fold, (None, None))
    return Figure(
        id=metric.id,
        title=metric.title,
        unit=metric.unit,
        value=rounded,
        n=n,
        numerator=numerator,
        denominator=denominator,
        excluded=tuple(excluded),
        cohort=COHORTS[metric.cohort],
        cohort_key=metric.cohort,
        by=by,
        interval=_interval(metric, value, n, spread),
    )


def _interval(
    metric: Metric, value: float | None, n: int, spread: float | None
) -> tuple[float, float] | None:
    if metric.has_spread:
        bounds = mean_interval(value, n, spread)
        return bounds and (max(bounds[0], POINTS[0]), min(bounds[1], POINTS[1]))
    return wilson(int(value or 0), n) if metric.has_interval else None


def printed(unit: Unit, value: float | None, *, whole: bool) -> float | int | None:
    """Return a value as it is printed: hours to 2 decimals, shares to 4, counts whole."""
    if value is None:
        return None
    return int(value) if whole else round(float(value), DECIMALS[unit])
