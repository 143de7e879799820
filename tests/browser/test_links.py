"""Links that come by mail, opened in a browser that is signed in nowhere: what they hold is sent as a browser sends it."""

import pytest
from playwright.sync_api import Browser, expect
from tests.worlds import PASSWORD, secret_of, two_clients_three_partners

from cosource.foundation import clock
from cosource.foundation.models import Notice
from cosource.foundation.rules.notices import Said
from cosource.foundation.services.notices import notify, token_of
from cosource.parties.services.claims import stand_in_invite
from cosource.parties.services.engagements import engagement_create
from cosource.tickets.services.opening import ticket_open

pytestmark = pytest.mark.looks


@pytest.mark.django_db(transaction=True)
def test_a_seat_is_taken_and_a_notice_acknowledged(live_server, chromium: Browser) -> None:
    world, at = two_clients_three_partners(), clock.now()
    boss, person = world.actor("c1.cso", at=at), world.person("c1.ct")
    begun = engagement_create(
        name="Print 2026",
        own_side="client",
        other_name="New Print",
        actor=boss,
        at=at,
    )
    seat = stand_in_invite(
        engagement_id=begun.id, email="bo@new.example", name="Bo", by_mail=False, actor=boss, at=at
    )
    ticket = ticket_open(
        title="Down", text="All.", impact=1, urgency=1, actor=world.actor("c1.ct", at=at), at=at
    )
    notify(
        effect_key="one",
        person_ids=[person.id],
        kind="ticket.assigned",
        subject_kind="ticket",
        subject_id=ticket.id,
        url=f"/tickets/{ticket.id}/",
        words=Said("%(reference)s is assigned to you", (("reference", "1"),)),
        acknowledge=True,
        at=at,
        organization_id=boss.organization_id,
    )
    token = token_of(Notice.objects.get(person_id=person.id))

    page = chromium.new_page()
    page.goto(f"{live_server}/notices/by-link/{token}/")
    page.locator("main button[type=submit]").click()
    expect(page.locator("main")).to_contain_text("Acknowledged")
    page.goto(f"{live_server}/invitation/{secret_of(seat.link)}/")
    page.locator("input[type=password]").fill(PASSWORD)
    page.locator("main button[type=submit]").click()
    expect(page.locator("body")).to_contain_text("Welcome to New Print.")
