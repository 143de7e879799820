"""An organization's rules as its own people read them: the draft, what is live, what was before; and what rules may name.

Not here: changing them (`services.rule_sets`), and their words (`sentences`).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from cosource.foundation.errors import NotFound
from cosource.foundation.sight import MANAGER, SERVICE_OWNER, Actor
from cosource.parties.models import EngagementTeam, Service, Site, Skill, Team
from cosource.parties.queries.sight import WRITE, live
from cosource.tickets.models import RoutingRules
from cosource.tickets.models.routing import READERS

LEADS = frozenset({SERVICE_OWNER, MANAGER})
VERSIONS_SHOWN = 20


@dataclass(frozen=True, slots=True)
class Versions:
    """The rules of an organization. `over`: earlier versions, the latest first."""

    draft: RoutingRules | None
    live: RoutingRules | None
    over: tuple[RoutingRules, ...]


def reads_rules(actor: Actor) -> bool:
    """Tell whether the actor may read the rules of its organization. No query."""
    return (
        actor.organization_id is not None
        and not actor.sight.as_host
        and bool(actor.sight.roles_on(None) & READERS)
    )


def leads_rules(actor: Actor) -> bool:
    """Tell whether the actor may put rules in force: a person who leads at the own desk. No query."""
    return actor.kind == "person" and reads_rules(actor) and bool(actor.sight.roles_on(None) & LEADS)


def drafts_rules(actor: Actor) -> bool:
    """Tell whether the actor may write a draft: who leads, or a token of the own desk that may write. No query."""
    if actor.kind != "token":
        return leads_rules(actor)
    return reads_rules(actor) and any(
        WRITE in g.rights for g in actor.sight.grants if g.engagement_id is None
    )


def versions_of(actor: Actor) -> Versions:
    """Return the versions that the actor may read. Raises: NotFound where it may read none. One statement."""
    if not reads_rules(actor):
        raise NotFound
    found = list(RoutingRules.objects.visible_to(actor).order_by("-version")[:VERSIONS_SHOWN])
    by_state = {row.state: row for row in reversed(found)}
    return Versions(
        by_state.get(RoutingRules.State.DRAFT),
        by_state.get(RoutingRules.State.LIVE),
        tuple(row for row in found if row.state == RoutingRules.State.OVER),
    )


@dataclass(slots=True)
class Nameable:
    """What the rules of an organization may name, by id: its own, and what its engagements put in its sight.

    `teams`: own ones, those offered by partners, with the party's name where it is another.
    """

    teams: dict[UUID, str] = field(default_factory=dict)
    own_teams: frozenset[UUID] = frozenset()
    services: dict[UUID, str] = field(default_factory=dict)
    sites: dict[UUID, str] = field(default_factory=dict)
    skills: dict[UUID, str] = field(default_factory=dict)

    def of(self, name: str) -> Mapping[UUID, str]:
        """Return what a condition of this name may be given."""
        return {"team": self.teams, "service": self.services, "site": self.sites, "skill": self.skills}[name]


def nameable(actor: Actor, at: datetime) -> Nameable:
    """Return what the actor's rules may name. At most five statements."""
    own = actor.reads_as
    offered = EngagementTeam.objects.filter(live(at), live(at, "engagement__"), engagement__client_id=own)
    teams = (
        Team.objects.filter(organization_id=own) | Team.objects.filter(id__in=offered.values("team_id"))
    ).filter(ended_at__isnull=True)
    found = Nameable()
    mine: set[UUID] = set()
    for team_id, name, party_id, party in teams.order_by("organization__name", "name", "id").values_list(
        "id", "name", "organization_id", "organization__name"
    ):
        found.teams[team_id] = name if party_id == own else f"{party}, {name}"
        if party_id == own:
            mine.add(team_id)
    found.own_teams = frozenset(mine)
    found.services = dict(
        Service.objects.visible_to(actor)
        .filter(ended_at__isnull=True)
        .order_by("name", "id")
        .values_list("id", "name")
    )
    found.sites = dict(
        Site.objects.visible_to(actor)
        .filter(ended_at__isnull=True)
        .order_by("name", "id")
        .values_list("id", "name")
    )
    found.skills = dict(Skill.objects.visible_to(actor).order_by("name", "id").values_list("id", "name"))
    return found
