"""A major incident from the call to its review: two technicians and both managers, each at a browser of their own."""

import re

import pytest
from playwright.sync_api import Browser, expect
from tests.browser.test_two_parties import NARROW, Seat, agreed
from tests.worlds import two_clients_three_partners

from cosource.foundation import clock
from cosource.tickets.models import MajorIncident, Ticket


@pytest.mark.req("C10", "C12", "C14", "E1")
def test_a_major_incident_is_worked_by_both_sides(live_server, chromium: Browser) -> None:
    world = two_clients_three_partners(clock.now())
    agreed(world)
    desk = Seat(chromium, live_server.url, "ct@c1.example")
    partner = Seat(chromium, live_server.url, "pt@p1.example", viewport=NARROW, color_scheme="dark")
    owner = Seat(chromium, live_server.url, "cso@c1.example", color_scheme="dark")
    manager = Seat(chromium, live_server.url, "pm@p1.example")
    stranger = Seat(chromium, live_server.url, "pm@p2.example")
    seats = (desk, partner, owner, manager)

    # The call.
    desk.go("/tickets/call/")
    desk.page.get_by_label("Caller").fill("REQ of Alder")
    desk.page.locator("#callers").get_by_text("REQ of Alder Hospitals").click()
    desk.page.get_by_label("What is it about?").fill("No ward prints")
    desk.page.get_by_label("What was said or done").fill("Wristbands are written by hand.")
    desk.page.get_by_label("Service").select_option(label="c1 printing")
    desk.settle()
    desk.sound()
    desk.press("Leave it open")
    desk.page.wait_for_url(re.compile("/tickets/[0-9a-f-]{36}/"))
    path = desk.page.url.removeprefix(live_server.url).partition("?")[0]

    # Handed to the partner, who takes it.
    desk.go(path)
    desk.page.keyboard.press("h")
    desk.page.get_by_label("To which team").select_option(label="p1 alder team")
    desk.page.get_by_label("Why").select_option(label="Needs another skill")
    desk.page.get_by_label("Note to the team").fill("Every queue is stuck.")
    desk.press("Offer")
    desk.sees("Offered to Cedar Desk, p1 alder team")
    partner.go(path)
    partner.page.keyboard.press("a")
    expect(partner.page.locator(".turn")).to_contain_text("Your turn")

    # Whoever answers for the hospital declares it, and lets the partner's manager lead.
    owner.go(path)
    owner.page.locator(".tacts summary[aria-label=More]").click()
    owner.page.get_by_role("link", name="Lead as a major incident").click()
    owner.page.get_by_label("Who leads it").select_option(label=world.people["p1.pm"].name)
    owner.page.get_by_label(re.compile("^The first word to all")).fill("No ward prints. Write by hand.")
    owner.sound()
    owner.press("Lead it")
    owner.sees("Major incident", f"led by {world.people['p1.pm'].name}", "No ward prints. Write by hand.")
    owner.sound()

    # The manager leads it from the notice, and tells everybody.
    manager.go("/notices/")
    manager.page.get_by_text("CED-1 is a major incident").first.click()
    manager.page.get_by_role("link", name="Tell everybody").click()
    manager.page.locator("#do textarea").fill("A switch is being replaced; half an hour.")
    manager.sound()
    manager.page.locator("#do button.go").click()
    manager.sees("A switch is being replaced; half an hour.")
    for seat in (desk, partner, owner):
        seat.go(path)
        seat.sees("Major incident", "A switch is being replaced; half an hour.")

    # The technician mends it and says so; the manager ends it.
    partner.press("Start work")
    expect(partner.page.locator(".hl")).to_contain_text("In progress")
    partner.step("Resolve")
    partner.page.get_by_label("What was done?").fill("The switch is replaced.")
    partner.sound()
    partner.page.locator("#do button.go").click()
    expect(partner.page.locator(".hl")).to_contain_text("Resolved")
    manager.go(path)
    manager.page.get_by_role("link", name="It is over").click()
    manager.page.locator("#do textarea").fill("All wards print again.")
    manager.page.locator("#do button.go").click()
    manager.sees("The major incident is over. Its review is open.")

    # Both sides write their part, then the owner closes the review; none of it is the requester's or a third party's.
    for seat, words in (
        (owner, "One switch for all wards is one too few."),
        (manager, "We looked at the server first."),
    ):
        seat.go(path)
        seat.page.get_by_role("link", name="Write our part").click()
        seat.page.locator("#do textarea").fill(words)
        seat.sound()
        seat.page.locator("#do button.go").click()
        seat.sees(words)
    owner.go(path)
    owner.press("Close the review")
    owner.sees("A major incident, reviewed", "We looked at the server first.")
    for seat in seats:
        seat.go(path)
        seat.settle()
        seat.sound()
    stranger.go(path)
    stranger.sees_not("No ward prints", "Cedar Desk")
    requester = Seat(chromium, live_server.url, "req@c1.example")
    requester.go(path)
    requester.sees("All wards print again.")
    requester.sees_not("one too few", "We looked at the server first.", "Every queue is stuck.")
    requester.sound()

    ticket, major = Ticket.objects.get(), MajorIncident.objects.get()
    assert (ticket.state, ticket.priority, ticket.handovers) == ("resolved", 1, 1)
    assert major.reviewed_at is not None
    assert [seat.faults for seat in (*seats, requester)] == [[]] * 5
