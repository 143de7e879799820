"""Second factors: setting up, signing in with one, losing it."""

import base64
import hashlib
import hmac
from datetime import timedelta

import pytest
import time_machine
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP
from django.core import mail
from django.core.cache import cache
from django.core.cache.backends import locmem
from tests.integration.signin.people import (
    PASSWORD,
    administrator,
    browser,
    colleague,
    party,
    signed_in,
)
from tests.integration.signin.test_password import do_all_work

from cosource.foundation import clock
from cosource.foundation.errors import Conflict, Invalid, NotAllowed, NotFound
from cosource.foundation.models import Entry
from cosource.parties.services.password_reset import password_reset_link, second_factor_reset

pytestmark = pytest.mark.django_db

SECRET = "JBSWY3DPEHPK3PXP"
SECOND_FACTOR = "/accounts/2fa/authenticate/"


@pytest.fixture(autouse=True)
def _fresh_counts():
    cache.clear()


def code(secret: str = SECRET) -> str:
    """What an authenticator app shows now (RFC 6238)."""
    counter = int(clock.now().timestamp()) // 30
    mac = hmac.digest(base64.b32decode(secret), counter.to_bytes(8, "big"), hashlib.sha1)
    start = mac[-1] & 15
    return f"{(int.from_bytes(mac[start : start + 4], 'big') & 0x7FFFFFFF) % 1_000_000:06d}"


def test_totp_is_set_up_kept_encrypted_and_asked_for():
    harbour = party("Harbour", "harbour.example")
    client = signed_in(harbour.admin)
    answer = client.get("/accounts/2fa/totp/activate/")
    if answer.status_code == 302:
        client.post(answer.headers["Location"], {"password": PASSWORD})
        answer = client.get("/accounts/2fa/totp/activate/")
    secret = client.session["mfa.totp.secret"]
    assert client.post("/accounts/2fa/totp/activate/", {"code": code(secret)}).status_code == 302
    kept = Authenticator.objects.get(user=harbour.admin, type="totp")
    assert secret not in str(kept.data)

    second = browser()
    asked = second.post("/accounts/login/", {"login": harbour.admin.email, "password": PASSWORD})
    assert asked.headers["Location"].startswith("/accounts/2fa/authenticate/")
    assert second.get("/profile/").status_code == 302, "a password alone opens nothing"
    wrong = second.post("/accounts/2fa/authenticate/", {"code": "000000"})
    assert wrong.status_code == 200
    cache.clear()
    assert second.post("/accounts/2fa/authenticate/", {"code": code(secret)}).status_code == 302
    assert second.get("/profile/").status_code == 200


def test_a_recovery_code_works_once():
    harbour = party("Harbour", "harbour.example")
    TOTP.activate(harbour.admin, SECRET)
    client = signed_in(harbour.admin)
    client.post("/accounts/2fa/authenticate/", {"code": code()})
    client.post("/accounts/reauthenticate/", {"password": PASSWORD})
    client.post("/accounts/2fa/recovery-codes/generate/")
    codes = Authenticator.objects.get(user=harbour.admin, type="recovery_codes").wrap().get_unused_codes()
    for expected in (302, 200):
        second = signed_in(harbour.admin)
        assert second.post("/accounts/2fa/authenticate/", {"code": codes[0]}).status_code == expected
        cache.clear()


def test_wrong_codes_lock_the_second_factor_for_every_process_until_its_time_is_over(settings):
    settings.ACCOUNT_RATE_LIMITS = settings.ACCOUNT_RATE_LIMITS | {"login_failed": "60/m/ip,5/900s/key"}
    harbour, other = party("Harbour", "harbour.example"), party("Brightline", "brightline.example")
    TOTP.activate(harbour.admin, SECRET)
    TOTP.activate(other.admin, SECRET)
    with time_machine.travel("2026-03-02T10:00:00Z", tick=False) as now:
        for number in range(5):
            wrong = signed_in(harbour.admin).post(SECOND_FACTOR, {"code": f"00000{number}"})
            assert b"Incorrect code" in wrong.content
            another_process()
        refused = signed_in(harbour.admin).post(SECOND_FACTOR, {"code": code()})
        assert (refused.status_code, b"Too many failed" in refused.content) == (200, True)
        assert signed_in(other.admin).post(SECOND_FACTOR, {"code": code()}).status_code == 302
        now.shift(timedelta(seconds=899))
        assert signed_in(harbour.admin).post(SECOND_FACTOR, {"code": code()}).status_code == 200
        now.shift(timedelta(seconds=2))
        assert signed_in(harbour.admin).post(SECOND_FACTOR, {"code": code()}).status_code == 302
        another_process()
        again = signed_in(harbour.admin).post(SECOND_FACTOR, {"code": code()})
        assert b"Incorrect code" in again.content, "a code works once, whichever process it is told"


def another_process() -> None:
    """Forget what a process holds in its own memory alone, as the next process and a restarted one do."""
    for memory in (*locmem._caches.values(), *locmem._expire_info.values()):
        memory.clear()


def test_passkey_pages_answer():
    harbour = party("Harbour", "harbour.example")
    client = signed_in(harbour.admin)
    client.post("/accounts/reauthenticate/", {"password": PASSWORD})
    assert client.get("/accounts/2fa/").status_code == 200
    assert client.get("/accounts/2fa/webauthn/add/").status_code == 200
    offered = browser().get("/accounts/2fa/webauthn/login/", headers={"accept": "application/json"})
    assert "challenge" in str(offered.json())


def test_an_administrator_resets_a_lost_second_factor_and_all_are_told():
    harbour = party("Harbour", "harbour.example")
    person = colleague(harbour, "lee@harbour.example")
    administrator(harbour, "bo@harbour.example")
    session = signed_in(person)
    TOTP.activate(person, SECRET)

    second_factor_reset(person_id=person.id, reason="Telephone lost", actor=harbour.actor(), at=clock.now())

    assert not Authenticator.objects.filter(user=person).exists()
    assert session.get("/profile/").status_code == 302
    entry = Entry.objects.get(kind="person.second_factor_reset/1")
    assert entry.facts == {"person": person.id.hex, "factors": 1}
    assert entry.payload.body == {"name": "Lee", "reason": "Telephone lost"}
    assert entry.actor_id == harbour.admin.id
    do_all_work()
    assert sorted(m.to[0] for m in mail.outbox) == ["bo@harbour.example", "lee@harbour.example"]


@pytest.mark.parametrize(
    ("who", "reason", "refusal"),
    [
        ("stranger", "Telephone lost", NotFound),
        ("lee", "  ", Invalid),
        ("ada", "Telephone lost", Conflict),
        ("plain", "Telephone lost", Conflict),
    ],
)
def test_a_refused_reset_changes_nothing(who, reason, refusal):
    harbour = party("Harbour", "harbour.example")
    people = {
        "ada": harbour.admin,
        "lee": colleague(harbour, "lee@harbour.example"),
        "plain": colleague(harbour, "plain@harbour.example"),
        "stranger": party("Brightline", "brightline.example").admin,
    }
    for name in ("ada", "lee", "stranger"):
        TOTP.activate(people[name], SECRET)
    before = Entry.objects.count()
    with pytest.raises(refusal):
        second_factor_reset(person_id=people[who].id, reason=reason, actor=harbour.actor(), at=clock.now())
    assert (Authenticator.objects.count(), Entry.objects.count()) == (3, before)
    do_all_work()
    assert mail.outbox == []


def test_only_an_administrator_resets():
    harbour = party("Harbour", "harbour.example")
    lee, kim = colleague(harbour, "lee@harbour.example"), colleague(harbour, "kim@harbour.example")
    TOTP.activate(lee, SECRET)
    with pytest.raises(NotAllowed):
        second_factor_reset(person_id=lee.id, reason="Lost", actor=harbour.actor(kim), at=clock.now())
    with pytest.raises(NotAllowed):
        password_reset_link(email=lee.email, actor=harbour.actor(kim), at=clock.now())


def test_nobody_resets_a_sign_in_that_opens_another_partys_record():
    harbour, brightline = party("Harbour", "harbour.example"), party("Brightline", "brightline.example")
    lee = colleague(harbour, "lee@harbour.example")
    from cosource.parties.services.people import employment_write

    employment_write(person=lee, organization=brightline.organization, title="", at=clock.now())
    TOTP.activate(lee, SECRET)
    for step in (
        lambda: second_factor_reset(person_id=lee.id, reason="Lost", actor=harbour.actor(), at=clock.now()),
        lambda: password_reset_link(email=lee.email, actor=harbour.actor(), at=clock.now()),
    ):
        with pytest.raises(Conflict, match="not yours alone"):
            step()


def test_a_link_made_by_an_administrator_is_recorded_and_lets_in_once(settings):
    harbour = party("Harbour", "harbour.example")
    lee = colleague(harbour, "lee@harbour.example")
    link = password_reset_link(email="LEE@harbour.example", actor=harbour.actor(), at=clock.now())
    entry = Entry.objects.get(kind="person.password_link_made/1")
    assert entry.facts == {"person": lee.id.hex, "minutes": 30}
    assert link.rsplit("/", 2)[1] not in str(entry.payload.body)
    client = browser()
    form = client.get(link.removeprefix(settings.BASE_URL)).headers["Location"]
    client.post(form, {"password1": "another long password", "password2": "another long password"})
    assert (
        browser()
        .post("/accounts/login/", {"login": lee.email, "password": "another long password"})
        .status_code
        == 302
    )
