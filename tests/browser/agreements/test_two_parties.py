"""Two people of two parties, each in a browser of their own, agree on a change."""

from pathlib import Path

import pytest
from django.conf import settings
from django.test import Client
from playwright.sync_api import Page
from tests.integration.agreements.world import world

from cosource.agreements.models import AgreementVersion
from cosource.agreements.services.confirmations import version_confirm
from cosource.agreements.services.quick_start import quick_start_agreement
from cosource.foundation import clock
from cosource.foundation.sight import Actor
from cosource.parties.models import Person

AXE = Path(__file__).parents[1] / "vendor" / "axe.min.js"


def open_page(chromium, live_server, who: Actor, **look) -> Page:
    client = Client()
    assert who.id is not None
    client.force_login(
        Person.objects.get(pk=who.id), backend="allauth.account.auth_backends.AuthenticationBackend"
    )
    context = chromium.new_context(**look)
    cookie = client.cookies[settings.SESSION_COOKIE_NAME].value
    context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": cookie, "url": live_server.url}])
    page: Page = context.new_page()
    return page


def sound(page: Page) -> None:
    """No finding of axe, no sideways scroll."""
    page.evaluate(AXE.read_text())
    found = page.evaluate(
        "axe.run(document, {resultTypes: ['violations']})"
        ".then(r => r.violations.map(v => `${v.id}: ${v.nodes[0].target}`))"
    )
    assert found == []
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


@pytest.mark.req("C8")
def test_a_change_is_proposed_read_and_confirmed(live_server, chromium) -> None:
    there = world()
    at = clock.now()
    first = quick_start_agreement(engagement_id=there.with_brightline.id, actor=there.owner, at=at)
    version_confirm(version_id=first.id, digest=first.digest, actor=there.manager, at=at)
    partner = open_page(chromium, live_server, there.manager, viewport={"width": 1440, "height": 900})
    client = open_page(
        chromium, live_server, there.owner, viewport={"width": 390, "height": 800}, color_scheme="dark"
    )

    partner.goto(f"{live_server.url}/agreements/")
    sound(partner)
    partner.get_by_role("link", name="Harbour – Brightline").click()
    partner.get_by_role("link", name="Propose a change").click()
    written = partner.get_by_label("Text, in YAML")
    text = written.input_value()
    written.fill(text.replace("within: 8h", "within: soon"))
    partner.get_by_role("button", name="Put it on the table").click()
    partner.get_by_text("One fault; nothing was changed.").wait_for()
    sound(partner)
    assert "“soon” is not an amount of time" in partner.locator("#faults").inner_text()
    partner.get_by_label("Text, in YAML").fill(text.replace("within: 8h", "within: 6h"))
    partner.get_by_role("button", name="Put it on the table").click()
    partner.get_by_role("button", name="Confirm for Brightline").click()
    partner.get_by_text("Your word is given.").wait_for()
    sound(partner)

    client.goto(f"{live_server.url}/agreements/")
    sound(client)
    assert client.get_by_text("your word", exact=True).is_visible()
    client.get_by_role("link", name="Harbour – Brightline").click()
    assert client.locator("del", has_text="8h").is_visible()
    assert client.locator("ins", has_text="6h").is_visible()
    sound(client)
    client.get_by_role("button", name="Confirm for Harbour").click()
    client.get_by_text("this version is in force").wait_for()
    assert AgreementVersion.objects.get(number=2).in_force_at is not None
    for page in (partner, client):
        page.context.close()
