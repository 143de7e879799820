"""A newer time zone database: clocks that run are computed anew once, with both values in the record; closed ones never."""

from datetime import timedelta

import pytest
from tests.integration.tickets.conftest import Desk
from tests.integration.tickets.test_clocks import agreed as agreed_fixture
from tests.integration.tickets.test_clocks import move, with_partner

from cosource.calendars.queries.sources import sources
from cosource.foundation.models import DueWork, Entry
from cosource.tickets.models import Clock
from cosource.tickets.services.zones import zones_compare, zones_recompute

agreed = agreed_fixture


def test_only_a_newer_database_is_worth_a_recomputation(desk: Desk) -> None:
    work = DueWork.objects.filter(kind="tickets.zones_recompute")
    for zones, newer in (
        ("2025b", False),
        ("2025b", False),
        ("2025a", False),
        ("2026a", True),
        ("2026a", False),
    ):
        assert zones_compare(at=desk.now, zones=zones) is newer, zones
    assert [w.args for w in work] == [{"from": "2025b", "to": "2026a"}]


@pytest.mark.req("C8")
def test_running_clocks_are_computed_anew_and_ended_ones_never(agreed: Desk) -> None:
    ticket, over, other = with_partner(agreed), with_partner(agreed), with_partner(agreed)
    move(agreed, over, "p1.pt", "resolved")
    right = {c.id: c.due_at for c in Clock.objects.all()}
    # As if an older database had put all of these an hour off; the third ticket is as it should be.
    hour = timedelta(hours=1)
    wrong = Clock.objects.filter(ticket__in=[ticket, over], kind="resolve")
    for clock in wrong:
        Clock.objects.filter(id=clock.id).update(due_at=clock.due_at + hour)

    assert zones_recompute(before="2025b", after="2026a", at=agreed.tick()) == 1
    now = {c.id: c.due_at for c in Clock.objects.all()}
    for clock in Clock.objects.filter(kind="resolve"):
        expected = right[clock.id] + (hour if clock.ticket_id == over.id else timedelta(0))
        assert now[clock.id] == expected
    entries = Entry.objects.filter(kind="clock.recomputed/1")
    assert {e.subject_id for e in entries} == {ticket.id}
    said = {frozenset(agreed.readers(e.id)): e.facts for e in entries}
    c1, p1 = agreed.org("c1"), agreed.org("p1")
    assert set(said) == {frozenset({c1}), frozenset({c1, p1})}
    shared = said[frozenset({c1, p1})]
    theirs = Clock.objects.get(ticket=ticket, kind="resolve", engagement__isnull=False)
    assert shared["zones"] == {"from": "2025b", "to": "2026a"}
    assert [(c["clock"], c["kind"]) for c in shared["clocks"]] == [(theirs.id.hex, "resolve")]
    assert shared["clocks"][0]["before"] != shared["clocks"][0]["after"]
    assert agreed.kinds(other).count("clock.recomputed/1") == 0
    assert zones_recompute(before="2025b", after="2026a", at=agreed.tick()) == 0


@pytest.mark.req("C8", "X1")
def test_each_step_keeps_by_which_data_its_clocks_were_computed(agreed: Desk) -> None:
    ticket = with_partner(agreed)
    move(agreed, ticket, "p1.pt", "resolved")
    used = sources()._asdict()
    for reader in ("c1", "p1"):
        read = Entry.objects.filter(
            subject_id=ticket.id, audience__readers__organization_id=agreed.org(reader)
        ).distinct()
        kept = {e.kind: e.facts.get("computed_with") for e in read}
        assert "ticket.state_changed/1" in kept
        assert kept == dict.fromkeys(kept, used)
