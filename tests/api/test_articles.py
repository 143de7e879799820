"""The article endpoints: a program reads what is open to it, and writes where its organization let it."""

from collections.abc import Iterator
from datetime import timedelta
from uuid import UUID

import pytest
import time_machine
from django.core.cache import caches
from tests.api.test_tickets import Robot
from tests.worlds import World

from cosource.foundation.errors import Invalid
from cosource.knowledge.models import Article
from cosource.knowledge.services.articles import article_publish, article_write
from cosource.parties.rules.policies import WRITES_KNOWLEDGE
from cosource.parties.services.tokens import TokenGrant, token_create
from cosource.tickets.services.opening import ticket_open

pytestmark = pytest.mark.req("C34")


@pytest.fixture(autouse=True)
def _at_the_worlds_time(world: World) -> Iterator[None]:
    caches["process"].clear()
    with time_machine.travel(world.at, tick=True):
        yield


@pytest.fixture
def writer(world: World) -> Robot:
    """A program of client 1 that may write articles, in its engagement with partner 1 as well."""
    made = token_create(
        name="Writer",
        expires_at=world.at + timedelta(days=9),
        grants=[TokenGrant(rights=(WRITES_KNOWLEDGE,)), TokenGrant(world.engagements["c1p1"].id)],
        may_write=True,
        actor=world.actor("c1.cso"),
        at=world.at,
    )
    world.secrets["writer"] = made.secret
    return Robot(world, "writer")


def published(world: World, by: str, **more: object) -> Article:
    about = {"actor": world.actor(by), "at": world.at}
    article = article_write(title="Cold fuser", text="Warm it.", **more, **about)
    return article_publish(article_id=article.id, **about)


def step(robot: Robot, path: str, body: object = None, method: str = "POST") -> object:
    address = path.removesuffix("/publish").removesuffix("/archive").removesuffix("/validate")
    etag = robot.get(address)["ETag"]
    return robot.send(method, path, body if body is not None else {}, **{"if-match": etag})


def test_an_articles_life_by_a_program(world: World, writer: Robot) -> None:
    made = writer.made("/articles", {"title": "VPN", "text": "Connect.", "topic": "Network"})
    path = f"/articles/{made['id']}"
    assert (made["state"], made["number"], made["version"]) == ("draft", None, 1)
    assert writer.get("/articles").json()["items"] == []
    assert [row["id"] for row in writer.get("/articles", view="drafts").json()["items"]] == [made["id"]]

    done = step(writer, f"{path}/publish").json()  # type: ignore[attr-defined]  # an answer
    assert (done["state"], done["number"], done["shown_in"]) == ("published", 1, [])
    shared = step(writer, path, {"engagement_id": str(world.engagements["c1p1"].id)}, "PATCH").json()  # type: ignore[attr-defined]  # an answer
    assert (shared["text"], shared["number"]) == ("Connect.", 1)
    changed = step(writer, path, {"text": "Connect again."}, "PATCH").json()  # type: ignore[attr-defined]  # an answer
    assert (changed["text"], changed["number"], changed["topic"]) == ("Connect again.", 2, "Network")
    assert Robot(world, "p1").get(path).json()["text"] == "Connect again."
    found = Robot(world, "p1").get("/articles", text="connec").json()
    assert [row["id"] for row in found["items"]] == [made["id"]]
    assert step(writer, f"{path}/validate").status_code == 200  # type: ignore[attr-defined]  # an answer
    assert step(writer, f"{path}/archive").json()["state"] == "archived"  # type: ignore[attr-defined]  # an answer
    assert Robot(world, "p1").get("/articles", view="archived").json()["items"][0]["id"] == made["id"]


def test_an_edit_names_the_version_that_it_read(world: World, writer: Robot) -> None:
    made = writer.made("/articles", {"title": "VPN", "text": "Connect."})
    path = f"/articles/{made['id']}"

    assert writer.send("PATCH", path, {"text": "Other."}).status_code == 428
    late = writer.send("PATCH", path, {"text": "Other."}, **{"if-match": '"9"'})
    assert (late.status_code, late.json()["type"]) == (412, "urn:cosource:problem:stale-version")
    empty = step(writer, path, {"text": ""}, "PATCH")
    assert empty.status_code == 422  # type: ignore[attr-defined]  # an answer


def test_a_create_sent_twice_happens_once(world: World, writer: Robot) -> None:
    body = {"title": "VPN", "text": "Connect."}
    first = writer.made("/articles", body, **{"idempotency-key": "one"})
    again = writer.made("/articles", body, **{"idempotency-key": "one"})

    assert first == again
    assert Article.objects.count() == 1


def test_a_program_without_the_right_reads_and_writes_nothing(world: World) -> None:
    shared = published(world, "p1.pt", engagement_id=world.engagements["c1p1"].id)
    own, partners = published(world, "c1.ct"), published(world, "p1.pt")
    draft = article_write(title="Begun", text="…", actor=world.actor("p1.pt"), at=world.at)
    robot = Robot(world, "p1")

    listed = {UUID(row["id"]) for row in robot.get("/articles").json()["items"]}
    assert listed == {shared.id, partners.id}
    assert [robot.get(f"/articles/{a.id}").status_code for a in (own, draft)] == [404, 404]
    assert robot.send("POST", "/articles", {"title": "A", "text": "B"}).status_code == 403
    assert step(robot, f"/articles/{partners.id}", {"text": "No."}, "PATCH").status_code == 403  # type: ignore[attr-defined]  # an answer
    assert robot.get("/articles", view="nonsense").status_code == 422


def test_a_right_to_write_is_for_the_own_desk(world: World) -> None:
    given = {"name": "W", "expires_at": world.at + timedelta(days=9), "may_write": True}
    engaged = TokenGrant(world.engagements["c1p1"].id, rights=(WRITES_KNOWLEDGE,))
    with pytest.raises(Invalid) as refused:
        token_create(grants=[engaged], actor=world.actor("c1.cso"), at=world.at, **given)
    assert list(refused.value.details["fields"]) == ["rights"]


def test_a_program_says_what_helped(world: World, writer: Robot) -> None:
    ticket = ticket_open(title="Cold fuser", text="It is cold.", actor=world.actor("c1.ct"), at=world.at)
    article = published(world, "c1.ct")
    path = f"/tickets/{ticket.id}/articles"

    used = writer.made(path, {"article_id": str(article.id)})
    assert (used["id"], used["title"], used["linked_for_id"]) == (
        str(article.id),
        "Cold fuser",
        str(world.organizations["c1"].id),
    )
    assert writer.get(path).json() == [used]
    assert writer.get(f"/articles/{article.id}").json()["times_helped"] == 1
    # Two of them are two, and no status with its answer.
    other = published(world, "c1.cso", topic="Printing")
    writer.made(path, {"article_id": str(other.id)})
    answer = writer.get(path)
    assert (answer.status_code, {row["id"] for row in answer.json()}) == (
        200,
        {str(article.id), str(other.id)},
    )
    assert writer.send("DELETE", f"{path}/{other.id}").status_code == 204
    assert Robot(world, "p1").get(path).status_code == 404
    assert Robot(world, "p1").send("POST", path, {"article_id": str(article.id)}).status_code == 404
    assert writer.send("DELETE", f"{path}/{article.id}").status_code == 204
    assert writer.send("DELETE", f"{path}/{article.id}").status_code == 404
    assert writer.get(path).json() == []
