"""Satisfaction as a figure: with how many answered, its interval, and only where all parties of the desk read the answers."""

from datetime import timedelta

import pytest
from tests.integration.metrics.conftest import refresh, rows_of_facts
from tests.integration.tickets.test_surveys import answer, asks, solved

from cosource.metrics.queries.figures import figures
from cosource.metrics.services.gathering import facts_rebuild

IDS = ("satisfaction.mean", "satisfaction.satisfied", "satisfaction.response_rate")


def test_both_parties_read_the_same_with_n_and_interval(desk):
    both = desk.world.engagements["c1p1"].id
    asks(desk, every_days=1)
    for score in (5, 4, 2, 0):
        ticket = solved(desk, "p1.pt", given=True)
        if score:
            answer(desk, ticket, score)
        desk.now += timedelta(days=1)
    asks(desk, every_days=1, own_only=True)
    answer(desk, solved(desk, "p1.pt", given=True), 1)
    refresh(desk)

    def told(by, scope):
        found = figures(desk.actor(by), scope=[scope], only=IDS, at=desk.now)
        return {f.id.partition(".")[2]: (f.value, f.n, f.interval) for f in found}

    shared = told("p1.pm", both)
    assert shared == told("c1.cso", both)
    assert {name: figure[:2] for name, figure in shared.items()} == {
        "mean": (3.67, 3),
        "satisfied": (0.6667, 3),
        "response_rate": (0.75, 4),
    }
    # Student's t of two degrees of freedom, held within what an answer can be.
    assert shared["mean"][2] == pytest.approx((1.0, 5.0))
    own = told("c1.cso", desk.org("c1"))
    assert own["mean"][:2] == (3.0, 4)
    assert own["mean"][2] == pytest.approx((1.0, 5.0), abs=0.1)
    found = rows_of_facts()
    facts_rebuild()
    assert rows_of_facts() == found
