"""The parties of an export as rows, and what stands for those that the export only mentions.

An export shows of another party what its pages show. What such a party's rows need beyond that is filled with nothing; who acted
for it gets a name and an address that no mail reaches. Nobody gets a password: people are let in by `cosource person reset`.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any
from uuid import UUID

from django.contrib.auth.hashers import make_password
from django.db import models

from cosource.foundation.exports import Incoming, Layer, insert_in_turn, register_intake, row_of
from cosource.foundation.ids import new_id
from cosource.foundation.models import Stream
from cosource.parties.models import (
    Absence,
    DutyShift,
    Employment,
    Engagement,
    EngagementService,
    EngagementSite,
    EngagementTeam,
    Grant,
    IntegrationToken,
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
from cosource.parties.models.organizations import ShowsWriting
from cosource.parties.queries import exporting as taken

# The client itself is slot 1.
_FIRST_SLOT = 2
_PLAIN: "tuple[tuple[str, type[models.Model], tuple[str, ...]], ...]" = (
    ("sites", Site, taken.SITE),
    ("services", Service, taken.SERVICE),
    ("teams", Team, taken.TEAM),
    ("employments", Employment, taken.EMPLOYMENT),
    ("memberships", Membership, taken.MEMBERSHIP),
    ("person_skills", PersonSkill, taken.PERSON_SKILL),
    ("duty_shifts", DutyShift, taken.DUTY_SHIFT),
    ("absences", Absence, taken.ABSENCE),
    ("placements", Placement, taken.PLACEMENT),
    ("grants", Grant, taken.GRANT),
    ("stage_changes", StageChange, taken.STAGE_CHANGE),
    ("milestones", TransferMilestone, taken.MILESTONE),
)


def _take_in(incoming: Incoming) -> None:
    insert_in_turn(_organizations(incoming))
    for name, model, names in _PLAIN:
        insert_in_turn(row_of(model, record, names) for record in incoming.records(name))
    insert_in_turn(
        row_of(Skill, record, taken.SKILL, organization_id=incoming.organization_id)
        for record in incoming.records("skills")
    )
    insert_in_turn(
        # What was taken out before people had a number says nothing of it.
        row_of(Person, {"phone": "", **record}, taken.PERSON, password=make_password(None))
        for record in incoming.records("people")
    )
    insert_in_turn(_engagements(incoming))
    _actors(incoming)
    strangers_add(
        incoming,
        organizations=_named(Site, "organization_id") | _named(Service, "organization_id"),
        people=_named(Placement, "person_id"),
    )
    _unseen_sites()


def _organizations(incoming: Incoming) -> Iterator[models.Model]:
    own = incoming.organization_id
    for record in incoming.records("organizations"):
        party = row_of(Organization, record, taken.ORGANIZATION, created_at=incoming.taken_at)
        if party.id == own:
            # What was taken out before a party chose who sees it writing says nothing of it.
            told = {"shows_writing": ShowsWriting.COLLEAGUES.value, **record}
            party = row_of(Organization, told, taken.ORGANIZATION + taken.OWN_ORGANIZATION)
        else:
            party.own_stream_id = new_id()
        if party.stand_in:
            # Who keeps a stand-in that is not kept here is not known; nobody here can answer for it.
            party.kept_by_id = own if record["kept"] else party.id
        yield Stream(id=party.own_stream_id, first_organization_id=party.id, created_at=incoming.taken_at)
        yield party


def _engagements(incoming: Incoming) -> Iterator[models.Model]:
    slots: Counter[UUID] = Counter()
    for record in incoming.records("engagements"):
        engagement = row_of(Engagement, record, (*taken.ENGAGEMENT, "parent_id", "slot"))
        if record["slot"] is None:
            engagement.slot = _FIRST_SLOT + slots[engagement.client_id]
            slots[engagement.client_id] += 1
        yield Stream(
            id=engagement.stream_id,
            first_organization_id=engagement.client_id,
            second_organization_id=engagement.partner_id,
            created_at=engagement.created_at,
        )
        yield engagement
        for name, model, key in (
            ("services", EngagementService, "service_id"),
            ("sites", EngagementSite, "site_id"),
            ("teams", EngagementTeam, "team_id"),
        ):
            for covered in record[name]:
                yield row_of(
                    model, covered, (key, "starts_at", "ends_at"), id=new_id(), engagement_id=engagement.id
                )


def _actors(incoming: Incoming) -> None:
    """Write down who acted, as far as the export names them: each known by the same name to the same readers."""
    own = incoming.organization_id
    parties = sorted(Organization.objects.exclude(pk=own).values_list("id", flat=True))
    people: dict[UUID, tuple[str, UUID | None]] = {}
    tokens: dict[UUID, str] = {}
    for record in incoming.records("entries"):
        if record["actor_name"] is None:
            continue
        actor_id = UUID(record["actor_id"])
        if record["actor_kind"] == "token":
            tokens[actor_id] = record["actor_name"]
        elif record["actor_kind"] == "person":
            for_whom = UUID(record["organization_id"]) if record["organization_id"] else None
            people.setdefault(actor_id, (record["actor_name"], for_whom))
    employed = _named(Employment, "person_id")
    known = _named(Person, "id")
    insert_in_turn(
        row
        for person_id, (name, for_whom) in people.items()
        if person_id not in employed
        for row in (
            *([] if person_id in known else [_stranger(person_id, name, incoming)]),
            Employment(
                id=new_id(),
                person_id=person_id,
                organization_id=for_whom if for_whom in parties else parties[0],
                starts_at=incoming.taken_at,
            ),
        )
    )
    keeper = next(iter(sorted(employed)), None)
    insert_in_turn(
        IntegrationToken(
            id=token_id,
            organization_id=own,
            name=name,
            # Not the digest of any secret: the program asks for a new one.
            digest=new_id().hex,
            created_by_id=keeper or token_id,
            created_at=incoming.taken_at,
            expires_at=incoming.taken_at,
            revoked_at=incoming.taken_at,
        )
        for token_id, name in tokens.items()
    )


def _stranger(person_id: UUID, name: str, incoming: Incoming) -> Person:
    return Person(
        id=person_id,
        name=name,
        email=f"{person_id.hex}@unknown.invalid",
        password=make_password(None),
        is_active=False,
        created_at=incoming.taken_at,
    )


def strangers_add(
    incoming: Incoming, *, organizations: Iterable[UUID] = (), people: Iterable[UUID] = ()
) -> None:
    """Write rows for organizations and people that the export mentions by their id alone, where there are none yet."""
    insert_in_turn(
        row
        for party_id in sorted(set(organizations) - _named(Organization, "id"))
        for stream in [Stream(id=new_id(), first_organization_id=party_id, created_at=incoming.taken_at)]
        for row in (
            stream,
            Organization(id=party_id, own_stream_id=stream.id, created_at=incoming.taken_at),
        )
    )
    insert_in_turn(
        _stranger(person_id, "", incoming) for person_id in sorted(set(people) - _named(Person, "id"))
    )


def _unseen_sites() -> None:
    """Write rows for the sites of other parties' teams, which only those parties see."""
    teams = Team.objects.exclude(site=None).exclude(site_id__in=Site.objects.values("id"))
    homes = dict(teams.order_by("id").values_list("site_id", "organization_id"))
    insert_in_turn(
        Site(id=site_id, organization_id=home, name=site_id.hex)
        for site_id, home in homes.items()
        if site_id is not None
    )


def _named(model: Any, column: str) -> set[UUID]:
    return set(model.objects.values_list(column, flat=True)) - {None}


def register() -> None:
    """Let them be taken in."""
    register_intake(Layer.WHO, _take_in)
