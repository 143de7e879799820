"""Priority from impact and urgency."""

from collections.abc import Sequence

import pytest

from cosource.tickets.rules.priority import PRIORITY_LABELS, BadMatrix, parse_matrix, priority_of


def test_standard_matrix() -> None:
    assert [[priority_of(impact, urgency) for urgency in (1, 2, 3)] for impact in (1, 2, 3)] == [
        [1, 2, 3],
        [2, 3, 4],
        [3, 4, 5],
    ]
    assert PRIORITY_LABELS[1] == "Critical"


def test_an_agreement_may_bring_its_own() -> None:
    matrix = parse_matrix([[1, 1, 2], [2, 2, 3], [3, 4, 4]])
    assert priority_of(1, 2, matrix) == 1
    assert priority_of(3, 2, matrix) == 4


@pytest.mark.parametrize(("impact", "urgency"), [(0, 1), (4, 1), (1, 0), (1, 4)])
def test_levels_out_of_range_are_refused(impact: int, urgency: int) -> None:
    with pytest.raises(ValueError, match="must both be 1, 2 or 3"):
        priority_of(impact, urgency)


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([[1, 2, 3], [2, 3, 4]], "a priority matrix has 3 rows (impact) of 3 priorities (urgency)"),
        ([[1, 2], [2, 3], [3, 4]], "a priority matrix has 3 rows (impact) of 3 priorities (urgency)"),
        (
            [[1, 2, 3], [2, 3, 4], [3, 4, 6]],
            "impact 3, urgency 3: priority is 6, it must be a whole number from 1 to 5",
        ),
        (
            [[True, 2, 3], [2, 3, 4], [3, 4, 5]],
            "impact 1, urgency 1: priority is True, it must be a whole number from 1 to 5",
        ),
        (
            [[2, 2, 3], [1, 3, 4], [3, 4, 5]],
            "impact 2, urgency 1: priority 1 is higher than 2 of impact 1, urgency 1",
        ),
        (
            [[2, 1, 3], [2, 3, 4], [3, 4, 5]],
            "impact 1, urgency 2: priority 1 is higher than 2 of impact 1, urgency 1",
        ),
    ],
)
def test_a_bad_matrix_names_the_cell(rows: Sequence[Sequence[int]], message: str) -> None:
    with pytest.raises(BadMatrix) as refused:
        parse_matrix(rows)
    assert str(refused.value) == message
