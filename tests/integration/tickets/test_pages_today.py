"""Today and the page that opens a ticket."""

from datetime import timedelta
from uuid import uuid4

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from tests.integration.tickets.conftest import Desk
from tests.integration.tickets.page_reader import Reader, words_of

from cosource.agreements.services.quick_start import quick_start_agreement
from cosource.parties.services.stages import stage_change_propose
from cosource.tickets.models import Ticket
from cosource.tickets.queries.today import LIMIT, requests_of, tickets_day
from cosource.tickets.services.moving import ticket_move


@pytest.fixture(autouse=True)
def at_the_desk(desk: Desk):
    with time_machine.travel(desk.now + timedelta(hours=4), tick=True):
        yield


def today(desk: Desk, key: str, query: str = "") -> str:
    response = Reader(desk, key).get(f"/{query}")
    assert response.status_code == 200
    return words_of(response)


def test_what_waits_for_whom(desk: Desk) -> None:
    desk.open(title="Nobody took it", team_id=desk.world.teams["c1.desk"].id)
    offered = desk.open(title="Offered to Cedar", team_id=desk.world.teams["c1.desk"].id)
    desk.offer(offered, "p1.alder")
    gone = desk.open(title="Cedar has it", team_id=desk.world.teams["c1.desk"].id)
    desk.give(gone, "p1.alder", "c1.ct", "p1.pt")

    desk_page, partner = today(desk, "c1.ct"), today(desk, "p1.pt")
    assert "One thing waits for you." in desk_page
    assert "Nobody took it" in desk_page
    assert "Two things wait for you." in partner
    assert "Offered to Cedar" in partner
    assert "Cedar has it" in partner
    assert "Nobody took it" not in partner
    assert "Nothing waits for you" in today(desk, "p2.pt")


def test_a_handover_shows_what_is_asked(desk: Desk) -> None:
    ticket = desk.open()
    desk.offer(ticket, "p1.alder")
    [item] = tickets_day(desk.actor("p1.pt"), desk.tick(), for_teams=False).waiting
    assert (item.reference, item.action, item.action_key) == (
        desk.part(ticket, "p1").reference,
        "Accept",
        "a",
    )
    assert str(item.why) == "Accept or decline the handover"
    assert item.url == f"/tickets/{ticket.id}/"


def test_mine_is_not_my_colleagues(desk: Desk) -> None:
    from cosource.tickets.services.changing import ticket_assign

    ticket = desk.open(title="Tom has it", team_id=desk.world.teams["c1.desk"].id)
    ticket_assign(
        ticket_id=ticket.id,
        person_id=desk.world.people["c1.ct"].id,
        actor=desk.actor("c1.ct"),
        at=desk.tick(),
    )
    assert "Tom has it" in today(desk, "c1.ct")
    host = desk.actor("emb")
    assert tickets_day(host, desk.tick(), for_teams=False).waiting == []
    assert [i.title for i in tickets_day(host, desk.tick(), for_teams=True).waiting] == ["Tom has it"]


def test_what_is_with_others_is_watched(desk: Desk) -> None:
    ticket = desk.open(title="With Cedar", team_id=desk.world.teams["c1.desk"].id)
    desk.give(ticket, "p1.alder", "c1.ct", "p1.pt")
    watched = tickets_day(desk.actor("c1.ct"), desk.tick(), for_teams=False).watched
    assert [row.title for row in watched] == ["With Cedar"]
    assert tickets_day(desk.actor("p2.pt"), desk.tick(), for_teams=False).watched == []


def test_due_times_make_the_order_and_the_groups(desk: Desk) -> None:
    quick_start_agreement(engagement_id=None, actor=desk.actor("c1.cso"), at=desk.tick())
    team = desk.world.teams["c1.desk"].id
    desk.open(title="Slow", impact=3, urgency=3, team_id=team)
    desk.open(title="Urgent", impact=1, urgency=1, team_id=team)
    page = today(desk, "c1.ct")
    assert "One is overdue" in page
    assert page.index("Urgent") < page.index("Slow")


@pytest.mark.req("D24")
def test_a_partner_with_two_clients_sees_which_is_whose(desk: Desk) -> None:
    from cosource.parties.services.teams import membership_add

    person = desk.world.people["p1.pt"]
    membership_add(
        team_id=desk.world.teams["p1.birch"].id,
        person_id=person.id,
        actor=desk.actor("p1.pm"),
        at=desk.tick(),
    )
    from cosource.foundation.sight import TECHNICIAN
    from cosource.parties.services.grants import grant_give

    grant_give(
        person_id=person.id,
        role=TECHNICIAN,
        engagement_id=desk.world.engagements["c2p1"].id,
        actor=desk.actor("p1.pm"),
        at=desk.tick(),
    )
    for client, team, by in (("c1", "p1.alder", "c1.ct"), ("c2", "p1.birch", "c2.ct")):
        ticket = desk.open(by, title=f"For {client}")
        desk.offer(ticket, team, by)
    page = today(desk, "p1.pt")
    assert "For c1" in page
    assert "For c2" in page
    assert "Alder Hospitals" in page
    assert "Birch Rail" in page


def test_today_costs_the_same_from_five_rows_to_fifty(desk: Desk) -> None:
    quick_start_agreement(engagement_id=None, actor=desk.actor("c1.cso"), at=desk.tick())
    team = desk.world.teams["c1.desk"].id

    def ask(more: int) -> int:
        for _ in range(more):
            desk.open(team_id=team)
        actor, at = desk.actor("c1.ct"), desk.tick()
        tickets_day(actor, at, for_teams=False)
        with CaptureQueriesContext(connection) as asked:
            tickets_day(actor, at, for_teams=False)
        return len(asked)

    few, many = ask(5), ask(45)
    assert few == many <= 15


def test_a_day_that_is_too_long_for_a_page_says_so(desk: Desk) -> None:
    quick_start_agreement(engagement_id=None, actor=desk.actor("c1.cso"), at=desk.tick())
    team = desk.world.teams["c1.desk"].id
    for _ in range(LIMIT):
        desk.open(team_id=team)
    day = tickets_day(desk.actor("c1.ct"), desk.tick(), for_teams=False)
    assert (len(day.waiting), day.has_more) == (LIMIT, False)
    page = Reader(desk, "c1.ct").get("/").content.decode()
    assert f"{LIMIT} things wait for you." in page
    assert "That is everything." in page

    desk.open(team_id=team)
    day = tickets_day(desk.actor("c1.ct"), desk.tick(), for_teams=False)
    assert (len(day.waiting), day.has_more) == (LIMIT, True)
    page = Reader(desk, "c1.ct").get("/").content.decode()
    assert f"More than {LIMIT} things wait for you." in page
    assert "That is everything." not in page
    assert '"/tickets/?turn=mine"' in page


def test_a_requester_sees_requests_and_nothing_else(desk: Desk) -> None:
    desk.open("c1.req", title="My screen is black")
    desk.open("c1.ct", title="Somebody else’s")
    page = today(desk, "c1.req")
    assert "My screen is black" in page
    assert "Received" in page
    assert "Somebody else’s" not in page


def test_a_request_that_asks_something_stands_first(desk: Desk) -> None:
    old = desk.open("c1.req", title="Asked of me")
    for number in range(20):
        over = desk.open("c1.req", title=f"Over {number}")
        ticket_move(
            ticket_id=over.id, to_state="cancelled", text="No.", actor=desk.actor("c1.req"), at=desk.tick()
        )
    desk.open("c1.req", title="Newest")
    ticket_move(ticket_id=old.id, to_state="in_progress", actor=desk.actor("c1.ct"), at=desk.tick())
    ticket_move(
        ticket_id=old.id,
        to_state="waiting_requester",
        text="Which one?",
        actor=desk.actor("c1.ct"),
        at=desk.tick(),
    )
    shown = [row.title for row in requests_of(desk.actor("c1.req"), desk.tick())]
    assert (shown[:3], len(shown)) == (["Asked of me", "Newest", "Over 19"], 20)


# ---- opening ----


def form(**more: str) -> dict[str, str]:
    return {
        "once": uuid4().hex,
        "title": "Door stuck",
        "text": "Ward 4.",
        "impact": "2",
        "urgency": "2",
    } | more


def test_a_ticket_is_opened_once(desk: Desk) -> None:
    reader = Reader(desk, "c1.ct")
    given = form(service_id=str(desk.world.services["c1.printing"].id), requester="REQ of Alder Hospitals")
    first = reader.client.post("/tickets/new/", given)
    again = reader.client.post("/tickets/new/", given)
    assert (first.status_code, again.status_code) == (303, 303)
    assert first["Location"] == again["Location"]
    ticket = Ticket.objects.get()
    assert (ticket.title, ticket.requester_id) == ("Door stuck", desk.world.people["c1.req"].id)


def test_a_partner_opens_at_its_clients_desk(desk: Desk) -> None:
    reader = Reader(desk, "p1.pt")
    key = desk.world.engagements["c1p1"].id.hex
    assert reader.client.post("/tickets/new/", form(desk=key)).status_code == 303
    ticket = Ticket.objects.get()
    assert (ticket.owner_id, ticket.holder_organization_id) == (desk.org("c1"), desk.org("p1"))


def test_another_engagement_is_no_desk_of_ours(desk: Desk) -> None:
    reader = Reader(desk, "p1.pt")
    for key in (desk.world.engagements["c1p2"].id.hex, uuid4().hex, "own"):
        assert reader.client.post("/tickets/new/", form(desk=key)).status_code == 404
        assert reader.get(f"/tickets/new/?desk={key}").status_code == 404
    assert not Ticket.objects.exists()


@pytest.mark.parametrize(
    ("broken", "said"),
    [({"title": " "}, "title-e"), ({"text": ""}, "text-e"), ({"impact": "7"}, "High, medium or low.")],
)
def test_a_refused_opening_keeps_what_was_written(desk: Desk, broken: dict[str, str], said: str) -> None:
    given = form() | broken
    refused = Reader(desk, "c1.ct").client.post("/tickets/new/", given)
    page = refused.content.decode()
    assert refused.status_code == 422
    assert said in page
    assert all(given[k] in page for k in ("title", "text") if given[k].strip())
    assert not Ticket.objects.exists()


def test_who_asks_for_help_has_a_simple_form(desk: Desk) -> None:
    reader = Reader(desk, "c1.req")
    page = words_of(reader.get("/tickets/new/"))
    assert "What is broken, or what do you need?" in page
    assert "Urgency" not in page
    sent = reader.client.post(
        "/tickets/new/", {"once": uuid4().hex, "title": "Black screen", "text": "Since noon.", "impact": "3"}
    )
    assert sent.status_code == 303
    ticket = Ticket.objects.get()
    assert (ticket.requester_id, ticket.impact, ticket.urgency) == (desk.world.people["c1.req"].id, 3, 2)
    assert reader.get(sent["Location"]).status_code == 200


def test_an_auditor_opens_nothing(desk: Desk) -> None:
    reader = Reader(desk, "c1.aud")
    assert reader.get("/tickets/new/").status_code == 403
    assert reader.client.post("/tickets/new/", form()).status_code == 403
    assert not Ticket.objects.exists()


# ---- other rooms ----


def test_a_word_and_a_stage_wait_for_those_who_lead(desk: Desk) -> None:
    version = quick_start_agreement(
        engagement_id=desk.world.engagements["c1p1"].id, actor=desk.actor("c1.cso"), at=desk.tick()
    )
    stage_change_propose(
        engagement_id=desk.world.engagements["c1p1"].id,
        to_stage="managed",
        evidence="A year without a missed target.",
        actor=desk.actor("c1.cso"),
        at=desk.tick(),
    )
    asked = today(desk, "p1.pm")
    assert f"Give your word on {version.name}" in asked
    assert "Answer the change of stage: Workplace" in asked
    assert "Out-tasking to Managed, proposed with evidence" in asked
    for other in ("c1.cso", "p1.pt", "p2.pm", "c1.ct"):
        page = today(desk, other)
        assert "Give your word" not in page
        assert "change of stage" not in page
    counted = Reader(desk, "p1.pm").get("/menu/counts/").content.decode()
    assert '<span class="n" id="m-today" hx-swap-oob="true">2</span>' in counted
