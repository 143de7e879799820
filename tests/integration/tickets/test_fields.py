"""A desk's own fields: who is asked and who reads the answers, in entries that tell no partner of another."""

from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from tests.integration.tickets.conftest import Desk

from cosource.foundation.errors import Conflict, Invalid, NotAllowed, NotFound
from cosource.foundation.models import Entry
from cosource.foundation.services.erasure import payload_erase
from cosource.tickets.models import FieldAnswers, FieldSet, Ticket
from cosource.tickets.queries.fields import fields_of
from cosource.tickets.queries.ticket_page import ticket_get
from cosource.tickets.services.beginning import ticket_begin
from cosource.tickets.services.fields import field_set_add, field_set_change, field_set_end, fields_set

pytestmark = [pytest.mark.req("C14")]

FORM = "Room* | line\nFloor | choice | 1; 2"


def declare(desk: Desk, by: str = "c1.cso", **values: Any) -> FieldSet:
    given = {"name": "Where", "form": FORM} | values
    return field_set_add(values=given, actor=desk.actor(by), at=desk.tick())


def begin(desk: Desk, fields: dict[UUID, dict[str, str]], by: str = "c1.ct", **more: Any) -> Ticket:
    given: dict[str, Any] = {"title": "Printer down", "text": "Nothing prints."} | more
    answers = {str(pk): a for pk, a in fields.items()}
    return ticket_begin(fields=answers, actor=desk.actor(by), at=desk.tick(), **given).ticket


def answer(desk: Desk, ticket: Ticket, by: str, one: FieldSet, **answers: str) -> None:
    fields_set(ticket_id=ticket.id, answers={one.id.hex: answers}, actor=desk.actor(by), at=desk.tick())


def read(desk: Desk, ticket: Ticket, by: str) -> dict[str, Any]:
    return {s.name: s.answers for s in fields_of(actor=desk.actor(by), ticket_id=ticket.id)}


def test_fields_are_asked_by_kind_and_topic_and_what_is_starred_has_to_be_answered(desk: Desk) -> None:
    one = declare(desk, kind="incident", topic="Printing")
    with pytest.raises(Invalid) as refused:
        begin(desk, {one.id: {"floor": "3", "colour": "red"}}, topic="printing")
    assert refused.value.details["fields"] == {
        f"{one.id.hex}.room": "Please answer this.",
        f"{one.id.hex}.floor": "Choose one of the list.",
        f"{one.id.hex}.colour": "The form has no such field.",
    }
    assert not Ticket.objects.exists()
    with pytest.raises(Invalid):
        begin(desk, {one.id: {"room": "12"}}, kind="request", topic="Printing")
    begin(desk, {}, kind="request", topic="Printing")
    # Who only asks for help is not asked.
    begin(desk, {}, by="c1.req", topic="Printing")
    ticket = begin(desk, {one.id: {"room": "12", "floor": "2"}}, topic="Printing")
    assert read(desk, ticket, "c1.cso") == {"Where": {"room": "12", "floor": "2"}}


def test_partners_read_shared_answers_without_learning_of_each_other(desk: Desk) -> None:
    one = declare(desk)
    ticket = begin(desk, {one.id: {"room": "12"}}, service_id=desk.world.services["c1.printing"].id)
    desk.give(ticket, "p1.alder", "c1.ct", "p1.pt")
    desk.give(ticket, "c1.desk", "p1.pt", "c1.ct", reason="done_here")
    desk.give(ticket, "p2.noc", "c1.ct", "p2.pt")
    for by in ("c1.ct", "p1.pt", "p2.pt"):
        assert read(desk, ticket, by) == {"Where": {"room": "12"}}
    answer(desk, ticket, "p2.pt", one, room="14")
    for by in ("c1.ct", "p1.pt", "p2.pt"):
        assert read(desk, ticket, by) == {"Where": {"room": "14"}}
    told = {frozenset(desk.readers(e.id)): e.actor_kind for e in Entry.objects.filter(facts__answered=1)}
    assert frozenset({desk.org("c1"), desk.org("p1"), desk.org("p2")}) not in told
    latest = FieldAnswers.objects.get(ticket=ticket, organization_id=desk.org("p1")).entry_id
    assert Entry.objects.get(id=latest).actor_kind == "system"
    before = Entry.objects.count()
    answer(desk, ticket, "c1.ct", one, room="14")
    assert Entry.objects.count() == before
    # Erasing one erases what says the same to others.
    payload_erase(entry_id=latest, reason="gdpr", actor=desk.actor("c1.cso"), at=desk.tick())
    assert [read(desk, ticket, by) for by in ("c1.ct", "p1.pt", "p2.pt")] == [{"Where": None}] * 3


def test_erasing_shared_answers_erases_what_was_brought_to_a_party_that_joined_later(desk: Desk) -> None:
    one, other = declare(desk), declare(desk, name="Kept")
    ticket = begin(
        desk,
        {pk: {"room": "12"} for pk in (one.id, other.id)},
        service_id=desk.world.services["c1.printing"].id,
    )
    desk.give(ticket, "p1.alder", "c1.ct", "p1.pt")
    desk.give(ticket, "c1.desk", "p1.pt", "c1.ct", reason="done_here")
    desk.give(ticket, "p2.noc", "c1.ct", "p2.pt")
    first = FieldAnswers.objects.get(ticket=ticket, field_set=one, organization_id=desk.org("c1")).entry_id
    payload_erase(entry_id=first, reason="gdpr", actor=desk.actor("c1.cso"), at=desk.tick())
    for by in ("c1.ct", "p1.pt", "p2.pt"):
        assert read(desk, ticket, by) == {"Where": None, "Kept": {"room": "12"}}


def test_internal_fields_are_each_partys_own(desk: Desk) -> None:
    theirs = declare(desk, "p1.pm", name="Project", form="Number | line", internal=True)
    ticket = desk.open(service_id=desk.world.services["c1.printing"].id)
    with pytest.raises(NotFound):
        answer(desk, ticket, "c1.ct", theirs, number="7")
    with pytest.raises(NotAllowed):
        answer(desk, ticket, "p1.pm", theirs, number="7")
    desk.give(ticket, "p1.alder", "c1.ct", "p1.pt")
    answer(desk, ticket, "p1.pt", theirs, number="7")
    assert read(desk, ticket, "p1.pt") == {"Project": {"number": "7"}}
    assert read(desk, ticket, "c1.cso") == {}
    entry = Entry.objects.get(kind="ticket.fields_set/1")
    assert desk.readers(entry.id) == {desk.org("p1")}
    with pytest.raises(Conflict):
        field_set_change(
            set_id=theirs.id, values={"internal": False}, actor=desk.actor("p1.pm"), at=desk.tick()
        )
    field_set_end(set_id=theirs.id, actor=desk.actor("p1.pm"), at=desk.tick())
    assert [(s.name, s.may_edit) for s in fields_of(actor=desk.actor("p1.pt"), ticket_id=ticket.id)] == [
        ("Project", False)
    ]


def test_bad_declarations_are_refused_by_line(desk: Desk) -> None:
    for values, field in (
        ({"form": ""}, "form"),
        ({"form": "Room | wall"}, "form"),
        ({"kind": "wish"}, "kind"),
        ({"name": ""}, "name"),
    ):
        with pytest.raises(Invalid) as refused:
            declare(desk, **values)
        assert list(refused.value.details["fields"]) == [field]
    with pytest.raises(NotAllowed):
        declare(desk, "c1.ct")
    with pytest.raises(NotFound):
        field_set_end(set_id=declare(desk).id, actor=desk.actor("p1.pm"), at=desk.tick())


def test_a_ticket_of_a_desk_without_fields_costs_no_statement_more(desk: Desk) -> None:
    ticket = desk.open()
    declare(desk, "c2.cso")
    declare(desk, "c1.cso", kind="change")

    def statements() -> int:
        with CaptureQueriesContext(connection) as seen:
            ticket_get(actor=desk.actor("c1.ct"), ticket_id=ticket.id, at=desk.now)
        assert not [
            q for q in seen.captured_queries if 'FROM "tickets_fieldset"' in q["sql"].partition("WHERE")[0]
        ]
        return len(seen)

    statements()
    without = statements()
    declare(desk)
    with CaptureQueriesContext(connection) as seen:
        view = ticket_get(actor=desk.actor("c1.ct"), ticket_id=ticket.id, at=desk.now)
    assert [s.name for s in view.fields] == ["Where"]
    assert 0 < len(seen) - without <= 3


def test_the_pages_ask_and_change(desk: Desk, client: Client) -> None:
    one = declare(desk, topic="Printing")
    name = f"fs-{one.id.hex}-room"
    client.force_login(desk.world.people["c1.ct"])
    assert name not in client.get(reverse("tickets:new")).content.decode()
    sent = {"once": uuid4().hex, "desk": "own", "kind": "incident", "title": "A", "text": "B", "impact": "2"}
    sent |= {"urgency": "2", "topic": "Printing"}
    assert name in client.post(reverse("tickets:fields_asked"), sent).content.decode()
    refused = client.post(reverse("tickets:new"), sent)
    assert (refused.status_code, "Please answer this." in refused.content.decode()) == (422, True)
    assert client.post(reverse("tickets:new"), sent | {name: "12"}).status_code == 303
    ticket = Ticket.objects.get()
    page = reverse("tickets:ticket", args=[ticket.id])
    assert name in client.get(page, {"do": "fields"}).content.decode()
    answer_url = reverse("tickets:fields_answer", args=[ticket.id])
    wrong = client.post(answer_url, {name: ""})
    assert "Please answer this." in wrong.content.decode()
    assert client.post(answer_url, {name: "14<b>"}).status_code == 303
    assert "14&lt;b&gt;" in client.get(page).content.decode()
    client.force_login(desk.world.people["c1.cso"])
    made = client.post(
        reverse("tickets:fields_new"), {"name": "Cost", "form": "Centre | line", "internal": "1"}
    )
    assert (made.status_code, FieldSet.objects.get(name="Cost").internal) == (303, True)
