"""An organization's own sign-in: setting it up, whom it lets in, and what it does not open."""

from ipaddress import ip_network

import pytest
from django.core.cache import cache
from django.test import Client
from tests.integration.signin.oidc import CLIENT, SECRET, Server, oidc_server
from tests.integration.signin.people import Party, browser, colleague, party, signed_in

from cosource.foundation import clock
from cosource.foundation.errors import Invalid, NotAllowed
from cosource.foundation.models import Entry
from cosource.foundation.outward import Unreachable, fetch_json
from cosource.parties.models import Employment, SignInProvider
from cosource.parties.services.people import employment_write
from cosource.parties.services.providers import provider_probe, provider_remove, provider_set

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("local_network")]


@pytest.fixture(autouse=True)
def _this_machine_may_be_asked(settings):
    cache.clear()
    settings.PRIVATE_TARGETS = [ip_network("127.0.0.0/8")]


@pytest.fixture
def server():
    with oidc_server() as running:
        yield running


@pytest.fixture
def harbour() -> Party:
    found = party("Harbour", "harbour.example")
    found.organization.email_domains = ["harbour.example"]
    found.organization.save()
    return found


def provider_for(of: Party, server: Server) -> SignInProvider:
    return provider_set(
        name="Harbour ID",
        server_url=server.address,
        client_id=CLIENT,
        client_secret=SECRET,
        enabled=True,
        actor=of.actor(),
        at=clock.now(),
    )


def come_in(provider: SignInProvider, server: Server, person: dict, client: Client | None = None):
    """Go to the organization's server, and come back as the person that it names."""
    server.person = person
    client = client or browser()
    sent = client.post(f"/accounts/oidc/{provider.provider_id}/login/", {"process": "login"})
    back = client.get(
        f"/accounts/oidc/{provider.provider_id}/login/callback/", server.authorize(sent.headers["Location"])
    )
    return client, back


def test_its_own_people_come_in_and_are_known_the_second_time(harbour, server):
    provider = provider_for(harbour, server)
    lee = colleague(harbour, "lee@harbour.example")
    for _ in range(2):
        client, back = come_in(
            provider,
            server,
            {"sub": "7", "email": "Lee@harbour.example", "email_verified": True, "name": "Other Name"},
        )
        assert (back.status_code, back.headers["Location"]) == (302, "/")
        page = client.get("/profile/")
        assert page.status_code == 200
        assert "lee@harbour.example" in page.content.decode()
    lee.refresh_from_db()
    assert lee.name == "Lee", "the server's word changes nothing here"


@pytest.mark.parametrize(
    "told",
    [
        {"sub": "7", "email": "nobody@harbour.example", "email_verified": True},
        {"sub": "7", "email": "ada@brightline.example", "email_verified": True},
        {"sub": "7", "email": "lee@harbour.example", "email_verified": False},
        {"sub": "7", "email": "leaver@harbour.example", "email_verified": True},
        {"sub": "7", "email": "kim@elsewhere.example"},
        {"sub": "7", "email": ""},
        {"sub": "7"},
    ],
)
def test_nobody_else_comes_in(harbour, server, told):
    provider = provider_for(harbour, server)
    party("Brightline", "brightline.example")
    colleague(harbour, "lee@harbour.example")
    colleague(harbour, "kim@elsewhere.example")
    leaver = colleague(harbour, "leaver@harbour.example")
    Employment.objects.filter(person=leaver).update(ends_at=clock.now())
    client, back = come_in(provider, server, told)
    assert back.headers["Location"] == "/accounts/login/"
    assert client.get("/profile/").status_code == 302
    assert "nobody with that address works here" in client.get("/accounts/login/").content.decode()


def test_a_server_that_says_nothing_about_the_address_is_believed_in_its_own_domains(harbour, server):
    provider = provider_for(harbour, server)
    colleague(harbour, "lee@harbour.example")
    _, back = come_in(provider, server, {"sub": "7", "email": "lee@harbour.example"})
    assert back.headers["Location"] == "/"


def test_a_known_key_does_not_become_another_person(harbour, server):
    provider = provider_for(harbour, server)
    colleague(harbour, "lee@harbour.example")
    colleague(harbour, "kim@harbour.example")
    come_in(provider, server, {"sub": "7", "email": "lee@harbour.example", "email_verified": True})
    _, back = come_in(provider, server, {"sub": "7", "email": "kim@harbour.example", "email_verified": True})
    assert back.headers["Location"] == "/accounts/login/"


def test_it_opens_no_record_of_another_employer(harbour, server):
    provider = provider_for(harbour, server)
    lee = colleague(harbour, "lee@harbour.example")
    brightline = party("Brightline", "brightline.example")
    employment_write(person=lee, organization=brightline.organization, title="", at=clock.now())
    by_password = signed_in(lee).get("/profile/").content.decode()
    assert "Brightline" in by_password
    client, _ = come_in(provider, server, {"sub": "7", "email": lee.email, "email_verified": True})
    assert "Brightline" not in client.get("/profile/").content.decode()
    answer = client.post("/acting-for/", {"organization": str(brightline.organization.id)})
    assert answer.status_code == 404
    Employment.objects.filter(person=lee, organization=harbour.organization).update(ends_at=clock.now())
    assert client.get("/profile/").status_code == 302


def test_a_second_factor_is_asked_for_all_the_same(harbour, server):
    from allauth.mfa.totp.internal.auth import TOTP

    provider = provider_for(harbour, server)
    lee = colleague(harbour, "lee@harbour.example")
    TOTP.activate(lee, "JBSWY3DPEHPK3PXP")
    client, back = come_in(provider, server, {"sub": "7", "email": lee.email, "email_verified": True})
    assert back.headers["Location"].startswith("/accounts/2fa/authenticate/")
    assert client.get("/profile/").status_code == 302


def test_a_session_that_is_open_is_not_connected_with_a_server(harbour, server):
    provider = provider_for(harbour, server)
    lee = colleague(harbour, "lee@harbour.example")
    client = signed_in(lee)
    sent = client.post(f"/accounts/oidc/{provider.provider_id}/login/?process=connect")
    server.person = {"sub": "7", "email": lee.email, "email_verified": True}
    back = client.get(
        f"/accounts/oidc/{provider.provider_id}/login/callback/", server.authorize(sent.headers["Location"])
    )
    assert back.headers["Location"] == "/accounts/login/"


def test_a_switched_off_or_unknown_sign_in_is_not_found(harbour, server):
    provider = provider_for(harbour, server)
    SignInProvider.objects.update(enabled=False)
    first = browser().get(f"/accounts/oidc/{provider.provider_id}/login/")
    second = browser().get("/accounts/oidc/0123456789abcdef/login/")
    assert first.status_code == second.status_code == 404
    assert first.content == second.content
    assert browser().get("/accounts/oidc/openid_connect/login/").status_code == 404


@pytest.mark.threat("S10")
def test_it_is_found_by_the_domain_of_an_address_whoever_has_it(harbour, server):
    provider_for(harbour, server)
    party("Brightline", "brightline.example")
    for address in ("ada@harbour.example", "nobody@HARBOUR.example"):
        page = browser().get("/accounts/login/organization/", {"email": address}).content.decode()
        assert "Continue with Harbour ID (Harbour)" in page
    page = (
        browser().get("/accounts/login/organization/", {"email": "ada@brightline.example"}).content.decode()
    )
    assert "No organization here has a sign-in of its own" in page
    assert "Harbour" not in browser().get("/accounts/login/").content.decode()


# -- setting it up


def test_an_administrator_sets_it_up_on_the_page_and_the_secret_is_never_shown(harbour, server):
    client = signed_in(harbour.admin)
    form = {
        "name": "Harbour ID",
        "server_url": f"{server.address}/.well-known/openid-configuration",
        "client_id": CLIENT,
        "client_secret": SECRET,
        "enabled": "on",
    }
    assert client.post("/organization/sign-in/", form).status_code == 302
    provider = SignInProvider.objects.get()
    assert provider.server_url == server.address
    assert SECRET not in provider.client_secret
    entry = Entry.objects.get(kind="sign_in_provider.set/1")
    assert entry.facts == {"enabled": True, "secret_changed": True}
    assert SECRET not in str(entry.payload.body)
    page = client.get("/organization/sign-in/").content.decode()
    assert SECRET not in page
    assert f"/accounts/oidc/{provider.provider_id}/login/callback/" in page

    client.post("/organization/sign-in/", form | {"client_secret": "", "name": "Renamed"})
    after = SignInProvider.objects.get()
    assert (after.name, after.client_secret) == ("Renamed", provider.client_secret)

    assert client.post("/organization/sign-in/remove/").status_code == 302
    assert not SignInProvider.objects.exists()
    assert Entry.objects.filter(kind="sign_in_provider.removed/1").count() == 1


def test_only_an_administrator_sets_it_up(harbour, server):
    lee = colleague(harbour, "lee@harbour.example")
    assert signed_in(lee).get("/organization/sign-in/").status_code == 403
    with pytest.raises(NotAllowed):
        provider_set(
            name="x",
            server_url=server.address,
            client_id="x",
            client_secret="x",
            enabled=True,
            actor=harbour.actor(lee),
            at=clock.now(),
        )
    with pytest.raises(NotAllowed):
        provider_remove(actor=harbour.actor(lee), at=clock.now())
    assert not Entry.objects.filter(kind__startswith="sign_in_provider").exists()


@pytest.mark.parametrize(
    "address",
    [
        "",
        "ftp://id.example",
        "https://",
        "https://user:pw@id.example",
        "https://id.example?x=1",
        "id.example",
        "javascript:alert(1)",
    ],
)
def test_what_is_no_address_of_a_server_is_refused(settings, address):
    settings.PRIVATE_TARGETS = []
    with pytest.raises(Invalid) as refused:
        provider_probe(address)
    assert list(refused.value.details["fields"]) == ["server_url"]


def test_a_server_that_names_itself_differently_is_refused(server):
    server.issuer = "https://elsewhere.example"
    with pytest.raises(Invalid, match="names itself differently"):
        provider_probe(server.address)


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "localhost",
        "2130706433",
        "0x7f000001",
        "0177.0.0.1",
        "127.1",
        "[::1]",
        "[::ffff:127.0.0.1]",
        "0.0.0.0",
    ],
)
@pytest.mark.threat("S03")
def test_nothing_inside_is_reached_however_it_is_written(server, settings, host):
    settings.PRIVATE_TARGETS = [ip_network("192.0.2.0/24")]  # plain HTTP is spoken, this machine is not asked
    port = server.address.rpartition(":")[2]
    with pytest.raises(Unreachable) as refused:
        fetch_json(f"http://{host}:{port}/.well-known/openid-configuration")
    assert str(refused.value) == ""
    assert server.asked == []


def test_a_redirect_to_the_inside_is_not_followed_and_plain_http_is_not_spoken(server, settings):
    with pytest.raises(Unreachable):
        fetch_json(f"{server.address}/away/")
    assert server.asked == ["/away/"]
    settings.PRIVATE_TARGETS = []
    with pytest.raises(Unreachable):
        fetch_json(f"{server.address}/.well-known/openid-configuration")
    assert server.asked == ["/away/"]


def test_an_answer_that_is_too_large_or_no_object_is_not_taken(server):
    for path in ("/huge/", "/nothing"):
        with pytest.raises(Unreachable):
            fetch_json(server.address + path)
