"""Newer time zones or public holidays: clocks that run are computed anew once, and the record has both values."""

from datetime import timedelta

import pytest
from tests.integration.tickets.conftest import Desk
from tests.integration.tickets.test_clocks import agreed as agreed_fixture
from tests.integration.tickets.test_clocks import move, with_partner

from cosource.calendars.queries.sources import Sources, sources
from cosource.foundation.models import DueWork, Entry
from cosource.tickets.models import Clock
from cosource.tickets.services.recomputing import due_times_recompute, sources_compare

agreed = agreed_fixture


@pytest.mark.req("C8")
def test_only_newer_data_is_worth_a_recomputation(desk: Desk) -> None:
    work = DueWork.objects.filter(kind="tickets.recompute").order_by("created_at", "key")
    for zones, holidays, newer in (
        ("2025b", "0.99", []),
        ("2025b", "0.99", []),
        ("2025a", "0.98.1", []),
        ("unknown", "0.99", []),
        ("2026a", "0.99", ["zones"]),
        ("2026a", "0.109", ["holidays"]),
        ("2025b", "0.99", []),
    ):
        assert sources_compare(at=desk.tick(), used=Sources(zones, holidays)) == newer, (zones, holidays)
    assert [w.args for w in work] == [
        {"of": "zones", "from": "2025b", "to": "2026a"},
        {"of": "holidays", "from": "0.99", "to": "0.109"},
    ]


@pytest.mark.req("C8")
@pytest.mark.parametrize(("of", "versions"), [("zones", ("2025b", "2026a")), ("holidays", ("0.99", "0.109"))])
def test_running_clocks_are_computed_anew_and_ended_ones_never(
    agreed: Desk, of: str, versions: tuple[str, str]
) -> None:
    newer = {"of": of, "before": versions[0], "after": versions[1]}
    ticket, over, other = with_partner(agreed), with_partner(agreed), with_partner(agreed)
    move(agreed, over, "p1.pt", "resolved")
    right = {c.id: c.due_at for c in Clock.objects.all()}
    # As if an older database had put all of these an hour off; the third ticket is as it should be.
    hour = timedelta(hours=1)
    wrong = Clock.objects.filter(ticket__in=[ticket, over], kind="resolve")
    for clock in wrong:
        Clock.objects.filter(id=clock.id).update(due_at=clock.due_at + hour)

    assert due_times_recompute(**newer, at=agreed.tick()) == 1
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
    assert shared[of] == {"from": versions[0], "to": versions[1]}
    assert [(c["clock"], c["kind"]) for c in shared["clocks"]] == [(theirs.id.hex, "resolve")]
    assert shared["clocks"][0]["before"] != shared["clocks"][0]["after"]
    assert agreed.kinds(other).count("clock.recomputed/1") == 0
    assert due_times_recompute(**newer, at=agreed.tick()) == 0


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
