"""Finding a way from one thing to another along the lines between them, so that no circle is closed."""

from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Final

# So many things are looked at; whoever hangs more on one thing than this has another problem.
MOST: Final = 20_000


def path_between[T](start: T, goal: T, step: Callable[[Collection[T]], Iterable[tuple[T, T]]]) -> list[T]:
    """Return the shortest way from `start` to `goal`, both included; empty when there is none.

    `step`: given some things, gives pairs of each with what it leads to. At most `MOST` things are looked at.

    >>> lines = {"web": ["vm"], "vm": ["host"], "host": []}
    >>> path_between("web", "host", lambda some: [(a, b) for a in some for b in lines[a]])
    ['web', 'vm', 'host']
    >>> path_between("host", "web", lambda some: [(a, b) for a in some for b in lines[a]])
    []
    """
    came_from: dict[T, T] = {start: start}
    edge: list[T] = [start]
    while edge and goal not in came_from and len(came_from) < MOST:
        found: list[T] = []
        for thing, further in step(edge):
            if further not in came_from:
                came_from[further] = thing
                found.append(further)
        edge = found
    return _walked_back(came_from, start, goal) if goal in came_from else []


def _walked_back[T](came_from: Mapping[T, T], start: T, goal: T) -> list[T]:
    path = [goal]
    while path[-1] != start:
        path.append(came_from[path[-1]])
    return path[::-1]
