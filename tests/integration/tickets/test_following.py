"""Who follows a ticket, or is named in a message, is told of it: exactly what they may read, and nobody behind a wall."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from tests.integration.tickets.conftest import Desk
from tests.integration.tickets.page_reader import Reader
from tests.integration.tickets.test_conversation import write

from cosource.foundation.errors import Invalid, NotAllowed, NotFound
from cosource.foundation.models import Entry, Notice
from cosource.parties.services.leaving import employment_end
from cosource.tickets.models import Following, Message, Ticket
from cosource.tickets.queries.ticket_page import ticket_get
from cosource.tickets.services.following import ticket_follow
from cosource.tickets.services.moving import ticket_move

pytestmark = [pytest.mark.django_db, pytest.mark.req("C14")]


@pytest.fixture
def shared(desk: Desk) -> Ticket:
    """A ticket of c1 with a requester, that p1 works on."""
    ticket = desk.open(requester_id=desk.world.people["c1.req"].id)
    desk.give(ticket, "p1.alder", "c1.ct", "p1.pt")
    return ticket


def follow(desk: Desk, ticket: Ticket, *keys: str, follows: bool = True) -> None:
    for key in keys:
        ticket_follow(ticket_id=ticket.id, follows=follows, actor=desk.actor(key), at=desk.tick())


def told(desk: Desk, kind: str) -> set[str]:
    """Who was told since the last time."""
    keys = {person.id: key for key, person in desk.world.people.items()}
    found = {keys[i] for i in Notice.objects.filter(kind=kind).values_list("person_id", flat=True)}
    Notice.objects.all().delete()
    return found


def test_followers_are_told_of_what_they_read(desk: Desk, shared: Ticket) -> None:
    follow(desk, shared, "c1.cso", "c1.ct", "c1.aud", "c1.req", "p1.pm", "p1.pt")
    follow(desk, shared, "c1.cso")
    told(desk, "")
    write(desk, shared, "p1.pt", ["c1"])
    assert told(desk, "ticket.followed") == {"c1.cso", "c1.ct", "c1.aud", "p1.pm"}
    write(desk, shared, "p1.pt", [])
    assert told(desk, "ticket.followed") == {"p1.pm"}
    # An auditor reads no notes among one party's own.
    write(desk, shared, "c1.ct", [])
    assert told(desk, "ticket.followed") == {"c1.cso"}
    write(desk, shared, "c1.cso", ["p1"], with_requester=True, wider_confirmed=True)
    # The requester and who works on it are told of that anyway, and of one thing once.
    assert told(desk, "ticket.followed") == {"c1.ct", "c1.aud", "p1.pm"}
    ticket_move(
        ticket_id=shared.id, to_state="resolved", text="Done.", actor=desk.actor("p1.pt"), at=desk.tick()
    )
    assert told(desk, "ticket.followed") == {"c1.cso", "c1.ct", "c1.aud", "c1.req", "p1.pm"}

    follow(desk, shared, "c1.cso", "c1.ct", "c1.aud", "p1.pm", "p1.pt", follows=False)
    write(desk, shared, "p1.pt", ["c1"])
    assert told(desk, "ticket.followed") == set()


def test_only_who_sees_it_follows_and_who_leaves_ends_it(desk: Desk, shared: Ticket) -> None:
    for key in ("p2.pt", "c2.cso", "c1.req2"):
        if key in desk.world.people:
            with pytest.raises(NotFound):
                follow(desk, shared, key)
    with pytest.raises(NotAllowed):
        ticket_follow(
            ticket_id=shared.id, follows=True, actor=desk.world.token_actor("p1", desk.now), at=desk.now
        )
    follow(desk, shared, "p1.pt", "p1.pm")
    employment_end(person_id=desk.world.people["p1.pt"].id, actor=desk.actor("p1.pm"), at=desk.tick())
    assert [f.person_id for f in Following.objects.all()] == [desk.world.people["p1.pm"].id]


def test_the_page_says_it_and_asks_no_more_for_it(desk: Desk, shared: Ticket) -> None:
    def asked() -> int:
        with CaptureQueriesContext(connection) as asking:
            ticket_get(actor=desk.actor("c1.ct"), ticket_id=shared.id, at=desk.now)
        return len(asking)

    asked()
    before = asked()
    with time_machine.travel(desk.now + timedelta(minutes=1)):
        reader = Reader(desk, "c1.ct")
        assert "Be told of what is said" in reader.get(f"/tickets/{shared.id}/").content.decode()
        reader.client.post(f"/tickets/{shared.id}/follow/", {"follows": "1"})
        assert 'aria-pressed="true"' in reader.get(f"/tickets/{shared.id}/").content.decode()
        assert asked() == before
        reader.client.post(f"/tickets/{shared.id}/follow/", {"follows": "0"})
        assert not Following.objects.exists()


def named_in(entry: Any) -> list[UUID]:
    return [UUID(i) for i in Entry.objects.get(id=entry).facts.get("mentioned", [])]


def test_who_is_named_is_told_and_nobody_twice(desk: Desk, shared: Ticket) -> None:
    told(desk, "")
    entry = write(desk, shared, "c1.ct", ["p1"], "Please, @pt of  cedar desk, and pt@p1.example.")
    assert named_in(entry) == [desk.world.people["p1.pt"].id]
    assert set(Notice.objects.values_list("kind", flat=True)) == {"ticket.mentioned"}
    assert told(desk, "ticket.mentioned") == {"p1.pt"}
    # Whom one does not know of is a word like any other, and naming costs nothing where nobody is named.
    assert named_in(write(desk, shared, "c1.ct", ["p1"], "@PT of Dogwood Networks @nobody @")) == []
    assert told(desk, "ticket.mentioned") == set()


def test_nobody_is_named_who_would_not_read_it(desk: Desk, shared: Ticket) -> None:
    before = Message.objects.count()
    for by, to, name, more in (
        ("c1.ct", [], "PT of Cedar Desk", {}),
        ("p1.pt", [], "CT of Alder Hospitals", {}),
        ("p1.pt", ["c1"], "REQ of Alder Hospitals", {}),
    ):
        with pytest.raises(Invalid) as refused:
            write(desk, shared, by, to, f"Ask @{name}", **more)
        assert refused.value.code == "mention_outside"
        assert name in refused.value.message
    assert Message.objects.count() == before
    write(
        desk, shared, "p1.pt", ["c1"], "@REQ of Alder Hospitals?", with_requester=True, wider_confirmed=True
    )
    assert "c1.req" in told(desk, "ticket.mentioned")


def test_names_are_completed_for_the_readers_that_are_chosen(desk: Desk, shared: Ticket) -> None:
    c1, p1 = desk.org("c1").hex, desk.org("p1").hex
    with time_machine.travel(desk.now + timedelta(minutes=1)):

        def offered(key: str, audience: str, typed: str = "of") -> set[str]:
            answer = Reader(desk, key).get(f"/tickets/{shared.id}/people/?q={typed}&audience={audience}")
            return {one["name"] for one in answer.json()["people"]}

        assert offered("c1.ct", f"{c1}.{p1}", "pt of ceda") == {"PT of Cedar Desk"}
        assert offered("c1.ct", c1, "pt of ceda") == set()
        assert "REQ of Alder Hospitals" not in offered("c1.ct", c1)
        assert "REQ of Alder Hospitals" in offered("c1.ct", f"{c1}%2B")
        assert Reader(desk, "p2.pt").get(f"/tickets/{shared.id}/people/?q=a").status_code == 404
