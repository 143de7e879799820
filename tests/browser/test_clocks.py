"""Two parties see the same clock run, pause on a named turn, warn, escalate and be acknowledged."""

from datetime import timedelta

import pytest
from playwright.sync_api import Browser, expect
from tests.browser.test_two_parties import NARROW, Seat
from tests.worlds import World, two_clients_three_partners

from cosource.agreements.services.confirmations import version_confirm
from cosource.agreements.services.quick_start import quick_start_agreement
from cosource.foundation import clock
from cosource.tickets.models import Ticket
from cosource.tickets.services.escalation import escalations_sweep
from cosource.tickets.services.handover import handover_accept, ticket_hand_over
from cosource.tickets.services.moving import ticket_move
from cosource.tickets.services.opening import ticket_open


def late_ticket(world: World) -> Ticket:
    """A ticket of the highest priority that the partner took 230 of its 240 minutes ago."""
    now = clock.now()
    then = now - timedelta(minutes=231)
    boss = world.actor("c1.cso", at=then)
    quick_start_agreement(engagement_id=None, actor=boss, at=then - timedelta(days=2))
    shared = quick_start_agreement(
        engagement_id=world.engagements["c1p1"].id, actor=boss, at=then - timedelta(days=2)
    )
    version_confirm(
        version_id=shared.id,
        digest=shared.digest,
        actor=world.actor("p1.pm", at=then),
        at=then - timedelta(days=2),
    )
    ticket = ticket_open(
        actor=world.actor("c1.ct", at=then), at=then, title="Label printer", text="Down.", impact=1, urgency=1
    )
    ticket_hand_over(
        ticket_id=ticket.id,
        to_team_id=world.teams["p1.alder"].id,
        reason="skill",
        text="Please.",
        actor=world.actor("c1.ct", at=then),
        at=then + timedelta(minutes=1),
    )
    handover_accept(ticket_id=ticket.id, actor=world.actor("p1.pt", at=then), at=then + timedelta(minutes=2))
    return ticket


@pytest.mark.django_db(transaction=True)
@pytest.mark.req("C15", "X3")
def test_a_clock_warns_pauses_escalates_and_is_acknowledged(chromium: Browser, live_server: object) -> None:
    world = two_clients_three_partners()
    ticket = late_ticket(world)
    path, address = f"/tickets/{ticket.id}/", str(live_server)
    escalations_sweep(at=clock.now())

    partner = Seat(chromium, address, world.people["p1.pt"].email)
    client = Seat(chromium, address, world.people["c1.cso"].email, viewport=NARROW, color_scheme="dark")
    partner.go(path)
    partner.sees("Told: the team")
    partner.page.get_by_role("button", name="Acknowledge").last.click()
    partner.sees("acknowledged by")
    partner.sound()
    client.go(path)
    client.sees("Resolve")
    assert client.page.get_by_text("acknowledged by").count() <= 1  # of the own desk's clock at most

    ticket_move(
        ticket_id=ticket.id,
        to_state="waiting_client",
        reason="client_access",
        text="The badge, please.",
        actor=world.actor("p1.pt", at=clock.now()),
        at=clock.now(),
    )
    client.go(path)
    client.sees("Access", "Your turn: decide")
    client.sound()
    client.page.locator("#text").fill("At the desk.")
    client.page.locator("form:has(#text) button.go").first.click()
    client.sees("At the desk.", "Taken up again")
    partner.go(path)
    partner.sees("The pause ended with an answer")
    partner.page.get_by_role("link", name="That was no answer").click()
    partner.page.locator("#do textarea").fill("Nobody has it there.")
    partner.page.locator("#do button.go").click()
    partner.sees("That was no answer; it still waits")
    partner.go("/tickets/")
    expect(partner.page.locator(".told").first).to_be_visible()
    partner.sound()
    assert partner.faults == client.faults == []
