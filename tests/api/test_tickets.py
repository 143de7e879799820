"""The ticket endpoints as a partner's and a client's program meet them."""

import json
from collections.abc import Iterator
from typing import Any
from uuid import UUID, uuid4

import pytest
import time_machine
from django.core.cache import caches
from django.test import Client
from tests.worlds import World

from cosource.foundation.models import Entry
from cosource.tickets.models import Ticket

API = "/api/v1"


class Robot:
    """A program with a token."""

    def __init__(self, world: World, key: str) -> None:
        self.client = Client(
            headers={"host": "localhost", "authorization": f"Bearer {world.secrets[key]}"},
            raise_request_exception=False,
        )

    def get(self, path: str, **query: str) -> Any:
        return self.client.get(f"{API}{path}", query)

    def send(self, method: str, path: str, body: Any = None, **headers: str) -> Any:
        return self.client.generic(
            method, f"{API}{path}", json.dumps(body), content_type="application/json", headers=headers
        )

    def made(self, path: str, body: Any, **headers: str) -> Any:
        answer = self.send("POST", path, body, **headers)
        assert answer.status_code == 201, answer.content
        return answer.json()

    def step(self, ticket: Any, path: str, body: Any, method: str = "POST") -> Any:
        etag = self.get(f"/tickets/{ticket['id']}")["ETag"]
        return self.send(method, f"/tickets/{ticket['id']}{path}", body, **{"if-match": etag})


@pytest.fixture(autouse=True)
def _at_the_worlds_time(world: World) -> Iterator[None]:
    caches["process"].clear()
    with time_machine.travel(world.at, tick=True):
        yield


@pytest.fixture
def client_robot(world: World) -> Robot:
    return Robot(world, "c1")


@pytest.fixture
def partner_robot(world: World) -> Robot:
    return Robot(world, "p1")


def opened(robot: Robot, **more: Any) -> Any:
    return robot.made("/tickets", {"title": "Printer down", "text": "Nothing prints."} | more)


@pytest.mark.req("C11")
def test_one_record_two_programs(world: World, client_robot: Robot, partner_robot: Robot) -> None:
    ticket = opened(client_robot)
    assert partner_robot.get(f"/tickets/{ticket['id']}").status_code == 404

    offer = {"to_team_id": str(world.teams["p1.alder"].id), "reason": "skill", "text": "Please."}
    assert client_robot.step(ticket, "/handover", offer).status_code == 200
    seen = partner_robot.get(f"/tickets/{ticket['id']}").json()
    assert seen["reference"] != ticket["reference"]
    assert seen["offered_to_team_id"] == offer["to_team_id"]

    taken = partner_robot.step(ticket, "/handover/accept", None)
    assert taken.status_code == 200
    assert taken.json()["holder_id"] == str(world.organizations["p1"].id)
    assert (
        partner_robot.step(ticket, "/moves", {"to_state": "resolved", "text": "Done."}).json()["category"]
        == "resolved"
    )
    kinds = [e["kind"] for e in client_robot.get(f"/tickets/{ticket['id']}/entries").json()["items"]]
    assert kinds[0] == "ticket.opened/1"
    assert "ticket.handed_over/1" in kinds


def test_a_create_sent_twice_happens_once(client_robot: Robot) -> None:
    body = {"title": "Once", "text": "Only once."}
    first = client_robot.send("POST", "/tickets", body, **{"idempotency-key": "k-1"})
    again = client_robot.send("POST", "/tickets", body, **{"idempotency-key": "k-1"})
    other = client_robot.send("POST", "/tickets", body | {"title": "Twice"}, **{"idempotency-key": "k-1"})

    assert (first.status_code, again.status_code, other.status_code) == (201, 201, 422)
    assert first.content == again.content
    assert Ticket.objects.count() == 1


def test_an_edit_names_the_version_it_read(client_robot: Robot) -> None:
    ticket = opened(client_robot)
    path = f"/tickets/{ticket['id']}"
    etag = client_robot.get(path)["ETag"]
    assert client_robot.send("PATCH", path, {"title": "A"}).status_code == 428
    assert client_robot.send("PATCH", path, {"title": "A"}, **{"if-match": etag}).status_code == 200
    stale = client_robot.send("PATCH", path, {"title": "B"}, **{"if-match": etag})
    assert (stale.status_code, stale.json()["type"]) == (412, "urn:cosource:problem:stale-version")
    assert Ticket.objects.get(id=ticket["id"]).title == "A"


@pytest.mark.parametrize(
    "field", ["id", "owner_id", "state", "priority", "version", "opened_at", "demo", "holder_organization_id"]
)
def test_no_field_is_written_that_is_not_offered(client_robot: Robot, field: str) -> None:
    ticket = opened(client_robot)
    before = Ticket.objects.values().get(id=ticket["id"])
    made = client_robot.send("POST", "/tickets", {"title": "x", "text": "x", field: "x"})
    changed = client_robot.step(ticket, "", {field: "x"}, method="PATCH")

    assert (made.status_code, changed.status_code) == (400, 400)
    assert field in str(made.json()["fields"])
    assert Ticket.objects.values().get(id=ticket["id"]) == before
    assert Ticket.objects.count() == 1


@pytest.mark.req("C28")
def test_a_foreign_ticket_and_none_at_all_answer_alike(
    world: World, client_robot: Robot, partner_robot: Robot
) -> None:
    foreign = opened(client_robot)["id"]
    bodies: list[tuple[str, str, Any]] = [
        ("GET", "", None),
        ("GET", "/entries", None),
        ("GET", "/clocks", None),
        ("PATCH", "", {"title": "x"}),
        ("POST", "/messages", {"text": "x"}),
        ("POST", "/moves", {"to_state": "resolved", "text": "x"}),
        ("POST", "/handover", {"to_team_id": str(uuid4()), "reason": "skill", "text": "x"}),
        ("POST", "/handover/accept", None),
        ("POST", "/handover/decline", {"reason": "no_capacity", "text": "x"}),
        ("POST", "/handover/withdraw", None),
        ("PUT", "/assignee", {"person_id": None}),
    ]
    entries = Entry.objects.count()
    for method, path, body in bodies:
        answers = [
            partner_robot.send(method, f"/tickets/{i}{path}", body, **{"if-match": '"1"'})
            for i in (foreign, uuid4())
        ]
        assert [a.status_code for a in answers] == [404, 404], (method, path)
        assert answers[0].content == answers[1].content
    assert Entry.objects.count() == entries


def test_the_list_is_paged_by_key(client_robot: Robot) -> None:
    made = {opened(client_robot, title=f"Number {n}")["id"] for n in range(7)}
    seen: list[str] = []
    cursor = ""
    while True:
        page = client_robot.get("/tickets", limit="3", cursor=cursor).json()
        seen += [row["id"] for row in page["items"]]
        cursor = page["next_cursor"] or ""
        if not cursor:
            break
    assert len(seen) == 7
    assert set(seen) == made


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ({"state": "ajar"}, 422),
        ({"owner__password__startswith": "a"}, 400),
        ({"order": "title"}, 422),
        ({"limit": "0"}, 422),
        ({"limit": "201"}, 422),
        ({"cursor": "made-up"}, 422),
        ({"team": "1 OR 1=1"}, 422),
        ({"priority": "9"}, 422),
    ],
)
def test_a_filter_that_is_not_known_is_named(client_robot: Robot, query: dict[str, str], status: int) -> None:
    answer = client_robot.get("/tickets", **query)
    assert answer.status_code == status
    assert next(iter(query)) in answer.json()["fields"]


@pytest.mark.req("C14")
def test_a_wider_audience_is_confirmed_by_programs_too(
    world: World, client_robot: Robot, partner_robot: Robot
) -> None:
    ticket = opened(client_robot, requester_id=str(world.people["c1.req"].id))
    path = f"/tickets/{ticket['id']}/messages"
    client_robot.made(path, {"text": "To us."})
    client_robot.made(path, {"text": "To you.", "with_requester": True})
    offer = {"to_team_id": str(world.teams["p1.alder"].id), "reason": "skill", "text": "Please."}
    client_robot.step(ticket, "/handover", offer)
    everybody = {
        "text": "Hello all.",
        "party_ids": [str(world.organizations["p1"].id)],
        "with_requester": True,
    }
    assert UUID(client_robot.made(path, everybody)["id"])
