"""Two parties side by side, each signed in in a browser of its own, work one ticket from its opening to its end."""

import re
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, expect
from tests.live_server import session_of
from tests.worlds import PASSWORD, World, two_clients_three_partners

from cosource.agreements.services.confirmations import version_confirm
from cosource.agreements.services.quick_start import quick_start_agreement
from cosource.foundation import clock
from cosource.parties.models import Person
from cosource.tickets.models import Ticket
from cosource.tickets.services.moving import ticket_move

AXE = Path(__file__).parent / "vendor" / "axe.min.js"
WIDE = {"width": 1440, "height": 900}
NARROW = {"width": 390, "height": 844}


class Seat:
    """One person at one browser."""

    def __init__(
        self,
        chromium: Browser,
        address: str,
        email: str,
        *,
        by_form: bool = False,
        port: int | None = None,
        **look: Any,
    ) -> None:
        """Sit down at the first page. `by_form`: sign in as people do, and not with a session that is made beforehand.

        `port`: of the web process, where it is one of its own.
        """
        given: dict[str, Any] = {"viewport": WIDE} | look
        context = chromium.new_context(**given)
        self.address = address
        self.page: Page = context.new_page()
        self.faults: list[str] = []
        self.page.on("pageerror", lambda error: self.faults.append(str(error)))
        self.page.on("console", self._note)
        if by_form:
            self.page.goto(f"{address}/")
            self.page.get_by_label("Email").fill(email)
            self.page.locator("input[type=password]").fill(PASSWORD)
            self.page.locator("button[type=submit].go").first.click()
            self.page.wait_for_url(f"{address}/")
        else:
            context.add_cookies([{**session_of(Person.objects.get(email=email), port), "url": address}])
            self.page.goto(f"{address}/")

    def _note(self, said: ConsoleMessage) -> None:
        # A request that was given up for a newer one, or by leaving the page, is no fault; htmx writes two lines of it.
        given_up = ("htmx:sendAbort", "htmx:afterRequest")
        if said.type == "error" and not said.text.startswith(given_up):
            self.faults.append(said.text)

    def go(self, path: str) -> None:
        self.page.goto(f"{self.address}{path}")

    def settle(self) -> None:
        """Wait until what the page fetches by itself, as it is loaded, has come."""
        expect(self.page.locator(".htmx-request, .htmx-swapping, .htmx-settling")).to_have_count(0)

    def sees(self, *words: str) -> None:
        for word in words:
            expect(self.page.locator("body")).to_contain_text(word, use_inner_text=True)

    def sees_not(self, *words: str) -> None:
        text = self.page.content()
        for word in words:
            assert word not in text, word

    def sound(self) -> None:
        """No serious finding of axe, no sideways scroll."""
        if self.page.evaluate("typeof axe") == "undefined":
            self.page.evaluate(AXE.read_text())
        found = self.page.evaluate(
            "axe.run(document, {resultTypes: ['violations']}).then(r => r.violations"
            ".filter(v => ['serious', 'critical'].includes(v.impact))"
            ".map(v => `${v.id}: ${v.nodes[0].target}`))"
        )
        assert found == []
        assert self.page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")

    def press(self, name: str) -> None:
        self.page.get_by_role("button", name=re.compile(f"^{name}")).click()

    def step(self, name: str) -> None:
        self.page.locator(".tacts").get_by_role("link", name=re.compile(f"^{name}")).click()


def agreed(world: World) -> None:
    """Agree on quick-start terms, on the client's own desk and with the first partner."""
    quick_start_agreement(engagement_id=None, actor=world.actor("c1.cso"), at=world.at)
    version = quick_start_agreement(
        engagement_id=world.engagements["c1p1"].id, actor=world.actor("c1.cso"), at=world.at
    )
    version_confirm(version_id=version.id, digest=version.digest, actor=world.actor("p1.pm"), at=world.at)


@pytest.mark.req("C11", "C14")
def test_one_ticket_from_opening_to_its_end(live_server, chromium: Browser) -> None:
    world = two_clients_three_partners(clock.now())
    agreed(world)
    client = Seat(chromium, live_server.url, "ct@c1.example", by_form=True)
    partner = Seat(chromium, live_server.url, "pt@p1.example", viewport=NARROW, color_scheme="dark")
    stranger = Seat(chromium, live_server.url, "pt@p2.example")

    # The client opens a ticket by key, from Today.
    client.sees("Nothing waits for you")
    client.sound()
    client.page.keyboard.press("c")
    client.page.get_by_label("Title").fill("Wristband printers offline")
    client.page.get_by_label("What happens").fill("All printers at triage **stopped**.")
    client.page.get_by_text("High", exact=True).first.click()
    client.sees("Priority 2, High")
    client.page.get_by_label("Service").select_option(label="c1 printing")
    client.page.get_by_label("Requester").fill("REQ of Alder Hospitals")
    client.sound()
    client.press("Open the ticket")
    client.page.wait_for_url(re.compile("/tickets/[0-9a-f-]{36}/$"))
    path = client.page.url.removeprefix(live_server.url)
    client.sees("Wristband printers offline", "Your turn", "stopped")
    client.sound()

    # A note among the client's own, which the partner never sees.
    client.page.keyboard.press("r")
    client.page.get_by_text("Alder Hospitals only").last.click()
    client.sees("Only Alder Hospitals will read this.")
    client.page.locator("#text").fill("Bed manager is furious.")
    client.page.locator(".comp button.go").click()
    expect(client.page.locator(".inn")).to_contain_text("Bed manager is furious.")

    # Handed over by key; the partner finds it on Today, reads the note, accepts by key.
    client.page.keyboard.press("h")
    client.page.get_by_label("To which team").select_option(label="p1 alder team")
    client.page.get_by_label("Why").select_option(label="Needs another skill")
    client.page.get_by_label("Note to the team").fill("The queues are stuck.")
    client.sound()
    client.press("Offer")
    client.sees("Offered to Cedar Desk, p1 alder team")
    partner.go("/")
    partner.sees("One thing waits for you.", "Accept or decline the handover")
    partner.sound()
    partner.page.get_by_role("link", name=re.compile("Wristband")).first.click()
    partner.sees("Offered to your team p1 alder team", "The queues are stuck.")
    partner.sees_not("Bed manager is furious.")
    partner.sound()
    partner.page.keyboard.press("a")
    expect(partner.page.locator(".turn")).to_contain_text("Your turn")

    # A question pauses it on the client's turn; a refused form keeps what was chosen.
    partner.press("Start work")
    expect(partner.page.locator(".hl")).to_contain_text("In progress")
    partner.step("Pause")
    partner.page.get_by_text("Waiting for access or approval by the client").click()
    partner.page.get_by_label("What do you ask for?").fill("A badge for comms room B, please.")
    partner.sound()
    partner.press("Ask and pause")
    expect(partner.page.locator(".turn")).to_contain_text("Alder Hospitals’s turn")
    client.go(path)
    client.sees("A badge for comms room B, please.", "Your turn")
    client.sees("Alder Hospitals and Cedar Desk will read this. The requester will not.")
    client.page.locator("#text").fill("The badge is at the gate.")
    client.page.locator(".comp button.go").click()
    expect(client.page.locator(".turn")).to_contain_text("Cedar Desk’s turn")

    # The partner writes from a page that is out of date: the text stays, and the page says what is new.
    partner.page.locator("#text").fill("Thank you.")
    partner.page.locator(".comp button.go").click()
    partner.sees("has changed since you opened it", "A new message", "The badge is at the gate.")
    assert partner.page.locator("#text").input_value() == "Thank you."
    partner.page.locator(".comp button.go").click()
    expect(partner.page.locator(".conv")).to_contain_text("Thank you.")

    # Back to the client, who accepts and returns it; whoever reads first time is asked for.
    partner.step("Hand over")
    partner.page.get_by_label("To which team").select_option(label="c1 desk team")
    partner.page.get_by_label("Why").select_option(label="Our part is done")
    partner.page.get_by_label("Note to the team").fill("Uplink is yours.")
    partner.press("Offer")
    partner.sees("Offered to Alder Hospitals")
    client.go(path)
    client.page.keyboard.press("a")
    expect(client.page.locator(".hl")).to_contain_text("Held by")
    client.sees("it came back to Alder Hospitals")

    client.page.keyboard.press("R")
    client.page.get_by_label("What was done?").fill("VLAN restored on both switches.")
    client.sound()
    client.page.locator("#do button.go").click()
    expect(client.page.locator(".hl")).to_contain_text("Resolved")
    client.step("Close")
    client.page.locator("#do button.go").click()
    client.sees("This ticket is closed.")
    client.sound()
    client.go(f"{path}?table")
    client.sees("c1 desk team", "p1 alder team")
    client.sound()
    client.go(f"{path}?show=ledger")
    client.sees("ticket.handed_over/1")
    client.sound()

    partner.go(path)
    partner.sees("It is now: Resolved", "This ticket is closed.")
    # What the client resolved by itself it told the requester, not the partner that had handed it back.
    partner.sees_not("Bed manager is furious.", "VLAN restored on both switches.")

    # Somebody of another partner of the same client finds nothing at all.
    stranger.go("/")
    stranger.sees("Nothing waits for you")
    stranger.sound()
    stranger.go(path)
    stranger.sees_not("Wristband", "Cedar Desk")
    ticket = Ticket.objects.get()
    assert (ticket.state, ticket.handovers, ticket.returns) == ("closed", 2, 1)
    assert client.faults == []
    assert partner.faults == []


def test_the_page_works_without_scripts(live_server, chromium: Browser) -> None:
    world = two_clients_three_partners(clock.now())
    agreed(world)
    client = Seat(chromium, live_server.url, "ct@c1.example", by_form=True, java_script_enabled=False)
    client.go("/tickets/new/")
    client.page.get_by_label("Title").fill("Door stuck")
    client.page.get_by_label("What happens").fill("Ward 4.")
    client.press("Open the ticket")
    client.sees("Door stuck", "Only Alder Hospitals will read this.")
    client.step("Hand over")
    client.page.get_by_label("To which team").select_option(label="p1 alder team")
    client.page.get_by_label("Why").select_option(label="Needs another skill")
    client.page.get_by_label("Note to the team").fill("Please look.")
    client.press("Offer")
    client.sees("Offered to Cedar Desk, p1 alder team")
    client.press("Take the offer back")
    client.sees("Offer to Cedar Desk, p1 alder team taken back")
    assert client.faults == []
    assert world.at is not None


def test_a_requester_asks_and_confirms(live_server, chromium: Browser) -> None:
    world = two_clients_three_partners(clock.now())
    asking = Seat(chromium, live_server.url, "req@c1.example", viewport=NARROW)
    asking.sees("You have asked for nothing yet")
    asking.sound()
    asking.go("/tickets/new/")
    asking.page.get_by_label("In one line").fill("Screen is black")
    asking.page.get_by_label("What happens").fill("Since noon.")
    asking.sound()
    asking.press("Send")
    asking.sees("Screen is black", "Received")
    asking.sound()
    path = asking.page.url.removeprefix(live_server.url)
    ticket = Ticket.objects.get()
    for to, text in (("in_progress", ""), ("resolved", "New cable.")):
        at = clock.now()
        ticket_move(ticket_id=ticket.id, to_state=to, text=text, actor=world.actor("c1.ct", at), at=at)
    asking.go(path)
    asking.sees("Does it work for you?", "New cable.")
    asking.sound()
    asking.press("Yes, it works")
    expect(asking.page.locator("[aria-current=step]")).to_have_text("Done")
    ticket.refresh_from_db()
    assert ticket.state == "closed"
    asking.sees_not("Ledger")
    assert asking.faults == []
