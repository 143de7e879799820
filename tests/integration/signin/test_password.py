"""Signing in by password, being locked out, choosing a new password by a link."""

from datetime import timedelta

import pytest
import time_machine
from django.core import mail
from django.core.cache import cache
from tests.integration.signin.people import PASSWORD, browser, colleague, party, signed_in

from cosource.foundation import clock
from cosource.foundation.duework import worker_name
from cosource.foundation.models import DueWork
from cosource.foundation.services.duework import work_next
from cosource.parties.models import Employment

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _fresh_counts():
    cache.clear()


def do_all_work() -> None:
    while work_next(worker=worker_name(), at=clock.now()):
        pass


def test_password_signs_in_and_out():
    harbour = party("Harbour", "harbour.example")
    client = signed_in(harbour.admin)
    assert client.get("/profile/").status_code == 200
    assert client.post("/accounts/logout/").status_code == 302
    assert client.get("/profile/").headers["Location"] == "/accounts/login/?next=/profile/"


def test_first_visit_without_anybody_leads_to_founding():
    answer = browser().get("/accounts/login/")
    assert (answer.status_code, answer.headers["Location"]) == (302, "/start/")


def test_registration_is_closed():
    party("Harbour", "harbour.example")
    for address in (
        "/accounts/signup/",
        "/accounts/email/",
        "/accounts/3rdparty/",
        "/accounts/3rdparty/signup/",
    ):
        assert browser().get(address).status_code == 404, address


@pytest.mark.threat("S10")
def test_known_and_unknown_address_get_the_same_words():
    harbour = party("Harbour", "harbour.example")
    answers = []
    for address in (harbour.admin.email, "nobody@harbour.example"):
        answer = browser().post("/accounts/login/", {"login": address, "password": "wrong"})
        text = answer.content.decode().replace(address, "ADDRESS")
        answers.append(
            (
                answer.status_code,
                text.split("<main", 1)[1].split("csrfmiddlewaretoken")[0],
                "not correct" in text,
            )
        )
    assert answers[0] == answers[1]
    assert answers[0][2]


@pytest.mark.parametrize("address", ["ada@harbour.example", "nobody@harbour.example"])
def test_ten_wrong_passwords_lock_account_and_address_out_for_a_quarter_of_an_hour(address):
    harbour = party("Harbour", "harbour.example")
    with time_machine.travel("2026-03-02T10:00:00Z", tick=False) as clock_now:
        wrong = {"login": address, "password": "wrong"}
        answers = [browser().post("/accounts/login/", wrong) for _ in range(11)]
        assert [a.status_code for a in answers[:9]] == [200] * 9
        assert answers[10].status_code == 429
        assert answers[10].headers["Retry-After"] == "900"
        right = {"login": address.upper(), "password": PASSWORD}
        assert browser().post("/accounts/login/", right).status_code == 429
        # Somebody at another address is not shut out by what others do.
        elsewhere = browser("198.51.100.7").post("/accounts/login/", {"login": address, "password": PASSWORD})
        assert elsewhere.status_code == (302 if address == harbour.admin.email else 200)
        clock_now.shift(timedelta(minutes=16))
        after = browser().post("/accounts/login/", {"login": address, "password": PASSWORD})
        assert after.status_code == (302 if address == harbour.admin.email else 200)


@pytest.mark.threat("S07")
def test_a_link_is_mailed_works_once_and_not_after_half_an_hour(settings):
    harbour = party("Harbour", "harbour.example")
    with time_machine.travel("2026-03-02T10:00:00Z", tick=False) as clock_now:
        asked = browser().post("/accounts/password/reset/", {"email": "ADA@harbour.example"})
        assert asked.headers["Location"] == "/accounts/password/reset/done/"
        do_all_work()
        [message] = mail.outbox
        assert message.to == ["ada@harbour.example"]
        assert "Ada of Harbour" in message.body
        link = next(w for w in message.body.split() if w.startswith(settings.BASE_URL)).removeprefix(
            settings.BASE_URL
        )
        assert _opens(link)
        clock_now.shift(timedelta(minutes=31))
        assert not _opens(link)
        clock_now.shift(timedelta(minutes=-31))
        assert _choose(link, "another long password") == "/accounts/password/reset/key/done/"
        assert not _opens(link)
        answer = browser().post(
            "/accounts/login/", {"login": harbour.admin.email, "password": "another long password"}
        )
        assert answer.status_code == 302


def _opens(link: str) -> bool:
    return b'name="password1"' in browser().get(link, follow=True).content


def _choose(link: str, password: str) -> str:
    client = browser()
    form = client.get(link).headers["Location"]
    return client.post(form, {"password1": password, "password2": password}).headers["Location"]


@pytest.mark.threat("S10")
def test_asking_does_the_same_for_an_unknown_address_and_mails_nobody():
    party("Harbour", "harbour.example")
    asked = browser().post("/accounts/password/reset/", {"email": "nobody@harbour.example"})
    assert asked.headers["Location"] == "/accounts/password/reset/done/"
    assert DueWork.objects.get().kind == "parties.password_reset"
    do_all_work()
    assert mail.outbox == []
    assert DueWork.objects.get().state == "done"


def test_a_leaver_is_out_at_the_next_request_and_cannot_come_back():
    harbour = party("Harbour", "harbour.example")
    person = colleague(harbour, "lee@harbour.example")
    client = signed_in(person)
    assert client.get("/profile/").status_code == 200
    Employment.objects.filter(person=person).update(ends_at=clock.now())
    answer = client.get("/profile/")
    assert (answer.status_code, answer.headers["Location"]) == (302, "/accounts/login/")
    assert "_auth_user_id" not in client.session
    refused = browser().post("/accounts/login/", {"login": person.email, "password": PASSWORD})
    assert refused.headers["Location"] == "/accounts/inactive/"
    browser().post("/accounts/password/reset/", {"email": person.email})
    do_all_work()
    assert mail.outbox == []


def test_a_leavers_fragment_is_sent_to_the_sign_in_page():
    harbour = party("Harbour", "harbour.example")
    person = colleague(harbour, "lee@harbour.example")
    client = signed_in(person)
    Employment.objects.filter(person=person).update(ends_at=clock.now())
    answer = client.get("/profile/", headers={"HX-Request": "true"})
    assert (answer.status_code, answer.headers["HX-Redirect"]) == (204, "/accounts/login/")


def test_a_password_that_somebody_else_chose_must_be_changed_first():
    harbour = party("Harbour", "harbour.example")
    person = colleague(harbour, "lee@harbour.example")
    person.must_change_password = True
    person.save()
    client = signed_in(person)
    assert client.get("/profile/").headers["Location"] == "/accounts/password/change/"
    client.post(
        "/accounts/password/change/",
        {"oldpassword": PASSWORD, "password1": "another long password", "password2": "another long password"},
    )
    person.refresh_from_db()
    assert not person.must_change_password
    assert client.get("/profile/").status_code == 200


def test_changing_the_password_ends_the_other_sessions_and_tells_the_person():
    harbour = party("Harbour", "harbour.example")
    here, elsewhere = signed_in(harbour.admin), signed_in(harbour.admin)
    here.post(
        "/accounts/password/change/",
        {"oldpassword": PASSWORD, "password1": "another long password", "password2": "another long password"},
    )
    assert here.get("/profile/").status_code == 200
    assert elsewhere.get("/profile/").status_code == 302
    do_all_work()
    assert [(m.to, m.subject) for m in mail.outbox] == [
        (["ada@harbour.example"], "Cosource: Password Changed")
    ]
