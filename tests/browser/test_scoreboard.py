"""A client and a partner open the same figures, walk to a ticket's entries, and one asks what the other answers."""

import re

import pytest
from playwright.sync_api import Browser, expect
from tests.browser.test_two_parties import NARROW, Seat, agreed
from tests.worlds import World, two_clients_three_partners

from cosource.foundation import clock
from cosource.foundation.services.sealing import seal_all
from cosource.metrics.services.gathering import facts_rebuild
from cosource.tickets.models import StatedFigures
from cosource.tickets.services.handover import handover_accept, ticket_hand_over
from cosource.tickets.services.moving import ticket_move
from cosource.tickets.services.opening import ticket_open

pytestmark = pytest.mark.looks

QUESTION = "One of these waited for the toner that you ordered."
ANSWER = "We ordered it late. It counts."


def worked(world: World) -> None:
    """Two printers are repaired by the partner; another desk says of the second that it was late."""
    for number in (1, 2):
        ticket = ticket_open(
            actor=world.actor("c1.ct"),
            at=clock.now(),
            title=f"Printer {number} jams",
            text="Since this morning.",
            service_id=world.services["c1.printing"].id,
        )
        ticket_hand_over(
            ticket_id=ticket.id,
            to_team_id=world.teams["p1.alder"].id,
            reason="skill",
            text="Please look.",
            actor=world.actor("c1.ct"),
            at=clock.now(),
        )
        handover_accept(ticket_id=ticket.id, actor=world.actor("p1.pt"), at=clock.now())
        ticket_move(
            ticket_id=ticket.id,
            to_state="resolved",
            actor=world.actor("p1.pt"),
            at=clock.now(),
            text="Toner.",
        )
        StatedFigures.objects.create(ticket=ticket, sla_met=number == 1)
    seal_all()
    facts_rebuild()


def tiles(seat: Seat) -> list[str]:
    """The tiles as they are read, without the link that only those have who may ask."""
    found = seat.page.locator("article.tile").all_inner_texts()
    return [re.sub(r"\s+", "", text.replace("Question", "")) for text in found]


@pytest.mark.req("C16", "E1")
def test_two_parties_one_figure(live_server, chromium: Browser, settings, tmp_path) -> None:
    settings.FACTS_DIR = tmp_path / "facts"
    world = two_clients_three_partners(clock.now())
    agreed(world)
    worked(world)
    client = Seat(chromium, live_server.url, "cso@c1.example")
    partner = Seat(chromium, live_server.url, "pm@p1.example", viewport=NARROW, color_scheme="dark")
    desk = world.engagements["c1p1"]

    # Both open the figures of the desk that they share, and see the same.
    client.page.get_by_role("link", name="Scoreboard").first.click()
    client.page.wait_for_url("**/scoreboard/")
    client.sees("Alder Hospitals, all", "Handovers between teams")
    client.page.locator(".sb-scopes").get_by_role("link", name=re.compile(desk.name)).click()
    client.page.wait_for_url(f"**scope={desk.id}**")
    partner.go(f"/scoreboard/?scope={desk.id}")
    assert tiles(client)
    assert tiles(client) == tiles(partner)
    for seat in (client, partner):
        seat.sound()

    # How a figure is counted is told on the spot.
    how = client.page.locator("article.tile", has_text="Reopened").locator("details.how")
    how.locator("summary").click()
    expect(how).to_contain_text("A new ticket for the same fault is a hidden reopening")

    # Two steps lead to a ticket's entries.
    partner.page.locator("article.tile h2").get_by_role("link", name="First-contact resolution").click()
    partner.sees("Printer 1 jams", "Printer 2 jams", "0 of 2")
    figure = partner.page.url.removeprefix(live_server.url)
    partner.sound()
    partner.page.get_by_role("link", name=re.compile("^entries")).first.click()
    partner.page.wait_for_url("**show=ledger")
    partner.sees("ticket.state_changed/1")

    # The partner asks from the figure; the client is told, and answers in place.
    partner.go(figure)
    partner.page.get_by_label("Question this figure").fill(QUESTION)
    partner.press("Ask the other party")
    partner.sees(QUESTION, "it said 0.00 %, n 2", "not answered yet")
    client.go("/")
    client.sees("A question about “First-contact resolution”")
    client.page.get_by_role("link", name=re.compile("^Answer")).click()
    client.sees(QUESTION)
    client.sound()
    client.page.get_by_label("Your party’s answer").fill(ANSWER)
    client.press("Answer")
    client.sees(ANSWER)
    partner.go(figure)
    partner.sees(QUESTION, ANSWER)
    partner.sound()

    # The first answers say the same to both, and lead to the ticket of which source and terms say different things.
    for seat in (client, partner):
        seat.go(f"/scoreboard/first-answers/?scope={desk.id}")
        seat.sees(
            "Of 1 ticket that the source calls met, 0 were late by your terms. Of 1 that it calls missed, 1 was in time."
        )
        seat.sound()
    partner.page.get_by_role("link", name="Another target").click()
    partner.sees("Printer 2 jams", "missed", "in time")
    partner.sees_not("Printer 1 jams")
    partner.sound()

    # Another partner of the same client meets neither the figures nor the question.
    stranger = Seat(chromium, live_server.url, "pm@p2.example")
    stranger.go(figure)
    stranger.sees_not(QUESTION, "Printer 1 jams")
    stranger.go(f"/scoreboard/first-answers/?scope={desk.id}")
    stranger.sees_not("that the source calls met")
    stranger.go("/scoreboard/questions/")
    stranger.sees_not(QUESTION)
    assert client.faults == partner.faults == []
