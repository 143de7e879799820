"""Sessions and their limits, hats, zone and language, one's own profile, refusals drawn as pages."""

from datetime import timedelta

import pytest
import time_machine
from allauth.usersessions.models import UserSession
from django.core.cache import cache
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone, translation
from tests.integration.signin.people import browser, colleague, party, signed_in

from cosource.foundation import clock
from cosource.foundation.models import Entry
from cosource.parties.models import Placement
from cosource.parties.services.signin_sessions import sessions_end_all

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _fresh_counts():
    cache.clear()


@pytest.fixture
def at():
    with time_machine.travel("2026-03-02T10:00:00Z", tick=False) as traveller:
        yield traveller


def test_a_session_ends_four_hours_after_its_last_use(at):
    client = signed_in(party("Harbour", "harbour.example").admin)
    for _ in range(3):
        at.shift(timedelta(hours=3, minutes=50))
        assert client.get("/profile/").status_code == 200
    at.shift(timedelta(hours=4, minutes=1))
    assert client.get("/profile/").headers["Location"] == "/accounts/login/?next=/profile/"
    assert "signed out after a long time" in client.get("/accounts/login/").content.decode()


@pytest.mark.parametrize("headers", [{"Cosource-Live": "1"}, {"Accept": "text/event-stream"}])
def test_a_page_that_keeps_itself_up_to_date_is_no_use_of_the_session(at, headers):
    client = signed_in(party("Harbour", "harbour.example").admin)
    client.get("/profile/")
    for _ in range(4):
        at.shift(timedelta(minutes=59))
        assert client.get("/profile/", headers=headers).status_code == 200
    at.shift(timedelta(minutes=5))
    assert client.get("/profile/", headers=headers).status_code == 302


def test_a_session_ends_a_week_after_it_began_however_much_it_is_used(at):
    client = signed_in(party("Harbour", "harbour.example").admin)
    for _ in range(7 * 8):
        assert client.get("/profile/").status_code == 200
        at.shift(timedelta(hours=3))
    at.shift(timedelta(seconds=1))
    assert client.get("/profile/").status_code == 302


def test_most_requests_write_nothing(at):
    client = signed_in(party("Harbour", "harbour.example").admin)
    client.get("/profile/")
    at.shift(timedelta(minutes=2))
    with CaptureQueriesContext(connection) as asked:
        client.get("/profile/")
    assert [q["sql"] for q in asked if q["sql"].startswith(("UPDATE", "INSERT"))] == []
    at.shift(timedelta(minutes=4))
    client.get("/profile/")
    assert UserSession.objects.get().last_seen_at == clock.now()


def test_one_sees_ones_sessions_and_ends_them_one_by_one():
    harbour = party("Harbour", "harbour.example")
    here, there, elsewhere = (signed_in(harbour.admin) for _ in range(3))
    stranger = signed_in(party("Brightline", "brightline.example").admin)
    page = here.get("/accounts/sessions/").content.decode()
    assert page.count("192.0.2.10") == 3
    key = there.session.session_key
    session = UserSession.objects.get(session_key=key)
    assert stranger.post("/accounts/sessions/", {"session": session.pk}).status_code == 404
    for bad in ("x", "-1", "99999999999999999999", "²"):
        assert here.post("/accounts/sessions/", {"session": bad}).status_code == 404
    assert there.get("/profile/").status_code == 200
    assert here.post("/accounts/sessions/", {"session": session.pk}).status_code == 302
    assert there.get("/profile/").status_code == 302
    assert here.post("/accounts/sessions/").status_code == 302
    assert elsewhere.get("/profile/").status_code == 302
    assert here.get("/profile/").status_code == 200
    assert stranger.get("/profile/").status_code == 200


def test_all_sessions_of_a_leaver_end():
    harbour = party("Harbour", "harbour.example")
    client = signed_in(harbour.admin)
    assert sessions_end_all(person_id=harbour.admin.id) == 1
    assert client.get("/profile/").status_code == 302


# -- hats


def placed(person, employer, host, **more) -> Placement:
    return Placement.objects.create(
        person=person,
        employer=employer.organization,
        host=host.organization,
        starts_at=clock.now(),
        agreed_by_host_at=clock.now(),
        **more,
    )


def test_a_hat_is_changed_kept_in_the_session_and_remembered_in_the_browser():
    harbour, brightline = party("Harbour", "harbour.example"), party("Brightline", "brightline.example")
    placed(harbour.admin, harbour, brightline)
    client = signed_in(harbour.admin)

    def worn(c) -> str:
        return str(c.get("/profile/").wsgi_request.__dict__["hat"].organization_name)

    assert worn(client) == "Harbour"
    host = {"organization": str(brightline.organization.id), "next": "/profile/"}
    changed = client.post("/acting-for/", host)
    assert (changed.status_code, changed.headers["Location"]) == (302, "/profile/")
    assert worn(client) == "Brightline"
    client.post("/accounts/logout/")
    client.post("/accounts/login/", {"login": harbour.admin.email, "password": "correct horse battery"})
    assert worn(client) == "Brightline", "this browser remembers"
    assert worn(signed_in(harbour.admin)) == "Harbour", "another does not"
    Placement.objects.update(ends_at=clock.now())
    assert worn(client) == "Harbour", "an ended placement is felt at the next request"


@pytest.mark.parametrize("next_page", ["https://evil.example/", "//evil.example", "javascript:alert(1)", ""])
def test_changing_hats_leads_nowhere_else(next_page):
    harbour = party("Harbour", "harbour.example")
    client = signed_in(harbour.admin)
    mine = {"organization": str(harbour.organization.id), "next": next_page}
    assert client.post("/acting-for/", mine).headers["Location"] == "/"
    assert client.get("/acting-for/").status_code == 405
    foreign = party("Brightline", "brightline.example")
    for organization in (str(foreign.organization.id), "x", ""):
        assert client.post("/acting-for/", {"organization": organization}).status_code == 404


# -- profile, zone, language


def test_a_profile_is_changed_and_recorded():
    harbour = party("Harbour", "harbour.example")
    client = signed_in(harbour.admin)
    saved = client.post(
        "/profile/", {"name": " Ada  Kern ", "locale": "de", "time_zone": "Asia/Kathmandu", "theme": "dark"}
    )
    assert saved.status_code == 302
    assert saved.cookies["cosource_theme"].value == "dark"
    harbour.admin.refresh_from_db()
    person = harbour.admin
    assert (person.name, person.locale, person.time_zone, person.theme) == (
        "Ada Kern",
        "de",
        "Asia/Kathmandu",
        "dark",
    )
    entry = Entry.objects.get(kind="person.profile_changed/1")
    assert entry.facts == {"changed": ["locale", "name", "theme", "time_zone"]}
    assert entry.payload.body == {"name": "Ada Kern"}
    page = client.get("/profile/")
    assert page.headers["Content-Language"] == "de"
    assert '<html lang="de"' in page.content.decode()
    client.post(
        "/profile/", {"name": "Ada Kern", "locale": "de", "time_zone": "Asia/Kathmandu", "theme": "dark"}
    )
    assert Entry.objects.filter(kind="person.profile_changed/1").count() == 1, (
        "nothing changed, nothing recorded"
    )


@pytest.mark.parametrize(
    "wrong",
    [
        {"name": ""},
        {"name": "x" * 121},
        {"name": "a\u202eb"},
        {"locale": "tlh"},
        {"time_zone": "Mars/Olympus"},
        {"time_zone": "../etc/passwd"},
        {"theme": "pink"},
    ],
)
def test_a_wrong_profile_is_told_at_its_field_and_changes_nothing(wrong):
    harbour = party("Harbour", "harbour.example")
    given = {"name": "Ada", "locale": "", "time_zone": "", "theme": "system"} | wrong
    answer = signed_in(harbour.admin).post("/profile/", given)
    assert answer.status_code == 422
    assert "errorlist" in answer.content.decode()
    harbour.admin.refresh_from_db()
    assert harbour.admin.name == "Ada of Harbour"
    assert not Entry.objects.filter(kind="person.profile_changed/1").exists()


def test_zone_and_language_end_with_the_request():
    harbour = party("Harbour", "harbour.example")
    harbour.admin.time_zone, harbour.admin.locale = "Asia/Tokyo", "de"
    harbour.admin.save()
    signed_in(harbour.admin).get("/profile/")
    assert timezone.get_current_timezone_name() == "UTC"
    browser().get("/accounts/login/")
    assert translation.get_language() == "en"


def test_an_account_page_of_a_requester_and_a_technician_answers():
    harbour = party("Harbour", "harbour.example")
    for role in ("technician", "requester"):
        client = signed_in(colleague(harbour, f"{role}@harbour.example", role=role))
        for path in ("/profile/", "/accounts/password/change/", "/accounts/2fa/", "/accounts/sessions/"):
            assert client.get(path).status_code in {200, 302}, path


# -- refusals


def test_a_refusal_is_a_page_and_for_a_fragment_its_sentence():
    harbour = party("Harbour", "harbour.example")
    client = signed_in(colleague(harbour, "lee@harbour.example"))
    page = client.get("/organization/sign-in/")
    assert (page.status_code, "HX-Trigger" in page.headers) == (403, False)
    part = client.get("/organization/sign-in/", headers={"HX-Request": "true"})
    assert part.status_code == 403
    assert (
        part.headers["HX-Trigger"]
        == '{"cosource:refused": {"message": "Your role does not include this step."}}'
    )


def test_signed_in_pages_are_kept_in_no_cache():
    client = signed_in(party("Harbour", "harbour.example").admin)
    assert client.get("/profile/").headers["Cache-Control"] == "private, no-store"


@pytest.mark.parametrize(
    "path", ["/profile/", "/acting-for/", "/organization/sign-in/", "/accounts/sessions/"]
)
def test_a_form_from_elsewhere_changes_nothing(path):
    from django.test import Client

    harbour = party("Harbour", "harbour.example")
    client = Client(headers={"host": "localhost"}, enforce_csrf_checks=True)
    client.force_login(harbour.admin, backend="allauth.account.auth_backends.AuthenticationBackend")
    before = Entry.objects.count()
    assert client.post(path, {"name": "Mallory", "theme": "dark"}).status_code == 403
    assert Entry.objects.count() == before
