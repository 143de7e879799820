"""Two parties see the same clock run, pause on a named turn, warn, escalate and be acknowledged, on pages that stay open."""

from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, expect
from tests.browser.test_two_parties import NARROW, Seat
from tests.integration.tickets.conftest import Desk
from tests.integration.tickets.test_clocks import CLIENT_PAUSES, OWN
from tests.integration.tickets.test_escalation import agree
from tests.live_server import MINUTES_BY_HAND, web_process, worker_process
from tests.worlds import two_clients_three_partners

from cosource.foundation import clock
from cosource.foundation.errors import StaleVersion
from cosource.tickets.models import Ticket
from cosource.tickets.services.changing import ticket_update

# The warning came two minutes ago as the pages open, and is told when a worker runs; with priority 1 the time is over.
TERMS = f"""\
{OWN}\
  - {{kind: resolve, priority: 1, minutes: 15, calendar: always}}
  - {{kind: resolve, priority: 2, minutes: 40, calendar: always}}
  - {{kind: access, priority: 1, minutes: 60, calendar: always}}
  - {{kind: access, priority: 2, minutes: 60, calendar: always}}
pause_reasons:
{CLIENT_PAUSES}\
escalation:
  - {{clock: resolve, priorities: [2], at: 50%, notify: team}}
  - {{clock: resolve, priorities: [1], at: due, notify: other_party}}
"""
LOOKS = 100


def given_22_minutes_ago() -> tuple[Desk, Ticket]:
    """A ticket of priority 2 that the partner has of the client."""
    then = clock.now() - timedelta(minutes=24)
    desk = Desk(two_clients_three_partners(at=then), then)
    agree(desk, TERMS)
    ticket = desk.open(title="Label printer", impact=2, urgency=1)
    desk.give(ticket, "p1.alder", "c1.ct", "p1.pt")
    return desk, ticket


def clock_on(seat: Seat) -> Locator:
    return seat.page.locator(".ckr .ck:has([aria-label^='Resolve'])")


def runs(seat: Seat) -> None:
    """The bar grows while nobody does anything: a page looks again each minute, and its minutes pass at once."""
    bar = clock_on(seat).locator("rect:not(.tr)")
    before = bar.get_attribute("width")
    for _ in range(LOOKS):
        with seat.page.expect_response(lambda said: "cosource-live" in said.request.headers):
            seat.page.evaluate("aMinutePasses()")
        if bar.get_attribute("width") != before:
            return
    pytest.fail(f"the clock stands at {before}")


def answers(seat: Seat, words: str) -> None:
    seat.page.locator("#text").fill(words)
    seat.page.locator("form:has(#text) button.go").first.click()
    seat.sees(words)


@pytest.mark.req("C8", "C15", "X3")
@pytest.mark.usefixtures("local_network")
def test_both_see_a_clock_run_pause_warn_escalate_and_be_acknowledged(
    database_url: str, chromium: Browser, tmp_path: Path
) -> None:
    desk, ticket = given_22_minutes_ago()
    path = f"/tickets/{ticket.id}/"
    with web_process(tmp_path, database_url) as (port, _process):

        def seat(who: str, at: str, **look: object) -> Seat:
            sits = Seat(chromium, f"http://127.0.0.1:{port}", desk.world.people[who].email, port=port, **look)
            sits.page.add_init_script(MINUTES_BY_HAND)
            sits.go(at)
            # A page that is loaded again has lost this.
            sits.page.evaluate("window.isTheSame = true")
            return sits

        partner = seat("p1.pt", path)
        client = seat("c1.ct", path, viewport=NARROW, color_scheme="dark")
        today = seat("c1.ct", "/")
        both = (partner, client)
        for one in both:
            runs(one)
        expect(today.page.locator("[data-row]")).to_have_count(0)
        assert partner.page.locator(".ckn").count() == client.page.locator(".ckn").count() == 0

        with worker_process(tmp_path, database_url):
            # It warns the party that owes, and nobody else.
            partner.sees("Told: the team")
            partner.page.get_by_role("button", name="Acknowledge").click()
            partner.sees("acknowledged by")
            partner.sound()

            # It pauses on the client's turn, whose own clock runs from here on.
            partner.step("Pause")
            partner.page.get_by_label("A badge").check()
            partner.page.locator("#do textarea").fill("A badge, please.")
            partner.press("Ask and pause")
            for one in both:
                expect(clock_on(one)).to_contain_class("is-paused")
                expect(one.page.locator(".rb rect[fill^='url(#hz']").first).to_be_attached()
            client.sees("Your turn", "Access")
            expect(partner.page.locator(".turn")).to_contain_text("Alder Hospitals’s turn")
            expect(today.page.locator("[data-row]")).to_contain_text("The work stands still until you answer")
            assert client.page.locator(".ckn").count() == 0
            client.sound()

            # It goes on with an answer, stands again where that was none, and goes on with the next.
            answers(client, "At the desk.")
            partner.sees("The pause ended with an answer")
            for one in both:
                expect(clock_on(one)).not_to_contain_class("is-paused")
            partner.page.get_by_role("link", name="That was no answer").click()
            partner.page.locator("#do textarea").fill("Nobody has it there.")
            partner.page.locator("#do button.go").click()
            for one in both:
                one.sees("That was no answer; it still waits")
                expect(clock_on(one)).to_contain_class("is-paused")
            answers(client, "It is there now.")
            partner.page.get_by_role("button", name="Take it as the answer").click()
            for one in both:
                expect(clock_on(one)).not_to_contain_class("is-paused")

            # With priority 1 its time is over: the other party is told, and the one that owes reads along.
            # The worker may be writing to it just now: then, as everybody does, it is read again and repeated.
            for attempt in range(20):
                try:
                    ticket_update(
                        ticket_id=ticket.id,
                        changes={"impact": 1},
                        actor=desk.world.actor("c1.cso", at=clock.now()),
                        at=clock.now(),
                    )
                    break
                except StaleVersion:
                    assert attempt < 19
            for one in both:
                one.sees("Told: the other side")
                expect(clock_on(one)).to_contain_class("is-over")
            assert partner.page.get_by_role("button", name="Acknowledge").count() == 0
            client.page.get_by_role("button", name="Acknowledge").click()
            client.sees("acknowledged by")
            expect(partner.page.locator(".ckn.esc")).to_contain_text("acknowledged")

        for one in (*both, today):
            assert one.page.evaluate("window.isTheSame") is True
            assert one.faults == []
