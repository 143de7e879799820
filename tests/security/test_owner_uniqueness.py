"""Whether a name is taken is decided within its owner: others' names are neither met nor told."""

from collections.abc import Callable
from typing import Any

import pytest

from cosource.parties.services.invitations import person_invite
from cosource.parties.services.places import service_add, site_add
from cosource.parties.services.skills import skill_add
from cosource.parties.services.teams import team_add
from tests.access.reader import Reader, standing_still
from tests.access.scene import Scene

pytestmark = pytest.mark.threat("S22")


@pytest.mark.parametrize("make", [team_add, site_add, service_add, skill_add])
def test_every_owner_may_use_a_name_that_another_uses(scene: Scene, make: Callable[..., Any]) -> None:
    for by in ("c1.cso", "c2.cso", "p1.pm"):
        assert make(name="Night watch", actor=scene.actor(by), at=scene.tick()).pk


def test_references_count_within_their_series(scene: Scene) -> None:
    """What a partner meets next is numbered as if there were nothing else."""
    with standing_still(scene):
        reader = Reader(scene, "TOK")
        body = {"title": "A", "text": "B", "engagement_id": str(scene.world.engagements["c1p1"].pk)}
        before = [r["reference"] for r in reader.get("/api/v1/tickets?state=all&limit=200").json()["items"]]
        numbers = sorted(int(r.rpartition("-")[2]) for r in before)
        assert numbers == list(range(1, len(numbers) + 1))
        made = reader.send("POST", "/api/v1/tickets", body).json()["reference"]
    assert made.rpartition("-")[2] == str(len(numbers) + 1)


def test_an_invitation_says_the_same_for_an_address_that_is_known_elsewhere(scene: Scene) -> None:
    said = []
    for email in ("ct@c2.example", "nobody@nowhere.example"):
        issued = person_invite(
            email=email, name="Somebody", by_mail=False, actor=scene.actor("c1.cso"), at=scene.tick()
        )
        row = issued.invitation
        said.append((bool(issued.link), row.name, row.grants, row.expires_at - row.created_at))
    assert said[0] == said[1]
    with standing_still(scene):
        page = Reader(scene, "CSO").get("/organization/people/invite/").text
    assert "C2" not in page
