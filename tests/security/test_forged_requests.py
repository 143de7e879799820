"""A request that somebody's browser was made to send changes nothing, and no page may be made to send one."""

import pytest
from django.conf import settings
from django.test import Client

from tests.access.fingerprint import fingerprint
from tests.access.reader import Reader, plain, standing_still
from tests.access.routes import Route, routes
from tests.access.scene import Scene
from tests.security.foreign import NEVER_WAS, NO_IDS

pytestmark = pytest.mark.threat("S16")

# What takes its proof from elsewhere: the provider's signed answer to a request that this browser began.
PROVEN_OTHERWISE = frozenset({"openid_connect_callback"})


def written() -> list[Route]:
    return [r for r in routes() if not r.is_api and "POST" in r.methods and r.name not in PROVEN_OTHERWISE]


def _url(scene: Scene, route: Route) -> str:
    values = {
        name: "1" if name == "pk" else "x" if name in NO_IDS else NEVER_WAS for name in route.parameters
    }
    return route.url(**values | ({"ticket_id": scene.tickets["assigned"]} if "ticket_id" in values else {}))


def test_no_form_is_taken_without_its_token_or_from_elsewhere(scene: Scene) -> None:
    with standing_still(scene):
        reader = Reader(scene, "CSO")
        strict = Client(enforce_csrf_checks=True)
        strict.cookies = reader.client.cookies
        before = fingerprint()
        taken = []
        for route in written():
            url = _url(scene, route)
            for headers in ({}, {"HTTP_ORIGIN": "https://elsewhere.example"}):
                answer = plain(strict.post(url, {"text": "x", "title": "x"}, **headers))
                if answer.status != 403:
                    taken.append(f"{route.name}: {answer.status}")
        assert not taken
        assert fingerprint() == before


def test_reading_an_address_that_writes_is_refused_or_changes_nothing(scene: Scene) -> None:
    with standing_still(scene):
        reader = Reader(scene, "CSO")
        before = fingerprint()
        for route in written():
            if "GET" not in route.methods:
                assert reader.get(_url(scene, route)).status == 405, route.name
        for url in [r.path for r in routes() if "GET" in r.methods and not r.parameters and not r.is_api]:
            if not url.startswith("/accounts/"):
                reader.get(url)
        changed = {table for table, digest in fingerprint().items() if before[table] != digest}
        # Opening the record is itself noted.
        assert changed <= {"foundation_accesslog"}


def test_endpoints_take_no_cookies(scene: Scene) -> None:
    with standing_still(scene):
        reader = Reader(scene, "CSO")
        for route in routes():
            if route.is_api and route.name not in ("api:openapi-json", "api:api-root"):
                url = route.url(**dict.fromkeys(route.parameters, scene.tickets["assigned"]))
                for method in route.methods:
                    assert reader.send(method, url).status == 401, route.name


@pytest.mark.parametrize("cookie", ["SESSION", "CSRF", "LANGUAGE"])
def test_cookies_stay_at_home(cookie: str) -> None:
    assert getattr(settings, f"{cookie}_COOKIE_HTTPONLY") is True
    assert getattr(settings, f"{cookie}_COOKIE_SAMESITE") == "Lax"
