"""How sure a share is: Wilson's 95 % interval.

For comparing and forecasting. Whether a month met its target is no estimate: its tickets are all there were.
"""

from math import sqrt

_Z = 1.959963984540054


def wilson(numerator: int, denominator: int) -> tuple[float, float] | None:
    """Return the interval in which a share lies with 95 %, or None of nothing.

    Source: Wilson 1927, without continuity correction.

    >>> [round(bound, 4) for bound in wilson(9, 10)]
    [0.5958, 0.9821]
    """
    if denominator <= 0:
        return None
    share, z2 = numerator / denominator, _Z * _Z
    middle = share + z2 / (2 * denominator)
    spread = _Z * sqrt(share * (1 - share) / denominator + z2 / (4 * denominator * denominator))
    scale = 1 + z2 / denominator
    return max(0.0, (middle - spread) / scale), min(1.0, (middle + spread) / scale)


def mean_interval(mean: float | None, n: int, spread: float | None) -> tuple[float, float] | None:
    """Return the interval in which a mean lies with 95 %, by Student's distribution; None of fewer than two.

    `spread`: the sample's standard deviation. Source: Student 1908; the quantile by Abramowitz and Stegun 26.7.5.

    >>> [round(bound, 2) for bound in mean_interval(4.0, 10, 1.0)]
    [3.28, 4.72]
    """
    if mean is None or spread is None or n <= 1:
        return None
    half = _quantile(n - 1) * spread / sqrt(n)
    return mean - half, mean + half


# Of one and two degrees of freedom the series is too far off.
_FEW_T = {1: 12.7062, 2: 4.3027}


def _quantile(degrees: int) -> float:
    z = _Z
    terms = (
        (z**3 + z) / 4,
        (5 * z**5 + 16 * z**3 + 3 * z) / 96,
        (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / 384,
        (79 * z**9 + 776 * z**7 + 1482 * z**5 - 1920 * z**3 - 945 * z) / 92160,
    )
    series = z + sum(term / float(degrees**power) for power, term in enumerate(terms, 1))
    return _FEW_T.get(degrees, series)


def difference(now: tuple[int, int], before: tuple[int, int]) -> tuple[float, float] | None:
    """Return the 95 % interval of by how much a share changed, each given as (numerator, denominator); None of nothing.

    Source: Newcombe 1998, method 10, made of the Wilson intervals of both shares.

    >>> [round(bound, 4) for bound in difference((56, 70), (48, 80))]
    [0.0524, 0.3339]
    """
    bounds, bounds_before = wilson(*now), wilson(*before)
    if bounds is None or bounds_before is None:
        return None
    (low, high), (low_before, high_before) = bounds, bounds_before
    share, share_before = now[0] / now[1], before[0] / before[1]
    change = share - share_before
    down = sqrt((share - low) ** 2 + (high_before - share_before) ** 2)
    up = sqrt((high - share) ** 2 + (share_before - low_before) ** 2)
    return change - down, change + up
