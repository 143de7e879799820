"""The endpoints of notices: a token made for that acts on those of its maker, and any other on nobody's."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.core.cache import caches
from tests.api.test_tickets import Robot
from tests.integration.tickets.conftest import Desk
from tests.integration.tickets.test_clocks import CLIENT_PAUSES, KINDS, text_of
from tests.integration.tickets.test_escalation import LADDER, agree, resolve_of, with_partner, work_all
from tests.worlds import World

from cosource.foundation.models import Notice, NoticeChoices
from cosource.foundation.rules.notices import Said
from cosource.foundation.services.notices import notify
from cosource.parties.models import Employment
from cosource.parties.rules.policies import MAKERS_NOTICES, READ_IN_SCOPE
from cosource.parties.services.tokens import TokenGrant, token_create, token_revoke
from cosource.tickets.models import Escalation
from cosource.tickets.services.escalation import escalations_sweep

pytestmark = [pytest.mark.django_db, pytest.mark.req("C14")]
NEVER_WAS = "0b5f1a52-7c1e-4d0a-9d5e-5f3c2a1b0c9d"


@pytest.fixture(autouse=True)
def moving(world: World) -> Iterator[Any]:
    caches["process"].clear()
    with time_machine.travel(world.at + timedelta(hours=1), tick=True) as traveller:
        yield traveller


@pytest.fixture
def desk(world: World) -> Desk:
    return Desk(world, world.at)


@pytest.fixture
def client(world: World) -> Robot:
    """The client's program; its service owner made it."""
    return Robot(world, "c1")


@pytest.fixture
def partner(world: World) -> Robot:
    """A program that the partner's manager made to act on their notices."""
    made = token_create(
        name="My own",
        expires_at=world.at + timedelta(days=9),
        grants=[
            TokenGrant(rights=(MAKERS_NOTICES,)),
            TokenGrant(engagement_id=world.engagements["c1p1"].id, rights=(READ_IN_SCOPE,)),
        ],
        may_write=True,
        actor=world.actor("p1.pm"),
        at=world.at,
    )
    world.secrets["p1own"], world.tokens["p1own"] = made.secret, made.token
    return Robot(world, "p1own")


def tell(desk: Desk, ticket: Any, person: str, effect: str, **more: Any) -> Notice:
    notify(
        effect_key=effect,
        person_ids=[desk.world.people[person].id],
        kind="ticket.answered",
        subject_kind="ticket",
        subject_id=ticket.id,
        url=f"/tickets/{ticket.id}/",
        words=Said("New word on %(reference)s", (("reference", effect),)),
        at=desk.tick(),
        organization_id=desk.org(person.partition(".")[0]),
        **more,
    )
    return Notice.objects.order_by("-created_at", "-id")[0]


def test_each_reads_its_own_newest_first_page_by_page_and_what_is_unread(
    desk: Desk, client: Robot, partner: Robot
) -> None:
    ticket = with_partner(desk)
    Notice.objects.all().delete()
    for effect in ("first", "second", "third"):
        tell(desk, ticket, "p1.pm", effect)
    tell(desk, ticket, "p1.pt", "colleague")
    mine = tell(desk, ticket, "c1.cso", "mine")

    page = partner.get("/notices", limit="2").json()
    assert [n["said"] for n in page["items"]] == ["New word on third", "New word on second"]
    assert {n["reference"] for n in page["items"]} == {desk.part(ticket, "p1").reference}
    rest = partner.get("/notices", limit="2", cursor=page["next_cursor"]).json()
    assert ([n["said"] for n in rest["items"]], rest["next_cursor"]) == (["New word on first"], None)

    newest = page["items"][0]["id"]
    assert partner.send("POST", f"/notices/{newest}/read").status_code == 204
    assert partner.get(f"/notices/{newest}").json()["read_at"] is not None
    unread = partner.get("/notices", unread="true").json()["items"]
    assert [n["said"] for n in unread] == ["New word on second", "New word on first"]
    assert partner.send("POST", "/notices/read").status_code == 204
    assert partner.get("/notices", unread="true").json()["items"] == []
    assert partner.get("/notices", kind="ticket.offered").json()["items"] == []

    assert [n["id"] for n in client.get("/notices").json()["items"]] == [str(mine.id)]
    assert client.get("/notices", unread="true").json()["items"] != []
    for bad in ({"limit": "201"}, {"cursor": "made-up"}):
        assert client.get("/notices", **bad).status_code == 422


def test_what_is_another_persons_is_as_what_never_was(desk: Desk, client: Robot, partner: Robot) -> None:
    ticket = with_partner(desk)
    colleagues = tell(desk, ticket, "c1.ct", "x", acknowledge=True)
    theirs = tell(desk, ticket, "c1.cso", "y", acknowledge=True)
    stranger = Robot(desk.world, "p2")
    for robot, notice in ((client, colleagues), (partner, theirs), (stranger, theirs)):
        for method, path in (("GET", ""), ("POST", "/read"), ("POST", "/acknowledge")):
            answers = [robot.send(method, f"/notices/{i}{path}") for i in (notice.id, NEVER_WAS)]
            expected = 403 if robot is stranger else 404
            assert [a.status_code for a in answers] == [expected, expected]
            assert answers[0].json().items() - {("instance", answers[0].json().get("instance"))} == (
                answers[1].json().items() - {("instance", answers[1].json().get("instance"))}
            )
    assert not Notice.objects.exclude(read_at=None, acknowledged_at=None).exists()


def test_a_token_acts_on_nobodys_notices_unless_its_maker_said_so_and_still_works_there(
    desk: Desk, partner: Robot
) -> None:
    other = Robot(desk.world, "p1")
    for method, path in (("GET", "/notices"), ("GET", "/notice-choices"), ("POST", "/notices/read")):
        refused = other.send(method, path)
        assert (refused.status_code, refused.json()["type"]) == (
            403,
            "urn:cosource:problem:not-on-notices",
        )
    assert partner.get("/notices").status_code == 200
    Employment.objects.filter(person=desk.world.people["p1.pm"]).update(ends_at=desk.now)
    assert partner.get("/notices").status_code == 403
    token_revoke(token_id=desk.world.tokens["c1"].id, actor=desk.world.actor("c1.cso"), at=desk.world.at)
    assert Robot(desk.world, "c1").get("/notices").status_code == 401


def test_a_notice_is_gone_with_what_it_is_about(desk: Desk, partner: Robot) -> None:
    """The maker reads the ticket; the token does not reach it, and so not the notice of it."""
    ticket = desk.open(by="c1.ct")
    notice = tell(desk, ticket, "p1.pm", "secret")
    assert partner.get("/notices", kind="ticket.answered").json()["items"] == []
    assert partner.get(f"/notices/{notice.id}").status_code == 404
    assert partner.send("POST", f"/notices/{notice.id}/read").status_code == 404


@pytest.mark.req("C8", "C15")
@pytest.mark.parametrize("door", ["notice", "ticket"])
def test_an_escalation_is_taken_on_by_a_program_in_its_makers_name(
    desk: Desk, partner: Robot, client: Robot, moving: Any, door: str
) -> None:
    agree(
        desk,
        text_of(KINDS | {"access": 15}, CLIENT_PAUSES.replace("asks: approval", "asks: answer") + LADDER),
    )
    ticket = with_partner(desk)
    at = resolve_of(ticket).started_at + timedelta(minutes=240)
    moving.move_to(at)
    escalations_sweep(at=at)
    work_all()
    due = Escalation.objects.get(step=3)
    path = f"/tickets/{ticket.id}/escalations/{due.id}"
    if door == "notice":
        [told] = partner.get("/notices", kind="ticket.escalated").json()["items"]
        assert told["needs_acknowledgement"]
        path = f"/notices/{told['id']}"
    assert client.send("POST", f"{path}/acknowledge").status_code == 404
    assert partner.send("POST", f"{path}/acknowledge").status_code == 204
    due.refresh_from_db()
    assert due.acknowledged_by_id == desk.world.people["p1.pm"].id
    shown = partner.get(f"/tickets/{ticket.id}/escalations").json()
    assert {e["acknowledged_by_id"] for e in shown} == {str(due.acknowledged_by_id)}
    assert partner.get("/notices", kind="ticket.escalated").json()["items"][0]["acknowledged_at"]
    again = partner.send("POST", f"{path}/acknowledge")
    assert again.status_code == (204 if door == "notice" else 409)
    if door == "ticket":
        assert Robot(desk.world, "p1").send("POST", f"{path}/acknowledge").status_code == 403


def test_choices_are_edited_as_they_were_read(desk: Desk, client: Robot) -> None:
    read = client.get("/notice-choices")
    assert read.json()["ways"]["ticket.assigned"] == ["mail", "push"]
    assert read.json()["offered"] == ["mail", "push"]
    change = {"quiet_from": "22:00", "quiet_until": "06:30", "ways": {"ticket.assigned": ["mail"]}}
    assert client.send("PATCH", "/notice-choices", change).status_code == 428
    done = client.send("PATCH", "/notice-choices", change, **{"if-match": read["ETag"]})
    assert (done.status_code, done["ETag"] != read["ETag"]) == (200, True)
    late = client.send("PATCH", "/notice-choices", {"digest": "daily"}, **{"if-match": read["ETag"]})
    assert late.status_code == 412
    more = client.send("PATCH", "/notice-choices", {"digest": "daily"}, **{"if-match": done["ETag"]})
    assert more.json() == done.json() | {"digest": "daily"}
    assert (more.json()["quiet_from"], more.json()["ways"]["ticket.assigned"]) == ("22:00", ["mail"])
    assert client.get("/notice-choices")["ETag"] == more["ETag"]
    row = NoticeChoices.objects.get()
    assert (row.person_id, row.digest, row.ways) == (
        desk.world.people["c1.cso"].id,
        "daily",
        {"ticket.assigned": ["mail"]},
    )
    for wrong in ({"digest": "yearly"}, {"ways": {"ticket.assigned": ["pigeon"]}}, {"phone": "no number"}):
        refused = client.send("PATCH", "/notice-choices", wrong, **{"if-match": more["ETag"]})
        assert (refused.status_code, list(refused.json()["fields"])) == (422, list(wrong))
    assert client.get("/notice-choices").json() == more.json()
