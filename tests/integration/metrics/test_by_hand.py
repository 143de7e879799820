"""Each figure recomputed from the facts, by the statement that somebody would have written by hand; benchmarks use the same."""

from datetime import timedelta

import pytest
from benchmarks.figures.metrics import by_hand, is_same
from tests.integration.metrics.conftest import move, refresh, reply
from tests.integration.metrics.test_calls import bring
from tests.integration.metrics.test_gathering import play

from cosource.metrics.queries.engine import Facts
from cosource.metrics.queries.figures import figures
from cosource.metrics.rules.catalogue import METRICS
from cosource.tickets.models import StatedFigures

pytestmark = pytest.mark.req("C16", "X1")


def test_each_figure_is_the_one_by_hand(agreed):
    first, second, third = play(agreed)
    StatedFigures.objects.create(ticket=third, sla_met=True, knowledge=True)
    move(agreed, second, "waiting_client", "p2.pt", reason="requester_answer", text="Which one?")
    agreed.tick(240)
    move(agreed, second, "resolved", "p2.pt", text="A cable.")
    move(agreed, first, "resolved", "p1.pt", text="Toner.")
    move(agreed, third, "closed", "c1.ct")
    reply(agreed, agreed.open(requester_id=agreed.world.people["c1.req"].id), "c1.ct", with_requester=True)
    bring(agreed)
    refresh(agreed)
    at = (agreed.now + timedelta(days=2)).replace(second=0, microsecond=0)
    until, now = f"{at:%Y-%m-%d} 00:00:00", f"{at:%Y-%m-%d %H:%M:%S}"
    facts, found = Facts(), {f.id: f for f in figures(agreed.actor("c1.cso"), at=at)}
    by_id = {
        m.id: facts.ask(by_hand(facts, m.id, str(agreed.org("c1")), until, now))[0]["v"] for m in METRICS
    }
    assert found.keys() == by_id.keys()
    wrong = {i: (f.value, by_id[i]) for i, f in found.items() if not is_same(f.unit, f.value, by_id[i])}
    assert wrong == {}
    assert {i for i, f in found.items() if f.n} >= {m.id for m in METRICS if not m.id.startswith(("sat", "first_contact_solved"))}  # fmt: skip
