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
