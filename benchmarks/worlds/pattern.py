"""The tickets that a world is copied from, each played by the services from its opening on.

Two groups: tickets that are over, and tickets that are open at `NOW` in every state a ticket can wait in. The parties are
those of the tests' world, with more teams and agreements in force.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from random import Random
from uuid import UUID

from tests.worlds import World, two_clients_three_partners

from benchmarks.places import NOW as NOW_TEXT
from cosource.agreements.services.confirmations import version_confirm
from cosource.agreements.services.quick_start import quick_start_agreement
from cosource.foundation.services.sealing import seal_all
from cosource.foundation.sight import TECHNICIAN, Actor
from cosource.parties.services.invitations import OfferedRole
from cosource.parties.services.teams import team_add
from cosource.tickets.models import Ticket
from cosource.tickets.rules.states import CLOSED, IN_PROGRESS, RESOLVED, WAITING_CLIENT, WAITING_REQUESTER
from cosource.tickets.services.conversation import ticket_reply
from cosource.tickets.services.handover import handover_accept, ticket_hand_over
from cosource.tickets.services.moving import ticket_move
from cosource.tickets.services.opening import ticket_open

NOW = datetime.fromisoformat(NOW_TEXT).astimezone(UTC)
START = NOW - timedelta(weeks=14)
OVER = 490
OPEN = 200

# Of a hundred open tickets, how many stand where.
STANDING = {
    "new": 22,
    "started": 30,
    "waits for requester": 14,
    "waits for client": 8,
    "offered": 10,
    "partner": 16,
}
PARTNER_TEAMS = ("p1.alder", "p1.alder2", "p1.alder3", "p1.alder4")
DESK_TEAMS = ("c1.desk", "c1.apps")

SUBJECTS = (
    "Printer on ward {n} prints blank pages",
    "Cannot reach the patient file from room {n}",
    "VPN drops every {n} minutes",
    "New starter {n} has no mailbox",
    "Label printer {n} is out of ribbon",
    "Scanner {n} saves to the wrong folder",
    "Wireless is slow in building {n}",
    "Payroll run {n} stopped with an error",
    "Monitor {n} flickers",
    "Phone {n} rings on the wrong desk",
)
SENTENCES = (
    "It began this morning after the weekly restart.",
    "Two colleagues see the same on their machines.",
    "We switched it off and on again, without any change.",
    "The message on the screen names error {n}.",
    "Please call before you come, the room is in use until noon.",
    "The device stands next to the window, inventory number {n}.",
    "It worked until yesterday evening.",
    "This keeps us from finishing the reports that are due today.",
)


@dataclass
class Pattern:
    """The parties, and the ids of the pattern's tickets by group."""

    world: World
    over: list[UUID] = field(default_factory=list)
    open: list[UUID] = field(default_factory=list)


class _Cast:
    """The actors at one moment; resolved once, since nothing about them changes while the pattern is played."""

    def __init__(self, world: World) -> None:
        self.world = world
        self._known: dict[str, Actor] = {}

    def __getitem__(self, key: str) -> Actor:
        if key not in self._known:
            self._known[key] = self.world.actor(key, at=START)
        return self._known[key]


def play_pattern() -> Pattern:
    """Build the parties and play all tickets, with everything sealed at the end."""
    world = two_clients_three_partners(at=START)
    _more_teams(world)
    _agree(world)
    pattern, cast, random = Pattern(world), _Cast(world), Random(20260615)
    for number in range(OVER):
        opened = NOW - timedelta(days=random.randint(8, 26), minutes=random.randint(0, 600))
        pattern.over.append(_Story(world, cast, random, number, opened).play_to_the_end())
    standing = _spread(STANDING, OPEN)
    for number, place in enumerate(standing):
        opened = NOW - timedelta(minutes=random.randint(10, 9 * 24 * 60))
        pattern.open.append(_Story(world, cast, random, OVER + number, opened).play_until(place))
    seal_all()
    return pattern


def _spread(shares: dict[str, int], total: int) -> Iterator[str]:
    places = [name for name, share in shares.items() for _ in range(share)]
    random = Random(1)
    random.shuffle(places)
    return (places[n % len(places)] for n in range(total))


def _more_teams(world: World) -> None:
    for key in PARTNER_TEAMS[1:]:
        world.teams[key] = team_add(
            name=f"{key} team",
            mailbox=f"{key.replace('.', '-')}@p1.example",
            engagement_ids=[world.engagements["c1p1"].id],
            actor=world.actor("p1.pm"),
            at=START,
        )
        world.hire(
            f"{key}-tech",
            by="p1.pm",
            roles=[OfferedRole(TECHNICIAN, world.engagements["c1p1"].id)],
            team_ids=[world.teams[key].id],
        )


def _agree(world: World) -> None:
    quick_start_agreement(engagement_id=None, actor=world.actor("c1.cso"), at=START)
    for key, partner in (("c1p1", "p1"), ("c1p2", "p2")):
        version = quick_start_agreement(
            engagement_id=world.engagements[key].id, actor=world.actor("c1.cso"), at=START
        )
        version_confirm(
            version_id=version.id, digest=version.digest, actor=world.actor(f"{partner}.pm"), at=START
        )


class _Story:
    """One ticket on its way. Every step takes some minutes or hours."""

    def __init__(self, world: World, cast: _Cast, random: Random, number: int, opened_at: datetime) -> None:
        self.world, self.cast, self.random = world, cast, random
        self.at = opened_at.replace(second=0, microsecond=0)
        self.step = max((NOW - self.at) / 12, timedelta(minutes=1))
        self.holder = "c1.ct"
        self.partner = ""
        service = random.choices(("c1.printing", "c1.network", "c1.payroll"), (55, 25, 20))[0]
        self.requested = random.random() < 0.6
        self.ticket = ticket_open(
            actor=cast["c1.ct"],
            at=self.at,
            title=random.choice(SUBJECTS).format(n=number),
            text=self.words(4),
            impact=random.choices((1, 2, 3), (8, 52, 40))[0],
            urgency=random.choices((1, 2, 3), (10, 55, 35))[0],
            topic=random.choice(("Printing", "Network", "Accounts", "Software")),
            service_id=world.services[service].id,
            site_id=world.sites["c1.main"].id if random.random() < 0.7 else None,
            asset_name=f"PC-{1000 + number}" if random.random() < 0.5 else "",
            requester_id=world.people["c1.req"].id if self.requested else None,
            requester_name="" if self.requested else "Visitor",
            team_id=world.teams[random.choice(DESK_TEAMS)].id,
        )
        if service != "c1.payroll":
            self.partner = "p1" if service == "c1.printing" else "p2"

    def play_to_the_end(self) -> UUID:
        self.start()
        if self.partner and self.random.random() < 0.6:
            self.pass_on()
            if self.random.random() < 0.2:
                self.pass_back()
        if self.requested and self.random.random() < 0.15:
            self.wait(WAITING_REQUESTER)
            self.answer()
        elif self.random.random() < 0.4:
            self.reply()
        self.move(RESOLVED, text=self.words(2))
        self.move(CLOSED, by="c1.ct")
        return self.ticket.id

    def play_until(self, place: str) -> UUID:
        if place == "new":
            return self.ticket.id
        self.start()
        if self.partner and place in ("partner", "waits for client"):
            self.pass_on()
        if self.random.random() < 0.6:
            self.reply()
        if place == "waits for requester":
            self.wait(WAITING_REQUESTER)
        elif place == "waits for client" and self.holder != "c1.ct":
            self.wait(WAITING_CLIENT)
        elif place == "offered" and self.partner:
            self.offer(self.partner_team())
        return self.ticket.id

    def words(self, count: int) -> str:
        return " ".join(
            self.random.choice(SENTENCES).format(n=self.random.randint(1, 999)) for _ in range(count)
        )

    def later(self) -> datetime:
        self.at = (self.at + self.step * self.random.uniform(0.2, 1)).replace(second=0, microsecond=0)
        return self.at

    def partner_team(self) -> str:
        return self.random.choice(PARTNER_TEAMS) if self.partner == "p1" else "p2.noc"

    def start(self) -> None:
        self.move(IN_PROGRESS)

    def move(self, state: str, *, by: str = "", text: str = "", reason: str = "") -> None:
        ticket_move(
            ticket_id=self.ticket.id,
            to_state=state,
            text=text,
            reason=reason,
            actor=self.cast[by or self.holder],
            at=self.later(),
        )

    def wait(self, state: str) -> None:
        reason = {WAITING_REQUESTER: "requester", WAITING_CLIENT: "client"}[state]
        self.move(state, text=self.words(2), reason=reason_key(self, reason))

    def answer(self) -> None:
        ticket_reply(
            ticket_id=self.ticket.id,
            text=self.words(2),
            party_ids=[],
            with_requester=True,
            actor=self.cast["c1.req"],
            at=self.later(),
            wider_confirmed=True,
        )

    def reply(self) -> None:
        ours = self.holder.partition(".")[0]
        ticket_reply(
            ticket_id=self.ticket.id,
            text=self.words(3),
            party_ids=[self.world.organizations["c1"].id],
            with_requester=self.requested and self.random.random() < 0.5,
            actor=self.cast[self.holder],
            at=self.later(),
            wider_confirmed=ours != "",
        )

    def offer(self, team: str) -> None:
        ticket_hand_over(
            ticket_id=self.ticket.id,
            to_team_id=self.world.teams[team].id,
            reason=self.random.choice(("skill", "scope", "access")),
            text=self.words(2),
            actor=self.cast[self.holder],
            at=self.later(),
        )

    def pass_on(self) -> None:
        team = self.partner_team()
        self.offer(team)
        self.holder = {"p1.alder": "p1.pt", "p2.noc": "p2.pt"}.get(team, f"{team}-tech")
        handover_accept(ticket_id=self.ticket.id, actor=self.cast[self.holder], at=self.later())

    def pass_back(self) -> None:
        self.offer("c1.desk")
        self.holder = "c1.ct"
        handover_accept(ticket_id=self.ticket.id, actor=self.cast["c1.ct"], at=self.later())


def reason_key(story: _Story, turn: str) -> str:
    """Return the agreed reason to wait for this side, by whoever holds the ticket."""
    from cosource.agreements.queries.terms import terms_of

    ticket = Ticket.objects.get(id=story.ticket.id)
    part = ticket.participations.get(organization_id=ticket.holder_organization_id)
    if part.agreement_version_id is None:
        return ""
    return next(r.key for r in terms_of(part.agreement_version_id).pause_reasons if r.turn == turn)
