"""The page of tickets as its readers meet it: what it shows, how much it asks of the database, what it refuses."""

import re
from datetime import timedelta
from random import Random
from uuid import uuid4

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from tests.integration.tickets.conftest import Desk
from tests.tickets_made import noon, random_tickets
from tests.worlds import World

from cosource.agreements.services.quick_start import quick_start_agreement
from cosource.tickets.models import Participation, Ticket
from cosource.tickets.services.changing import ticket_assign

pytestmark = pytest.mark.django_db
BUDGET = 15


def seat(world: World, key: str) -> Client:
    client = Client()
    client.force_login(world.person(key), backend="allauth.account.auth_backends.AuthenticationBackend")
    return client


def page(client: Client, address: str = "/tickets/", status: int = 200) -> str:
    answer = client.get(address)
    assert answer.status_code == status
    return answer.content.decode()


def rows_in(text: str) -> list[str]:
    return re.findall(r'href="/tickets/([0-9a-f-]{36})/" class="cutx"', text)


def fragment(client: Client, address: str) -> str:
    answer = client.get(address, headers={"HX-Request": "true"})
    assert answer.status_code == 200
    return answer.content.decode()


# ---- what it costs ----


@pytest.mark.parametrize("key", ["c1.cso", "c1.ct", "c1.req", "p1.pm", "p1.pt", "p2.pm", "p3.ptsub"])
def test_a_page_asks_the_same_few_questions_for_five_rows_and_for_fifty(world, key):
    client = seat(world, key)
    asked = {}
    for number in (60, 240):
        random_tickets(world, Random(number), number, noon())
        shown = len(rows_in(page(client)))
        with CaptureQueriesContext(connection) as queries:
            page(client)
        asked[number] = len(queries)
        assert 0 < shown <= 50
        with CaptureQueriesContext(connection) as counted:
            fragment(client, "/tickets/counts/")
        assert len(counted) <= BUDGET
    assert asked[60] == asked[240] <= BUDGET, [q["sql"][:120] for q in queries]


# ---- what it shows ----


def test_a_row_says_who_holds_it_whose_turn_it_is_and_what_is_asked(desk: Desk):
    quick_start_agreement(engagement_id=None, actor=desk.actor("c1.cso"), at=desk.now)
    ticket = desk.open(
        service_id=desk.world.services["c1.printing"].id, site_id=desk.world.sites["c1.main"].id
    )
    desk.offer(ticket, "p1.alder")

    text = page(seat(desk.world, "c1.cso"))

    [row] = re.findall(r'<tr class="q-row.*?</tr>', text, re.DOTALL)
    assert 'class="ho1 hold"' in row
    assert '<abbr class="pb p1" title="Alder Hospitals">AH</abbr>' in row
    assert '<abbr class="pb p2" title="Cedar Desk">' in row
    assert "<span>accept</span>" in row
    assert "Printer down" in row
    assert "c1 main" in row
    assert "Respond: " in row
    assert ">AH-<" in text

    taken = page(seat(desk.world, "p1.pm"), "/tickets/?flag=unanswered")
    [theirs] = re.findall(r'<tr class="q-row.*?</tr>', taken, re.DOTALL)
    assert '<span class="pt tu mine"><abbr class="pb p2" title="Cedar Desk">' in theirs


def test_a_party_that_the_reader_does_not_know_of_is_drawn_without_a_name(desk: Desk):
    ticket = desk.open(service_id=desk.world.services["c1.printing"].id)
    desk.give(ticket, "p2.noc", "c1.ct", "p2.pt")

    text = page(seat(desk.world, "p1.pm"))

    [row] = re.findall(r'<tr class="q-row.*?</tr>', text, re.DOTALL)
    assert 'class="ho0 hold"' in row
    assert "Dogwood" not in text


def test_each_row_names_its_client_where_the_page_spans_several(desk: Desk):
    desk.open(service_id=desk.world.services["c1.printing"].id)
    only_one = page(seat(desk.world, "p1.pm"))
    assert 'class="clm"' not in only_one

    desk.open(by="c2.ct", service_id=desk.world.services["c2.stations"].id)
    both = page(seat(desk.world, "p1.pm"))

    rows = re.findall(r'<tr class="q-row.*?</tr>', both, re.DOTALL)
    assert sorted(re.findall(r'class="clm">.*?</span>([^<]+)</span></span>', "".join(rows))) == [
        "Alder Hospitals",
        "Birch Rail",
    ]


def test_filters_are_chips_that_can_be_taken_off(desk: Desk):
    team = desk.world.teams["c1.desk"]
    text = page(seat(desk.world, "c1.cso"), f"/tickets/?turn=mine&team={team.id}&order=priority")
    assert '<span class="k">turn</span> <b>ours</b>' in text
    assert f"<b>{team.name}</b>" in text
    assert 'href="?turn=mine&amp;order=priority"' in text
    assert "highest priority first" in text


def test_pages_follow_one_another_by_links(world):
    random_tickets(world, Random(2), 160, noon())
    client = seat(world, "c1.cso")
    found, address = [], "/tickets/?state=all&order=newest"
    for _ in range(5):
        text = page(client, address)
        found += rows_in(text)
        following = re.search(r'rel="next" href="([^"]+)"', text)
        if following is None:
            break
        address = "/tickets/" + following[1].replace("&amp;", "&")
    own = Participation.objects.filter(organization=world.organizations["c1"])
    assert len(found) == len(set(found)) == own.count()


def test_counts_come_apart_from_the_page_and_say_overdue_in_red(desk: Desk):
    for _ in range(3):
        desk.open()
    client = seat(desk.world, "c1.cso")
    assert 'id="n-open" hx-preserve></span>' in page(client)
    text = fragment(client, "/tickets/counts/")
    assert '<span class="n" id="n-open" hx-swap-oob="true">3</span>' in text
    assert '<span class="num" id="shown-count" hx-swap-oob="true"> of 3</span>' in text
    Participation.objects.update(next_due_at=noon() - timedelta(days=900))
    assert '<span class="n hot" id="n-overdue" hx-swap-oob="true">3</span>' in fragment(
        client, "/tickets/counts/"
    )


def test_empty_lists_say_what_to_do(desk: Desk):
    client = seat(desk.world, "c1.cso")
    assert "Nothing is open" in page(client)
    assert "No ticket fits" in page(client, "/tickets/?priority=1")
    assert "Nothing that you may read has these words" in page(client, "/tickets/?text=walrus")
    assert "Your role reads no tickets" in page(_administrator(desk))


def _administrator(desk: Desk) -> Client:
    from tests.worlds import OfferedRole

    desk.world.hire("c1.adm", by="c1.cso", roles=[OfferedRole("administrator")])
    return seat(desk.world, "c1.adm")


# ---- preview ----


def test_the_preview_is_a_part_of_the_page_or_chosen_by_its_address(desk: Desk):
    ticket = desk.open()
    client = seat(desk.world, "c1.ct")
    part = fragment(client, f"/tickets/preview/{ticket.id}/")
    assert "Nothing prints on ward 4." in part
    assert "<html" not in part
    whole = page(client, f"/tickets/?ticket={ticket.id}")
    assert "Nothing prints on ward 4." in whole
    assert 'class="q-row cur"' in whole
    alone = client.get(f"/tickets/preview/{ticket.id}/")
    assert (alone.status_code, alone["Location"]) == (303, f"/tickets/{ticket.id}/")


@pytest.mark.req("C11")
def test_a_foreign_ticket_and_none_at_all_are_the_same(desk: Desk):
    ticket = desk.open()
    client = seat(desk.world, "p2.pm")
    for address in ("/tickets/preview/{}/", "/tickets/?ticket={}", "/tickets/?text={}"):
        foreign, none = (
            client.get(address.format(i), headers={"HX-Request": "true"}) for i in (ticket.id, uuid4())
        )
        assert foreign.status_code == none.status_code
        strip = re.compile(rb"[0-9a-f-]{36}|[0-9a-zA-Z]{64}")
        assert strip.sub(b"", foreign.content) == strip.sub(b"", none.content)


# ---- search ----


def test_a_reference_finds_the_readers_own_ticket_and_nothing_of_others(desk: Desk):
    ticket = desk.open(service_id=desk.world.services["c1.printing"].id)
    desk.open(title="Other", text="AH-1 is mentioned here")
    Ticket.objects.filter(id=ticket.id).update(source_key="INC0000045")
    own, theirs = (desk.part(ticket, o).reference for o in ("c1", "p1"))
    client, partner = seat(desk.world, "c1.cso"), seat(desk.world, "p1.pm")

    assert rows_in(page(client, f"/tickets/?text={own}")) == [str(ticket.id)]
    assert rows_in(page(client, f"/tickets/?text={own.lower()}&state=closed")) == [str(ticket.id)]
    assert "Found by its reference" in page(client, f"/tickets/?text={own}")
    assert rows_in(page(client, "/tickets/?text=INC0000045")) == [str(ticket.id)]
    assert rows_in(page(partner, f"/tickets/?text={theirs}")) == [str(ticket.id)]
    # Another party's name for it, and the owner's source, are no names here: as if they had never been given.
    for name in (own, "INC0000045", "AH-999"):
        assert rows_in(page(partner, f"/tickets/?text={name}")) == []
    assert rows_in(page(client, f"/tickets/?text={theirs}")) == []


def test_words_are_found_within_the_filters(desk: Desk):
    ticket = desk.open(title="Walrus in the lobby")
    client = seat(desk.world, "c1.cso")
    assert rows_in(page(client, "/tickets/?text=walr")) == [str(ticket.id)]
    assert rows_in(page(client, "/tickets/?text=walrus&state=closed")) == []
    assert rows_in(page(seat(desk.world, "p1.pm"), "/tickets/?text=walrus&state=all")) == []


# ---- refusals ----


@pytest.mark.parametrize(
    ("query", "named"),
    [
        ("turn=never", "turn"),
        ("owner__password__startswith=a", "owner__password__startswith"),
        ("priority=9", "priority"),
        ("order=-priority", "order"),
        ("team=1 OR 1=1", "team"),
        ("team=7d3c53f0-0000-4000-8000-000000000001", "team"),
        ("holder=7d3c53f0-0000-4000-8000-000000000001", "held by"),
        ("cursor=abc", "cursor"),
        ("ticket=abc", "ticket"),
        ("text=" + "x" * 201, "words"),
    ],
)
def test_a_filter_that_is_not_known_is_named_and_nothing_is_listed(desk: Desk, query: str, named: str):
    desk.open()
    text = page(seat(desk.world, "c1.cso"), f"/tickets/?{query}", 400)
    assert f"<b>{named}</b>" in text
    assert rows_in(text) == []


def test_an_id_out_of_sight_is_refused_as_one_that_never_was(desk: Desk):
    client = seat(desk.world, "p1.pm")
    foreign = {
        "team": desk.world.teams["p2.noc"].id,
        "service": desk.world.services["c1.payroll"].id,
        "holder": desk.org("p2"),
        "engagement": desk.world.engagements["c1p2"].id,
        "assignee": desk.world.people["c1.ct"].id,
    }
    for key, value in foreign.items():
        a, b = page(client, f"/tickets/?{key}={value}", 400), page(client, f"/tickets/?{key}={uuid4()}", 400)
        assert re.sub(r"[0-9a-f-]{36}|[0-9a-zA-Z]{64}", "", a) == re.sub(
            r"[0-9a-f-]{36}|[0-9a-zA-Z]{64}", "", b
        )


def test_who_only_asks_sees_neither_partners_nor_clocks(desk: Desk):
    quick_start_agreement(engagement_id=None, actor=desk.actor("c1.cso"), at=desk.now)
    mine = desk.open(by="c1.req", service_id=desk.world.services["c1.printing"].id)
    desk.open()
    desk.give(mine, "p1.alder", "c1.ct", "p1.pt")
    client = seat(desk.world, "c1.req")
    text = page(client)
    assert rows_in(text) == [str(mine.id)]
    assert "Cedar" not in text
    assert "Respond" not in text
    assert page(client, "/tickets/?due=overdue", 400)
    assert 'name="team"' not in page(client, "/tickets/filters/")


def test_assigned_to_me_and_my_teams_are_the_readers_own(desk: Desk):
    ticket = desk.open()
    ticket_assign(
        ticket_id=ticket.id,
        person_id=desk.world.people["c1.ct"].id,
        actor=desk.actor("c1.ct"),
        at=desk.tick(),
    )
    assert rows_in(page(seat(desk.world, "c1.ct"), "/tickets/?assignee=mine")) == [str(ticket.id)]
    assert rows_in(page(seat(desk.world, "c1.ct2"), "/tickets/?assignee=mine")) == []
    assert rows_in(page(seat(desk.world, "c1.ct2"), "/tickets/?team=mine")) == []
