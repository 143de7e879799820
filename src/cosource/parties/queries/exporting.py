"""The parties, places, people and engagements that somebody may take out."""

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

from django.db.models import Q, QuerySet

from cosource.foundation.exports import register_export
from cosource.foundation.sight import Actor
from cosource.parties.models import (
    Absence,
    DutyShift,
    Employment,
    Engagement,
    EngagementService,
    EngagementSite,
    EngagementTeam,
    Grant,
    Membership,
    Organization,
    Person,
    PersonSkill,
    Placement,
    Service,
    Site,
    Skill,
    StageChange,
    Team,
    TransferMilestone,
)
from cosource.parties.models.scope import live_q


def _named(rows: "QuerySet[Any]", *names: str) -> Iterator[dict[str, Any]]:
    yield from rows.order_by("pk").values(*names).iterator(chunk_size=2_000)


ORGANIZATION = ("id", "name", "initials", "time_zone", "stand_in")
# Of its own organization only: of others what every page shows of them, and no more.
OWN_ORGANIZATION = (
    "own_stream_id",
    "contact_email",
    "email_domains",
    "shows_writing",
    "person_figures_purpose",
    "person_figures_until",
    "created_at",
)
SITE = ("id", "organization_id", "name", "time_zone", "ended_at")
SERVICE = ("id", "organization_id", "name", "ended_at")
ENGAGEMENT = (
    "id",
    "client_id",
    "partner_id",
    "name",
    "prefix",
    "initials",
    "stream_id",
    "stage",
    "provider_kind",
    "delegated_rights",
    "sites_limited",
    "starts_at",
    "ends_at",
    "export_until",
    "created_at",
)
PERSON = ("id", "name", "email", "phone", "locale", "time_zone", "is_active", "created_at")
EMPLOYMENT = ("id", "person_id", "organization_id", "title", "starts_at", "ends_at")
TEAM = ("id", "organization_id", "name", "site_id", "mailbox", "ended_at")
MEMBERSHIP = ("id", "team_id", "person_id", "leads", "starts_at", "ends_at")
SKILL = ("id", "name")
PERSON_SKILL = ("id", "person_id", "skill_id", "level")
DUTY_SHIFT = (
    "id",
    "team_id",
    "person_id",
    "zone",
    "days",
    "from_minute",
    "until_minute",
    "starts_at",
    "ends_at",
)
ABSENCE = ("id", "organization_id", "person_id", "starts_at", "ends_at")
PLACEMENT = (
    "id",
    "person_id",
    "employer_id",
    "host_id",
    "engagement_id",
    "site_id",
    "works_on",
    "starts_at",
    "ends_at",
    "agreed_by_host_at",
)
GRANT = (
    "id",
    "organization_id",
    "person_id",
    "engagement_id",
    "role",
    "service_ids",
    "site_ids",
    "rights",
    "starts_at",
    "ends_at",
    "history_from",
    "history_until",
    "reason",
    "granted_by_id",
)
STAGE_CHANGE = (
    "id",
    "engagement_id",
    "from_stage",
    "to_stage",
    "effective_at",
    "evidence",
    "proposed_by_organization_id",
    "proposed_by_id",
    "proposed_at",
    "answered_by_id",
    "answered_at",
    "agreed",
    "kept_by_one_side",
)
MILESTONE = (
    "id",
    "engagement_id",
    "name",
    "due_on",
    "evidence",
    "reported_by_organization_id",
    "reported_at",
    "confirmed_by_id",
    "confirmed_at",
    "kept_by_one_side",
)


_COVERED: tuple[tuple[str, Any, Any], ...] = (
    ("services", EngagementService, Service),
    ("sites", EngagementSite, Site),
    ("teams", EngagementTeam, Team),
)


def _organizations(actor: Actor, at: datetime) -> Iterator[dict[str, Any]]:
    for row in _named(Organization.objects.visible_to(actor), *ORGANIZATION, *OWN_ORGANIZATION, "kept_by_id"):
        record = {name: row[name] for name in ORGANIZATION}
        record["kept"] = row["kept_by_id"] == actor.organization_id
        if row["id"] == actor.organization_id:
            record |= {name: row[name] for name in OWN_ORGANIZATION}
        yield record


def _engagements(actor: Actor, at: datetime) -> Iterator[dict[str, Any]]:
    """Give the engagements in sight with what they cover, as far as that is in sight too."""
    rows = Engagement.objects.visible_to(actor)
    known = set(rows.values_list("id", flat=True))
    for row in _named(rows, *ENGAGEMENT, "parent_id", "slot"):
        slot, parent = row.pop("slot"), row.pop("parent_id")
        row["parent_id"] = parent if parent in known else None
        # How many partners a client has is its own to know.
        row["slot"] = slot if row["client_id"] == actor.organization_id else None
        for name, covers, what in _COVERED:
            key = f"{what.__name__.lower()}_id"
            covered: Any = covers.objects.filter(
                engagement_id=row["id"], **{f"{key}__in": what.objects.visible_to(actor).values("id")}
            ).values(key, "starts_at", "ends_at")
            row[name] = sorted(covered, key=lambda one: [str(value) for value in one.values()])
        yield row


def _people(actor: Actor, at: datetime) -> Iterator[dict[str, Any]]:
    """Give the people in sight; their number only where they work now."""
    here = Employment.objects.filter(live_q(at), organization_id=actor.reads_as)
    employed = set(here.values_list("person_id", flat=True))
    for row in _named(Person.objects.visible_to(actor), *PERSON):
        yield row if row["id"] in employed else row | {"phone": ""}


def _employments(actor: Actor, at: datetime) -> Iterator[dict[str, Any]]:
    own = Employment.objects.filter(organization_id=actor.reads_as)
    return _named(own.filter(person_id__in=Person.objects.visible_to(actor).values("id")), *EMPLOYMENT)


def _memberships(actor: Actor, at: datetime) -> Iterator[dict[str, Any]]:
    teams = Team.objects.visible_to(actor).filter(organization_id=actor.reads_as)
    people = Person.objects.visible_to(actor)
    return _named(
        Membership.objects.filter(team_id__in=teams.values("id"), person_id__in=people.values("id")),
        *MEMBERSHIP,
    )


def _person_skills(actor: Actor, at: datetime) -> Iterator[dict[str, Any]]:
    skills, people = Skill.objects.visible_to(actor), Person.objects.visible_to(actor)
    return _named(
        PersonSkill.objects.filter(skill_id__in=skills.values("id"), person_id__in=people.values("id")),
        *PERSON_SKILL,
    )


def _duty_shifts(actor: Actor, at: datetime) -> Iterator[dict[str, Any]]:
    teams = Team.objects.visible_to(actor).filter(organization_id=actor.reads_as)
    people = Person.objects.visible_to(actor)
    known = Q(person_id__isnull=True) | Q(person_id__in=people.values("id"))
    return _named(DutyShift.objects.filter(known, team_id__in=teams.values("id")), *DUTY_SHIFT)


def _absences(actor: Actor, at: datetime) -> Iterator[dict[str, Any]]:
    people = Person.objects.visible_to(actor)
    return _named(Absence.objects.visible_to(actor).filter(person_id__in=people.values("id")), *ABSENCE)


def _grants(actor: Actor, at: datetime) -> Iterator[dict[str, Any]]:
    """Give the rights of the organization's own people, on its desk and on the engagements in sight."""
    reached = Q(engagement=None) | Q(engagement_id__in=Engagement.objects.visible_to(actor).values("id"))
    return _named(
        Grant.objects.visible_to(actor).filter(
            reached,
            organization_id=actor.reads_as,
            person_id__in=Person.objects.visible_to(actor).values("id"),
        ),
        *GRANT,
    )


def _seen(model: Any, names: tuple[str, ...]) -> Callable[[Actor, datetime], Iterator[dict[str, Any]]]:
    """Return what gives the rows of a model that an actor sees."""
    return lambda actor, _at: _named(model.objects.visible_to(actor), *names)


def register() -> None:
    """Let them be taken out."""
    register_export("organizations", _organizations)
    register_export("sites", _seen(Site, SITE))
    register_export("services", _seen(Service, SERVICE))
    register_export("engagements", _engagements)
    register_export("stage_changes", _seen(StageChange, STAGE_CHANGE))
    register_export("milestones", _seen(TransferMilestone, MILESTONE))
    register_export("people", _people)
    register_export("employments", _employments)
    register_export("placements", _seen(Placement, PLACEMENT))
    register_export("teams", _seen(Team, TEAM))
    register_export("memberships", _memberships)
    register_export("skills", _seen(Skill, SKILL))
    register_export("person_skills", _person_skills)
    register_export("duty_shifts", _duty_shifts)
    register_export("absences", _absences)
    register_export("grants", _grants)
