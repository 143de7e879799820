"""What the parties of a desk do not both know changes no figure of that desk, in any breakdown, nor what is behind one.

Tickets go about between two clients and three partners; each step says whose desks may learn of it. A ticket of the reader's desk
is played, then comes what that desk never learns of, most of it with this very ticket, and every figure has to be what it was. A
proof takes a thousand such worlds for each reader, or as many as COSOURCE_PROOF_FIGURES says; the quick run takes one for one of
them.
"""

import random
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import pytest
from tests.integration.metrics import conftest as metrics
from tests.integration.metrics.conftest import refresh
from tests.integration.metrics.test_figures import later
from tests.integration.tickets.conftest import Desk
from tests.proof import count, in_full

from cosource.foundation.errors import CosourceError, NotAllowed
from cosource.foundation.sight import Actor
from cosource.knowledge.services.articles import article_publish, article_write
from cosource.metrics.queries.answers import answers_get
from cosource.metrics.queries.drill import tickets_behind
from cosource.metrics.queries.figures import figures
from cosource.metrics.queries.matrix import handovers_between
from cosource.metrics.queries.trends import trend
from cosource.metrics.rules.catalogue import METRICS
from cosource.metrics.rules.fields import FIELDS, PARTS
from cosource.tickets.models import Participation, StatedFigures, Ticket
from cosource.tickets.rules.calls import CallRow
from cosource.tickets.services.articles import article_use
from cosource.tickets.services.calls import calls_bring
from cosource.tickets.services.conversation import ticket_reply
from cosource.tickets.services.handover import handover_accept, ticket_hand_over
from cosource.tickets.services.merging import ticket_merge
from cosource.tickets.services.moving import ticket_move

facts_dir, desk, agreed = metrics.facts_dir, metrics.desk, metrics.agreed

WORLDS = count("FIGURES", sample=1, full=1_000)
STRANGE_STEPS = 6
# A sample asks for what tells most of who had a ticket.
BREAKDOWNS = (*FIELDS, *PARTS) if in_full else ("team", "turn")
BEHIND = METRICS[::5] if in_full else METRICS[::20]

# Who reads, and the desks that they read: engagements by their key, own desks by the organization's.
READERS = {
    "p1.pm": ("c1p1", "c2p1"),
    "p1.pt": ("c1p1",),
    "p1.pt2": ("c2p1",),
    "token:p1": ("c1p1",),
    "p2.pm": ("c1p2",),
    "p2.pt": ("c1p2",),
    "token:p2": ("c1p2",),
    "p3.pm": ("c2p3",),
    "p3.pt": ("c2p3",),
    "c1.cso": ("c1",),
    "c1.ct": ("c1p1",),
    "c1.aud": ("c1p2",),
    "emb": ("c1",),
    "c2.cso": ("c2",),
    "c2.ct": ("c2p1",),
}
QUICK = {"p1.pm"}
# Each team with its party, the engagement under which it works, and who works there.
TEAMS = {
    "c1.desk": ("c1", "", "c1.ct"),
    "c1.apps": ("c1", "", "c1.ct2"),
    "c2.desk": ("c2", "", "c2.ct"),
    "p1.alder": ("p1", "c1p1", "p1.pt"),
    "p1.birch": ("p1", "c2p1", "p1.pt2"),
    "p2.noc": ("p2", "c1p2", "p2.pt"),
    "p3.print": ("p3", "c2p3", "p3.pt"),
}
# The parties of whom an engagement's desk tells.
PARTIES = {"c1p1": {"c1", "p1"}, "c1p2": {"c1", "p2"}, "c2p1": {"c2", "p1"}, "c2p3": {"c2", "p3"}}


@dataclass(frozen=True)
class Step:
    """Something that may happen: what, which desks may learn of it, and how it is done."""

    told: str
    desks: set[str]
    take: Callable[[], object]


@dataclass
class Walk:
    """Tickets on their way. `last`: of each engagement's desk and ticket the team of which it last heard.

    `focus`: the ticket with which most things happen, one of the reader's desk.
    """

    desk: Desk
    chance: random.Random
    focus: Ticket | None = None
    tickets: list[Ticket] = field(default_factory=list)
    last: dict[tuple[str, UUID], str] = field(default_factory=dict)

    def steps(self) -> Iterator[Step]:
        """Make steps up, without end."""
        while True:
            kinds = [
                self.opens,
                self.calls,
                self.merges,
                *(3 * [self.goes, self.says, self.helps, self.moves]),
            ]
            step = self.chance.choice(kinds)()
            if step is not None:
                yield step

    def happen(self, most: int, out_of: tuple[str, ...] = ()) -> list[str]:
        """Take so many steps of which none of these desks learns; what is refused does not count."""
        told: list[str] = []
        for step in self.steps():
            if step.desks & set(out_of):
                continue
            try:
                step.take()
            except CosourceError:
                continue
            told.append(f"{step.told}, told to {sorted(step.desks)}")
            if len(told) == most:
                break
        return told

    def shared(self, desks: tuple[str, ...]) -> list[str]:
        """Play a new ticket that one of these desks counts; most often it is back at its owner's in the end."""
        under = self.chance.choice([key for key in PARTIES if {key, key[:2]} & set(desks)])
        team = next(team for team, (_, key, _) in TEAMS.items() if key == under)
        steps = [self.opens(under[:2], internal=False)]
        steps[0].take()
        self.focus = self.tickets[-1]
        end = self.chance.choice(["resolved", "", ""])
        for to in (team, f"{under[:2]}.desk")[: 1 if self.chance.random() < 0.2 else 2]:
            steps.append(self.goes(to))
            steps[-1].take()
            for more in (self.chance.choice([self.moves, self.says])(), self.moves(end) if end else None):
                if more is not None:
                    steps.append(more)
                    with suppress(CosourceError):
                        more.take()
        return [step.told for step in steps]

    # -- what there is of a ticket

    def any(self, *, only_focus: bool = False) -> Ticket:
        assert self.focus is not None
        ticket = (
            self.focus if only_focus or self.chance.random() < 0.8 else self.chance.choice(self.tickets[-12:])
        )
        ticket.refresh_from_db()
        return ticket

    def parties(self, ticket: Ticket) -> list[str]:
        return sorted(
            {self.owner(ticket)} | {party for key in self.workers(ticket) for party in PARTIES[key]}
        )

    def person(self, ticket: Ticket, party: str) -> str:
        """Somebody of a party who works on the ticket."""
        ours = {"", *self.workers(ticket)}
        return next(who for mine, under, who in TEAMS.values() if mine == party and under in ours)

    def owner(self, ticket: Ticket) -> str:
        return "c1" if ticket.owner_id == self.desk.org("c1") else "c2"

    def holder(self, ticket: Ticket) -> str:
        return next(key for key in TEAMS if self.desk.world.teams[key].id == ticket.holder_team_id)

    def workers(self, ticket: Ticket) -> set[str]:
        """The engagements whose desks count the ticket."""
        parts = Participation.objects.filter(ticket=ticket, kind="worker", engagement__isnull=False)
        ids = set(parts.values_list("engagement_id", flat=True))
        return {key for key in PARTIES if self.desk.world.engagements[key].id in ids}

    def everybody(self, ticket: Ticket) -> set[str]:
        return {self.owner(ticket)} | self.workers(ticket)

    # -- what may happen

    def opens(self, owner: str = "", **more: Any) -> Step:
        owner = owner or self.chance.choice(["c1", "c2"])
        service = self.desk.world.services["c1.printing" if owner == "c1" else "c2.stations"].id
        given: dict[str, Any] = {
            "by": f"{owner}.ct",
            "impact": self.chance.choice([1, 2, 3]),
            "urgency": self.chance.choice([1, 3]),
            "internal": self.chance.random() < 0.1,
            "service_id": self.chance.choice([None, service]),
        } | more

        def take() -> None:
            ticket = self.desk.open(**given)
            if self.chance.random() < 0.4:
                stated = self.chance.choice([True, False])
                StatedFigures.objects.create(ticket=ticket, sla_met=stated, kept={"code": str(stated)})
            self.tickets.append(ticket)

        return Step(f"{owner} opens", {owner}, take)

    def calls(self) -> Step:
        owner, key, by = self.chance.choice(
            [("c1", "", "c1.cso"), ("c1", "c1p1", "p1.pm"), ("c2", "c2p1", "p1.pm"), ("c2", "", "c2.cso")]
        )
        engagement_id = self.desk.world.engagements[key].id if key else None

        def take() -> None:
            at = self.desk.tick()
            rows = [CallRow(str(at), at, at)]
            calls_bring(
                rows=rows, source="PBX", engagement_id=engagement_id, actor=self.desk.actor(by), at=at
            )

        return Step(f"calls at {key or owner}", {owner, key} - {""}, take)

    def goes(self, to: str = "") -> Step:
        """Handed over and accepted. Desks that know of no new holder learn of nothing. `to`: where the focus goes."""
        ticket = self.any(only_focus=bool(to))
        before, owner = self.holder(ticket), self.owner(ticket)
        reached = [
            key for key, (party, under, _) in TEAMS.items() if key != before and owner in (party, under[:2])
        ]
        to = to or self.chance.choice(reached)
        party, under, taker = TEAMS[to]
        giver = TEAMS[before]
        heard = {key for key in self.workers(ticket) if party in PARTIES[key]}
        heard -= {key for key in heard if self.last.get((key, ticket.id)) == to}
        learn = {owner, under, giver[1], *heard} - {""}

        def take() -> None:
            ticket_hand_over(
                ticket_id=ticket.id,
                to_team_id=self.desk.world.teams[to].id,
                reason="skill" if party != owner else "done_here",
                text="Please.",
                named_owner_id=self.desk.world.people[taker].id,
                actor=self.desk.actor(giver[2]),
                at=self.desk.tick(),
            )
            handover_accept(ticket_id=ticket.id, actor=self.desk.actor(taker), at=self.desk.tick(7))
            for key in self.workers(ticket):
                if party in PARTIES[key]:
                    self.last[key, ticket.id] = to

        return Step(f"{before} gives to {to}", learn, take)

    def moves(self, to: str = "") -> Step:
        """`to`: what becomes of the focus."""
        ticket = self.any(only_focus=bool(to))
        to = to or self.chance.choice(
            ["in_progress", "resolved", "waiting_client", "waiting_requester", "closed"]
        )
        by = TEAMS[self.holder(ticket)][2]
        reason = "requester_answer" if to.startswith("waiting") else ""

        def take() -> None:
            ticket_move(
                ticket_id=ticket.id,
                to_state=to,
                reason=reason,
                text="" if to == "closed" else "Said.",
                actor=self.desk.actor(by),
                at=self.desk.tick(self.chance.choice([1, 90])),
            )

        return Step(f"{by} moves to {to}", self.everybody(ticket), take)

    def says(self) -> Step | None:
        """A word to some; while the ticket waits, it might be the answer, which all learn of."""
        ticket = self.any()
        owner, workers = self.owner(ticket), self.workers(ticket)
        if ticket.category == "paused":
            return None
        parties = self.parties(ticket)
        by = self.chance.choice(parties)
        readers = {by} | {party for party in parties if self.chance.random() < 0.5}
        who = self.person(ticket, by)
        learn = ({owner} & readers) | {key for key in workers if PARTIES[key] <= readers}

        def take() -> None:
            ticket_reply(
                ticket_id=ticket.id,
                text="Looking.",
                party_ids=[self.desk.org(party) for party in readers - {by}],
                with_requester=False,
                wider_confirmed=True,
                actor=self.desk.actor(who),
                at=self.desk.tick(3),
            )

        return Step(f"{by} writes to {sorted(readers)}", learn, take)

    def helps(self) -> Step:
        """An article of a party's own is noted as having helped."""
        ticket = self.any()
        party = self.chance.choice(self.parties(ticket))
        who = self.person(ticket, party)

        def take() -> None:
            about: dict[str, Any] = {"actor": self.desk.actor(who), "at": self.desk.tick()}
            article = article_write(title="Fuser", text="Warm it.", **about)
            article_publish(article_id=article.id, **about)
            article_use(ticket_id=ticket.id, article_id=article.id, **about)

        return Step(f"{party} used its own article", {party} & {self.owner(ticket)}, take)

    def merges(self) -> Step | None:
        one, other = self.any(), self.any()
        by = f"{self.owner(one)}.cso"
        if one.id == other.id or one.owner_id != other.owner_id or self.chance.random() < 0.7:
            return None

        def take() -> None:
            ticket_merge(ticket_id=one.id, into_id=other.id, actor=self.desk.actor(by), at=self.desk.tick())

        return Step(f"{by} merges", self.everybody(one) | self.everybody(other), take)


def reader_of(desk: Desk, who: str) -> Actor:
    if who.startswith("token:"):
        return desk.world.token_actor(who.removeprefix("token:"), at=desk.now)
    return desk.actor(who)


def told(desk: Desk, who: str) -> dict[str, object]:
    """All that a reader is told of their desks: every figure in every breakdown, and what is behind each."""
    actor = reader_of(desk, who)
    own = {key: desk.org(key) for key in ("c1", "c2")}
    desks = {key: engagement.id for key, engagement in desk.world.engagements.items()}
    given: dict[str, Any] = {"scope": [(own | desks)[key] for key in READERS[who]], "at": later(desk)}
    asked: dict[str, Callable[[], object]] = {
        f"by {by}": lambda by=by: figures(actor, by=by, **given) for by in (None, *BREAKDOWNS)
    }
    asked |= {f"behind {m.id}": lambda m=m: tickets_behind(actor, m.id, **given) for m in BEHIND}
    asked |= {
        "between": lambda: handovers_between(actor, **given),
        "answers": lambda: answers_get(actor, **given),
        "backlog": lambda: trend(actor, "backlog", step="day", **given),
    }
    said = {}
    for name, ask in asked.items():
        try:
            said[name] = ask()
        except NotAllowed:
            said[name] = "not for this reader"
    return said


@pytest.mark.req("C16", "C28", "D21")
@pytest.mark.threat("S19")
@pytest.mark.parametrize(
    "who", [r if r in QUICK else pytest.param(r, marks=pytest.mark.proof) for r in READERS]
)
def test_what_a_desk_does_not_know_changes_none_of_its_figures(agreed: Desk, who: str) -> None:
    walk = Walk(agreed, random.Random(who))
    for _world in range(WORLDS):
        known = walk.shared(READERS[who])
        refresh(agreed)
        before = told(agreed, who)
        strange = walk.happen(STRANGE_STEPS, out_of=READERS[who])
        assert refresh(agreed).tickets > 0
        after = told(agreed, who)
        differing = [name for name in before if before[name] != after[name]]
        assert not differing, "\n".join([f"{who} after", *known, "and, unknown:", *strange, f"{differing}"])
