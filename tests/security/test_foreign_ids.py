"""An id of another party is answered exactly as one that never existed, by every address and method; and nothing happens."""

import re
from typing import Any
from uuid import UUID

import pytest
from django.urls import reverse

from cosource.config.api import api
from tests.access.fingerprint import fingerprint
from tests.access.reader import Answer, Reader, standing_still
from tests.access.routes import Route, routes
from tests.access.scene import Scene
from tests.security.bodies import example_body
from tests.security.foreign import NEVER_WAS, NO_IDS, foreign_ids, foreign_rows

pytestmark = [pytest.mark.req("X1"), pytest.mark.threat("S01")]
ID = re.compile(rb"[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}")


def with_ids(is_api: bool) -> list[Route]:
    return [r for r in routes() if set(r.parameters) - NO_IDS and r.is_api == is_api]


@pytest.mark.parametrize("role", ["CSO", "REQ", "P2M", "OPS"])
def test_pages_answer_a_foreign_id_as_one_that_never_was(scene: Scene, role: str) -> None:
    with standing_still(scene):
        reader = Reader(scene, role)
        ids = foreign_ids(scene, role)
        before = fingerprint()
        wrong = [
            said
            for route in with_ids(is_api=False)
            for method in sorted(route.methods & {"GET", "POST"})
            if (said := _told_apart(reader, route, method, ids))
        ]
        assert fingerprint() == before
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("role", ["TOK", "TOC"])
def test_endpoints_answer_a_foreign_id_as_one_that_never_was(scene: Scene, role: str) -> None:
    with standing_still(scene):
        reader = Reader(scene, role)
        ids = foreign_ids(scene, role)
        before = fingerprint()
        wrong = [
            said
            for route in with_ids(is_api=True)
            for method in sorted(route.methods)
            if (said := _told_apart(reader, route, method, ids))
        ]
        assert fingerprint() == before
    assert not wrong, "\n".join(wrong)


def test_endpoints_answer_a_foreign_id_in_a_body_as_one_that_never_was(scene: Scene) -> None:
    """Ids inside a body: a team, service, site, person or engagement of others."""
    with standing_still(scene):
        reader = Reader(scene, "TOK")
        own = scene.tickets["assigned"]
        etag = dict(reader.get(f"/api/v1/tickets/{own}").headers)["etag"]
        world = scene.world
        tries: list[tuple[str, str, dict[str, Any], str, UUID]] = [
            (
                "POST",
                f"/api/v1/tickets/{own}/handover",
                {"reason": "skill", "text": "x"},
                "to_team_id",
                world.teams["c2.desk"].pk,
            ),
            ("PUT", f"/api/v1/tickets/{own}/assignee", {}, "person_id", world.people["c1.ct"].pk),
            ("PATCH", f"/api/v1/tickets/{own}", {}, "service_id", world.services["c2.stations"].pk),
            ("PATCH", f"/api/v1/tickets/{own}", {}, "site_id", world.sites["c2.main"].pk),
            (
                "POST",
                f"/api/v1/tickets/{own}/messages",
                {"text": "x"},
                "party_ids",
                world.organizations["p2"].pk,
            ),
            (
                "POST",
                "/api/v1/tickets",
                {"title": "x", "text": "x"},
                "engagement_id",
                world.engagements["c2p1"].pk,
            ),
        ]
        for name, pk in (
            ("team_id", world.teams["p1.birch"].pk),
            ("service_id", world.services["c1.payroll"].pk),
            ("site_id", world.sites["c2.main"].pk),
            ("requester_id", world.people["c2.req"].pk),
            ("requester_id", world.people["c1.req"].pk),
        ):
            opened = {"title": "x", "text": "x", "engagement_id": str(world.engagements["c1p1"].pk)}
            tries.append(("POST", "/api/v1/tickets", opened, name, pk))
        before = fingerprint()
        wrong = []
        for method, url, body, name, pk in tries:
            answers = [
                reader.send(
                    method,
                    url,
                    body | {name: [str(i)] if name == "party_ids" else str(i)},
                    HTTP_IF_MATCH=etag,
                )
                for i in (pk, NEVER_WAS)
            ]
            if _same(answers[0]) != _same(answers[1]) or answers[0].status < 400:
                wrong.append(f"{method} {url} {name}: {answers[0]} – {answers[1]}")
        assert not wrong, "\n".join(wrong)
        assert fingerprint() == before


def test_buttons_beside_rows_know_no_row_of_others(scene: Scene) -> None:
    with standing_still(scene):
        reader = Reader(scene, "CSO")
        before = fingerprint()
        wrong = []
        for (name, step), (own, pk) in foreign_rows(scene).items():
            url = reverse(name, kwargs=own)
            fields = ("id", "service_id", "site_id")
            answers = [
                reader.post(url, {"do": step} | dict.fromkeys(fields, str(i))) for i in (pk, NEVER_WAS)
            ]
            if _same(answers[0]) != _same(answers[1]) or answers[0].status in (302, 303):
                wrong.append(f"{name} {step}: {answers[0].status} – {answers[1].status}")
        assert fingerprint() == before
    assert not wrong, "\n".join(wrong)


def test_filters_find_nothing_of_others_and_say_nothing(scene: Scene) -> None:
    """A list that is narrowed by a foreign id is empty, as by one that never was."""
    with standing_still(scene):
        reader = Reader(scene, "TOK")
        world = scene.world
        for name, pk in (
            ("client", world.organizations["c2"].pk),
            ("engagement", world.engagements["c2p1"].pk),
            ("engagement", world.engagements["c1p2"].pk),
            ("team", world.teams["p2.noc"].pk),
            ("holder", world.organizations["p2"].pk),
            ("assignee", world.people["p2.pt"].pk),
            ("service", world.services["c1.payroll"].pk),
            ("site", world.sites["c2.main"].pk),
        ):
            found, never = (reader.get(f"/api/v1/tickets?state=all&{name}={i}") for i in (pk, NEVER_WAS))
            assert (found.status, found.body, found.headers) == (never.status, never.body, never.headers), (
                name
            )
            assert found.status in (200, 400, 422), name


def _told_apart(reader: Reader, route: Route, method: str, ids: dict[str, UUID]) -> str:
    """Say how the answers differ; empty when nobody could tell them apart."""
    unknown = set(route.parameters) - set(ids) - NO_IDS
    assert not unknown, f"{route.name}: say in foreign.py what a foreign {', '.join(sorted(unknown))} is"
    answers = []
    for chosen in (ids, dict.fromkeys(ids, NEVER_WAS)):
        url = route.url(**dict.fromkeys(NO_IDS, "x"), **chosen)
        if route.is_api:
            body = example_body(api, route, NEVER_WAS) if method != "GET" else None
            answers.append(reader.send(method, url, body, HTTP_IF_MATCH='"1"'))
        elif method == "GET":
            answers.append(reader.get(url))
        else:
            answers.append(reader.post(url, {"title": "x", "text": "x", "reason": "x"}))
    mine, never = answers
    if mine.status == 303 and _same(mine) == _same(never):
        return ""  # sent on to another address, whatever the id; that one is asked as well
    if mine.status not in (403, 404):
        return f"{method} {route.name}: {mine.status} for a foreign id"
    if _same(mine) != _same(never):
        return f"{method} {route.name}: {_same(mine)} – {_same(never)}"
    return ""


def _same(answer: Answer) -> tuple[int, bytes, tuple[tuple[str, str], ...]]:
    """An answer with the ids that the asker gave taken out: the page's own address is in its forms."""
    body = ID.sub(b"-", answer.body)
    headers = tuple(
        (n, ID.sub(b"-", v.encode()).decode()) for n, v in answer.headers if n != "content-length"
    )
    return answer.status, body, headers
