"""Ticket templates: who keeps and sees them, and what of one holds where a ticket is about to be opened."""

from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse
from tests.integration.tickets.conftest import Desk

from cosource.foundation.errors import Conflict, Invalid, NotAllowed, NotFound, StaleVersion
from cosource.foundation.models import Entry
from cosource.tickets.models import ChecklistItem, Ticket, TicketTemplate
from cosource.tickets.queries.checklists import checklist_of
from cosource.tickets.queries.templates import filled_on, templates
from cosource.tickets.services.beginning import ticket_begin
from cosource.tickets.services.templates import template_add, template_change, template_end

pytestmark = [pytest.mark.req("C11")]


def add(desk: Desk, by: str = "p1.pm", **values: Any) -> TicketTemplate:
    given = {"name": "Printer restart", "title": "Restart", "checklist": "Switch off\nSwitch on"} | values
    return template_add(values=given, actor=desk.actor(by), at=desk.tick())


def test_only_who_leads_the_desk_writes_them_and_only_its_people_see_them(desk: Desk) -> None:
    add(desk)
    for by, more, refusal in (
        ("p1.pt", {}, NotAllowed),
        ("c1.req", {}, NotAllowed),
        ("emb", {}, NotAllowed),
        ("p1.pm", {"name": " "}, Invalid),
        ("p1.pm", {"kind": "wish"}, Invalid),
        ("p1.pm", {"impact": 4}, Invalid),
        ("p1.pm", {"colour": "red"}, Invalid),
        ("p1.pm", {"checklist": "x" * 201}, Invalid),
        ("p1.pm", {"team_id": desk.world.teams["c1.desk"].id}, NotFound),
        ("c1.cso", {"service_id": desk.world.services["c2.stations"].id}, NotFound),
    ):
        with pytest.raises(refusal):
            add(desk, by, **more)
    seen = {by: [t.name for t in templates(desk.actor(by))] for by in ("p1.pm", "p1.pt", "c1.cso", "p2.pm")}
    assert seen == {"p1.pm": ["Printer restart"], "p1.pt": ["Printer restart"], "c1.cso": [], "p2.pm": []}
    entry = Entry.objects.get(subject_kind="ticket_template")
    assert (entry.kind, desk.readers(entry.id)) == ("ticket_template.added/1", {desk.org("p1")})


def test_a_change_knows_what_it_changed_and_is_refused_when_late(desk: Desk) -> None:
    kept = add(desk)
    given: dict[str, Any] = {"template_id": kept.id, "actor": desk.actor("p1.pm"), "at": desk.tick()}
    template_change(values={"title": "Restart it", "impact": 2}, expected_version=1, **given)
    assert Entry.objects.get(kind="ticket_template.changed/1").facts["fields"] == ["title"]
    with pytest.raises(StaleVersion):
        template_change(values={"title": "Late"}, expected_version=1, **given)
    with pytest.raises(NotFound):
        template_change(**(given | {"actor": desk.actor("c1.cso"), "values": {"title": "Foreign"}}))
    template_end(**given)
    with pytest.raises(Conflict):
        template_change(values={"title": "Gone"}, **given)
    assert templates(desk.actor("p1.pm")) == []


def test_what_cannot_be_chosen_on_a_desk_is_left_out_and_said(desk: Desk) -> None:
    printing, team = desk.world.services["c1.printing"].id, desk.world.teams["p1.alder"].id
    kept = add(desk, service_id=printing, team_id=team)

    def on(engagement: str, by: str = "p1.pm") -> tuple[Any, Any, list[str]]:
        _t, found = filled_on(
            template_id=kept.id,
            engagement_id=desk.world.engagements[engagement].id,
            actor=desk.actor(by),
            at=desk.now,
        )
        return found.values.get("service_id"), found.values.get("team_id"), found.left_out

    assert on("c1p1") == (printing, team, [])
    # Another client's desk has no such service, and is not told of it.
    assert on("c2p1") == (None, team, ["Service"])
    with pytest.raises(NotFound):
        on("c2p1", "p1.pt")
    with pytest.raises(NotFound):
        on("c1p1", "c1.cso")
    assert not Ticket.objects.exists()


def test_the_checklist_begins_with_the_ticket_and_is_the_own_partys(desk: Desk) -> None:
    record = ticket_begin(
        title="Restart",
        text="Please.",
        service_id=desk.world.services["c1.printing"].id,
        engagement_id=desk.world.engagements["c1p1"].id,
        team_id=desk.world.teams["p1.alder"].id,
        checklist=["Switch off", " ", "Switch on"],
        actor=desk.actor("p1.pt"),
        at=desk.tick(),
    )
    lines = checklist_of(actor=desk.actor("p1.pt"), ticket_id=record.ticket.id)
    assert [line.text for line in lines] == ["Switch off", "Switch on"]
    assert checklist_of(actor=desk.actor("c1.cso"), ticket_id=record.ticket.id) == []
    with pytest.raises(Invalid):
        ticket_begin(title="A", text="B", checklist=["x"] * 101, actor=desk.actor("c1.ct"), at=desk.tick())
    assert Ticket.objects.count() == 1


def test_the_page_fills_the_form_and_opens_nothing_until_it_is_sent(desk: Desk, client: Client) -> None:
    kept = add(desk, "c1.cso", text="Nothing prints.", impact=1)
    client.force_login(desk.world.people["c1.ct"])
    page = client.get(reverse("tickets:new"), {"template": kept.id})
    shown = page.content.decode()
    assert "Filled in from “Printer restart”" in shown
    assert "Nothing prints." in shown
    assert (page.context["values"]["impact"], page.context["values"]["title"]) == ("1", "Restart")
    assert not Ticket.objects.exists()
    sent = {
        "once": uuid4().hex,
        "title": "Restart",
        "text": "Now.",
        "impact": "1",
        "urgency": "2",
        "checklist": "Look",
    }
    answer = client.post(reverse("tickets:new"), sent)
    assert answer.status_code == 303
    assert ChecklistItem.objects.get().ticket == Ticket.objects.get(title="Restart")
    assert client.get(reverse("tickets:new"), {"template": uuid4()}).status_code == 404
    client.force_login(desk.world.people["c1.req"])
    assert client.get(reverse("tickets:new"), {"template": kept.id}).status_code == 404
    assert client.get(reverse("tickets:templates")).status_code == 403
