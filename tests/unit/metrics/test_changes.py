"""What is said of a change: only what the numbers bear."""

import pytest

from cosource.metrics.rules.catalogue import BY_ID
from cosource.metrics.rules.changes import Verdict, change_of
from cosource.metrics.rules.figure import Figure, figure_of


def figure(metric: str, value: float | None, n: int) -> Figure:
    return figure_of(BY_ID[metric], value=value, n=n)


@pytest.mark.parametrize(
    ("metric", "now", "before", "verdict", "by"),
    [
        ("reopened", (56, 70), (48, 80), Verdict.CERTAIN, 0.2),
        ("reopened", (10, 40), (8, 40), Verdict.CHANCE, 0.05),
        ("reopened", (5, 50), (5, 50), Verdict.SAME, 0),
        ("reopened", (5, 9), (30, 50), Verdict.TOO_FEW, 0),
        ("reopened", (30, 50), (5, 9), Verdict.TOO_FEW, 0),
        ("reopened", (None, 0), (5, 50), Verdict.NOTHING_NOW, 0),
        ("reopened", (5, 50), (None, 0), Verdict.NOTHING_BEFORE, 0),
        # A term is met or missed; of what was counted there is no estimate.
        ("sla_met", (56, 70), (48, 80), Verdict.MEASURED, 0.2),
        ("tickets", (3, 3), (1, 1), Verdict.MEASURED, 2),
        ("tickets", (3, 3), (3, 3), Verdict.SAME, 0),
        ("mttr_resolve.median", (30.0, 10), (24.0, 10), Verdict.MEASURED, 6.0),
        ("mttr_resolve.median", (30.0, 10), (24.0, 9), Verdict.TOO_FEW, 0),
    ],
)
def test_what_can_be_said(metric, now, before, verdict, by) -> None:
    change = change_of(figure(metric, *now), figure(metric, *before))
    assert change.verdict is verdict
    assert round(change.by, 4) == by


def test_without_a_period_before_nothing_is_compared() -> None:
    assert change_of(figure("tickets", 3, 3), None).verdict is Verdict.NO_BEFORE


def test_a_share_has_the_interval_of_its_change_and_a_count_its_part() -> None:
    share = change_of(figure("reopened", 56, 70), figure("reopened", 48, 80))
    assert share.interval is not None
    assert [round(bound, 4) for bound in share.interval] == [0.0524, 0.3339]
    assert share.part is None
    hours = change_of(figure("mttr_resolve.median", 30.0, 10), figure("mttr_resolve.median", 24.0, 10))
    assert (hours.part, hours.interval) == (0.25, None)
    assert change_of(figure("tickets", 3, 3), figure("tickets", 0, 0)).part is None
