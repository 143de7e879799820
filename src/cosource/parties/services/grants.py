"""Rights: given by each party to its own people, within what the engagement covers; ended by whoever may.

Nobody gives rights to themselves. The client of an engagement may also end a right that a partner's person holds on it; it
never gives one.
"""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from cosource.foundation.errors import Conflict, Invalid, NotAllowed, NotFound
from cosource.foundation.rules.canonical import instant_text
from cosource.foundation.sight import Actor
from cosource.parties.models import (
    Engagement,
    EngagementService,
    EngagementSite,
    Grant,
    IntegrationToken,
    Organization,
    Person,
    Site,
)
from cosource.parties.models.scope import live_q
from cosource.parties.rules.ceiling import Ceiling, breaches
from cosource.parties.rules.policies import may_give, roles_for
from cosource.parties.services.checks import check_span, clean_text, field_error
from cosource.parties.services.policy import (
    Party,
    engagement_in_sight,
    organization_for,
    require,
    require_running,
    side_of,
)
from cosource.parties.services.record import append_own, append_shared


@transaction.atomic
def grant_give(
    *,
    person_id: UUID,
    role: str,
    actor: Actor,
    at: datetime,
    engagement_id: UUID | None = None,
    service_ids: Collection[UUID] = (),
    site_ids: Collection[UUID] = (),
    rights: Collection[str] = (),
    starts_at: datetime | None = None,
    ends_at: datetime | None = None,
    history_from: datetime | None = None,
    history_until: datetime | None = None,
    reason: str = "",
) -> Grant:
    """Give a person of the own organization a role on its desk, or on one engagement within the engagement's ceiling.

    `starts_at`, `ends_at`: when it is live, from now and without end if not said. `history_*`: only objects opened then.
    Appends `grant.given/1`: for an engagement to both parties. Raises: NotFound, NotAllowed, Conflict, Invalid.
    """
    party, engagement = _where(actor, engagement_id, at)
    person = people_of(party.organization, at).filter(pk=person_id).first()
    if person is None:
        raise NotFound
    if person.id == actor.person_id:
        raise NotAllowed(_("Somebody else must give you a role."), code="own_grant", action="grant.manage")
    if not may_give(role, desk=actor.sight.roles_on(None)):
        raise NotAllowed(_("Only an administrator makes administrators."), action="grant.manage")
    _check_role(role, party)
    starts_at = starts_at or at
    check_span("ends_at", starts_at, ends_at)
    if history_from is not None:
        check_span("history_until", history_from, history_until)
    check_ceiling(
        engagement, at=at, service_ids=service_ids, site_ids=site_ids, rights=rights, ends_at=ends_at
    )
    return grant_write(
        party,
        engagement,
        role=role,
        person=person,
        at=at,
        service_ids=service_ids,
        site_ids=site_ids,
        rights=rights,
        starts_at=starts_at,
        ends_at=ends_at,
        history_from=history_from,
        history_until=history_until,
        reason=reason,
    )


def _where(actor: Actor, engagement_id: UUID | None, at: datetime) -> tuple[Party, Engagement | None]:
    if engagement_id is None:
        return organization_for(actor, "grant.manage"), None
    engagement = engagement_in_sight(actor, engagement_id)
    party = require(actor, "grant.manage", engagement, side=side_of(engagement, actor.organization_id))
    require_running(engagement, at)
    return party, engagement


def people_of(organization: Organization, at: datetime) -> "QuerySet[Person]":
    """Return the people employed by the organization at `at`: those to whom it gives rights."""
    return Person.objects.filter(employments__in=organization.employments.filter(live_q(at))).distinct()


def _check_role(role: str, party: Party) -> None:
    allowed = roles_for(party.side)
    if role not in allowed:
        raise field_error(
            "role", _("Here a role is one of: %(roles)s.") % {"roles": ", ".join(allowed)}, "role"
        )


def ceiling_of(engagement: Engagement, at: datetime) -> Ceiling:
    """Return what the engagement covers at `at`: its services, its sites, and the rights the client has switched on."""
    services = EngagementService.objects.filter(live_q(at), engagement=engagement)
    if engagement.sites_limited:
        sites = Site.objects.filter(
            covered_by__in=EngagementSite.objects.filter(live_q(at), engagement=engagement)
        )
    else:
        sites = Site.objects.filter(organization_id=engagement.client_id, ended_at__isnull=True)
    return Ceiling(
        service_ids=frozenset(services.values_list("service_id", flat=True)),
        site_ids=frozenset(sites.values_list("id", flat=True)),
        rights=frozenset(engagement.delegated_rights),
        ends_at=engagement.ends_at,
    )


def check_ceiling(
    engagement: Engagement | None,
    *,
    at: datetime,
    service_ids: Collection[UUID],
    site_ids: Collection[UUID],
    rights: Collection[str],
    ends_at: datetime | None,
) -> None:
    """Refuse what reaches above an engagement's ceiling, naming the fields; a role on the own desk has no such limits."""
    if engagement is None:
        if service_ids or site_ids or rights:
            raise field_error("engagement_id", _("Limits and delegated rights belong to an engagement."))
        return
    found = breaches(
        ceiling_of(engagement, at),
        service_ids=frozenset(service_ids),
        site_ids=frozenset(site_ids),
        rights=frozenset(rights),
        ends_at=ends_at,
    )
    if found:
        message = _("The engagement does not cover this.")
        raise Invalid(message, code="above_ceiling", fields={field: [message] for field in found})


def grant_write(
    party: Party,
    engagement: Engagement | None,
    *,
    role: str,
    at: datetime,
    person: Person | None = None,
    token: IntegrationToken | None = None,
    service_ids: Collection[UUID] = (),
    site_ids: Collection[UUID] = (),
    rights: Collection[str] = (),
    starts_at: datetime | None = None,
    ends_at: datetime | None = None,
    history_from: datetime | None = None,
    history_until: datetime | None = None,
    reason: str = "",
    granted_by_id: UUID | None = None,
) -> Grant:
    """Write a grant that its caller has judged; given by the actor if nobody else is named. Appends `grant.given/1`."""
    grant = Grant.objects.create(
        organization=party.organization,
        person=person,
        token=token,
        engagement=engagement,
        role=role,
        service_ids=sorted(i.hex for i in service_ids),
        site_ids=sorted(i.hex for i in site_ids),
        rights=sorted(rights),
        starts_at=starts_at or at,
        ends_at=ends_at,
        history_from=history_from,
        history_until=history_until,
        reason=clean_text("reason", reason, limit=200, required=False),
        granted_by_id=granted_by_id or party.actor.id,
    )
    holder: Person | IntegrationToken | None = person or token
    facts = {
        "person" if person else "token": holder.id.hex if holder else None,
        "role": role,
        "services": grant.service_ids,
        "sites": grant.site_ids,
        "rights": grant.rights,
        "starts_at": instant_text(grant.starts_at),
        "ends_at": instant_text(ends_at) if ends_at else None,
    }
    payload = {"name": holder.name if holder else "", "reason": grant.reason}
    subject = ("grant", grant.id)
    if engagement is None:
        append_own(
            party.organization,
            "grant.given/1",
            subject,
            actor=party.actor,
            at=at,
            facts=facts,
            payload=payload,
        )
    else:
        append_shared(
            engagement, "grant.given/1", subject, actor=party.actor, at=at, facts=facts, payload=payload
        )
    return grant


@transaction.atomic
def grant_end(*, grant_id: UUID, actor: Actor, at: datetime, reason: str = "") -> None:
    """End a right now: the next request of its holder goes without it.

    A party ends its own people's; the client of an engagement ends a partner's too, with a reason. The last administrator of an
    organization stays. Appends `grant.ended/1`. Raises: NotFound, NotAllowed, Invalid, Conflict.
    """
    grant = (
        Grant.objects.visible_to(actor)
        .select_related("organization", "engagement__client", "engagement__partner")
        .filter(pk=grant_id)
        .first()
    )
    if grant is None:
        raise NotFound
    actor_now = _who_may_end(grant, actor)
    if grant.organization_id != actor.organization_id and not reason.strip():
        raise field_error("reason", _("Tell the other party why."), "required")
    if grant.role == "administrator" and last_administrator(grant, at):
        raise Conflict(_("An organization keeps one administrator."), code="last_administrator")
    if not Grant.objects.filter(live_or_coming(at), pk=grant_id).update(ends_at=at):
        raise Conflict(_("This has ended already."), code="already_ended")
    end_tell(grant, actor=actor_now, at=at, reason=clean_text("reason", reason, limit=200, required=False))


def _who_may_end(grant: Grant, actor: Actor) -> Actor:
    if grant.engagement is None:
        return organization_for(actor, "grant.manage").actor
    return require(
        actor, "grant.manage", grant.engagement, side=side_of(grant.engagement, actor.organization_id)
    ).actor


def live_or_coming(at: datetime) -> Q:
    """Return the condition that a right has not ended: it is live, or begins later."""
    return Q(ends_at__isnull=True) | Q(ends_at__gt=at)


def last_administrator(grant: Grant, at: datetime) -> bool:
    """Tell whether the organization would be left without an administrator who works there."""
    return (
        not Grant.objects.filter(
            live_q(at),
            organization_id=grant.organization_id,
            engagement__isnull=True,
            role="administrator",
            person__in=people_of(grant.organization, at),
        )
        .exclude(pk=grant.pk)
        .exists()
    )


def end_tell(grant: Grant, *, actor: Actor, at: datetime, reason: str) -> None:
    """Append `grant.ended/1` to those who read of the grant."""
    holder = grant.person_id or grant.token_id
    facts = {"holder": holder.hex if holder else None, "role": grant.role}
    subject, payload = ("grant", grant.id), {"reason": reason}
    if grant.engagement is None:
        append_own(
            grant.organization, "grant.ended/1", subject, actor=actor, at=at, facts=facts, payload=payload
        )
    else:
        append_shared(
            grant.engagement, "grant.ended/1", subject, actor=actor, at=at, facts=facts, payload=payload
        )
