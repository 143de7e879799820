"""A request may set what it is meant to set, whatever else it sends along."""

from typing import Any

import pytest

from cosource.config.api import api
from cosource.tickets.models import Ticket
from tests.access.fingerprint import fingerprint
from tests.access.reader import Reader, standing_still
from tests.access.routes import routes
from tests.access.scene import Scene
from tests.security.bodies import example_body, fields_of, operation_of
from tests.security.foreign import NEVER_WAS

pytestmark = pytest.mark.threat("S09")

SENT_ALONG: dict[str, Any] = {
    "id": str(NEVER_WAS),
    "owner_id": str(NEVER_WAS),
    "owner": str(NEVER_WAS),
    "organization_id": str(NEVER_WAS),
    "owner_org": str(NEVER_WAS),
    "is_staff": True,
    "is_superuser": True,
    "is_active": True,
    "created_at": "2001-01-01T00:00:00Z",
    "opened_at": "2001-01-01T00:00:00Z",
    "sla_due": "2030-01-01T00:00:00Z",
    "next_due_at": "2030-01-01T00:00:00Z",
    "state": "closed",
    "category": "closed",
    "version": 99,
    "holder_organization_id": str(NEVER_WAS),
    "demo": True,
    "import_id": str(NEVER_WAS),
    "returns": 99,
}


def test_endpoints_refuse_every_field_that_they_do_not_know(scene: Scene) -> None:
    with standing_still(scene):
        reader = Reader(scene, "TOC")
        own = scene.tickets["scope"]
        before = fingerprint()
        asked = 0
        for route in routes():
            if not route.is_api or not route.methods & {"POST", "PUT", "PATCH"}:
                continue
            if "application/json" not in operation_of(api, route).get("requestBody", {}).get("content", {}):
                continue
            body = example_body(api, route, NEVER_WAS)
            url = route.url(**dict.fromkeys(route.parameters, own))
            meant = fields_of(api, route)
            for name, value in SENT_ALONG.items():
                [method] = route.methods
                answer = reader.send(method, url, {name: value} | body, HTTP_IF_MATCH='"1"')
                if name in meant:
                    continue
                assert answer.status == 400, (route.name, name)
                assert answer.json()["fields"][name] == ["there is no such field"], (route.name, name)
                asked += 1
        assert asked > 50
        assert fingerprint() == before


@pytest.mark.parametrize(
    ("path", "own", "may_change"),
    [
        ("edit", {"title": "Another title"}, {"title", "version", "updated_at"}),
        ("edit", {"impact": "1"}, {"impact", "priority", "version", "updated_at"}),
        ("reply", {"text": "A word."}, {"version", "updated_at"}),
        ("assign", {"person": ""}, {"assignee_id", "version", "updated_at"}),
    ],
)
def test_forms_change_their_own_fields_only(
    scene: Scene, path: str, own: dict[str, str], may_change: set[str]
) -> None:
    key = scene.tickets["scope"]
    with standing_still(scene):
        reader = Reader(scene, "CT")
        before = Ticket.objects.filter(pk=key).values().get()
        answer = reader.post(
            f"/tickets/{key}/{path}/", {k: str(v) for k, v in SENT_ALONG.items() if k != "version"} | own
        )
        after = Ticket.objects.filter(pk=key).values().get()
    assert answer.status in (303, 422)
    assert {name for name in before if before[name] != after[name]} <= may_change


def test_a_profile_keeps_its_address_and_its_standing(scene: Scene) -> None:
    with standing_still(scene):
        reader = Reader(scene, "CT")
        person = scene.world.people["c1.ct"]
        before = type(person).objects.filter(pk=person.pk).values().get()
        reader.post(
            "/profile/", {"name": "Another", "email": "taken@over.example", "password": "x", **SENT_ALONG}
        )
        after = type(person).objects.filter(pk=person.pk).values().get()
    assert {n for n in before if before[n] != after[n]} <= {"name", "locale", "time_zone", "theme"}
