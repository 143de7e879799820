"""Many people work on one ticket in the same moments: no word of anybody is lost, and no step is half another's."""

import itertools
import random
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier
from typing import Any

import pytest
from django.db import connection
from tests.integration.tickets.conftest import Desk
from tests.integration.tickets.test_clocks import CLIENT_PAUSES, KINDS, text_of
from tests.integration.tickets.test_escalation import agree
from tests.proof import count
from tests.worlds import World

from cosource.foundation.errors import Conflict, CosourceError, StaleVersion
from cosource.foundation.models import Entry
from cosource.foundation.queries.verification import verify
from cosource.foundation.services.sealing import seal_all
from cosource.tickets.models import Handover, Message, Participation, Possession, Ticket, TicketLink
from cosource.tickets.rules.possession import PossessionInterval, gaps_and_overlaps
from cosource.tickets.rules.states import TRANSITIONS
from cosource.tickets.services.changing import ticket_update
from cosource.tickets.services.conversation import ticket_reply
from cosource.tickets.services.handover import (
    handover_accept,
    handover_decline,
    handover_withdraw,
    ticket_hand_over,
)
from cosource.tickets.services.merging import ticket_merge, ticket_unmerge
from cosource.tickets.services.moving import ticket_move

pytestmark = pytest.mark.django_db(transaction=True)
TEAMS = {"c1": "c1.desk", "p1": "p1.alder"}


class Together:
    """Writers beside each other on one ticket, each with a connection of its own."""

    def __init__(self, world: World) -> None:
        self.desk = Desk(world, world.at)
        agree(self.desk, text_of(KINDS, CLIENT_PAUSES))
        self.ticket = self.desk.open(title="T", impact=1, urgency=1)
        self.desk.give(self.ticket, "p1.alder", "c1.ct", "p1.pt")
        # In the order in which each took its instant, which need not be that of what they wrote.
        self._minutes = itertools.count(1)
        self.actors = {key: self.desk.actor(key) for key in ("c1.ct", "c1.ct2", "c1.cso", "p1.pt", "p1.pm")}
        self.answers: Counter[str] = Counter()

    def given(self, who: str) -> dict[str, Any]:
        at = self.desk.now + timedelta(seconds=next(self._minutes))
        return {"ticket_id": self.ticket.id, "actor": self.actors[who], "at": at}

    def run(self, *works: Callable[[], None]) -> None:
        start = Barrier(len(works))

        def one(work: Callable[[], None]) -> None:
            try:
                start.wait(60)
                work()
            finally:
                connection.close()

        connection.close()
        with ThreadPoolExecutor(len(works)) as pool:
            for done in [pool.submit(one, work) for work in works]:
                done.result()

    def tries(self, step: Callable[..., Any], who: str, **more: Any) -> bool:
        """Take a step that may be refused, for reasons that people are told; again where somebody else was first."""
        while True:
            try:
                step(**self.given(who), **more)
            except StaleVersion as stale:
                self.answers[stale.code] += 1
                continue
            except CosourceError as refused:
                self.answers[refused.code] += 1
                return False
            self.answers[step.__name__] += 1
            return True

    def check(self) -> None:
        ticket = Ticket.objects.get(pk=self.ticket.id)
        seal_all()
        entries = Entry.objects.filter(subject_id=ticket.id).order_by("id")
        moves = [(e.facts["from"], e.facts["to"]) for e in entries.filter(kind="ticket.state_changed/1")]
        assert [
            (before[1], after[0]) for before, after in itertools.pairwise(moves) if before[1] != after[0]
        ] == []
        # Out of a merge a ticket goes on where it was, by a way of its own.
        assert {m for m in moves if "merged" not in m} <= {(t.from_key, t.to_key) for t in TRANSITIONS}
        assert ticket.state == (moves[-1][1] if moves else "new")

        held = list(Possession.objects.filter(ticket=ticket).order_by("sequence"))
        spans = [
            PossessionInterval(str(p.organization_id), str(p.team_id), p.from_at, p.until_at) for p in held
        ]
        assert gaps_and_overlaps(spans, ticket.opened_at, ticket.closed_at) == ()
        assert (held[-1].organization_id, held[-1].team_id) == (
            ticket.holder_organization_id,
            ticket.holder_team_id,
        )
        offers = Counter(Handover.objects.values_list("state", flat=True))
        assert offers["offered"] <= 1
        assert offers["accepted"] == ticket.handovers == len(held) - 1
        assert offers["accepted"] == entries.filter(kind="ticket.handed_over/1").count()
        assert sum(offers.values()) == entries.filter(kind="ticket.handover_offered/1").count()
        assert (
            Message.objects.filter(ticket=ticket).count()
            == entries.filter(payload__isnull=False, kind__in=SPOKEN).count()
        )
        for organization in self.desk.world.organizations.values():
            assert verify(organization.id).findings == []


SPOKEN = (
    "ticket.message_added/1",
    "ticket.handover_offered/1",
    "ticket.handover_declined/1",
    "ticket.opened/1",
    "ticket.shared/1",
)


@pytest.mark.req("C8")
def test_every_edit_saw_the_one_before(world: World, request: pytest.FixtureRequest) -> None:
    """Each counts on from the title that it read, under the version that it read.

    A proof has fifty writers for ten minutes, or for COSOURCE_PROOF_SECONDS.
    """
    in_full = request.config.getoption("--proof")
    writers, edits = (50, 10**6) if in_full else (6, 4)
    seconds = count("SECONDS", sample=60, full=600)
    together = Together(world)
    refused: Counter[str] = Counter()
    over = time.monotonic() + seconds

    def write(number: int) -> None:
        who = ("c1.ct", "p1.pt", "c1.ct2")[number % 3]
        organization = together.desk.org(who[:2])
        for _ in range(edits):
            while time.monotonic() < over:
                version = Participation.objects.values_list("revision", flat=True).get(
                    ticket=together.ticket, organization_id=organization
                )
                counted = int(Ticket.objects.values_list("title", flat=True).get())
                try:
                    ticket_update(
                        **together.given(who),
                        changes={"title": str(counted + 1)},
                        expected_version=version,
                    )
                    break
                except (StaleVersion, Conflict) as stale:
                    refused[stale.code] += 1

    ticket_update(**together.given("c1.ct"), changes={"title": "0"}, expected_version=None)
    together.run(*(lambda number=number: write(number) for number in range(writers)))
    changes = Entry.objects.filter(kind="ticket.changed/1").order_by("id").select_related("payload")
    titles = [entry.payload.body["title"] for entry in changes]
    assert [(a, b) for a, b in itertools.pairwise(titles) if a["to"] != b["from"]] == []
    # Nobody's count is lost, and none is counted twice.
    assert Ticket.objects.get().title == str(len(titles) - 1)
    assert in_full or len(titles) - 1 == writers * edits
    together.check()
    print({"edits": len(titles) - 1, "refused": dict(refused)})


def test_merge_reply_and_close_beside_each_other(world: World, request: pytest.FixtureRequest) -> None:
    """Whoever comes first, the ticket is whole: it goes on, is over, or points to the one that goes on, and no reply is lost."""
    rounds = 100 if request.config.getoption("--proof") else 8
    together = Together(world)
    goes_on = together.desk.open(title="Goes on")
    replied: list[str] = []

    def work(number: int) -> None:
        who = ("c1.ct", "c1.cso", "c1.ct2", "p1.pt")[number]
        for n in range(rounds):
            if number == 0:
                together.tries(ticket_merge, who, into_id=goes_on.id)
            elif number == 1:
                together.tries(ticket_unmerge, who)
            elif number == 2:
                state = "closed" if n == rounds - 1 else ("in_progress", "resolved")[n % 2]
                together.tries(ticket_move, who, to_state=state, text="So it is.", reason="badge")
            text = f"{who} {n}"
            others = {together.desk.org("c1"), together.desk.org("p1")}
            more = {"text": text, "party_ids": others, "with_requester": False, "wider_confirmed": True}
            if together.tries(ticket_reply, who, **more):
                replied.append(text)

    together.run(*(lambda number=number: work(number) for number in range(4)))
    together.check()
    ticket = Ticket.objects.get(pk=together.ticket.id)
    ends = TicketLink.objects.filter(ticket_id=ticket.id, kind="merged_into")
    assert (ticket.state == "merged") is (ends.count() == 1)
    said = Entry.objects.filter(kind="ticket.message_added/1").values_list("payload__body", flat=True)
    assert Counter(b["text"] for b in said if b["text"] != "So it is.") == Counter(replied)
    assert together.answers["ticket_merge"] >= 1
    print(dict(together.answers))


def test_handover_reply_resolve_and_reopen_beside_each_other(
    world: World, request: pytest.FixtureRequest
) -> None:
    rounds = 150 if request.config.getoption("--proof") else 12
    together = Together(world)
    teams = {key: world.teams[name].id for key, name in TEAMS.items()}
    replied: list[str] = []

    def hand(who: str, to: str, noise: random.Random) -> None:
        if noise.random() < 0.3:
            together.tries(handover_withdraw, who)
            together.tries(handover_decline, who, reason="no_capacity", text="No.")
        elif not together.tries(handover_accept, who):
            together.tries(ticket_hand_over, who, to_team_id=teams[to], reason="skill", text="Please.")

    def move(who: str, noise: random.Random) -> None:
        state = noise.choice(["in_progress", "resolved", "waiting_client", "in_progress"])
        together.tries(ticket_move, who, to_state=state, text="So it is.", reason="badge")

    def reply(who: str, n: int) -> None:
        text = f"{who} {n}"
        others = {together.desk.org("c1"), together.desk.org("p1")}
        more = {"text": text, "party_ids": others, "with_requester": False, "wider_confirmed": True}
        if together.tries(ticket_reply, who, **more):
            replied.append(text)

    def work(number: int) -> None:
        noise = random.Random(number)
        who = ("c1.ct", "p1.pt", "c1.ct2", "p1.pm")[number % 4]
        for n in range(rounds):
            kind = (number // 2 + n) % 3
            if kind == 0:
                hand(who, "p1" if who.startswith("c1") else "c1", noise)
            elif kind == 1:
                move(who, noise)
            else:
                reply(f"{who}", number * rounds + n)

    together.run(*(lambda number=number: work(number) for number in range(8)))
    together.check()
    said = Entry.objects.filter(kind="ticket.message_added/1").values_list("payload__body", flat=True)
    assert Counter(b["text"] for b in said if b["text"] != "So it is.") == Counter(replied)
    print(dict(together.answers))
    taken = {"ticket_hand_over", "ticket_move", "ticket_reply"}
    assert taken <= set(together.answers)
