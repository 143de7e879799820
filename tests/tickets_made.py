"""Tickets with random list keys, written as rows: for tests of lists, which read nothing else.

What the services write is tested beside the services; here any combination of keys may meet.
"""

from datetime import UTC, datetime, timedelta
from random import Random

from cosource.foundation.ids import new_id
from cosource.tickets.models import NEVER, Participation, Ticket
from cosource.tickets.models.participation import Kind, Turn
from tests.worlds import World

MINUTES = (-2000, -90, -30, 5, 40, 61, 300, 1500, 1500, 20_000)
PARTNERS = {"c1": ("c1p1", "c1p2"), "c2": ("c2p1", "c2p3")}
PARTNER_OF = {"c1p1": "p1", "c1p2": "p2", "c2p1": "p1", "c2p3": "p3", "sub": "p3"}
TEAMS = {
    "c1": ("c1.desk", "c1.apps"),
    "c2": ("c2.desk",),
    "p1": ("p1.alder", "p1.birch"),
    "p2": ("p2.noc",),
    "p3": ("p3.print", "p3.repairs"),
}
PEOPLE = {
    "c1": ("c1.ct", "c1.ct2", "c1.cso"),
    "c2": ("c2.ct",),
    "p1": ("p1.pt", "p1.pt2", "p1.pm"),
    "p2": ("p2.pt",),
    "p3": ("p3.pt", "p3.ptsub"),
}


def random_tickets(world: World, random: Random, number: int, at: datetime) -> list[Ticket]:
    """Write tickets of both clients with the parts of their partners; keys and times repeat often."""
    tickets: list[Ticket] = []
    parts: list[Participation] = []
    for _ in range(number):
        client = random.choice(("c1", "c1", "c2"))
        category = random.choice(("open", "open", "open", "paused", "resolved", "closed"))
        engagements = [e for e in PARTNERS[client] if random.random() < 0.6]
        if "c1p1" in engagements and random.random() < 0.4:
            engagements.append("sub")
        parties = [client, *(PARTNER_OF[e] for e in engagements)]
        holder, turn = random.choice([*parties, None]), random.choice([*parties, None])
        requester = f"{client}.req" if random.random() < 0.3 else None
        ticket = Ticket(
            id=new_id(),
            owner=world.organizations[client],
            title=f"Ticket {len(tickets)}",
            state={
                "open": random.choice(("new", "in_progress")),
                "paused": random.choice(("waiting_requester", "waiting_client", "waiting_partner")),
                "resolved": "resolved",
                "closed": "closed",
            }[category],
            category=category,
            impact=2,
            urgency=2,
            priority=random.randint(1, 3),
            turn="holder",
            turn_organization=world.organizations[turn] if turn else None,
            holder_organization=world.organizations[holder] if holder else None,
            requester=world.people[requester] if requester else None,
            internal=not engagements and random.random() < 0.5,
            source_key=f"INC{len(tickets):07d}" if random.random() < 0.3 else "",
            opened_at=at - timedelta(hours=random.randint(1, 6)),
            updated_at=at,
            service=world.services[random.choice(("c1.printing", "c1.payroll"))] if client == "c1" else None,
            site=world.sites[f"{client}.main"] if random.random() < 0.5 else None,
        )
        tickets.append(ticket)
        joint = [e for e in engagements if random.random() < 0.3]
        parts += [_part(world, random, ticket, e, client, e in joint, at) for e in [None, *engagements]]
    Ticket.objects.bulk_create(tickets)
    Participation.objects.bulk_create(parts)
    return tickets


def _part(
    world: World,
    random: Random,
    ticket: Ticket,
    engagement: str | None,
    client: str,
    joint: bool,
    at: datetime,
) -> Participation:
    party = PARTNER_OF[engagement] if engagement else client
    is_open = ticket.category in ("open", "paused")
    kind = random.choice((Kind.WORKER, Kind.SCOPE)) if engagement else Kind.OWNER
    works = kind != Kind.SCOPE
    part = Participation(
        id=new_id(),
        ticket=ticket,
        organization=world.organizations[party],
        engagement=world.engagements[engagement] if engagement else None,
        kind=kind,
        reference=f"{(engagement or client).upper()}-{random.randint(1, 9_999_999)}",
        owner_id=ticket.owner_id,
        service_id=ticket.service_id,
        site_id=ticket.site_id,
        team_id=world.teams[random.choice(TEAMS[party])].id if works and random.random() < 0.8 else None,
        assignee_id=world.people[random.choice(PEOPLE[party])].id
        if works and random.random() < 0.4
        else None,
        requester_id=ticket.requester_id if kind == Kind.OWNER else None,
        internal=ticket.internal,
        holds=ticket.holder_organization == world.organizations[party],
        unanswered=is_open and works and random.random() < 0.2,
        came_back=random.random() < 0.3,
        joint=joint,
        open=is_open,
        category=ticket.category,
        turn=random.choice(list(Turn)),
        priority=ticket.priority,
        next_due_at=at + timedelta(minutes=random.choice(MINUTES))
        if is_open and random.random() < 0.8
        else NEVER,
        opened_at=ticket.opened_at,
        updated_at=at,
    )
    if part.unanswered:
        part.offered_team_id = world.teams[random.choice(TEAMS[party])].id
        if not part.holds:
            # As the services have it: what another party offers a team is on that team's list.
            part.team_id = part.offered_team_id
    return part


def noon() -> datetime:
    """An instant at which the world stands."""
    return datetime(2026, 3, 5, 12, 0, tzinfo=UTC)
