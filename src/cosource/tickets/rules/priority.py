"""Priority from impact and urgency.

Both run from 1 (highest) to 3; priority from 1 (highest) to 5. An agreement may bring its own matrix.
Not here: targets per priority, which are terms of an agreement.
"""

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from cosource.tickets.rules.wording import gettext_noop

LEVELS = (1, 2, 3)
PRIORITIES = (1, 2, 3, 4, 5)

type Matrix = Mapping[tuple[int, int], int]

STANDARD_MATRIX: Matrix = MappingProxyType(
    {(1, 1): 1, (1, 2): 2, (1, 3): 3, (2, 1): 2, (2, 2): 3, (2, 3): 4, (3, 1): 3, (3, 2): 4, (3, 3): 5}
)

LEVEL_LABELS: Mapping[int, str] = MappingProxyType(
    {1: gettext_noop("High"), 2: gettext_noop("Medium"), 3: gettext_noop("Low")}
)
PRIORITY_LABELS: Mapping[int, str] = MappingProxyType(
    {
        1: gettext_noop("Critical"),
        2: gettext_noop("High"),
        3: gettext_noop("Moderate"),
        4: gettext_noop("Low"),
        5: gettext_noop("Planning"),
    }
)


class BadMatrix(ValueError):
    """The priority matrix of an agreement can't be used; the message names the cell."""


def parse_matrix(rows: Sequence[Sequence[int]]) -> Matrix:
    """Read a matrix: a row for each impact, in it a priority for each urgency, highest first.

    Raises: BadMatrix if a cell is missing, out of range, or more urgent than a cell above or before it.

    >>> parse_matrix([[1, 2, 3], [2, 3, 4], [3, 4, 4]])[3, 3]
    4
    """
    if len(rows) != len(LEVELS) or any(len(row) != len(LEVELS) for row in rows):
        raise BadMatrix("a priority matrix has 3 rows (impact) of 3 priorities (urgency)")
    matrix = {(impact, urgency): rows[impact - 1][urgency - 1] for impact in LEVELS for urgency in LEVELS}
    for (impact, urgency), priority in matrix.items():
        where = f"impact {impact}, urgency {urgency}"
        if type(priority) is not int or priority not in PRIORITIES:
            raise BadMatrix(f"{where}: priority is {priority!r}, it must be a whole number from 1 to 5")
        for neighbour in ((impact - 1, urgency), (impact, urgency - 1)):
            if matrix.get(neighbour, priority) > priority:
                raise BadMatrix(
                    f"{where}: priority {priority} is higher than {matrix[neighbour]} "
                    f"of impact {neighbour[0]}, urgency {neighbour[1]}"
                )
    return MappingProxyType(matrix)


def priority_of(impact: int, urgency: int, matrix: Matrix = STANDARD_MATRIX) -> int:
    """Look up the priority, from 1 (highest) to 5.

    Raises: ValueError if impact or urgency is not 1, 2 or 3.

    >>> priority_of(1, 1), priority_of(2, 3)
    (1, 4)
    """
    if impact not in LEVELS or urgency not in LEVELS:
        raise ValueError(f"impact {impact!r} and urgency {urgency!r} must both be 1, 2 or 3")
    return matrix[impact, urgency]
