"""The sign that PostgreSQL keeps in no text is refused at the door, wherever somebody sends it, and nothing is done."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.conf import settings
from django.test import Client

from cosource.config.api import api
from tests.access.fingerprint import fingerprint
from tests.access.reader import Reader, standing_still
from tests.access.routes import routes
from tests.access.scene import Scene
from tests.security.bodies import example_body, operation_of
from tests.security.foreign import NEVER_WAS, NO_IDS
from tests.security.test_forged_requests import PROVEN_OTHERWISE

pytestmark = pytest.mark.threat("S04")

SENT = "a\x00b"


def test_endpoints_refuse_it_in_every_parameter_and_field(scene: Scene) -> None:
    with standing_still(scene):
        reader = Reader(scene, "TOC")
        before = fingerprint()
        wrong, asked = [], 0
        for route in routes():
            described = operation_of(api, route) if route.is_api else {}
            if not described:
                continue
            url = route.url(**dict.fromkeys(route.parameters, scene.tickets["scope"]))
            [method] = route.methods
            names = [p["name"] for p in described.get("parameters", ()) if p["in"] == "query"]
            tries: list[tuple[str, Any, str]] = [(f"{url}?{n}=a%00b", None, n) for n in names]
            if "application/json" in described.get("requestBody", {}).get("content", {}):
                body = example_body(api, route, NEVER_WAS)
                tries += [(url, sent, name) for name, sent in with_nul(body)]
            for address, sent, name in tries:
                answer = reader.send(method, address, sent, HTTP_IF_MATCH='"1"')
                asked += 1
                told = answer.status == 422 and answer.json()["type"].endswith(":nul-character")
                # A parameter that may stand several times is named with its place.
                if not told or not {name, f"{name}.0"} & set(answer.json()["fields"]):
                    wrong.append((answer.status, method, address, name))
        assert wrong == []
        assert asked > 100
        assert fingerprint() == before


def with_nul(body: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Each field of a body in turn with the sign in it, a list's first, and one that is deeper than any."""
    for name, value in body.items():
        if isinstance(value, list):
            yield f"{name}.0", body | {name: [SENT]}
        else:
            yield name, body | {name: SENT}
    yield "more.deep.1", body | {"more": {"deep": ["a", SENT]}}


def test_pages_refuse_it_in_every_address_question_and_form(scene: Scene) -> None:
    with standing_still(scene):
        reader = Reader(scene, "CSO")
        before = fingerprint()
        wrong = []
        for route in (r for r in routes() if not r.is_api and r.name not in PROVEN_OTHERWISE):
            url = route.url(**{p: 1 if p in NO_IDS else NEVER_WAS for p in route.parameters})
            if "GET" in route.methods:
                wrong += [(s, route.name) for s in [reader.get(f"{url}?after=a%00b").status] if s != 422]
            if "POST" in route.methods:
                wrong += [(s, route.name) for s in [reader.post(url, {"text": SENT}).status] if s != 422]
            for name in set(route.parameters) & NO_IDS:
                strange = route.url(**dict.fromkeys(route.parameters, NEVER_WAS) | {name: "a%00b"})
                wrong += [(s, route.name) for s in [reader.get(strange).status] if s != 404]
        assert wrong == []
        assert fingerprint() == before


@pytest.mark.parametrize("cookie", ["SESSION", "CSRF", "LANGUAGE"])
def test_a_cookie_that_holds_it_is_none(scene: Scene, cookie: str) -> None:
    name = getattr(settings, f"{cookie}_COOKIE_NAME")
    held = {"cookie": f'{name}="aaaaaaaa\\000bbbbbbbbbbbbbbbbbbbbbbb"'}
    assert Client().get("/accounts/login/", headers=held).status_code == 200


@pytest.mark.parametrize("words", [b'{"text": "a\\u0000b"}', '{"text": "a\\u0000b"}'.encode("utf-16")])
def test_a_body_holds_it_in_any_coding(scene: Scene, words: bytes) -> None:
    with standing_still(scene):
        client = Reader(scene, "TOC").client
        url = f"/api/v1/tickets/{scene.tickets['scope']}/messages"
        answer = client.post(url, words, content_type="application/json")
    assert (answer.status_code, answer.json()["fields"]) == (422, {"text": ["leave out the NUL character"]})
