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
