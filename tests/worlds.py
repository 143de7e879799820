"""A world of two clients and three partners, built by the services alone.

    c1 Alder Hospitals ── c1p1 ── p1 Cedar Desk ── sub (under c1p1) ── p3 Elm Print
                      └── c1p2 ── p2 Dogwood Networks
    c2 Birch Rail      ── c2p1 ── p1 Cedar Desk
                      └── c2p3 ── p3 Elm Print

p1 serves both clients, with a team for each. `world.person("c1.cso")`, `world.actor("p1.pt")`: people by organization and role:

    c1: cso, ct, ct2, req, aud     c2: cso, ct, req
    p1: pm, pt (for c1), pt2 (for c2), emb (placed with c1)     p2: pm, pt     p3: pm, pt (for c2), ptsub (under p1)

`world.actor("emb")` is p1's person at c1's desk. Tokens: `world.token_actor("p1")` (c1p1, reads in scope, writes), "p2", "c1".
"""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from uuid import UUID

from cosource.foundation.sight import (
    AUDITOR,
    REQUESTER,
    SERVICE_OWNER,
    TECHNICIAN,
    Actor,
    system_actor,
)
from cosource.parties.models import (
    Engagement,
    IntegrationToken,
    Organization,
    Person,
    Placement,
    Service,
    Site,
    Team,
)
from cosource.parties.queries.sight import actor_for_person, actor_for_token
from cosource.parties.rules.policies import MAKERS_NOTICES, READ_IN_SCOPE
from cosource.parties.services.claims import stand_in_claim, stand_in_invite
from cosource.parties.services.engagements import engagement_create, engagement_rights_set
from cosource.parties.services.grants import grant_give
from cosource.parties.services.invitations import OfferedRole, invitation_accept, person_invite
from cosource.parties.services.organizations import organization_create
from cosource.parties.services.placements import placement_accept, placement_propose
from cosource.parties.services.places import service_add, site_add
from cosource.parties.services.scope import engagement_service_add
from cosource.parties.services.teams import team_add
from cosource.parties.services.tokens import TokenGrant, token_create

START = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
PASSWORD = "kestrel-ribbon-harbour-41"


def secret_of(link: str) -> str:
    """The secret that an invitation's link ends with."""
    return link.rstrip("/").rpartition("/")[2]


@dataclass
class World:
    at: datetime
    organizations: dict[str, Organization] = field(default_factory=dict)
    people: dict[str, Person] = field(default_factory=dict)
    engagements: dict[str, Engagement] = field(default_factory=dict)
    teams: dict[str, Team] = field(default_factory=dict)
    services: dict[str, Service] = field(default_factory=dict)
    sites: dict[str, Site] = field(default_factory=dict)
    tokens: dict[str, IntegrationToken] = field(default_factory=dict)
    secrets: dict[str, str] = field(default_factory=dict)
    placement: Placement | None = None

    def organization(self, key: str) -> Organization:
        return Organization.objects.get(pk=self.organizations[key].pk)

    def person(self, key: str) -> Person:
        return self.people[key]

    def engagement(self, key: str) -> Engagement:
        return Engagement.objects.select_related("client", "partner").get(pk=self.engagements[key].pk)

    def actor(self, key: str, at: datetime | None = None, channel: str = "page") -> Actor:
        """The actor of a person, resolved at `at`; "emb" acts at the host's desk."""
        if key == "emb":
            return actor_for_person(
                self.people["p1.emb"],
                organization_id=self.organizations["c1"].id,
                at=at or self.at,
                channel=channel,
            )
        organization = self.organizations[key.partition(".")[0]]
        return actor_for_person(
            self.people[key], organization_id=organization.id, at=at or self.at, channel=channel
        )

    def token_actor(self, key: str, at: datetime | None = None) -> Actor:
        """The actor of an organization's token."""
        return actor_for_token(IntegrationToken.objects.get(pk=self.tokens[key].pk), at=at or self.at)

    def hire(
        self,
        key: str,
        *,
        by: str,
        roles: list[OfferedRole],
        team_ids: list[UUID] | None = None,
        name: str = "",
        title: str = "",
    ) -> Person:
        """Invite somebody and let them accept."""
        organization, _, role = key.partition(".")
        issued = person_invite(
            email=f"{role}@{organization}.example",
            name=name or f"{role.upper()} of {self.organizations[organization].name}",
            title=title or role,
            roles=roles,
            team_ids=team_ids or [],
            by_mail=False,
            actor=self.actor(by),
            at=self.at,
        )
        self.people[key] = invitation_accept(secret=secret_of(issued.link), password=PASSWORD, at=self.at)
        return self.people[key]


def client_founded(world: World, key: str, name: str) -> None:
    """Found a client with its service owner `KEY.cso`."""
    founded = organization_create(
        name=name,
        time_zone="Europe/Berlin",
        leads_as=SERVICE_OWNER,
        person_name=f"CSO of {name}",
        person_email=f"cso@{key}.example",
        password=PASSWORD,
        actor=system_actor(reason="first run", channel="page"),
        at=world.at,
    )
    world.organizations[key] = founded.organization
    world.people[f"{key}.cso"] = founded.person


def engaged(
    world: World,
    key: str,
    *,
    client: str,
    partner: str,
    name: str,
    partner_name: str,
    parent: str | None = None,
) -> None:
    """Begin an engagement as its client, and let the partner take its seat: as a new party, or as one that is here."""
    lead = f"{client}.cso" if client.startswith("c") else f"{client}.pm"
    engagement = engagement_create(
        name=name,
        other_name=partner_name,
        own_side="client",
        other_email=f"pm@{partner}.example",
        parent_id=world.engagements[parent].id if parent else None,
        actor=world.actor(lead),
        at=world.at,
    )
    issued = stand_in_invite(
        engagement_id=engagement.id,
        email=f"pm@{partner}.example",
        name=f"PM of {partner_name}",
        by_mail=False,
        actor=world.actor(lead),
        at=world.at,
    )
    known = world.organizations.get(partner)
    if known is None:
        organization = stand_in_claim(secret=secret_of(issued.link), password=PASSWORD, at=world.at)
        world.people[f"{partner}.pm"] = Person.objects.get(email=f"pm@{partner}.example")
    else:
        organization = stand_in_claim(
            secret=secret_of(issued.link),
            person=world.people[f"{partner}.pm"],
            for_organization_id=known.id,
            at=world.at,
        )
    world.organizations[partner] = organization
    world.engagements[key] = Engagement.objects.get(
        client=world.organizations[client], partner=organization, ends_at__isnull=True
    )


def two_clients_three_partners(at: datetime = START) -> World:
    """Build the world at `at`; everything in it is live from then on."""
    world = World(at=at)
    client_founded(world, "c1", "Alder Hospitals")
    client_founded(world, "c2", "Birch Rail")
    engaged(world, "c1p1", client="c1", partner="p1", name="Workplace", partner_name="Cedar Desk")
    engaged(world, "c1p2", client="c1", partner="p2", name="Networks", partner_name="Dogwood Networks")
    engaged(world, "c2p1", client="c2", partner="p1", name="Stations", partner_name="Cedar Desk")
    engaged(world, "c2p3", client="c2", partner="p3", name="Ticket print", partner_name="Elm Print")
    engaged(
        world, "sub", client="p1", partner="p3", name="Print repairs", partner_name="Elm Print", parent="c1p1"
    )
    _places(world)
    _teams(world)
    _people(world)
    _tokens(world)
    return world


def _places(world: World) -> None:
    covered = {
        "c1p1": ("c1", "printing"),
        "c1p2": ("c1", "network"),
        "c2p1": ("c2", "stations"),
        "c2p3": ("c2", "tickets"),
    }
    for client in ("c1", "c2"):
        for name in ("main", "annex"):
            world.sites[f"{client}.{name}"] = site_add(
                name=f"{client} {name}", actor=world.actor(f"{client}.cso"), at=world.at
            )
    for key, (client, name) in covered.items():
        service = service_add(name=f"{client} {name}", actor=world.actor(f"{client}.cso"), at=world.at)
        world.services[f"{client}.{name}"] = service
        engagement_service_add(
            engagement_id=world.engagements[key].id,
            service_id=service.id,
            actor=world.actor(f"{client}.cso"),
            at=world.at,
        )
    world.services["c1.payroll"] = service_add(name="c1 payroll", actor=world.actor("c1.cso"), at=world.at)
    world.services["p1.spares"] = service_add(name="p1 spares", actor=world.actor("p1.pm"), at=world.at)
    engagement_service_add(
        engagement_id=world.engagements["sub"].id,
        service_id=world.services["p1.spares"].id,
        actor=world.actor("p1.pm"),
        at=world.at,
    )


def _teams(world: World) -> None:
    plan: list[tuple[str, str, list[str] | None]] = [
        ("c1.desk", "c1.cso", None),
        ("c1.apps", "c1.cso", None),
        ("c2.desk", "c2.cso", None),
        ("p1.alder", "p1.pm", ["c1p1", "sub"]),
        ("p1.birch", "p1.pm", ["c2p1"]),
        ("p2.noc", "p2.pm", None),
        ("p3.print", "p3.pm", ["c2p3"]),
        ("p3.repairs", "p3.pm", ["sub"]),
    ]
    for key, by, under in plan:
        world.teams[key] = team_add(
            name=f"{key.replace('.', ' ')} team",
            mailbox=f"{key.partition('.')[2]}@{key[:2]}.example",
            engagement_ids=None if under is None else [world.engagements[e].id for e in under],
            actor=world.actor(by),
            at=world.at,
        )


def _people(world: World) -> None:
    def on(engagement: str, role: str = TECHNICIAN) -> list[OfferedRole]:
        return [OfferedRole(role, world.engagements[engagement].id)]

    def teams(*keys: str) -> list[UUID]:
        return [world.teams[k].id for k in keys]

    for client in ("c1", "c2"):
        world.hire(
            f"{client}.ct",
            by=f"{client}.cso",
            roles=[OfferedRole(TECHNICIAN)],
            team_ids=teams(f"{client}.desk"),
        )
        world.hire(f"{client}.req", by=f"{client}.cso", roles=[OfferedRole(REQUESTER)])
    world.hire("c1.ct2", by="c1.cso", roles=[OfferedRole(TECHNICIAN)], team_ids=teams("c1.apps"))
    auditor = world.hire("c1.aud", by="c1.cso", roles=[])
    grant_give(
        person_id=auditor.id,
        role=AUDITOR,
        ends_at=world.at + timedelta(days=90),
        reason="yearly audit",
        actor=world.actor("c1.cso"),
        at=world.at,
    )
    world.hire("p1.pt", by="p1.pm", roles=on("c1p1"), team_ids=teams("p1.alder"))
    world.hire("p1.pt2", by="p1.pm", roles=on("c2p1"), team_ids=teams("p1.birch"))
    world.hire("p2.pt", by="p2.pm", roles=on("c1p2"), team_ids=teams("p2.noc"))
    world.hire("p3.pt", by="p3.pm", roles=on("c2p3"), team_ids=teams("p3.print"))
    world.hire("p3.ptsub", by="p3.pm", roles=on("sub"), team_ids=teams("p3.repairs"))
    embedded = world.hire("p1.emb", by="p1.pm", roles=[])
    placement = placement_propose(
        engagement_id=world.engagements["c1p1"].id,
        person_id=embedded.id,
        site_id=world.sites["c1.main"].id,
        works_on="Ward rollout",
        actor=world.actor("p1.pm"),
        at=world.at,
    )
    world.placement = placement_accept(
        placement_id=placement.id, team_ids=teams("c1.desk"), actor=world.actor("c1.cso"), at=world.at
    )


def _tokens(world: World) -> None:
    right = (READ_IN_SCOPE,)
    for key, by in (("c1p1", "p1.pm"), ("c1p2", "p2.pm")):
        engagement = world.engagement(key)
        world.engagements[key] = engagement_rights_set(
            engagement_id=engagement.id,
            rights=list(right),
            version=engagement.version,
            actor=world.actor("c1.cso"),
            at=world.at,
        )
        made = token_create(
            name=f"Bridge of {key}",
            expires_at=world.at + timedelta(days=180),
            grants=[TokenGrant(engagement_id=engagement.id, rights=right)],
            may_write=True,
            actor=world.actor(by),
            at=world.at,
        )
        world.tokens[by[:2]] = made.token
        world.secrets[by[:2]] = made.secret
    own = token_create(
        name="Monitoring",
        expires_at=world.at + timedelta(days=180),
        grants=[TokenGrant(rights=(MAKERS_NOTICES,))],
        may_write=True,
        actor=world.actor("c1.cso"),
        at=world.at,
    )
    world.tokens["c1"] = own.token
    world.secrets["c1"] = own.secret
