"""A storm of events from programs that send each of them several times, out of order and at once: each counts once.

A ticket is opened, written to, offered, taken and resolved, each under a key of its own. Every event is sent one to five times,
all of all tickets are shuffled, and eight senders send them. What comes before what it builds on is refused, and comes again.
"""

import random
import threading
import time
from collections import Counter, deque
from typing import Any

import pytest
import time_machine
from django.core.cache import cache
from django.db import connection
from tests.api.test_tickets import Robot
from tests.proof import count
from tests.worlds import World

from cosource.foundation.ids import new_id
from cosource.foundation.models import Entry, ReplayedRequest
from cosource.foundation.queries.verification import verify
from cosource.foundation.services.sealing import seal_all
from cosource.tickets.models import Participation, Possession, Ticket, TicketReference

EVENTS = count("EVENTS", sample=30, full=10_000)
# Who sends it, and where to.
STEPS = {
    "open": ("c1", "/tickets"),
    "reply": ("c1", "/tickets/{}/messages"),
    "offer": ("c1", "/tickets/{}/handover"),
    "take": ("p1", "/tickets/{}/handover/accept"),
    "resolve": ("p1", "/tickets/{}/moves"),
}
LEAVES = {
    "open": "ticket.opened/1",
    "offer": "ticket.handover_offered/1",
    "take": "ticket.handed_over/1",
}
SENDERS, MOST_COPIES = 8, 5
# Nothing there yet, not in that state, and changed since it was read.
COMES_AGAIN = {404, 409, 412}


class Storm:
    """The events, and what was answered to each. `early`: how often a step was refused as coming too soon, by what it is."""

    def __init__(self, world: World, tickets: int) -> None:
        self.world = world
        noise = random.Random(6)
        sent = [
            (n, step) for n in range(tickets) for step in STEPS for _ in range(noise.randint(1, MOST_COPIES))
        ]
        noise.shuffle(sent)
        # One that comes before the ticket that it is about, whatever the dice say.
        first = sent.index((0, "resolve"))
        sent[0], sent[first] = sent[first], sent[0]
        self.copies, self.waiting = len(sent), deque(sent)
        self.ids: dict[int, str] = {}
        self.answers: dict[tuple[int, str], list[tuple[int, bytes]]] = {}
        self.early: Counter[tuple[str, int]] = Counter()
        self.unforeseen: list[str] = []
        self.over = time.monotonic() + 7_200

    def body_of(self, number: int, step: str) -> Any:
        return {
            "open": {"title": f"Alert {number}", "text": "It fires."},
            "reply": {"text": f"Still firing {number}", "party_ids": [], "wider_confirmed": True},
            "offer": {
                "to_team_id": str(self.world.teams["p1.alder"].id),
                "reason": "skill",
                "text": "Please.",
            },
            "take": None,
            "resolve": {"to_state": "resolved", "text": f"Quiet again {number}"},
        }[step]

    def send(self) -> None:
        robots = {key: Robot(self.world, key) for key in ("c1", "p1")}
        while not self.unforeseen and time.monotonic() < self.over:
            try:
                number, step = self.waiting.popleft()
            except IndexError:
                break
            who, where = STEPS[step]
            path = where.format(self.ids.get(number) or new_id())
            headers = {"idempotency-key": f"{number}-{step}"}
            if step in ("offer", "take", "resolve"):
                headers["if-match"] = (
                    robots[who].get(path[: len("/tickets/") + 36]).headers.get("ETag", '"1"')
                )
            answer = robots[who].send("POST", path, self.body_of(number, step), **headers)
            if answer.status_code in (200, 201):
                self.answers.setdefault((number, step), []).append((answer.status_code, answer.content))
                if step == "open":
                    self.ids[number] = answer.json()["id"]
            elif answer.status_code in COMES_AGAIN:
                self.early[step, answer.status_code] += 1
                self.waiting.append((number, step))
            else:
                self.unforeseen.append(f"{answer.status_code} {step} {answer.content!r}")
        connection.close()

    def rage(self) -> None:
        senders = [threading.Thread(target=self.send) for _ in range(SENDERS)]
        for sender in senders:
            sender.start()
        for sender in senders:
            sender.join()
        assert self.unforeseen == []
        assert not self.waiting


@pytest.mark.django_db(transaction=True)
def test_what_is_sent_often_out_of_order_and_at_once_counts_once(world: World, settings: Any) -> None:
    settings.API_PER_MINUTE = 10**6
    cache.clear()
    tickets = EVENTS // len(STEPS)
    storm = Storm(world, tickets)
    began = time.monotonic()
    with time_machine.travel(world.at, tick=True):
        storm.rage()
        _one_effect_of_each(world, storm, tickets)
    print(
        {
            "events": len(storm.answers),
            "sent": storm.copies,
            "came too soon": {f"{step} {status}": n for (step, status), n in sorted(storm.early.items())},
            "seconds": round(time.monotonic() - began),
        }
    )


def _one_effect_of_each(world: World, storm: Storm, tickets: int) -> None:
    # One answer to each, however often it was sent.
    assert set(storm.answers) == {(n, step) for n in range(tickets) for step in STEPS}
    assert sum(map(len, storm.answers.values())) == storm.copies
    assert [key for key, said in storm.answers.items() if len(set(said)) > 1] == []
    assert storm.early["resolve", 404] > 0

    # One effect of each.
    ids = {str(i) for i in Ticket.objects.values_list("id", flat=True)}
    assert ids == set(storm.ids.values())
    assert len(ids) == tickets
    for kind in LEAVES.values():
        subjects = Entry.objects.filter(kind=kind).values_list("subject_id", flat=True)
        assert Counter(map(str, subjects)) == dict.fromkeys(ids, 1), kind
    said = Entry.objects.filter(kind="ticket.message_added/1").values_list("payload__body", flat=True)
    wanted = {f"{words} {n}": 1 for words in ("Still firing", "Quiet again") for n in range(tickets)}
    assert Counter(b["text"] for b in said if b["text"] in wanted) == wanted
    moved = Entry.objects.filter(kind="ticket.state_changed/1", facts__to="resolved").values_list(
        "subject_id", flat=True
    )
    assert Counter(map(str, moved)) == dict.fromkeys(ids, 1)
    assert set(Ticket.objects.values_list("category", flat=True)) == {"resolved"}
    held = Possession.objects.values_list("ticket_id", "organization_id")
    assert Counter(held) == {
        (t.id, world.organizations[k].id): 1 for t in Ticket.objects.all() for k in ("c1", "p1")
    }
    assert Participation.objects.count() == TicketReference.objects.count() == 2 * tickets
    assert ReplayedRequest.objects.count() == tickets * len(STEPS)
    seal_all()
    for organization in world.organizations.values():
        assert verify(organization.id).findings == []

    # The same key for something else is refused, a step as an opening.
    for step in ("open", "resolve"):
        who, where = STEPS[step]
        answer = Robot(world, who).send(
            "POST",
            where.format(storm.ids[0]),
            storm.body_of(1, step),
            **{"idempotency-key": f"0-{step}", "if-match": '"1"'},
        )
        assert (answer.status_code, answer.json()["type"]) == (422, "urn:cosource:problem:key-reused")
