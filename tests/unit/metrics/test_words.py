"""Figures are written as they are printed everywhere, to the last decimal."""

import pytest

from cosource.metrics.queries.words import value_words
from cosource.metrics.rules.metric import Unit


@pytest.mark.parametrize(
    ("value", "unit", "said"),
    [
        (0.4059, Unit.SHARE, "40.59 %"),
        (0.1667, Unit.SHARE, "16.67 %"),
        (1.0, Unit.SHARE, "100.00 %"),
        (0.0, Unit.SHARE, "0.00 %"),
        (1114.07, Unit.HOURS, "1,114.07 h"),
        (1.654, Unit.TIMES, "1.654"),
        (1860, Unit.TIMES, "1,860"),
        (0, Unit.TICKETS, "0"),
        (None, Unit.HOURS, "–"),
    ],
)
def test_a_value_is_written_as_it_is_printed(value, unit, said) -> None:
    assert value_words(value, unit) == said
