"""What a person or a token sees: resolved from live employments, placements, grants and memberships.

Called once per request, job or live event, so that a grant's end is felt by the very next one. Out: three small queries.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import F, Q, QuerySet, Value

from cosource.foundation.errors import NotAllowed
from cosource.foundation.ids import NIL
from cosource.foundation.prepared import Prepared
from cosource.foundation.sight import AUDITOR, MANAGER, SERVICE_OWNER, Actor, GrantFact, Sight
from cosource.parties.models import (
    Employment,
    Engagement,
    Grant,
    IntegrationToken,
    Membership,
    Person,
    Placement,
)
from cosource.parties.models.scope import live_q
from cosource.parties.rules.policies import MAKERS_NOTICES

# The right that a token's grants carry when the token may write.
WRITE = "write"


@dataclass(frozen=True, slots=True)
class Hat:
    """An organization that a person may act for: the employer, or a host where they are placed.

    `employer_id`: who answers for the person there; the organization itself unless it is a host.
    """

    organization_id: UUID
    organization_name: str
    as_host: bool
    time_zone: str = "UTC"
    employer_id: UUID | None = None


def live(at: datetime, prefix: str = "") -> Q:
    """Return the condition that a row with `starts_at` and `ends_at` is live at `at` (half-open)."""
    return live_q(at, prefix)


def hats_of(person_id: UUID, at: datetime) -> list[Hat]:
    """Return the organizations that the person may act for at `at`, employers first."""
    found = _employers_and_hosts(person_id=person_id, at=at)
    hats = [
        Hat(organization_id, name, False, time_zone, employer_id)
        for is_host, _since, organization_id, name, time_zone, employer_id in found
        if not is_host
    ]
    # A placement rests on a live employment: without an employer there is nobody to answer for the person.
    known = {h.organization_id for h in hats}
    return hats + [
        Hat(host_id, name, True, time_zone, employer_id)
        for is_host, _since, host_id, name, time_zone, employer_id in found
        # Each placement rests on the employment behind it, not on just any.
        if is_host and employer_id in known and host_id not in known
    ]


def hats_under(signed_in_by: str, hats: list[Hat]) -> list[Hat]:
    """Return the hats that a session may wear. `signed_in_by`: the organization whose own sign-in opened it, as hex, or empty.

    An organization's own sign-in vouches for its own people at its own desk, and where it placed them. It opens no record of
    another employer.
    """
    return [
        h
        for h in hats
        if not signed_in_by or (h.employer_id is not None and h.employer_id.hex == signed_in_by)
    ]


def sight_of_person(person_id: UUID, organization_id: UUID | None, at: datetime) -> Sight:
    """Return what a person sees, acting for one organization; the first employer when None.

    Somebody who may not act for the organization sees nothing.
    """
    hats = hats_of(person_id, at)
    hat = next((h for h in hats if organization_id in (None, h.organization_id)), None)
    if hat is None:
        return Sight(organization_id=None, person_id=person_id, resolved_at=at)
    return sight_under_hat(person_id, hat, at)


def sight_under_hat(person_id: UUID, hat: Hat, at: datetime) -> Sight:
    """Return what a person sees under a hat that is known to be theirs at `at`."""
    whose: dict[str, UUID | datetime] = {
        "person_id": person_id,
        "organization_id": hat.organization_id,
        "at": at,
    }
    return Sight(
        organization_id=hat.organization_id,
        person_id=person_id,
        grants=_facts(_grants_of_person(**whose), at),
        team_ids=frozenset(_teams(**whose)),
        as_host=hat.as_host,
        resolved_at=at,
    )


def sight_kept(person_id: UUID, organization_id: UUID, signed_in_by: str, at: datetime) -> Sight | None:
    """Return what somebody sees at `at` under the hat that they put on earlier; None when it is theirs no more.

    `signed_in_by`: as for `hats_under`.
    """
    hats = hats_under(signed_in_by, hats_of(person_id, at))
    hat = next((h for h in hats if h.organization_id == organization_id), None)
    return None if hat is None else sight_under_hat(person_id, hat, at)


def sight_of_organization(organization_id: UUID, at: datetime) -> Sight:
    """Return all that an organization may read of its own desk and its engagements, as nobody in particular.

    For whoever runs the machine and takes its record out. What ended is read as long as its leaders may.
    """
    engagements = Engagement.objects.filter(partner_id=organization_id).order_by("id")
    grants = [
        Grant(organization_id=organization_id, role=SERVICE_OWNER),
        *(Grant(organization_id=organization_id, role=MANAGER, engagement=e) for e in engagements),
    ]
    return Sight(organization_id=organization_id, person_id=NIL, grants=_facts(grants, at), resolved_at=at)


def sight_of_token(token: IntegrationToken, at: datetime) -> Sight:
    """Return what a token sees: its own live grants, within its organization."""
    if token.revoked_at is not None or token.expires_at <= at:
        return Sight(organization_id=None, resolved_at=at)
    grants = _grants_of_token(token_id=token.id, organization_id=token.organization_id, at=at)
    return Sight(
        organization_id=token.organization_id,
        grants=_facts(grants, at, write=token.may_write),
        resolved_at=at,
    )


def _organizations_of(person_id: UUID, at: datetime) -> "QuerySet[Any, Any]":
    employers = (
        Employment.objects.filter(live(at), person_id=person_id)
        .annotate(is_host=Value(0), by=F("organization_id"))
        .values_list(
            "is_host", "starts_at", "organization_id", "organization__name", "organization__time_zone", "by"
        )
    )
    hosts = (
        Placement.objects.filter(live(at), person_id=person_id, agreed_by_host_at__isnull=False)
        .annotate(is_host=Value(1))
        .values_list("is_host", "starts_at", "host_id", "host__name", "host__time_zone", "employer_id")
    )
    return employers.union(hosts, all=True).order_by("is_host", "starts_at")


_employers_and_hosts = Prepared[tuple[int, datetime, UUID, str, str, UUID]](
    _organizations_of, person_id=UUID, at=datetime
)
_grants_of_person = Prepared[Grant](
    lambda person_id, organization_id, at: (
        Grant.objects.filter(live(at), person_id=person_id, organization_id=organization_id)
        .select_related("engagement")
        .order_by("id")
    ),
    person_id=UUID,
    organization_id=UUID,
    at=datetime,
)
_grants_of_token = Prepared[Grant](
    lambda token_id, organization_id, at: (
        Grant.objects.filter(live(at), token_id=token_id, organization_id=organization_id)
        .select_related("engagement")
        .order_by("id")
    ),
    token_id=UUID,
    organization_id=UUID,
    at=datetime,
)
_teams = Prepared[UUID](
    lambda person_id, organization_id, at: Membership.objects.filter(
        live(at), person_id=person_id, team__organization_id=organization_id, team__ended_at__isnull=True
    ).values_list("team_id", flat=True),
    person_id=UUID,
    organization_id=UUID,
    at=datetime,
)


def _facts(grants: Iterable[Grant], at: datetime, write: bool = False) -> tuple[GrantFact, ...]:
    return tuple(fact for g in grants if (fact := _fact(g, at, write)) is not None)


def _fact(grant: Grant, at: datetime, write: bool) -> GrantFact | None:
    """Return what a live grant is worth at `at`; None for nothing.

    On an engagement a partner's grant ends with it; while the record may still be taken out, those who led only read. A
    delegated right is worth nothing while the client has it switched off. The client keeps reading what ended.
    """
    role, engagement, rights = grant.role, grant.engagement, frozenset(grant.rights)
    if engagement is not None:
        if engagement.starts_at > at:
            return None
        rights &= frozenset(engagement.delegated_rights)
        over = engagement.ends_at is not None and engagement.ends_at <= at
        if over and engagement.client_id != grant.organization_id:
            if (
                role not in (MANAGER, AUDITOR)
                or engagement.export_until is None
                or engagement.export_until <= at
            ):
                return None
            role = AUDITOR
    return GrantFact(
        engagement_id=grant.engagement_id,
        role=role,
        service_ids=frozenset(UUID(i) for i in grant.service_ids),
        site_ids=frozenset(UUID(i) for i in grant.site_ids),
        history_from=grant.history_from,
        history_until=grant.history_until,
        rights=rights | {WRITE} if write else rights,
        is_first_hand=engagement is not None
        and engagement.parent_id is None
        and engagement.partner_id == grant.organization_id,
    )


def actor_for_person(
    person: Person, *, organization_id: UUID | None, at: datetime, channel: str = "page"
) -> Actor:
    """Return the actor for a signed-in person, acting for one organization."""
    return Actor(
        kind="person",
        id=person.id,
        sight=sight_of_person(person.id, organization_id, at),
        name=person.name,
        channel=channel,
    )


def actor_under_hat(person: Person, hat: Hat, *, at: datetime, channel: str = "page") -> Actor:
    """Return the actor for a signed-in person under one of their hats."""
    return Actor(
        kind="person",
        id=person.id,
        sight=sight_under_hat(person.id, hat, at),
        name=person.name,
        channel=channel,
    )


def actor_for_token(token: IntegrationToken, *, at: datetime) -> Actor:
    """Return the actor for an integration token."""
    return Actor(kind="token", id=token.id, sight=sight_of_token(token, at), name=token.name, channel="api")


def actor_on_notices(actor: Actor, *, at: datetime) -> Actor:
    """Return a token's actor as it acts on the notices of the person who made it; its sight stays that of its own grants.

    Raises: NotAllowed for a token that was not made for that, or whose maker does not work there any more.
    """
    organization_id = actor.sight.organization_id
    right = any(g.engagement_id is None and MAKERS_NOTICES in g.rights for g in actor.sight.grants)
    found = IntegrationToken.objects.filter(id=actor.id or NIL)
    maker = found.values_list("created_by_id", flat=True).first()
    if not right or maker is None or organization_id not in {h.organization_id for h in hats_of(maker, at)}:
        raise NotAllowed(
            "This token acts on nobody’s notices; whose notices they are makes one that does.",
            code="not_on_notices",
        )
    return replace(actor, sight=replace(actor.sight, person_id=maker))
