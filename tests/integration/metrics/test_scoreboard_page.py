"""The scoreboard as people of both parties open it: the same figures, from a tile to a ticket's entries."""

import csv
import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from tests.integration.metrics.conftest import move, refresh
from tests.pictures import is_blank, size_of

from cosource.parties.web.actor import SESSION_KEY

pytestmark = [pytest.mark.req("C16", "E1"), pytest.mark.django_db(transaction=True)]
MARCH = "period=2026-03"


def browser(desk, key) -> Client:
    client = Client(headers={"host": "localhost"}, raise_request_exception=False)
    client.force_login(desk.world.people[key], backend="allauth.account.auth_backends.AuthenticationBackend")
    session = client.session
    session[SESSION_KEY] = desk.world.organizations[key.partition(".")[0]].id.hex
    session.save()
    return client


def page(answer) -> str:
    assert answer.status_code == 200, (answer.status_code, answer.content[:400])
    return re.sub(r"\s+", " ", answer.content.decode())


def tile(text: str, title: str) -> str:
    """The words of one tile."""
    for article in re.findall(r"<article.*?</article>", text):
        words = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", article)).strip()
        if words.startswith(f"{title} "):
            return words
    raise AssertionError(f"no tile {title}")


@pytest.fixture
def played(desk):
    """Three tickets of c1's printing that ended in March, two of them by p1's hands, and one that is open."""
    for n in range(3):
        ticket = desk.open(title=f"Printer {n}", service_id=desk.world.services["c1.printing"].id)
        if n:
            desk.give(ticket, to="p1.alder", by="c1.ct", taker="p1.pt")
        by = "p1.pt" if n else "c1.ct"
        if not n:
            move(desk, ticket, "in_progress", by)
        move(desk, ticket, "resolved", by, text="Toner.")
    desk.open(title="Still open", service_id=desk.world.services["c1.printing"].id)
    refresh(desk)
    return desk


def of(desk, engagement="c1p1") -> str:
    return f"scope={desk.world.engagements[engagement].id}"


def test_both_parties_open_the_same_figures(played) -> None:
    seen = [
        page(browser(played, key).get(f"/scoreboard/?{of(played)}&{MARCH}"))
        for key in ("c1.cso", "p1.pm", "p1.pt")
    ]
    # The link by which a figure is questioned stands for those alone who may.
    tiles = [re.findall(r"<article.*?</article>", re.sub(r'<a class="u dsp".*?</a>', "", t)) for t in seen]
    assert tiles[0]
    assert tiles[0] == tiles[1] == tiles[2]
    assert "0.00 % 0 of 2" in tile(seen[0], "First-contact resolution")
    assert "March 2026" in seen[0]


def test_the_page_opens_on_the_own_desk_in_the_last_full_month(played) -> None:
    text = page(browser(played, "c1.cso").get("/scoreboard/"))
    assert "33.33 % 1 of 3" in tile(text, "First-contact resolution")
    assert 'aria-current="true">Alder Hospitals, all</a>' in text
    assert "March 2026" in text


def test_from_a_figure_to_its_tickets_to_their_entries(played) -> None:
    client = browser(played, "p1.pm")
    board = page(client.get(f"/scoreboard/?{of(played)}&{MARCH}"))
    link = re.search(r'<h2><a href="(/scoreboard/figure/mttr_resolve.median/[^"]*)"', board)
    assert link is not None
    figure = page(client.get(link[1].replace("&amp;", "&")))
    assert "Printer 2" in figure
    assert "Printer 0" not in figure
    entries = re.search(r'href="(/tickets/[0-9a-f-]+/\?show=ledger)"', figure)
    assert entries is not None
    assert "ticket.resolved/1" in (text := page(client.get(entries[1]))) or "ticket.state_changed/1" in text


def test_a_group_of_a_breakdown_leads_to_its_own_tickets(played) -> None:
    client = browser(played, "c1.cso")
    board = page(client.get(f"/scoreboard/?{MARCH}&by=party"))
    row = re.search(r"<tr><th scope=\"row\">(?:(?!</tr>).)*Cedar Desk.*?</tr>", board)
    assert row is not None
    link = re.search(r'href="(/scoreboard/figure/mttr_resolve.median/[^"]*)"', row[0])
    assert link is not None
    figure = page(client.get(link[1].replace("&amp;", "&")))
    assert "Printer 1" in figure
    assert "Printer 0" not in figure


def test_the_ways_of_tickets_are_counted_between_teams_and_parties(played) -> None:
    text = page(browser(played, "c1.cso").get(f"/scoreboard/?{MARCH}"))
    assert "Alder Hospitals to Cedar Desk: 2 handovers" in text
    assert "c1 desk team to p1 alder team: 2 handovers" in text


def test_the_pair_that_sends_back_most_leads_to_its_tickets(desk) -> None:
    ticket = desk.open(title="Between two teams", service_id=desk.world.services["c1.printing"].id)
    # By name it is the other way round than by id.
    desk.give(ticket, to="c1.apps", by="c1.ct", taker="c1.ct2")
    desk.give(ticket, to="c1.desk", by="c1.ct2", taker="c1.ct")
    move(desk, ticket, "resolved", "c1.ct", text="Toner.")
    refresh(desk)
    client = browser(desk, "c1.cso")
    link = re.search(
        r'href="(/scoreboard/figure/mutual_pairs/[^"]*)"', page(client.get(f"/scoreboard/?{MARCH}"))
    )
    assert link is not None
    assert "Between two teams" in page(client.get(link[1].replace("&amp;", "&")))


@pytest.mark.parametrize("address", ["/scoreboard/", "/scoreboard/figure/tickets/"])
def test_a_scope_out_of_sight_is_one_that_never_was(played, address) -> None:
    stranger = browser(played, "p2.pm")
    there, never = (
        stranger.get(f"{address}?scope={i}")
        for i in (played.world.engagements["c1p1"].id, "00000000-0000-0000-0000-00000000000f")
    )
    assert (there.status_code, never.status_code) == (404, 404)


def test_who_only_asks_for_help_has_no_scoreboard(played) -> None:
    client = browser(played, "c1.req")
    assert client.get("/scoreboard/").status_code == 403
    assert 'href="/scoreboard/"' not in client.get("/").content.decode()
    assert 'href="/scoreboard/"' in browser(played, "c1.cso").get("/").content.decode()


@pytest.mark.parametrize(
    "asked",
    [
        "period=soon",
        "period=2026-13",
        "from=x",
        "from=2026-03-02&until=2026-03-02",
        "until=0001-01-01",
        "by=person",
    ],
)
def test_what_is_no_question_is_refused_with_words(played, asked) -> None:
    answer = browser(played, "c1.cso").get(f"/scoreboard/?{asked}")
    assert answer.status_code == 422


def test_before_the_facts_are_gathered_the_page_says_so(desk) -> None:
    answer = browser(desk, "c1.cso").get("/scoreboard/")
    assert answer.status_code == 503
    assert "The figures are being gathered" in answer.content.decode()
    refresh(desk)
    assert "No figures yet" in page(browser(desk, "c1.cso").get("/scoreboard/"))


def test_an_absent_party_is_told_on_the_page(played) -> None:
    from cosource.parties.services.engagements import engagement_create

    boss = played.actor("c1.cso")
    begun = engagement_create(
        name="Lifts", other_name="Lift Works", own_side="client", actor=boss, at=played.now
    )
    played.open(title="x")
    text = page(browser(played, "c1.cso").get(f"/scoreboard/figure/tickets/?scope={begun.id}"))
    assert "Lift Works has nobody here yet. These figures are kept by one side." in text


def test_a_page_asks_the_database_few_things(played) -> None:
    client = browser(played, "c1.cso")
    for address in (
        f"/scoreboard/?{of(played)}&{MARCH}",
        f"/scoreboard/figure/reopened/?{of(played)}&{MARCH}",
    ):
        client.get(address)
        with CaptureQueriesContext(connection) as queries:
            client.get(address)
        assert len(queries) <= 16, [q["sql"][:90] for q in queries.captured_queries]


def rows_of(answer) -> list[list[str]]:
    assert answer.status_code == 200, answer.content[:300]
    assert answer.headers["Content-Type"].startswith("text/csv")
    return list(csv.reader(answer.content.decode().splitlines()))


def test_each_table_is_a_file_with_the_values_as_printed(played) -> None:
    client = browser(played, "c1.cso")
    figures = rows_of(client.get(f"/scoreboard/table/figures.csv?{MARCH}"))
    assert figures[0][:4] == ["id", "by", "group", "value"]
    assert ["first_contact_resolution", "", "", "0.3333", "share", "3", "1", "3"] in [r[:8] for r in figures]
    groups = rows_of(client.get(f"/scoreboard/table/groups.csv?{MARCH}&by=party"))
    assert {r[2] for r in groups[1:]} == {"Alder Hospitals", "Cedar Desk"}
    ways = rows_of(client.get(f"/scoreboard/table/parties.csv?{MARCH}"))
    assert ways[1][:4] == ["Alder Hospitals", "Cedar Desk", "2", "2"]
    months = rows_of(client.get(f"/scoreboard/figure/reopened/months.csv?{MARCH}"))
    assert months == [["month", "value", "n"], ["2026-03", "0.0", "3"]]
    assert client.get("/scoreboard/table/people.csv").status_code == 404
    assert browser(played, "p2.pm").get(f"/scoreboard/table/figures.csv?{of(played)}").status_code == 404


@pytest.mark.threat("S13")
def test_a_title_is_never_a_formula_in_a_file(played) -> None:
    played.open(title="=HYPERLINK(1)", service_id=played.world.services["c1.printing"].id)
    refresh(played)
    rows = rows_of(browser(played, "c1.cso").get("/scoreboard/figure/tickets/tickets.csv"))
    assert [r[1] for r in rows[1:]] == ["'=HYPERLINK(1)", "Still open", "Printer 2", "Printer 1", "Printer 0"]


def test_a_line_needs_two_months_and_is_a_picture_of_its_own(played) -> None:
    client = browser(played, "c1.cso")
    assert client.get(f"/scoreboard/figure/reopened/chart.svg?{MARCH}").status_code == 404
    played.now += timedelta(days=40)
    ticket = played.open(title="Later")
    move(played, ticket, "in_progress", "c1.ct")
    move(played, ticket, "resolved", "c1.ct", text="Toner.")
    refresh(played)
    answer = client.get("/scoreboard/figure/reopened/chart.svg?period=all")
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "image/svg+xml; charset=utf-8"
    assert "<polyline" in answer.content.decode()
    assert "style=" not in answer.content.decode()
    picture = client.get("/scoreboard/figure/reopened/chart.png?period=all")
    assert picture.headers["Content-Type"] == "image/png"
    assert picture.headers["Content-Disposition"] == 'attachment; filename="reopened.png"'
    assert size_of(picture.content) == (1440, 480)
    assert not is_blank(picture.content)
    assert client.get(f"/scoreboard/figure/reopened/chart.png?{MARCH}").status_code == 404
    assert (
        browser(played, "p2.pm").get(f"/scoreboard/figure/reopened/chart.png?{of(played)}").status_code == 404
    )
