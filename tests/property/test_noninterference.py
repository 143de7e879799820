"""What somebody may not see changes nothing of what they see: not a byte of any answer.

Two worlds, A and A with more of what is out of the reader's sight; every page, list, count, search and endpoint answers the
same in both. A proof takes a hundred pairs for each reader, or as many as COSOURCE_PROOF_PAIRS says; the quick run
takes one for some of them.
"""

import random
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction
from tests.access import fixtures
from tests.access.reader import Answer, Reader, everything, standing_still
from tests.access.scene import Scene, mark_of
from tests.access.things import TICKETS
from tests.proof import count

from cosource.foundation.errors import NotAllowed
from cosource.foundation.services.sealing import seal_all
from cosource.foundation.sight import REQUESTER
from cosource.knowledge.services.articles import article_publish, article_write
from cosource.parties.models import Grant
from cosource.parties.services.invitations import OfferedRole
from cosource.parties.services.places import service_add, site_add
from cosource.parties.services.scope import engagement_service_add
from cosource.parties.services.teams import team_add
from cosource.tickets.models import Ticket
from cosource.tickets.services.articles import article_use
from cosource.tickets.services.conversation import ticket_reply
from cosource.tickets.services.handover import handover_accept, ticket_hand_over
from cosource.tickets.services.opening import ticket_open

ID = re.compile(
    rb"[0-9a-f]{33}|[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}|[0-9a-f]{64}|(?<=value=.)[0-9a-f]{20}"
)
# Here, since this folder's other tests want none of it.
scene = fixtures.scene
_own_database = fixtures._own_database
_standing_scene = fixtures._standing_scene

PAIRS = count("PAIRS", sample=1, full=100)
STEPS = 10

# Who is out of whose sight: the parties whose own business the reader never learns of.
READERS = {
    "PM": ("c1", "c2", "p2", "p3"),
    "PT": ("c1", "c2", "p2", "p3"),
    "TOK": ("c1", "c2", "p2", "p3"),
    "P2M": ("c1", "c2", "p1", "p3"),
    "P2": ("c1", "c2", "p1", "p3"),
    "CSO": ("c2", "p1", "p2", "p3"),
    "CT": ("c2", "p1", "p2", "p3"),
    "TOC": ("c2", "p1", "p2", "p3"),
    "AUD": ("c2", "p1", "p2", "p3"),
    "EMB": ("c2", "p1", "p2", "p3"),
    "REQ": ("c2", "p1", "p2", "p3"),
    "OPS": ("c1", "c2", "p1", "p2", "p3"),
}
# Of each party whoever sees most, a requester and a program; who sees a part of what they see is read in full by the proof.
QUICK = {"PM", "P2M", "CSO", "REQ", "TOK", "OPS"}
LEADS = {"c1": "c1.cso", "c2": "c2.cso", "p1": "p1.pm", "p2": "p2.pm", "p3": "p3.pm"}
HANDS = {"c1": "c1.ct", "c2": "c2.ct", "p1": "p1.pt", "p2": "p2.pt", "p3": "p3.pt"}


@dataclass
class Strangers:
    """Things that happen out of somebody's sight. `told`: what was done, for a failing pair."""

    scene: Scene
    chance: random.Random
    told: list[str] = field(default_factory=list)

    def at(self) -> Any:
        # Between what everybody knows of and the moment of looking, so that "newest" and "since" would show it.
        return self.scene.now - timedelta(seconds=self.chance.randrange(1, 3_000))

    def actor(self, key: str) -> Any:
        return self.scene.actor(key, at=self.scene.now)

    def word(self) -> str:
        """Words that the reader may well search for."""
        return (
            mark_of(self.chance.choice(sorted(TICKETS.values())))
            + " "
            + self.chance.choice(["printer", "Fault", "night"])
        )

    # -- what happens; each takes the party whose own business it is

    def internal_ticket(self, party: str) -> None:
        if party in ("c1", "c2"):
            ticket_open(
                title=self.word(),
                text=self.word(),
                internal=True,
                team_id=self.scene.world.teams[f"{party}.{'apps' if party == 'c1' else 'desk'}"].id,
                actor=self.actor(LEADS[party]),
                at=self.at(),
            )

    def uncovered_ticket(self, party: str) -> None:
        if party != "p3":
            ticket_open(title=self.word(), text=self.word(), actor=self.actor(LEADS[party]), at=self.at())

    def own_note(self, party: str) -> None:
        """A note among one's own, most telling on a ticket that the reader reads too."""
        by = LEADS[party]
        known = list(
            Ticket.objects.visible_to(self.actor(by))
            .exclude(category="closed")
            .order_by("id")
            .values_list("id", flat=True)
        )
        for pk in self.chance.sample(known, len(known)):
            try:
                with transaction.atomic():
                    ticket_reply(
                        ticket_id=pk,
                        text=self.word(),
                        party_ids=[],
                        with_requester=False,
                        wider_confirmed=True,
                        actor=self.actor(by),
                        at=self.at(),
                    )
            except Exception:  # noqa: BLE001 - a ticket on which this party may not write: take the next
                continue
            return

    def own_article(self, party: str) -> None:
        """Something that a party writes for itself, and says to have helped with a ticket that the reader may read, too."""
        by = LEADS[party]
        article = article_write(title=self.word(), text=self.word(), actor=self.actor(by), at=self.at())
        article_publish(article_id=article.id, actor=self.actor(by), at=self.at())
        known = Ticket.objects.visible_to(self.actor(by)).order_by("id").values_list("id", flat=True)
        for pk in self.chance.sample(list(known), min(len(known), 3)):
            try:
                with transaction.atomic():
                    article_use(ticket_id=pk, article_id=article.id, actor=self.actor(by), at=self.at())
            except NotAllowed:  # a ticket that this party only covers
                continue

    def team(self, party: str) -> None:
        team_add(
            name=f"{self.word()} {self.chance.random()}",
            engagement_ids=[],
            actor=self.actor(LEADS[party]),
            at=self.at(),
        )

    def place(self, party: str) -> None:
        site_add(name=f"Site {self.chance.random()}", actor=self.actor(LEADS[party]), at=self.at())

    def service(self, party: str) -> None:
        service_add(name=f"Service {self.chance.random()}", actor=self.actor(LEADS[party]), at=self.at())

    def colleague(self, party: str) -> None:
        self.scene.world.hire(
            f"{party}.x{self.chance.randrange(10**9)}", by=LEADS[party], roles=[OfferedRole(REQUESTER)]
        ) if party in ("c1", "c2") else None


# What of a party's business stays out of sight of everybody else, whoever they are.
OWN_BUSINESS: list[Callable[[Strangers, str], None]] = [
    Strangers.internal_ticket,
    Strangers.uncovered_ticket,
    Strangers.own_note,
    Strangers.own_note,
    Strangers.own_article,
    Strangers.team,
    Strangers.service,
    Strangers.colleague,
]


def _joint_business(strangers: Strangers, role: str) -> None:
    """Something between two parties of which the reader is neither."""
    scene, world = strangers.scene, strangers.scene.world
    of_p1 = role in ("PM", "PT", "TOK")
    of_p2 = role in ("P2", "P2M")
    if of_p1 or of_p2:
        # Client 1 and the other partner, on the ticket that both partners work on, and on one of their own.
        partner, key = ("p2", "other") if of_p1 else ("p1", "assigned")
        for ticket in ("joint", key, *(("aside",) if of_p1 else ())):
            ticket_reply(
                ticket_id=scene.tickets[ticket],
                text=strangers.word(),
                party_ids=[world.organizations["c1"].id],
                with_requester=False,
                wider_confirmed=True,
                actor=strangers.actor(HANDS[partner]),
                at=strangers.at(),
            )
        strangers.told.append(f"{partner} writes to c1")
        if of_p2:
            ticket_open(
                title=strangers.word(),
                text=strangers.word(),
                service_id=world.services["c1.printing"].id,
                actor=strangers.actor("c1.ct"),
                at=strangers.at(),
            )
    else:
        ticket_open(
            title=strangers.word(),
            text=strangers.word(),
            service_id=world.services["c2.stations"].id,
            actor=strangers.actor("c2.ct"),
            at=strangers.at(),
        )
        ticket_reply(
            ticket_id=scene.tickets["c2shared"],
            text=strangers.word(),
            party_ids=[world.organizations["c2"].id],
            with_requester=False,
            wider_confirmed=True,
            actor=strangers.actor("p1.pt2"),
            at=strangers.at(),
        )
        strangers.told.append("c2 and p1")


def happen(scene: Scene, role: str, seed: int) -> list[str]:
    """Let some things happen out of the role's sight; return what."""
    strangers = Strangers(scene, random.Random(seed))
    for _ in range(STEPS):
        party = strangers.chance.choice(READERS[role])
        step = strangers.chance.choice(OWN_BUSINESS)
        if (role, party, step.__name__) in IN_SIGHT:
            continue
        strangers.told.append(f"{step.__name__} of {party}")
        step(strangers, party)
    _joint_business(strangers, role)
    seal_all()
    return strangers.told


# What a reader does see of another party's own business: a placed person's employer is nobody's secret to them, and the like.
IN_SIGHT: set[tuple[str, str, str]] = set()


def seen(scene: Scene, role: str, pages: dict[str, Answer] | None = None) -> dict[str, Answer]:
    """Everything that the role reads, searches and counts. `pages`: what was read from the menus onwards already."""
    # What is noted of the looking itself is undone, so that one look is not seen by the next.
    with transaction.atomic():
        reader = Reader(scene, role, pages or {})
        if pages is None:
            reader.read_all()
        for key in ("assigned", "joint", "c2shared"):
            word = mark_of(key)
            reader.get(f"/api/v1/tickets?text={word}" if reader.is_token else f"/tickets/?text={word}")
            reader.get(f"/api/v1/articles?text={word}" if reader.is_token else f"/knowledge/?q={word}")
        transaction.set_rollback(True)
    return reader.pages


@pytest.mark.req("D21")
@pytest.mark.parametrize(
    "role", [r if r in QUICK else pytest.param(r, marks=pytest.mark.proof) for r in READERS]
)
@pytest.mark.threat("S19")
def test_what_is_out_of_sight_changes_no_byte(scene: Scene, role: str) -> None:
    with standing_still(scene):
        # Read once a run, for the table of who may what as well.
        before = seen(scene, role, everything(scene, role))
        for pair in range(PAIRS):
            with transaction.atomic():
                told = happen(scene, role, seed=pair * 7919 + sum(map(ord, role)))
                after = seen(scene, role)
                transaction.set_rollback(True)
            differing = [url for url in sorted(set(before) | set(after)) if before.get(url) != after.get(url)]
            assert not differing, "\n".join(
                [f"{role}, after: {', '.join(told)}", *(_shown(before, after, u) for u in differing)]
            )


def _shown(before: dict[str, Answer], after: dict[str, Answer], url: str) -> str:
    """Where two answers begin to differ."""
    one, two = before.get(url), after.get(url)
    if one is None or two is None:
        return f"{url}: read in one world only"
    if one.body == two.body:
        return f"{url}: {set(one.headers) ^ set(two.headers)}"
    at = next(
        (i for i, (a, b) in enumerate(zip(one.text, two.text, strict=False)) if a != b),
        min(len(one.text), len(two.text)),
    )
    return f"{url}: …{one.text[max(at - 120, 0) : at + 80]!r} – …{two.text[max(at - 120, 0) : at + 80]!r}"


@pytest.mark.parametrize("role", ["PM", "PT", "P2M", "CSO", "AUD"])
def test_ending_a_grant_adds_nothing_to_sight(scene: Scene, role: str) -> None:
    """Monotony: with one grant less, nothing is seen that was not seen with it."""
    reader = Reader(scene, role)
    was = set(Ticket.objects.visible_to(reader.actor).values_list("id", flat=True))
    for row in Grant.objects.filter(person_id=reader.actor.person_id, ends_at__isnull=True):
        with transaction.atomic():
            Grant.objects.filter(pk=row.pk).update(ends_at=scene.now)
            assert set(Ticket.objects.visible_to(reader.actor).values_list("id", flat=True)) <= was
            transaction.set_rollback(True)


@pytest.mark.threat("S19")
def test_that_another_partner_takes_part_is_not_told(scene: Scene) -> None:
    """Giving partner 2 the service of partner 1 is felt by partner 2 alone, even by whoever holds the ticket."""
    with standing_still(scene):
        alone = _worked_by_partner_1(scene, beside=False)
        beside = _worked_by_partner_1(scene, beside=True)
    assert alone == beside


def _worked_by_partner_1(scene: Scene, *, beside: bool) -> list[tuple[int, bytes]]:
    """What partner 1 reads of a ticket that it holds, with partner 2 beside or not; ids are new each time."""
    world, at = scene.world, scene.now - timedelta(minutes=9)
    minute = timedelta(minutes=1)
    with transaction.atomic():
        if beside:
            engagement_service_add(
                engagement_id=world.engagements["c1p2"].pk,
                service_id=world.services["c1.printing"].pk,
                actor=scene.actor("c1.cso", at),
                at=at,
            )
        ticket = ticket_open(
            title="Covered",
            text="By one or two.",
            service_id=world.services["c1.printing"].pk,
            actor=scene.actor("c1.ct", at),
            at=at + minute,
        )
        ticket_hand_over(
            ticket_id=ticket.id,
            to_team_id=world.teams["p1.alder"].pk,
            reason="skill",
            text="Please.",
            actor=scene.actor("c1.ct", at),
            at=at + 2 * minute,
        )
        handover_accept(ticket_id=ticket.id, actor=scene.actor("p1.pt", at), at=at + 3 * minute)
        if beside:
            ticket_reply(
                ticket_id=ticket.id,
                text="Between us.",
                party_ids=[world.organizations["p2"].pk],
                with_requester=False,
                wider_confirmed=True,
                actor=scene.actor("c1.ct", at),
                at=at + 4 * minute,
            )
        reader, program = Reader(scene, "PT"), Reader(scene, "TOK")
        pages = [
            reader.get(f"/tickets/{ticket.id}/"),
            reader.get(f"/tickets/{ticket.id}/?do=pause"),
            reader.get("/"),
        ]
        pages += [program.get(f"/api/v1/tickets/{ticket.id}{path}") for path in ("", "/entries", "/clocks")]
        transaction.set_rollback(True)
    return [(p.status, ID.sub(b"-", p.body)) for p in pages]
