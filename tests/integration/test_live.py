"""What is told to those who are connected, round by round; on a clock of the test's own."""

import asyncio
import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from typing import Any
from uuid import UUID

import pytest
from django.contrib.sessions.backends.db import SessionStore
from tests.access import fixtures
from tests.access.scene import Scene
from tests.live_server import apart
from tests.property.test_noninterference import READERS, happen

from cosource.foundation.live.follower import Follower, Rounds, Seat, TooManyStreams
from cosource.foundation.live.outlets import Outlet
from cosource.foundation.services.sealing import seal_all
from cosource.parties.models import Grant
from cosource.parties.queries.sight import sight_kept
from cosource.parties.services.grants import grant_end
from cosource.parties.services.leaving import employment_end
from cosource.parties.services.placements import placement_end
from cosource.parties.web.sessions import sessions_standing
from cosource.tickets.models import Participation
from cosource.tickets.services.conversation import ticket_reply

pytestmark = pytest.mark.req("D21")
scene = fixtures.scene
_own_database = fixtures._own_database
_standing_scene = fixtures._standing_scene


@dataclass
class Hall:
    """Seats in front of one reader, whose rounds the test calls."""

    scene: Scene
    loop: asyncio.AbstractEventLoop
    rounds: Rounds = field(default_factory=partial(Rounds, sessions_standing))
    seats: dict[str, Seat] = field(default_factory=dict)
    now: float = 0.0

    def seat(self, key: str) -> Seat:
        """Seat somebody of the scene, with a session of their own; "emb" sits at the host's desk."""
        sight = self.scene.actor(key, self.scene.now).sight
        assert sight.person_id is not None
        assert sight.organization_id is not None
        person = next(p for p in self.scene.world.people.values() if p.id == sight.person_id)
        session = SessionStore()
        session["_auth_user_id"] = str(person.pk)
        session["_auth_user_hash"] = person.get_session_auth_hash()
        session.create()
        home = self.scene.world.organizations["p1" if key == "emb" else key.partition(".")[0]].id
        self.seats[key] = Seat(
            outlet=Outlet(self.loop),
            who=key,
            person_id=sight.person_id,
            organization_ids=frozenset({sight.organization_id, home}),
            session_key=str(session.session_key),
            rights=partial(sight_kept, sight.person_id, sight.organization_id, ""),
        )
        return self.seats[key]

    def round(self, seconds: float = 0.2) -> dict[str, set[UUID] | None]:
        """Seal, look once, and return what each was told."""
        seal_all()
        self.now += seconds
        there = [s for s in self.seats.values() if not s.outlet.is_closed]
        self.rounds.take(there, at=self.scene.now + timedelta(seconds=self.now), now=self.now)
        apart(lambda: self.loop.run_until_complete(asyncio.sleep(0)))
        return {key: news["tickets"] for key, s in self.seats.items() if (news := s.outlet.take())}

    def closed(self) -> set[str]:
        return {key for key, seat in self.seats.items() if seat.outlet.is_closed}

    def say(self, key: str, *, by: str, to: tuple[str, ...], requester: bool = False) -> UUID:
        ticket_reply(
            ticket_id=self.scene.tickets[key],
            text="Now.",
            party_ids=[self.scene.world.organizations[o].id for o in to],
            with_requester=requester,
            wider_confirmed=True,
            actor=self.scene.actor(by, self.scene.now),
            at=self.scene.now,
        )
        return self.scene.tickets[key]


@pytest.fixture
def hall(scene: Scene) -> Iterator[Hall]:
    loop = asyncio.new_event_loop()
    hall = Hall(scene, loop)
    for key in ("c1.cso", "c1.ct", "c1.req", "c1.aud", "p1.pm", "p1.pt", "p2.pt", "p3.pt", "c2.ct", "emb"):
        hall.seat(key)
    assert hall.round() == {}
    yield hall
    loop.close()


def test_a_shared_note_reaches_both_parties_and_nobody_else(hall: Hall) -> None:
    ticket = hall.say("assigned", by="p1.pt", to=("c1", "p1"))
    told = hall.round()
    assert told == {key: {ticket} for key in ("c1.cso", "c1.ct", "c1.aud", "p1.pm", "p1.pt", "emb")}
    assert hall.round() == {}


def test_a_note_among_ones_own_tells_the_other_party_nothing(hall: Hall) -> None:
    ticket = hall.say("assigned", by="c1.ct", to=("c1",))
    assert hall.round() == {key: {ticket} for key in ("c1.cso", "c1.ct", "emb")}
    ticket = hall.say("assigned", by="p1.pt", to=("p1",))
    assert hall.round() == {key: {ticket} for key in ("p1.pm", "p1.pt")}


def test_who_asked_hears_of_what_is_written_for_them(hall: Hall) -> None:
    ticket = hall.say("assigned", by="c1.ct", to=("c1", "p1"), requester=True)
    assert hall.round()["c1.req"] == {ticket}


@pytest.mark.parametrize("role", ["PM", "PT", "P2M", "CSO", "EMB", "REQ"])
def test_what_is_out_of_sight_is_not_told(scene: Scene, role: str) -> None:
    from tests.access.reader import ROLES

    loop = asyncio.new_event_loop()
    hall = Hall(scene, loop)
    hall.seat(ROLES[role])
    hall.round()
    assert role in READERS
    assert happen(scene, role, seed=random.Random(role).randrange(10**6))
    assert hall.round() == {}
    loop.close()


def test_a_ticket_that_leaves_somebodys_sight_is_told_of_once_more(hall: Hall) -> None:
    """What is internal is seen by a technician of the desk while it is theirs, and only then."""
    scene = hall.scene
    ticket = scene.tickets["internalmine"]

    mine = Participation.objects.filter(ticket_id=ticket, organization=scene.world.organizations["c1"])

    def told(assignee: str | None) -> set[str]:
        hall.say("internalmine", by="c1.cso", to=("c1",))
        person_id = scene.world.people[assignee].id if assignee else None
        mine.update(team_id=scene.world.teams["c1.apps"].id, assignee_id=person_id)
        return set(hall.round())

    assert "c1.ct" in told("c1.ct")
    assert "c1.ct" in told(None)
    assert "c1.ct" not in told(None)
    assert "c1.ct" in told("c1.ct")


def _grant(scene: Scene) -> None:
    row = Grant.objects.get(person=scene.world.people["p1.pt"], engagement=scene.world.engagements["c1p1"])
    grant_end(grant_id=row.pk, actor=scene.actor("p1.pm", scene.now), at=scene.now)


def test_a_right_that_ends_is_felt_before_anything_else_is_told(hall: Hall) -> None:
    """The note is written before the right ends and sealed with it: the reader has no right when it would be told."""
    hall.say("assigned", by="c1.ct", to=("c1", "p1"))
    _grant(hall.scene)
    assert "p1.pt" not in hall.round()
    hall.say("assigned", by="c1.ct", to=("c1", "p1"))
    assert set(hall.round()) >= {"p1.pm", "c1.cso"}
    assert hall.closed() == set()


def test_a_leavers_stream_is_closed(hall: Hall) -> None:
    scene = hall.scene
    person = scene.world.people["p1.pt"]
    employment_end(person_id=person.id, actor=scene.actor("p1.pm", scene.now), at=scene.now)
    hall.round()
    assert hall.closed() == {"p1.pt"}
    placement = scene.world.placement
    assert placement is not None
    placement_end(placement_id=placement.pk, actor=scene.actor("c1.cso", scene.now), at=scene.now)
    hall.round()
    assert hall.closed() == {"p1.pt", "emb"}


def test_who_signs_out_or_changes_the_password_is_closed(hall: Hall) -> None:
    SessionStore(hall.seats["p1.pm"].session_key).delete()
    hall.round(1.0)
    assert hall.closed() == {"p1.pm"}
    person = hall.scene.world.people["c1.cso"]
    person.set_password("another-long-word-77")
    person.save()
    hall.round(60.0)
    assert hall.closed() == {"p1.pm", "c1.cso"}


def test_a_right_that_ends_by_itself_is_felt_within_a_minute(hall: Hall) -> None:
    scene = hall.scene
    Grant.objects.filter(person=scene.world.people["p1.pt"]).update(ends_at=scene.now + timedelta(seconds=5))
    hall.round(59.0)
    hall.round(2.0)
    hall.say("assigned", by="c1.ct", to=("c1", "p1"))
    assert "p1.pt" not in hall.round()


def test_who_comes_late_hears_of_the_last_moments(hall: Hall) -> None:
    ticket = hall.say("assigned", by="c1.ct", to=("c1", "p1"))
    hall.round()
    hall.seat("p1.pt")
    assert hall.round() == {"p1.pt": {ticket}}
    hall.seat("p1.pt")
    assert hall.round(20.0) == {}


def test_a_session_opens_no_more_streams_than_a_browser_would(hall: Hall) -> None:
    follower = Follower(standing=sessions_standing, most=0)
    with pytest.raises(TooManyStreams):
        follower.join(hall.seats["c1.ct"])


def _pieces(outlet: Outlet, count: int) -> list[str]:
    async def read() -> list[str]:
        stream: Any = aiter(outlet)
        return [await anext(stream) for _ in range(count)]

    return apart(lambda: outlet.loop.run_until_complete(asyncio.wait_for(read(), 5)))


def test_an_outlet_joins_what_was_not_taken_yet(hall: Hall) -> None:
    outlet = hall.seats["c1.ct"].outlet
    one, two = UUID(int=1), UUID(int=2)
    outlet.put("tickets", {two})
    outlet.put("tickets", {one, two})
    assert _pieces(outlet, 2) == ["retry: 2000\n\n", f'data: {{"tickets":["{one}","{two}"]}}\n\n']
    outlet.put("tickets", {UUID(int=n) for n in range(51)})
    assert _pieces(outlet, 2)[1] == 'data: {"tickets":[]}\n\n'
