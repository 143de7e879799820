"""How much work waits because a team is busy, by its load: the queue of c people, made piecewise linear."""

from itertools import pairwise

SHARES = (0.0, 0.5, 0.7, 0.8, 0.85, 0.9, 0.95, 0.98)


def waiting_probability(load: float, people: int) -> float:
    """Return the probability that work waits: `load` in busy people, below `people`.

    Source: A. K. Erlang (1917), the delay formula, by the recursion of the loss formula.

    >>> round(waiting_probability(8.0, 10), 4)
    0.4092
    """
    blocked = 1.0
    for servers in range(1, people + 1):
        blocked = load * blocked / (servers + load * blocked)
    busy = load / people
    return blocked / (1 - busy * (1 - blocked))


def hours_waited(load_hours: float, capacity_hours: float, people: int) -> float:
    """Return the hours that work waits in all when a team of `people` has `load_hours` of its `capacity_hours`.

    The mean wait is P·h/(c − A) for work of h hours each; over load/h pieces of work h cancels out.
    """
    busy = people * load_hours / capacity_hours
    return load_hours * waiting_probability(busy, people) / (people - busy)


def segments(capacity_hours: float, people: int, utilisation: float) -> list[tuple[float, float]]:
    """Return (width in hours, hours waited per hour of load) of each piece up to the load that may be planned; slopes rise.

    >>> [(round(w), round(s, 3)) for w, s in segments(1000.0, 5, 0.8)]
    [(500, 0.052), (200, 0.751), (100, 2.67)]
    """
    utilisation = min(utilisation, SHARES[-1])
    ends = [share for share in SHARES if share < utilisation] + [utilisation]
    waited = [hours_waited(share * capacity_hours, capacity_hours, people) for share in ends]
    return [
        ((b - a) * capacity_hours, (after - before) / ((b - a) * capacity_hours))
        for (a, b), (before, after) in zip(pairwise(ends), pairwise(waited), strict=True)
    ]
