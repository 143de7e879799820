"""Who of a party is told by a step of the ladder: its team on the ticket, its manager, or its deputies.

Where the party keeps a part of the engagement's escalation matrix, that says who decides at this hour and who comes after them,
of those who work and have the ticket in sight: a notice to anybody else would tell nobody.
Otherwise the manager is who leads the desk or the engagement: on the client's side its service owner, on the partner's its
manager, of several whose grant is oldest. The deputies are the others who lead it. Whoever has nobody in one place is told in
the next, so that a step reaches somebody as long as anyone leads. Not here: how they are told.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, fields
from datetime import datetime
from uuid import UUID

from django.db.models import Q

from cosource.agreements.rules.terms import DEPUTY, TEAM
from cosource.foundation.sight import MANAGER, SERVICE_OWNER, WORKERS, Sight
from cosource.parties.models import Grant, Membership
from cosource.parties.queries.sight import live, sight_of_person
from cosource.tickets.matrix.queries.deciding import Asked, Deciders
from cosource.tickets.models import Participation
from cosource.tickets.rules.sight import Part, reaching

_DECIDING = tuple(field.name for field in fields(Part))


@dataclass(frozen=True, slots=True)
class Seat:
    """A party on a ticket: under which engagement (None: its own desk), for which service, and whether it is the partner.

    `kind`, `priority`: of the ticket, where the matrix is to be asked.
    """

    ticket_id: UUID
    party_id: UUID
    engagement_id: UUID | None
    service_id: UUID | None
    is_partner: bool
    kind: str = ""
    priority: int = 0

    @property
    def asked(self) -> Asked | None:
        """Return what the matrix of its engagement is asked; an own desk has none, and who names no kind asks none."""
        if self.engagement_id is None or not self.kind:
            return None
        return Asked(self.engagement_id, self.party_id, self.kind, self.priority)


@dataclass(frozen=True, slots=True)
class _Leader:
    person_id: UUID
    role: str
    engagement_id: UUID | None
    service_ids: frozenset[UUID]


class People:
    """The people of many seats, read at once: five queries however many seats there are, more where a matrix is kept."""

    def __init__(self, seats: Iterable[Seat], at: datetime) -> None:
        given = list(seats)
        tickets, parties = {s.ticket_id for s in given}, {s.party_id for s in given}
        self._teams: dict[tuple[UUID, UUID], list[UUID]] = {}
        self._parts: dict[tuple[UUID, UUID], Part] = {}
        self._sights: dict[tuple[UUID, UUID], Sight] = {}
        self._at = at
        self.references: dict[tuple[UUID, UUID], str] = {}
        parts = Participation.objects.filter(ticket_id__in=tickets, organization_id__in=parties)
        for ticket_id, reference, *deciding in parts.values_list("ticket_id", "reference", *_DECIDING):
            part = Part(*deciding)
            key = ticket_id, part.organization_id
            self._parts[key] = part
            self._teams[key] = [t for t in (part.offered_team_id, part.team_id) if t is not None][:1]
            self.references[key] = reference
        self._members = _members({t for teams in self._teams.values() for t in teams}, at)
        self._deciders = Deciders((asked for s in given if (asked := s.asked) is not None), at)
        self._leaders = _leaders(parties, {s.engagement_id for s in given if s.engagement_id}, at)

    def of(self, seat: Seat, notify: str) -> list[UUID]:
        """Return whom a step tells on a seat; empty where nobody leads there."""
        asked = seat.asked
        decides = self._deciders.of(asked) if asked is not None and notify != TEAM else []
        decides = [person for person in decides if self._works_on(person, seat)]
        leaders = decides or self._of_seat(seat)
        if notify == TEAM:
            teams = self._teams.get((seat.ticket_id, seat.party_id), [])
            return [p for team in teams for p in self._members.get(team, [])] or leaders[:1]
        if notify == DEPUTY:
            return leaders[1:] or leaders
        return leaders[:1]

    def _works_on(self, person_id: UUID, seat: Seat) -> bool:
        """Tell whether somebody works on what they see of the party's part. Three queries for each person and party."""
        part = self._parts.get((seat.ticket_id, seat.party_id))
        if part is None:
            return False
        key = person_id, seat.party_id
        if key not in self._sights:
            self._sights[key] = sight_of_person(*key, self._at)
        return any(grant.role in WORKERS for grant in reaching(self._sights[key], part))

    def _of_seat(self, seat: Seat) -> list[UUID]:
        rank = (MANAGER, SERVICE_OWNER) if seat.is_partner else (SERVICE_OWNER, MANAGER)
        fitting = [
            leader
            for leader in self._leaders.get(seat.party_id, [])
            if leader.engagement_id in (seat.engagement_id, None)
            and (not leader.service_ids or seat.service_id in leader.service_ids)
        ]
        # Who leads the engagement itself comes before who leads the whole desk.
        fitting.sort(key=lambda leader: (leader.engagement_id != seat.engagement_id, rank.index(leader.role)))
        return list(dict.fromkeys(leader.person_id for leader in fitting))


def _members(team_ids: set[UUID], at: datetime) -> dict[UUID, list[UUID]]:
    found: dict[UUID, list[UUID]] = defaultdict(list)
    rows = Membership.objects.filter(live(at), team_id__in=team_ids, person__is_active=True)
    for team_id, person_id in rows.order_by("person_id").values_list("team_id", "person_id"):
        found[team_id].append(person_id)
    return found


def _leaders(party_ids: set[UUID], engagement_ids: set[UUID], at: datetime) -> dict[UUID, list[_Leader]]:
    found: dict[UUID, list[_Leader]] = defaultdict(list)
    rows = Grant.objects.filter(
        live(at),
        Q(engagement_id__in=engagement_ids) | Q(engagement__isnull=True),
        organization_id__in=party_ids,
        role__in=(MANAGER, SERVICE_OWNER),
        person__is_active=True,
    )
    for party_id, person_id, role, engagement_id, service_ids in rows.order_by("starts_at", "id").values_list(
        "organization_id", "person_id", "role", "engagement_id", "service_ids"
    ):
        if person_id is not None:
            services = frozenset(UUID(s) for s in service_ids)
            found[party_id].append(_Leader(person_id, role, engagement_id, services))
    return found
