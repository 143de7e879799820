"""The parties of the demo, founded by the same services as any others: a client with two partners, and a second, small client.

    Harbour Health ──── Brightline   (workplace, printing, applications; also serves Southmoor Council)
                   └─── Kestrel      (network, servers)

Not here: their tickets (`demo_tickets`) and starting it all (`demo`).
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from uuid import UUID

from cosource.foundation.sight import (
    AUDITOR,
    REQUESTER,
    SERVICE_OWNER,
    TECHNICIAN,
    Actor,
    system_actor,
)

if TYPE_CHECKING:
    from cosource.parties.models import Organization
    from cosource.parties.services.invitations import OfferedRole

HARBOUR, BRIGHTLINE, KESTREL, SOUTHMOOR = "Harbour Health", "Brightline", "Kestrel", "Southmoor Council"
# Written on the screen that starts the demo: it guards nothing.
PASSWORD = "two-sides-one-record"  # noqa: S105 - the demo's own, printed at its start
AUDIT_DAYS = 365


@dataclass(frozen=True, slots=True)
class Character:
    """Somebody of the demo. `key`: the word before the @ of their address."""

    key: str
    name: str
    organization: str
    title: str
    teams: tuple[str, ...] = ()

    @property
    def email(self) -> str:
        """Return the address to sign in with."""
        return f"{self.key}@{self.organization.split()[0].lower()}.example"


CAST = (
    Character("ruth", "Ruth Adeyemi", HARBOUR, "Service owner"),
    Character("tom", "Tom Okafor", HARBOUR, "Technician, service desk", ("Service desk",)),
    Character("nadia", "Nadia Petrov", HARBOUR, "Technician on site", ("Site support", "Medical devices")),
    Character("elena", "Elena Duarte", HARBOUR, "Requester, Emergency"),
    Character("priya", "Priya Nair", HARBOUR, "Requester, ward 4 West"),
    Character("walter", "Walter Lind", HARBOUR, "Auditor, reads only"),
    Character("maya", "Maya Kerr", BRIGHTLINE, "Partner's manager"),
    Character("ben", "Ben Sato", BRIGHTLINE, "Partner's technician", ("Desktop", "Applications")),
    Character("lena", "Lena Dubois", BRIGHTLINE, "Partner's technician", ("Print",)),
    Character("ana", "Ana Ruiz", BRIGHTLINE, "Technician for the second client", ("Council support",)),
    Character("omar", "Omar Haddad", BRIGHTLINE, "Placed with Harbour Health; choose it in the account menu"),
    Character("stefan", "Stefan Vogel", KESTREL, "Second partner's manager"),
    Character("ines", "Ines Carvalho", KESTREL, "Second partner's technician", ("Network",)),
    Character("joost", "Joost Bakker", KESTREL, "Second partner's technician", ("Servers",)),
    Character("grace", "Grace Whitfield", SOUTHMOOR, "Second client's service owner"),
    Character("paul", "Paul Mensah", SOUTHMOOR, "Second client's technician", ("Council desk",)),
)
BY_KEY = {character.key: character for character in CAST}
# Organization, team, and the clients for which a partner's team works.
TEAMS = (
    (HARBOUR, "Service desk", ()),
    (HARBOUR, "Site support", ()),
    (HARBOUR, "Medical devices", ()),
    (SOUTHMOOR, "Council desk", ()),
    (BRIGHTLINE, "Desktop", (HARBOUR,)),
    (BRIGHTLINE, "Print", (HARBOUR,)),
    (BRIGHTLINE, "Applications", (HARBOUR,)),
    (BRIGHTLINE, "Council support", (SOUTHMOOR,)),
    (KESTREL, "Network", (HARBOUR,)),
    (KESTREL, "Servers", (HARBOUR,)),
)
SITES = {
    HARBOUR: ("Northgate Hospital", "Riverside Clinic", "Head office"),
    SOUTHMOOR: ("Town hall", "Central library"),
}
SCOPES = {
    (HARBOUR, BRIGHTLINE): ("Workplace", "Printing", "Clinical applications"),
    (HARBOUR, KESTREL): ("Network", "Servers"),
    (SOUTHMOOR, BRIGHTLINE): ("Workplace",),
}


@dataclass(slots=True)
class World:
    """The parties by name, as far as they are founded. `at`: when that is."""

    at: datetime
    organizations: dict[str, UUID] = field(default_factory=dict)
    people: dict[str, UUID] = field(default_factory=dict)
    engagements: dict[tuple[str, str], UUID] = field(default_factory=dict)
    teams: dict[tuple[str, str], UUID] = field(default_factory=dict)
    services: dict[tuple[str, str], UUID] = field(default_factory=dict)
    sites: dict[tuple[str, str], UUID] = field(default_factory=dict)

    def actor(self, key: str, at: datetime | None = None) -> Actor:
        """Return somebody of the cast as they act at an instant."""
        from cosource.parties.models import Person
        from cosource.parties.queries.sight import actor_for_person

        person = Person.objects.get(pk=self.people[key])
        organization_id = self.organizations[BY_KEY[key].organization]
        return actor_for_person(person, organization_id=organization_id, at=at or self.at)


def world_open() -> World | None:
    """Return the world as it stands; None when there is none yet.

    Raises: LookupError when other organizations are here.
    """
    from cosource.parties.models import Engagement, Organization, Person, Service, Site, Team

    organizations = {o.name: o for o in Organization.objects.filter(stand_in=False).order_by("created_at")}
    if not organizations:
        return None
    if not {HARBOUR, BRIGHTLINE, KESTREL, SOUTHMOOR} <= set(organizations):
        raise LookupError(", ".join(organizations))
    names = {o.id: name for name, o in organizations.items()}
    world = World(at=organizations[HARBOUR].created_at)
    world.organizations = {name: o.id for name, o in organizations.items()}
    emails = dict(Person.objects.values_list("email", "id"))
    world.people = {c.key: emails[c.email] for c in CAST}
    running = Engagement.objects.filter(ends_at__isnull=True, client_id__in=names, partner_id__in=names)
    world.engagements = {(names[e.client_id], names[e.partner_id]): e.id for e in running}
    here = {"organization_id__in": names}
    columns = ("organization_id", "name", "id")
    for rows, found in (
        (world.teams, Team.objects.filter(**here).values_list(*columns)),
        (world.services, Service.objects.filter(**here).values_list(*columns)),
        (world.sites, Site.objects.filter(**here).values_list(*columns)),
    ):
        rows.update({(names[organization_id], name): pk for organization_id, name, pk in found})
    return world


def world_build(now: datetime, days: int = 30) -> World:
    """Found all parties `days` before now, so that what they did since has room. The caller holds the transaction."""
    world = World(at=now - timedelta(days=days))
    _client(world, HARBOUR, "ruth", "Europe/London")
    _client(world, SOUTHMOOR, "grace", "Europe/London")
    _engaged(world, HARBOUR, BRIGHTLINE, "Workplace and print", "maya")
    _engaged(world, HARBOUR, KESTREL, "Network and servers", "stefan")
    _engaged(world, SOUTHMOOR, BRIGHTLINE, "Council workplaces", "maya")
    _places(world)
    for organization, name, clients in TEAMS:
        _team(world, organization, name, clients)
    _people(world)
    _agreements(world)
    _stage(world)
    return world


def _leader(organization: str) -> str:
    return {HARBOUR: "ruth", SOUTHMOOR: "grace", BRIGHTLINE: "maya", KESTREL: "stefan"}[organization]


def _client(world: World, name: str, first: str, zone: str) -> None:
    from cosource.parties.services.organizations import organization_create

    founded = organization_create(
        name=name,
        time_zone=zone,
        leads_as=SERVICE_OWNER,
        person_name=BY_KEY[first].name,
        person_email=BY_KEY[first].email,
        password=PASSWORD,
        actor=system_actor(reason="the demo's beginning", channel="command"),
        at=world.at,
    )
    world.organizations[name] = founded.organization.id
    world.people[first] = founded.person.id


def _engaged(world: World, client: str, partner: str, name: str, lead: str) -> None:
    """Begin an engagement as its client, and let the partner take its seat."""
    from cosource.parties.models import Engagement, Person
    from cosource.parties.services.claims import stand_in_claim, stand_in_invite
    from cosource.parties.services.engagements import engagement_create

    actor, email = world.actor(_leader(client)), BY_KEY[lead].email
    engagement = engagement_create(
        name=name, other_name=partner, own_side="client", other_email=email, actor=actor, at=world.at
    )
    issued = stand_in_invite(
        engagement_id=engagement.id,
        email=email,
        name=BY_KEY[lead].name,
        by_mail=False,
        actor=actor,
        at=world.at,
    )
    secret = _secret(issued.link)
    organization: Organization
    if partner in world.organizations:
        organization = stand_in_claim(
            secret=secret,
            person=Person.objects.get(pk=world.people[lead]),
            for_organization_id=world.organizations[partner],
            at=world.at,
        )
    else:
        organization = stand_in_claim(secret=secret, password=PASSWORD, at=world.at)
        world.people[lead] = Person.objects.get(email=email).id
    world.organizations[partner] = organization.id
    world.engagements[client, partner] = Engagement.objects.get(
        client_id=world.organizations[client], partner=organization, ends_at__isnull=True
    ).id


def _secret(link: str) -> str:
    return link.rstrip("/").rpartition("/")[2]


def _places(world: World) -> None:
    from cosource.parties.services.places import service_add, site_add
    from cosource.parties.services.scope import engagement_service_add

    for organization, names in SITES.items():
        for name in names:
            site = site_add(name=name, actor=world.actor(_leader(organization)), at=world.at)
            world.sites[organization, name] = site.id
    for (client, partner), services in SCOPES.items():
        actor = world.actor(_leader(client))
        for name in services:
            service = service_add(name=name, actor=actor, at=world.at)
            world.services[client, name] = service.id
            engagement_service_add(
                engagement_id=world.engagements[client, partner],
                service_id=service.id,
                actor=actor,
                at=world.at,
            )


def _team(world: World, organization: str, name: str, clients: Sequence[str]) -> None:
    from cosource.parties.services.teams import team_add

    team = team_add(
        name=name,
        mailbox=f"{name.split(maxsplit=1)[0].lower()}@{organization.split(maxsplit=1)[0].lower()}.example",
        engagement_ids=[world.engagements[client, organization] for client in clients] if clients else None,
        actor=world.actor(_leader(organization)),
        at=world.at,
    )
    world.teams[organization, name] = team.id


def _people(world: World) -> None:
    """Let everybody else join by invitation, each with their roles and teams."""
    from cosource.parties.services.grants import grant_give
    from cosource.parties.services.invitations import invitation_accept, person_invite
    from cosource.parties.services.placements import placement_accept, placement_propose

    for character in CAST:
        if character.key in world.people:
            continue
        issued = person_invite(
            email=character.email,
            name=character.name,
            title=character.title,
            roles=_roles(world, character),
            team_ids=[world.teams[character.organization, name] for name in character.teams],
            by_mail=False,
            actor=world.actor(_leader(character.organization)),
            at=world.at,
        )
        person = invitation_accept(secret=_secret(issued.link), password=PASSWORD, at=world.at)
        world.people[character.key] = person.id
    grant_give(
        person_id=world.people["walter"],
        role=AUDITOR,
        ends_at=world.at + timedelta(days=AUDIT_DAYS),
        reason="Yearly audit",
        actor=world.actor("ruth"),
        at=world.at,
    )
    placement = placement_propose(
        engagement_id=world.engagements[HARBOUR, BRIGHTLINE],
        person_id=world.people["omar"],
        site_id=world.sites[HARBOUR, "Northgate Hospital"],
        works_on="Rollout of ward computers",
        actor=world.actor("maya"),
        at=world.at,
    )
    placement_accept(
        placement_id=placement.id,
        team_ids=[world.teams[HARBOUR, "Site support"]],
        actor=world.actor("ruth"),
        at=world.at,
    )


def _roles(world: World, character: Character) -> "list[OfferedRole]":
    from cosource.parties.services.invitations import OfferedRole

    if character.key in ("elena", "priya"):
        return [OfferedRole(REQUESTER)]
    if character.key in ("walter", "omar"):
        return []
    if character.organization in (HARBOUR, SOUTHMOOR):
        return [OfferedRole(TECHNICIAN)]
    client = SOUTHMOOR if character.key == "ana" else HARBOUR
    return [OfferedRole(TECHNICIAN, world.engagements[client, character.organization])]


def _agreements(world: World) -> None:
    """Let both sides of each engagement confirm the ready agreement, and each client one with its own desk."""
    from cosource.agreements.services.confirmations import version_confirm
    from cosource.agreements.services.quick_start import quick_start_agreement

    for client in (HARBOUR, SOUTHMOOR):
        quick_start_agreement(engagement_id=None, actor=world.actor(_leader(client)), at=world.at)
    for (client, partner), engagement_id in world.engagements.items():
        version = quick_start_agreement(
            engagement_id=engagement_id, actor=world.actor(_leader(client)), at=world.at
        )
        version_confirm(
            version_id=version.id,
            digest=version.digest,
            actor=world.actor(_leader(partner)),
            at=world.at,
        )


def _stage(world: World) -> None:
    """Let the engagement with Brightline have grown once, and wait for an answer to the next step."""
    from cosource.parties.models import Stage
    from cosource.parties.services.stages import stage_change_answer, stage_change_propose

    engagement_id = world.engagements[HARBOUR, BRIGHTLINE]
    change = stage_change_propose(
        engagement_id=engagement_id,
        to_stage=Stage.MANAGED,
        evidence="Three months of full service on all sites, every escalation answered within its time.",
        actor=world.actor("maya"),
        at=world.at,
    )
    stage_change_answer(change_id=change.id, agreed=True, actor=world.actor("ruth"), at=world.at)
    stage_change_propose(
        engagement_id=engagement_id,
        to_stage=Stage.CO_MANAGED,
        evidence="Brightline's people plan the ward rollout together with site support since spring.",
        actor=world.actor("maya"),
        at=world.at,
    )
