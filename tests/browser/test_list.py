"""The list of tickets at a browser: keys, preview, instant search, views and their counts; on any screen, for any eye."""

import contextlib
import re

import pytest
from playwright.sync_api import Browser, Error, Route, expect
from tests.browser.test_two_parties import NARROW, WIDE, Seat, agreed
from tests.worlds import World, two_clients_three_partners

from cosource.foundation import clock
from cosource.tickets.services.opening import ticket_open

pytestmark = pytest.mark.looks


def opened(world: World) -> None:
    for number, title in enumerate(
        ("Printer jams", "Scanner is slow", "Mail bounces", "Badge reader blinks")
    ):
        ticket_open(
            actor=world.actor("c1.ct"),
            at=clock.now(),
            title=title,
            text=f"Since this morning, desk {number}.",
            service_id=world.services["c1.printing"].id,
        )


@pytest.mark.req("C11")
def test_rows_are_walked_by_keys_and_shown_beside_the_list(live_server, chromium: Browser) -> None:
    world = two_clients_three_partners(clock.now())
    agreed(world)
    opened(world)
    seat = Seat(chromium, live_server.url, "cso@c1.example")
    page = seat.page
    seat.go("/tickets/")
    preview = page.locator("#preview")
    expect(preview.locator("h2")).to_have_text("Printer jams")
    expect(page.locator("#n-open")).to_have_text("4")

    page.keyboard.press("j")
    expect(preview.locator("h2")).to_have_text("Scanner is slow")
    page.keyboard.press("j")
    page.keyboard.press("k")
    expect(preview.locator("h2")).to_have_text("Scanner is slow")
    page.locator("tr[data-row]").nth(3).locator("td.age").click()
    expect(preview.locator("h2")).to_have_text("Badge reader blinks")
    seat.sound()

    page.keyboard.press("/")
    page.keyboard.type("mail")
    expect(page.locator("tr[data-row]")).to_have_count(1)
    expect(preview.locator("h2")).to_have_text("Mail bounces")
    expect(page).to_have_url(re.compile("text=mail"))
    page.keyboard.press("Escape")
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Mail bounces", level=1)).to_be_visible()
    expect(page.locator("#found")).to_have_count(0)
    assert seat.faults == []


def test_rows_are_marked_by_key_for_a_step_with_several(live_server, chromium: Browser) -> None:
    world = two_clients_three_partners(clock.now())
    opened(world)
    seat = Seat(chromium, live_server.url, "cso@c1.example")
    page = seat.page
    seat.go("/tickets/")
    page.keyboard.press("j")
    page.keyboard.press("x")
    page.keyboard.press("j")
    page.keyboard.press("j")
    page.keyboard.press("Shift+X")
    expect(page.locator(".pick:checked")).to_have_count(3)
    expect(page.locator("[data-bulk-count]")).to_have_text("3 / 4")
    page.locator("#bulk button[type=submit]").click()
    seat.sees("3 tickets chosen")
    seat.sound()
    assert seat.faults == []


def test_filters_and_views_by_mouse_and_without_scripts(live_server, chromium: Browser) -> None:
    world = two_clients_three_partners(clock.now())
    opened(world)
    seat = Seat(chromium, live_server.url, "cso@c1.example")
    page = seat.page
    seat.go("/tickets/")
    page.keyboard.press("f")
    page.locator("#f-turn").select_option("partner")
    page.locator("#f-flag").select_option("came_back")
    page.get_by_role("button", name="Show").click()
    expect(page.get_by_role("heading", name="No ticket fits")).to_be_visible()
    page.get_by_role("link", name=re.compile("Save view")).click()
    page.get_by_label("Name").fill("With partners")
    page.get_by_role("button", name="Save").click()
    expect(page.locator(".side a.sub[aria-current]")).to_contain_text("With partners")
    page.get_by_role("link", name="Remove turn").click()
    expect(page.get_by_role("link", name="Remove turn")).to_have_count(0)
    page.get_by_role("link", name="Remove only").click()
    expect(page.locator("tr[data-row]")).to_have_count(4)
    assert seat.faults == []

    plain = Seat(chromium, live_server.url, "cso@c1.example", java_script_enabled=False)
    plain.go("/tickets/")
    plain.page.locator("a.see").nth(1).click()
    expect(plain.page.locator("#preview h2")).to_have_text("Scanner is slow")
    plain.go("/tickets/filters/?turn=mine")
    plain.page.locator("#f-text").fill("jams")
    plain.page.get_by_role("button", name="Show").click()
    expect(plain.page.locator("tr[data-row]")).to_have_count(1)


@pytest.mark.parametrize(
    "email",
    # The others' lists are among the pages that `test_every_page` looks at.
    [
        "req@c1.example",
        pytest.param("cso@c1.example", marks=pytest.mark.proof),
        pytest.param("pm@p1.example", marks=pytest.mark.proof),
    ],
)
def test_the_list_is_sound_on_small_screens_and_in_the_dark(
    live_server, chromium: Browser, email: str
) -> None:
    world = two_clients_three_partners(clock.now())
    agreed(world)
    opened(world)
    ticket_open(
        actor=world.actor("c2.ct"),
        at=clock.now(),
        title="Gate stays shut",
        text="Platform 2.",
        service_id=world.services["c2.stations"].id,
    )
    seat = Seat(chromium, live_server.url, email, color_scheme="dark")
    for path in ("/tickets/", "/tickets/?priority=5&due=hour", "/tickets/filters/"):
        if email.startswith("req") and "due" in path:
            continue
        seat.page.set_viewport_size(WIDE)
        seat.go(path)
        seat.settle()
        seat.sound()
        seat.page.set_viewport_size(NARROW)
        seat.sound()
    assert seat.faults == []


def test_counts_that_come_after_the_page_has_changed_are_not_looked_for(
    live_server, chromium: Browser
) -> None:
    world = two_clients_three_partners(clock.now())
    opened(world)
    seat = Seat(chromium, live_server.url, "cso@c1.example")
    page = seat.page
    seat.settle()
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    def until_held(number: int) -> None:
        while len(held) < number:
            page.wait_for_timeout(20)

    page.route("**/menu/counts/", hold)
    seat.go("/tickets/")
    until_held(1)
    page.locator(".side .rooms").get_by_role("link", name="Knowledge").click()
    expect(page).to_have_url(re.compile("/knowledge/"))
    until_held(2)
    for route in held:
        with contextlib.suppress(Error):
            route.continue_()
    expect(page.locator("#bell-n")).to_have_text("6")
    assert seat.faults == []


def test_the_palette_finds_what_can_be_done_and_what_there_is(live_server, chromium: Browser) -> None:
    world = two_clients_three_partners(clock.now())
    opened(world)
    seat = Seat(chromium, live_server.url, "cso@c1.example")
    page = seat.page
    shown = page.locator("#palette [data-entry]:visible")

    def ask_for(words: str) -> None:
        # Keys count once the page's scripts are there.
        page.wait_for_load_state()
        page.keyboard.press("Control+k")
        expect(page.locator("#palette-words")).to_be_focused()
        page.keyboard.type(words)

    ask_for("badge rea")
    expect(shown).to_have_text(
        [
            re.compile("Badge reader blinks"),
            re.compile("Search tickets"),
            re.compile("Search assets"),
            re.compile("Search knowledge"),
        ]
    )
    expect(shown.first).to_have_attribute("aria-selected", "true")
    seat.sound()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Badge reader blinks", level=1)).to_be_visible()
    ask_for("new ticket")
    expect(shown.first).to_have_text(re.compile("New ticket"))
    page.keyboard.press("Escape")
    page.keyboard.press("Control+k")
    expect(page.locator("#palette [data-found]")).to_have_count(0)
    assert seat.faults == []


def test_filters_are_typed_and_chosen_by_keys(live_server, chromium: Browser) -> None:
    world = two_clients_three_partners(clock.now())
    opened(world)
    seat = Seat(chromium, live_server.url, "cso@c1.example")
    page = seat.page
    seat.go("/tickets/")
    page.keyboard.press("/")
    page.keyboard.type("printer turn:ou")
    offer = page.locator("#offers [role=option]")
    expect(offer).to_have_text([re.compile("turn\\s+ours")])
    expect(offer).to_have_attribute("aria-selected", "true")
    seat.sound()
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("turn=mine&text=printer"))
    expect(page.locator(".qchips")).to_contain_text("ours")
    expect(page.locator("tr[data-row]")).to_have_count(1)
    # Words stay words: an offer is taken by going to it.
    page.locator("#words").fill("scanner")
    expect(page.locator("tr[data-row]")).to_have_count(1)
    expect(page.locator("#preview h2")).to_have_text("Scanner is slow")
    assert seat.faults == []
