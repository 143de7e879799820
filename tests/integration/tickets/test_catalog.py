"""The service catalog: what a desk offers, to whom, and asking for it."""

from typing import Any

import pytest
from tests.integration.tickets.conftest import Desk

from cosource.foundation.errors import Conflict, Invalid, NotAllowed, NotFound
from cosource.foundation.models import Entry
from cosource.tickets.models import Approval, CatalogItem, Ticket
from cosource.tickets.services.approving import approval_decide
from cosource.tickets.services.catalog import (
    catalog_item_add,
    catalog_item_change,
    catalog_item_end,
    request_open,
)

FORM = "Model* | choice | Light; Large\nNeeded from | date\nWhy | text\n"


def _item(desk: Desk, by: str = "c1.cso", **values: Any) -> CatalogItem:
    given = {"name": "A laptop", "form": FORM, "section": "Devices"} | values
    return catalog_item_add(values=given, actor=desk.actor(by), at=desk.tick())


def _ask(desk: Desk, item: CatalogItem, by: str, **answers: str) -> Ticket:
    return request_open(item_id=item.id, answers=answers, actor=desk.actor(by), at=desk.tick())


@pytest.mark.req("C14")
def test_an_item_is_asked_for_with_its_answers_as_first_text(desk: Desk) -> None:
    item = _item(desk)
    ticket = _ask(desk, item, "c1.req", model="Light", why="Ward rounds.")

    assert (ticket.kind, ticket.title, ticket.topic, ticket.state) == (
        "request",
        "A laptop",
        "Devices",
        "new",
    )
    assert ticket.requester_id == desk.world.people["c1.req"].id
    text = Entry.objects.get(subject_id=ticket.id, kind="ticket.opened/1").payload.body["text"]
    assert text == "**Model:** Light\n\n**Why:**\n\nWard rounds."


def test_answers_that_are_missing_or_wrong_are_named_and_nothing_is_opened(desk: Desk) -> None:
    item = _item(desk)
    with pytest.raises(Invalid) as refused:
        _ask(desk, item, "c1.req", needed_from="soon")
    assert refused.value.details["fields"] == {
        "model": "Please answer this.",
        "needed_from": "A day is expected here, such as 2026-03-02.",
    }
    with pytest.raises(Invalid):
        _ask(desk, item, "c1.req", model="Light", colour="red")
    assert not Ticket.objects.exists()


def test_an_item_that_needs_approval_waits_for_the_owner(desk: Desk) -> None:
    ticket = _ask(desk, _item(desk, approval=True), "c1.req", model="Large")
    assert (ticket.state, Approval.objects.get().organization_id) == ("awaiting_approval", desk.org("c1"))
    approval_decide(
        ticket_id=ticket.id, decision="approve", text="", actor=desk.actor("c1.cso"), at=desk.tick()
    )
    assert Ticket.objects.get().state == "in_progress"


@pytest.mark.req("C28")
def test_who_sees_what_is_offered(desk: Desk) -> None:
    printing = desk.world.services["c1.printing"].id
    items = {
        "open": _item(desk, name="open"),
        "desk": _item(desk, name="desk", for_requesters=False),
        "printing": _item(desk, name="printing", service_id=printing, for_requesters=False),
    }

    def seen(by: str) -> set[str]:
        return set(CatalogItem.objects.visible_to(desk.actor(by)).values_list("name", flat=True))

    assert seen("c1.ct") == set(items)
    assert seen("c1.req") == {"open"}
    assert seen("p1.pt") == {"printing"}
    assert seen("p2.pt") == seen("c2.cso") == set()
    ticket = _ask(desk, items["printing"], "p1.pt", model="Light")
    assert (ticket.owner_id, ticket.holder_organization_id) == (desk.org("c1"), desk.org("p1"))
    for by in ("p1.pt", "p2.pt"):
        with pytest.raises(NotFound):
            _ask(desk, items["open"], by, model="Light")


def test_only_who_leads_the_desk_changes_what_it_offers(desk: Desk) -> None:
    item = _item(desk)
    before = Entry.objects.count()
    for by in ("c1.ct", "c1.req"):
        with pytest.raises(NotAllowed):
            _item(desk, by)
        with pytest.raises(NotAllowed):
            catalog_item_end(item_id=item.id, actor=desk.actor(by), at=desk.tick())
    with pytest.raises(NotFound):
        catalog_item_change(item_id=item.id, values={"name": "x"}, actor=desk.actor("c2.cso"), at=desk.tick())
    assert Entry.objects.count() == before
    catalog_item_change(
        item_id=item.id, values={"name": "Laptop"}, actor=desk.actor("c1.cso"), at=desk.tick()
    )
    catalog_item_end(item_id=item.id, actor=desk.actor("c1.cso"), at=desk.tick())
    with pytest.raises(Conflict):
        catalog_item_end(item_id=item.id, actor=desk.actor("c1.cso"), at=desk.tick())
    with pytest.raises(NotFound):
        _ask(desk, item, "c1.req", model="Light")
    assert desk.readers(Entry.objects.filter(subject_id=item.id)[0].id) == {desk.org("c1")}


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"name": " "}, "name"),
        ({"impact": 4}, "impact"),
        ({"form": "Model | choice"}, "form"),
        ({"form": "Model | picture"}, "form"),
        ({"form": "Day | date\nday | line"}, "form"),
        ({"owner": 1}, "owner"),
    ],
)
def test_a_bad_item_is_refused_by_field(desk: Desk, values: dict[str, Any], field: str) -> None:
    with pytest.raises(Invalid) as refused:
        _item(desk, **values)
    assert list(refused.value.details["fields"]) == [field]
    assert not CatalogItem.objects.exists()


def test_a_service_of_another_is_not_found(desk: Desk) -> None:
    with pytest.raises(NotFound):
        _item(desk, service_id=desk.world.services["p1.spares"].id)
