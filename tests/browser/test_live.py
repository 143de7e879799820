"""Pages that stay open show what happens: between parties, and in all the tabs of a browser by one stream."""

import asyncio
import re
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect
from tests.live_server import MINUTES_BY_HAND, Stream, apart, session_of, web_process
from tests.worlds import World, two_clients_three_partners

from cosource.foundation import clock
from cosource.foundation.duework import seal_loop
from cosource.parties.models import Person
from cosource.tickets.models import Ticket
from cosource.tickets.services.handover import ticket_hand_over
from cosource.tickets.services.opening import ticket_open

pytestmark = [pytest.mark.req("D21"), pytest.mark.usefixtures("local_network")]


@pytest.fixture
def sealing(database_url: str) -> Iterator[None]:
    """The worker's sealer, beside the web process."""
    stop = threading.Event()
    thread = threading.Thread(target=seal_loop, args=(stop, "test"))
    thread.start()
    yield
    stop.set()
    thread.join()


def opened(world: World, title: str) -> Ticket:
    return ticket_open(
        actor=world.actor("c1.ct", clock.now()),
        at=clock.now(),
        title=title,
        text="Since noon.",
        service_id=world.services["c1.printing"].id,
    )


def seated(chromium: Browser, port: int, person: Person, path: str) -> tuple[Page, list[str]]:
    """Open a page as somebody who is signed in; return it and where its faults are noted."""
    context = chromium.new_context(viewport={"width": 1440, "height": 900})
    context.add_cookies([{**session_of(person, port), "url": f"http://127.0.0.1:{port}"}])
    context.add_init_script(MINUTES_BY_HAND)
    return tab(context, port, path)


def tab(context: BrowserContext, port: int, path: str) -> tuple[Page, list[str]]:
    page = context.new_page()
    faults: list[str] = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("console", lambda said: faults.append(said.text) if said.type == "error" else None)
    page.goto(f"http://127.0.0.1:{port}{path}")
    # A page that is loaded again has lost this.
    page.evaluate("window.isTheSame = true")
    return page, faults


def test_one_page_changes_while_the_other_party_acts(
    database_url: str, sealing: None, chromium: Browser, tmp_path: Path
) -> None:
    world = two_clients_three_partners(clock.now())
    ticket = opened(world, "Wristband printers offline")
    ticket_hand_over(
        ticket_id=ticket.id,
        to_team_id=world.teams["p1.alder"].id,
        reason="skill",
        text="Please look.",
        actor=world.actor("c1.ct", clock.now()),
        at=clock.now(),
    )
    with web_process(tmp_path, database_url) as (port, _process):
        path = f"/tickets/{ticket.id}/"
        client, client_faults = seated(chromium, port, world.people["c1.ct"], path)
        watcher, watcher_faults = seated(chromium, port, world.people["c1.cso"], "/tickets/")
        partner, partner_faults = seated(chromium, port, world.people["p1.pt"], path)
        expect(watcher.locator("tr[data-row]")).to_have_count(1)
        expect(watcher.locator("#n-open")).to_have_text("1")

        # The client is writing when the partner takes the ticket.
        client.locator("#text").fill("The badge is")
        client.locator("#text").press("End")
        partner.get_by_role("button", name=re.compile("^Accept")).click()
        expect(partner.locator(".turn")).to_contain_text("Your turn")
        expect(client.locator(".hl")).to_contain_text("Cedar Desk")
        expect(client.locator(".offer")).to_have_count(0)
        assert client.locator("#text").input_value() == "The badge is"
        assert client.evaluate("document.activeElement.id") == "text"
        client.locator("#text").press_sequentially(" at the gate.")
        expect(watcher.locator("tr[data-row] .hold")).to_contain_text("CD")

        # What was written on the page as it is now is sent at once: nobody has changed it since.
        client.locator(".comp button.go").click()
        expect(client.locator(".conv")).to_contain_text("The badge is at the gate.")
        entry = partner.locator(".conv .en", has_text="The badge is at the gate.")
        expect(entry).to_contain_text("New")
        expect(partner.locator("#live-said")).to_have_text("This page has changed.")

        # Among the client's own: the partner's page is told nothing, a list shows what is new.
        opened(world, "Scanner is slow")
        expect(watcher.locator("tr[data-row]")).to_have_count(2)
        expect(watcher.locator("tr[data-row]", has_text="Scanner is slow")).to_contain_text("New")
        expect(watcher.locator("#n-open")).to_have_text("2")

        for page in (client, watcher, partner):
            assert page.evaluate("window.isTheSame") is True
        assert (client_faults, watcher_faults, partner_faults) == ([], [], [])


def test_the_tabs_of_a_browser_share_one_stream_until_the_last_is_closed(
    database_url: str, sealing: None, chromium: Browser, tmp_path: Path
) -> None:
    world = two_clients_three_partners(clock.now())
    ct = world.people["c1.ct"]
    # The server has room for one stream: a second is refused, by whomever.
    with web_process(tmp_path, database_url, COSOURCE_LIVE_STREAMS="1") as (port, _process):
        cookie = session_of(world.people["c1.cso"], port)

        def another() -> int:
            async def ask() -> int:
                stream = Stream(port, cookie)
                await stream.open()
                await stream.close()
                return stream.status

            return apart(lambda: asyncio.run(ask()))

        first, first_faults = seated(chromium, port, ct, "/tickets/")
        second, second_faults = tab(first.context, port, "/tickets/")
        opened(world, "Scanner is slow")
        for page in (first, second):
            expect(page.locator("tr[data-row]")).to_have_count(1)
        assert another() == 429

        with first.expect_event("close"):
            first.close(run_before_unload=True)
        opened(world, "Wristband printers offline")
        expect(second.locator("tr[data-row]")).to_have_count(2)
        assert another() == 429
        assert second.evaluate("window.isTheSame") is True
        assert (first_faults, second_faults) == ([], [])

        second.close()
        deadline = time.monotonic() + 60
        while another() != 200:
            assert time.monotonic() < deadline, "a stream that nobody reads stays open"
            time.sleep(0.1)
