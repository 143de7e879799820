"""Reads of people, teams, skills and placements; an organization's own, and what a partner placed with it."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Prefetch, Q

from cosource.foundation.errors import NotFound
from cosource.foundation.ids import NIL
from cosource.foundation.queries.paging import KeyPage, key_page
from cosource.foundation.sight import REQUESTER, Actor
from cosource.parties.models import (
    Employment,
    Engagement,
    EngagementTeam,
    Grant,
    Membership,
    Person,
    PersonSkill,
    Placement,
    Skill,
    Team,
)
from cosource.parties.models.scope import kept_q, live_q, reach_q


@dataclass(frozen=True, slots=True)
class PersonRow:
    """A person of the own organization in a list. `placed_by`: the employer of somebody who is placed here.

    `phone`: for their employer alone, while they work there.
    """

    id: UUID
    name: str
    email: str
    title: str
    placed_by: str
    left_at: datetime | None
    roles: tuple[str, ...]
    teams: tuple[str, ...]
    phone: str = ""


@dataclass(frozen=True, slots=True)
class PersonPage:
    """A page of people, and the cursor of the next."""

    items: list[PersonRow]
    next_cursor: str


def people_list(
    actor: Actor, *, at: datetime, find: str = "", left: bool = False, cursor: str = "", limit: int = 50
) -> PersonPage:
    """Return a page of the people who work for the own organization or are placed with it, by name.

    `find`: part of a name or address. `left`: those who are gone instead. Roles are shown as far as the actor sees grants.
    """
    here = Employment.objects.filter(live_q(at), organization_id=actor.organization_id or NIL)
    placed = Placement.objects.filter(
        live_q(at), host_id=actor.organization_id or NIL, agreed_by_host_at__isnull=False
    )
    present = Q(id__in=here.values("person_id")) | Q(id__in=placed.values("person_id"))
    rows = Person.objects.visible_to(actor)
    rows = rows.exclude(present) if left else rows.filter(present)
    if find:
        rows = rows.filter(Q(name__icontains=find) | Q(email__icontains=find))
    page: KeyPage[Person] = key_page(rows, order=("name", "id"), cursor=cursor, limit=limit)
    return PersonPage(person_rows(actor, page.items, at=at), page.next_cursor)


def person_rows(actor: Actor, people: Iterable[Person], *, at: datetime) -> list[PersonRow]:
    """Return people ready to show, in their order, in five queries however many they are."""
    found = list(people)
    ids = [p.id for p in found]
    jobs: dict[UUID, Employment] = {}
    employed: set[UUID] = set()
    own = Employment.objects.filter(organization_id=actor.organization_id or NIL, person_id__in=ids)
    for job in own.order_by("starts_at", "id"):
        jobs[job.person_id] = job
        if job.starts_at <= at and (job.ends_at is None or job.ends_at > at):
            employed.add(job.person_id)
    guests = {
        p.person_id: p
        for p in Placement.objects.filter(
            live_q(at), host_id=actor.organization_id or NIL, person_id__in=ids
        ).select_related("employer")
    }
    roles: dict[UUID, list[str]] = {}
    seen = Grant.objects.visible_to(actor).filter(
        live_q(at), organization_id=actor.organization_id or NIL, person_id__in=ids
    )
    for person_id, role in seen.order_by("role").values_list("person_id", "role"):
        if person_id is not None:
            roles.setdefault(person_id, []).append(role)
    teams: dict[UUID, list[str]] = {}
    memberships = Membership.objects.filter(
        live_q(at), team__organization_id=actor.organization_id or NIL, person_id__in=ids
    )
    for person_id, name in memberships.order_by("team__name").values_list("person_id", "team__name"):
        teams.setdefault(person_id, []).append(name)
    rows = []
    for person in found:
        employment = jobs.get(person.id)
        guest = guests.get(person.id)
        rows.append(
            PersonRow(
                id=person.id,
                name=person.name,
                email=person.email,
                title=employment.title if employment else "",
                placed_by=guest.employer.name if guest else "",
                phone=person.phone if person.id in employed else "",
                left_at=employment.ends_at if employment and not guest else None,
                roles=tuple(dict.fromkeys(roles.get(person.id, ()))),
                teams=tuple(teams.get(person.id, ())),
            )
        )
    return rows


@dataclass(frozen=True, slots=True)
class PersonDetail:
    """A person of the own organization with what belongs to them here."""

    row: PersonRow
    employed: bool
    grants: list[Grant]
    memberships: list[Membership]
    skills: list[PersonSkill]
    placements: list[Placement]


def person_get(actor: Actor, person_id: UUID, *, at: datetime) -> PersonDetail:
    """Return one person of the own organization. Raises: NotFound."""
    person = Person.objects.visible_to(actor).filter(pk=person_id).first()
    if person is None:
        raise NotFound
    organization_id = actor.organization_id or NIL
    [row] = person_rows(actor, [person], at=at)
    grants = Grant.objects.visible_to(actor).filter(
        live_q(at), person=person, organization_id=organization_id
    )
    memberships = Membership.objects.filter(
        live_q(at), person=person, team__organization_id=organization_id
    ).select_related("team")
    skills = PersonSkill.objects.filter(
        person=person, skill__in=Skill.objects.visible_to(actor)
    ).select_related("skill")
    placements = Placement.objects.visible_to(actor).filter(person=person)
    jobs = Employment.objects.filter(live_q(at), person=person, organization_id=organization_id)
    return PersonDetail(
        row=row,
        employed=jobs.exists(),
        grants=list(grants.select_related("engagement").order_by("starts_at", "id")),
        memberships=list(memberships.order_by("team__name", "id")),
        skills=list(skills.order_by("skill__name", "id")),
        placements=list(
            placements.select_related("host", "employer", "site").order_by("-starts_at", "id")[:20]
        ),
    )


def team_list(actor: Actor, *, at: datetime) -> list[Team]:
    """Return the teams of the own organization and of stand-ins that it keeps, each with `members`, its live memberships."""
    if actor.organization_id is None:
        return []
    members = (
        Membership.objects.filter(live_q(at)).select_related("person").order_by("-leads", "person__name")
    )
    rows = (
        Team.objects.visible_to(actor)
        .filter(kept_q(actor.organization_id, "organization__"), ended_at__isnull=True)
        .select_related("organization", "site")
        .prefetch_related(Prefetch("memberships", queryset=members, to_attr="members"))
    )
    found = list(rows.order_by("organization__name", "name", "id"))
    return sorted(found, key=lambda t: t.organization_id != actor.organization_id)


@dataclass(frozen=True, slots=True)
class TeamDetail:
    """A team of the own organization, or of a kept stand-in, with its members and where it works."""

    team: Team
    members: list[Membership]
    offers: list[EngagementTeam]


def team_get(actor: Actor, team_id: UUID, *, at: datetime) -> TeamDetail:
    """Return one team of one's own. Raises: NotFound, also for the other party's team: who is in it is its own business."""
    team = (
        Team.objects.visible_to(actor)
        .filter(kept_q(actor.organization_id or NIL, "organization__"), pk=team_id)
        .select_related("organization", "site")
        .first()
    )
    if team is None:
        raise NotFound
    members = Membership.objects.filter(live_q(at), team=team).select_related("person")
    # A technician of one engagement learns nothing of the others that a colleague's team works under.
    seen = Engagement.objects.visible_to(actor)
    offers = EngagementTeam.objects.filter(live_q(at), team=team, engagement__in=seen).select_related(
        "engagement"
    )
    return TeamDetail(
        team=team,
        members=list(members.order_by("-leads", "person__name", "id")),
        offers=list(offers.order_by("engagement__name", "id")),
    )


def eligible_handover_teams(actor: Actor, engagement_ids: Iterable[UUID], *, at: datetime) -> list[Team]:
    """Return the live teams to which something may be handed under these engagements: own ones, and those offered there."""
    engagements = Engagement.objects.filter(reach_q(actor.sight), id__in=list(engagement_ids))
    offered = EngagementTeam.objects.filter(live_q(at), engagement__in=engagements)
    seen = Team.objects.visible_to(actor).filter(ended_at__isnull=True)
    rows = seen.filter(Q(id__in=offered.values("team_id")) | Q(organization_id=actor.organization_id or NIL))
    return list(rows.select_related("organization").order_by("organization__name", "name", "id"))


def team_names(actor: Actor, *, cursor: str = "", limit: int = 50) -> KeyPage[Team]:
    """Return a page of the live teams in sight, by name: own ones and those offered under an engagement."""
    rows = Team.objects.visible_to(actor).filter(ended_at__isnull=True)
    return key_page(rows, order=("name", "id"), cursor=cursor, limit=limit)


def skill_list(actor: Actor) -> list[Skill]:
    """Return the skills that the own organization names."""
    return list(Skill.objects.visible_to(actor).order_by("name", "id"))


def placement_list(actor: Actor, *, at: datetime, past: bool = False) -> list[Placement]:
    """Return the placements that the own organization takes part in: open ones, or those that ended."""
    rows = Placement.objects.visible_to(actor)
    over = Q(ends_at__isnull=False, ends_at__lte=at)
    rows = rows.filter(over) if past else rows.exclude(over)
    found = rows.select_related("person", "employer", "host", "site", "engagement")
    return list(found.order_by("-starts_at", "id")[:200])


def placed_on_site(actor: Actor, *, at: datetime, site_id: UUID | None = None) -> list[Placement]:
    """Return who of a partner is placed at the own organization at `at`: on one site, or anywhere."""
    rows = Placement.objects.visible_to(actor).filter(
        live_q(at), host_id=actor.organization_id or NIL, agreed_by_host_at__isnull=False
    )
    employed = Employment.objects.filter(live_q(at))
    rows = rows.filter(person__employments__in=employed)
    if site_id is not None:
        rows = rows.filter(site_id=site_id)
    return list(rows.select_related("person", "employer", "site").order_by("person__name", "id").distinct())


def is_requester_only(actor: Actor) -> bool:
    """Tell whether the actor only asks for help, and works on nothing."""
    return not actor.sight.roles - {REQUESTER}


def people_choices(actor: Actor, *, at: datetime, employed: bool = False, limit: int = 500) -> list[Person]:
    """Return the people to choose from: who works here, and unless `employed` who is placed here; at most `limit`, by name."""
    here = Q(
        id__in=Employment.objects.filter(live_q(at), organization_id=actor.organization_id or NIL).values(
            "person_id"
        )
    )
    if not employed:
        here |= Q(
            id__in=Placement.objects.filter(
                live_q(at), host_id=actor.organization_id or NIL, agreed_by_host_at__isnull=False
            ).values("person_id")
        )
    return list(Person.objects.visible_to(actor).filter(here).order_by("name", "id")[:limit])
