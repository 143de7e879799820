"""What changed from one period to the one after it, and whether that is more than chance.

Not here: the figures (`figure`), and the words for it.
"""

from dataclasses import dataclass
from enum import StrEnum

from cosource.metrics.rules.figure import Figure
from cosource.metrics.rules.intervals import difference
from cosource.metrics.rules.metric import Cohort, Unit

# Of fewer tickets than these, in either period, no share and no duration is compared.
FEW = 10


class Verdict(StrEnum):
    """What can be said of a change.

    `MEASURED`: the figure is no estimate, or there is no interval for it; it went as far as it went. `CHANCE`: the interval of
    the change holds zero. `CERTAIN`: it does not.
    """

    NO_BEFORE = "no_before"
    NOTHING_BEFORE = "nothing_before"
    NOTHING_NOW = "nothing_now"
    TOO_FEW = "too_few"
    SAME = "same"
    MEASURED = "measured"
    CHANCE = "chance"
    CERTAIN = "certain"


@dataclass(frozen=True, slots=True)
class Change:
    """A change. `by`: as printed values differ, in their unit; `part`: of what it was before; `interval`: of `by`, 95 %."""

    verdict: Verdict
    by: float | int = 0
    part: float | None = None
    interval: tuple[float, float] | None = None


def change_of(now: Figure, before: Figure | None) -> Change:
    """Return what changed from the figure of the period before (None: there is no such period)."""
    if before is None:
        return Change(Verdict.NO_BEFORE)
    if now.value is None or before.value is None:
        return Change(Verdict.NOTHING_NOW if now.value is None else Verdict.NOTHING_BEFORE)
    by = now.value - before.value
    is_counted = now.unit in (Unit.TICKETS, Unit.PAIRS, Unit.CALLS)
    if not is_counted and min(now.n, before.n) < FEW:
        return Change(Verdict.TOO_FEW)
    if by == 0:
        return Change(Verdict.SAME)
    part = by / before.value if now.unit is not Unit.SHARE and before.value else None
    # Whether a term was met is no estimate: the clocks of a period are all there were.
    if (
        now.unit is not Unit.SHARE
        or now.interval is None
        or before.interval is None
        or now.cohort_key is Cohort.DUE
    ):
        return Change(Verdict.MEASURED, by, part)
    interval = difference(_share(now), _share(before))
    if interval is None or interval[0] <= 0 <= interval[1]:
        return Change(Verdict.CHANCE, by, part, interval)
    return Change(Verdict.CERTAIN, by, part, interval)


def _share(figure: Figure) -> tuple[int, int]:
    return int(figure.numerator or 0), int(figure.denominator or 0)
