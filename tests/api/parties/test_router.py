"""What a program reads of parties: what it must name on a ticket, and nothing else."""

from datetime import timedelta

import pytest
import time_machine
from django.core.cache import caches
from django.test import Client
from tests.worlds import START, World


@pytest.fixture(autouse=True)
def _at_the_worlds_time():
    caches["process"].clear()
    with time_machine.travel(START + timedelta(hours=1), tick=False):
        yield


def robot(world: World, key: str) -> Client:
    return Client(headers={"host": "localhost", "authorization": f"Bearer {world.secrets[key]}"})


def names(client: Client, what: str, **query: str | int) -> list[str]:
    answer = client.get(f"/api/v1/{what}", query)
    assert answer.status_code == 200, answer.content
    return [item["name"] for item in answer.json()["items"]]


def test_a_token_reads_its_organization(world):
    answer = robot(world, "p1").get("/api/v1/organization")
    assert answer.json() == {
        "id": str(world.organizations["p1"].id),
        "name": "Cedar Desk",
        "initials": "CD",
        "time_zone": "UTC",
    }


def test_an_engagement_is_its_names_alone(world):
    answer = robot(world, "p1").get("/api/v1/engagements")
    assert answer.json() == {
        "items": [
            {
                "id": str(world.engagements["c1p1"].id),
                "name": "Workplace",
                "prefix": world.engagements["c1p1"].prefix,
                "client": {"id": str(world.organizations["c1"].id), "name": "Alder Hospitals"},
                "partner": {"id": str(world.organizations["p1"].id), "name": "Cedar Desk"},
            }
        ],
        "next_cursor": None,
    }


@pytest.mark.req("C28")
def test_a_token_names_what_its_engagements_reach(world):
    p1, p2, c1 = (robot(world, key) for key in ("p1", "p2", "c1"))
    assert names(p1, "teams") == ["c1 apps team", "c1 desk team", "p1 alder team", "p1 birch team"]
    assert names(p2, "teams") == ["c1 apps team", "c1 desk team", "p2 noc team"]
    assert names(c1, "teams") == ["c1 apps team", "c1 desk team"]
    assert names(p1, "services") == ["c1 printing", "p1 spares"]
    assert names(p2, "services") == ["c1 network"]
    assert names(c1, "services") == ["c1 network", "c1 payroll", "c1 printing"]
    assert names(p1, "sites") == ["c1 annex", "c1 main"]


def test_lists_are_paged(world):
    client = robot(world, "p1")
    first = client.get("/api/v1/teams", {"limit": 3}).json()
    assert [item["name"] for item in first["items"]] == ["c1 apps team", "c1 desk team", "p1 alder team"]
    assert names(client, "teams", limit=3, cursor=first["next_cursor"]) == ["p1 birch team"]


@pytest.mark.parametrize("what", ["people", "grants", "tokens", "placements", "invitations"])
def test_what_people_decide_is_nowhere_for_a_token(world, what):
    assert robot(world, "p1").get(f"/api/v1/{what}").status_code == 404
    assert robot(world, "p1").post(f"/api/v1/{what}", {}, content_type="application/json").status_code == 404
