"""The page and the commands with which an administrator helps somebody back in."""

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP
from django.core.cache import cache
from tests.integration.signin.people import browser, colleague, party, signed_in
from typer.testing import CliRunner

from cosource.config.cli import app as command_line
from cosource.foundation.models import Entry

pytestmark = pytest.mark.django_db
SECRET = "JBSWY3DPEHPK3PXP"


@pytest.fixture(autouse=True)
def _fresh_counts():
    cache.clear()


def run(*words: str):
    return CliRunner().invoke(command_line, list(words))


def test_the_page_shows_a_link_once_and_removes_second_factors(settings):
    harbour = party("Harbour", "harbour.example")
    lee = colleague(harbour, "lee@harbour.example")
    TOTP.activate(lee, SECRET)
    client = signed_in(harbour.admin)
    page = f"/organization/people/{lee.id}/sign-in/"
    assert page in client.get(f"/organization/people/{lee.id}/").content.decode()
    made = client.post(page, {"do": "link"}).content.decode()
    link = made.partition('id="link">')[2].partition("<")[0]
    assert link.startswith(f"{settings.BASE_URL}/accounts/password/reset/key/")
    assert browser().get(link.removeprefix(settings.BASE_URL)).status_code == 302
    assert client.post(page, {"do": "second_factor", "reason": ""}).status_code == 422
    assert Authenticator.objects.count() == 1
    assert client.post(page, {"do": "second_factor", "reason": "Telephone lost"}).status_code == 302
    assert not Authenticator.objects.exists()


def test_the_page_is_for_administrators_and_their_own_people():
    harbour = party("Harbour", "harbour.example")
    lee = colleague(harbour, "lee@harbour.example")
    stranger = party("Brightline", "brightline.example").admin
    assert signed_in(lee).get(f"/organization/people/{lee.id}/sign-in/").status_code == 403
    client = signed_in(harbour.admin)
    foreign = client.get(f"/organization/people/{stranger.id}/sign-in/")
    nowhere = client.get("/organization/people/0192f3c4-0000-7000-8000-00000000abcd/sign-in/")
    assert foreign.status_code == nowhere.status_code == 404
    assert foreign.content == nowhere.content


def test_the_command_prints_a_link_and_is_recorded_as_the_administrators_act(settings):
    harbour = party("Harbour", "harbour.example")
    colleague(harbour, "lee@harbour.example")
    done = run("person", "reset", "LEE@harbour.example", "--as", harbour.admin.email)
    assert done.exit_code == 0
    assert done.output.startswith(f"{settings.BASE_URL}/accounts/password/reset/key/")
    entry = Entry.objects.get(kind="person.password_link_made/1")
    assert (entry.actor_id, entry.channel) == (harbour.admin.id, "cli")


def test_the_command_refuses_with_a_sentence_and_records_nothing():
    harbour = party("Harbour", "harbour.example")
    lee = colleague(harbour, "lee@harbour.example")
    stranger = party("Brightline", "brightline.example").admin
    before = Entry.objects.count()
    for email, name, said in (
        (lee.email, "nobody@harbour.example", "nobody@harbour.example administers no organization here."),
        (lee.email, lee.email, "lee@harbour.example administers no organization here."),
        (stranger.email, harbour.admin.email, "Nobody of that organization signs in with this address."),
        (
            "nobody@harbour.example",
            harbour.admin.email,
            "Nobody of that organization signs in with this address.",
        ),
    ):
        refused = run("person", "reset", email, "--as", name)
        assert (refused.exit_code, refused.output.strip()) == (1, said)
    assert Entry.objects.count() == before


def test_a_sole_administrator_who_lost_everything_has_the_machine():
    harbour = party("Harbour", "harbour.example")
    TOTP.activate(harbour.admin, SECRET)
    me = harbour.admin.email
    assert run("person", "reset-second-factor", me, "--as", me, "--reason", " ").exit_code == 1
    done = run("person", "reset-second-factor", me, "--as", me, "--reason", "Telephone lost")
    assert (done.exit_code, done.output) == (0, f"The second factors of {me} are removed.\n")
    assert not Authenticator.objects.exists()
    entry = Entry.objects.get(kind="person.second_factor_reset/1")
    assert (entry.channel, entry.payload.body["reason"]) == ("cli", "Telephone lost")
