"""Rings in what comes after what."""

from collections.abc import Iterator, Mapping, Sequence


def cycles(after: Mapping[str, Sequence[str]]) -> list[list[str]]:
    """Return the groups of names that come after themselves, each as a list; names in none are left out.

    Source: R. Tarjan, "Depth-first search and linear graph algorithms" (1972), without recursion.

    >>> cycles({"a": ["b"], "b": ["c"], "c": ["b"], "d": ["d"]})
    [['b', 'c'], ['d']]
    """
    order: dict[str, int] = {}
    low: dict[str, int] = {}
    open_: dict[str, None] = {}
    found: list[list[str]] = []
    for root in after:
        if root in order:
            continue
        walk: list[tuple[str, Iterator[str]]] = [(root, iter(after[root]))]
        order[root] = low[root] = len(order)
        open_[root] = None
        while walk:
            name, rest = walk[-1]
            for below in rest:
                if below not in order:
                    order[below] = low[below] = len(order)
                    open_[below] = None
                    walk.append((below, iter(after[below])))
                    break
                if below in open_:
                    low[name] = min(low[name], order[below])
            else:
                walk.pop()
                if walk:
                    low[walk[-1][0]] = min(low[walk[-1][0]], low[name])
                if low[name] == order[name]:
                    ring = []
                    while True:
                        last, _ = open_.popitem()
                        ring.append(last)
                        if last == name:
                            break
                    if len(ring) > 1 or name in after[name]:
                        found.append(ring[::-1])
    return sorted(found)
