"""The row of sections above an organization's pages, in a browser."""

import pytest
from playwright.sync_api import Browser
from tests.browser.test_two_parties import NARROW, Seat
from tests.worlds import two_clients_three_partners

from cosource.foundation import clock
from cosource.parties.services.engagements import engagement_create

pytestmark = pytest.mark.looks

# Whether the section where the reader is lies in the row's seen part, and how far the row is scrolled.
_SEEN = """() => {
  const row = document.querySelector(".org-nav");
  const [all, here] = [row, row.querySelector("[aria-current]")].map(e => e.getBoundingClientRect());
  return [here.left >= all.left && here.right <= all.right, row.scrollLeft > 0];
}"""
_APART = """() => {
  const [note, below] = [".note.soon", ".org"].map(q => document.querySelector(q).getBoundingClientRect());
  return below.top - note.bottom;
}"""


@pytest.mark.django_db(transaction=True)
def test_the_section_is_in_view_and_a_note_stands_apart(live_server, chromium: Browser) -> None:
    world, at = two_clients_three_partners(), clock.now()
    boss = world.actor("c1.cso", at=at)
    begun = engagement_create(name="Print", own_side="client", other_name="New Print", actor=boss, at=at)
    seat = Seat(chromium, live_server.url, "cso@c1.example", viewport=NARROW)
    seat.go("/organization/")
    assert seat.page.evaluate(_SEEN) == [True, False]
    seat.go("/organization/grants/")
    assert seat.page.evaluate(_SEEN) == [True, True]
    # By a link inside the page, too, which exchanges the content alone.
    seat.page.locator(".org-nav a", has_text="Tokens").click()
    seat.page.wait_for_url("**/organization/tokens/")
    seat.settle()
    seat.page.wait_for_function(f"() => ({_SEEN})().every(Boolean)")
    seat.go(f"/organization/engagements/{begun.id}/")
    assert seat.page.evaluate(_APART) == 16
    assert seat.faults == []
