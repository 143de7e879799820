"""Checklists: a party's own, by whom and when each point was done, read by nobody else."""

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from tests.integration.tickets.conftest import Desk
from tests.integration.tickets.page_reader import Reader

from cosource.foundation.errors import Invalid, NotAllowed, NotFound
from cosource.foundation.models import Entry
from cosource.tickets.models import ChecklistItem, Ticket
from cosource.tickets.queries.checklists import checklist_of
from cosource.tickets.queries.ticket_page import ticket_get
from cosource.tickets.services.checklists import checklist_add, checklist_remove, checklist_tick


@pytest.fixture
def shared(desk: Desk) -> Ticket:
    """A ticket of c1 that p1 works on."""
    ticket = desk.open()
    desk.give(ticket, "p1.alder", "c1.ct", "p1.pt")
    return ticket


def points(desk: Desk, ticket: Ticket, by: str) -> list[tuple[str, str]]:
    return [(x.text, x.done_by) for x in checklist_of(actor=desk.actor(by), ticket_id=ticket.id)]


def test_a_party_keeps_its_own_list_in_its_own_record(desk: Desk, shared: Ticket) -> None:
    texts = ["Open the case", "  ", "Change  the fuser"]
    first, _second = checklist_add(
        ticket_id=shared.id, texts=texts, actor=desk.actor("p1.pt"), at=desk.tick()
    )
    checklist_add(ticket_id=shared.id, texts=["Pay"], actor=desk.actor("c1.ct"), at=desk.tick())
    given: dict[str, Any] = {"ticket_id": shared.id, "point_id": first, "actor": desk.actor("p1.pm")}
    for _ in range(2):
        checklist_tick(**given, done=True, at=desk.tick())

    assert points(desk, shared, "p1.pt") == [
        ("Open the case", desk.world.people["p1.pm"].name),
        ("Change the fuser", ""),
    ]
    assert points(desk, shared, "c1.ct") == [("Pay", "")]
    assert points(desk, shared, "c1.aud") == []
    ticked = Entry.objects.get(kind="ticket.checklist_ticked/1")
    assert (ticked.facts["done"], desk.readers(ticked.id)) == (True, {desk.org("p1")})
    checklist_tick(**given, done=False, at=desk.tick())
    assert points(desk, shared, "p1.pt")[0] == ("Open the case", "")


def test_refusals_change_nothing(desk: Desk, shared: Ticket) -> None:
    [item] = checklist_add(ticket_id=shared.id, texts=["One"], actor=desk.actor("p1.pt"), at=desk.tick())
    before = Entry.objects.count()
    tries: list[tuple[str, list[str], type[Exception]]] = [
        ("p1.pt", [], Invalid),
        ("p1.pt", ["x"] * 100, Invalid),
        ("p1.pt", ["x" * 201], Invalid),
        ("c1.aud", ["x"], NotAllowed),
        ("p2.pt", ["x"], NotFound),
    ]
    for by, texts, refusal in tries:
        with pytest.raises(refusal):
            checklist_add(ticket_id=shared.id, texts=texts, actor=desk.actor(by), at=desk.tick())
    for by in ("c1.ct", "p2.pt"):
        with pytest.raises(NotFound):
            checklist_remove(ticket_id=shared.id, point_id=item, actor=desk.actor(by), at=desk.tick())
    assert (Entry.objects.count(), ChecklistItem.objects.count()) == (before, 1)


def test_a_ticket_without_a_list_costs_no_statement(desk: Desk, shared: Ticket) -> None:
    def asked(by: str) -> int:
        ticket_get(actor=desk.actor(by), ticket_id=shared.id, at=desk.now)
        with CaptureQueriesContext(connection) as queries:
            ticket_get(actor=desk.actor(by), ticket_id=shared.id, at=desk.now)
        return len(queries)

    mine, theirs = asked("p1.pt"), asked("c1.ct")
    [item] = checklist_add(ticket_id=shared.id, texts=["One"], actor=desk.actor("p1.pt"), at=desk.tick())
    assert (asked("p1.pt"), asked("c1.ct")) == (mine + 2, theirs)
    checklist_remove(ticket_id=shared.id, point_id=item, actor=desk.actor("p1.pt"), at=desk.tick())
    assert asked("p1.pt") == mine


def test_the_page_adds_ticks_and_removes(desk: Desk, shared: Ticket) -> None:
    reader = Reader(desk, "p1.pt")
    url = f"/tickets/{shared.id}/checklist/"
    assert "one point in a line" in reader.page(shared, "?do=checklist")
    assert reader.client.post(url, {"text": ""}).status_code == 422
    assert reader.client.post(url, {"text": "Zqopen\nZqclose"}).status_code == 303
    assert "Zqclose" in reader.page(shared)
    assert "Zqclose" not in Reader(desk, "c1.ct").page(shared)
    item = ChecklistItem.objects.order_by("place")[0]
    assert reader.client.post(f"{url}{item.id}/tick/", {"done": "1"}).status_code == 303
    assert ChecklistItem.objects.get(id=item.id).done_by_id == desk.world.people["p1.pt"].id
    assert reader.client.post(f"{url}{item.id}/remove/").status_code == 303
    assert "Zqopen" not in reader.page(shared)
