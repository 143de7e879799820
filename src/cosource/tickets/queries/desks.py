"""Where somebody may open a ticket, and what may be chosen there: services, places, teams, people, and the priority that follows.

Not here: opening it (`services.opening`).
"""

from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from django.utils.translation import gettext as _

from cosource.agreements.queries.terms import terms_in_force
from cosource.foundation.pages import PartyBadge
from cosource.foundation.sight import MANAGER, REQUESTER, SERVICE_OWNER, TECHNICIAN, Actor
from cosource.parties.models import (
    Employment,
    Engagement,
    EngagementService,
    Organization,
    Service,
    Site,
    Team,
)
from cosource.parties.queries.sight import live
from cosource.tickets.rules.priority import LEVELS, PRIORITY_LABELS, parse_matrix, priority_of
from cosource.tickets.rules.states import TicketKind

OWN_DESK = frozenset({TECHNICIAN, SERVICE_OWNER, MANAGER, REQUESTER})
UNDER_ENGAGEMENT = frozenset({TECHNICIAN, MANAGER})
# Beyond so many people nobody chooses from a list; the name is typed.
PEOPLE = 500


@dataclass(frozen=True, slots=True)
class Desk:
    """A desk at which the actor may open tickets: the own one (`engagement` None), or a client's."""

    owner: Organization
    engagement: Engagement | None
    badge: PartyBadge

    @property
    def key(self) -> str:
        """Return how an address or a form names it."""
        return self.engagement.id.hex if self.engagement else "own"


@dataclass(slots=True)
class DeskChoices:
    """What may be chosen on one desk, as pairs of id and name; `priorities`: (impact, urgency, priority, its name)."""

    services: list[tuple[UUID, str]] = field(default_factory=list)
    sites: list[tuple[UUID, str]] = field(default_factory=list)
    teams: list[tuple[UUID, str]] = field(default_factory=list)
    people: list[tuple[UUID, str, str]] = field(default_factory=list)
    priorities: list[tuple[int, int, int, str]] = field(default_factory=list)


def desks_of(actor: Actor, at: datetime) -> list[Desk]:
    """Return the desks at which the actor may open tickets, the own one first. At most two queries."""
    desks = []
    if actor.sight.roles_on(None) & OWN_DESK and actor.organization_id is not None:
        own = Organization.objects.get(id=actor.organization_id)
        desks.append(Desk(own, None, PartyBadge(1, own.initials, own.name)))
    wanted = [i for i in actor.sight.engagement_ids if actor.sight.roles_on(i) & UNDER_ENGAGEMENT]
    if wanted:
        rows = Engagement.objects.filter(
            live(at), id__in=wanted, partner_id=actor.organization_id, parent__isnull=True
        )
        for engagement in rows.select_related("client").order_by("client__name", "name", "id"):
            client = engagement.client
            desks.append(Desk(client, engagement, PartyBadge(1, client.initials, client.name)))
    # Whoever works for clients opens tickets there; a desk of one's own without anything on it comes last.
    return sorted(desks, key=lambda d: d.engagement is None and len(desks) > 1 and _leads_only(actor))


def _leads_only(actor: Actor) -> bool:
    return actor.sight.roles_on(None) <= {MANAGER}


def may_open(actor: Actor) -> bool:
    """Tell whether the actor may open tickets anywhere. No query."""
    if actor.organization_id is None:
        return False
    if actor.sight.roles_on(None) & OWN_DESK:
        return True
    return any(g.is_first_hand and g.role in UNDER_ENGAGEMENT for g in actor.sight.grants)


def openable_kinds(actor: Actor) -> tuple[TicketKind, ...]:
    """Return which kinds of ticket the actor may open: who only asks for help says what is broken or what is wanted."""
    if actor.sight.roles == {REQUESTER}:
        return (TicketKind.INCIDENT, TicketKind.REQUEST)
    return tuple(TicketKind)


def choices_on(desk: Desk, actor: Actor, at: datetime, *, for_requester: bool) -> DeskChoices:
    """Return what may be chosen on a desk. At most five queries."""
    owner_id = desk.owner.id
    sites = Site.objects.filter(organization_id=owner_id, ended_at__isnull=True)
    found = DeskChoices()
    if for_requester:
        found.sites = list(sites.order_by("name", "id").values_list("id", "name"))
        return found
    services = Service.objects.filter(organization_id=owner_id, ended_at__isnull=True)
    teams = Team.objects.filter(organization_id=actor.reads_as, ended_at__isnull=True)
    if desk.engagement is not None:
        covered = EngagementService.objects.filter(live(at), engagement=desk.engagement)
        services = services.filter(id__in=covered.values("service_id"))
        sites = sites.visible_to(actor)
        teams = teams.filter(id__in=actor.sight.team_ids) if actor.sight.team_ids else teams
    else:
        people = Employment.objects.filter(live(at), organization_id=owner_id).order_by(
            "person__name", "person_id"
        )
        found.people = list(people.values_list("person_id", "person__name", "person__email")[:PEOPLE])
    found.services = list(services.order_by("name", "id").values_list("id", "name"))
    found.sites = list(sites.order_by("name", "id").values_list("id", "name"))
    found.teams = list(teams.order_by("id").values_list("id", "name"))
    found.priorities = _priorities(owner_id, at)
    return found


def _priorities(owner_id: UUID, at: datetime) -> list[tuple[int, int, int, str]]:
    terms = terms_in_force(engagement_id=None, owner_id=owner_id, at=at)
    pairs = [(impact, urgency) for impact in LEVELS for urgency in LEVELS]
    if terms is None or terms.priority_matrix is None:
        values = [priority_of(*pair) for pair in pairs]
    else:
        matrix = parse_matrix(terms.priority_matrix)
        values = [priority_of(*pair, matrix) for pair in pairs]
    return [(*pair, value, _(PRIORITY_LABELS[value])) for pair, value in zip(pairs, values, strict=True)]
