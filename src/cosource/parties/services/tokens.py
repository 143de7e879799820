"""Integration tokens: a program's key of one organization, shown once, never more than its rights, never longer than a year."""

import secrets
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from cosource.foundation.errors import Conflict, NotFound
from cosource.foundation.rules.canonical import instant_text
from cosource.foundation.sight import TECHNICIAN, Actor
from cosource.parties.models import Grant, IntegrationToken
from cosource.parties.rules.policies import TOKEN_ROLES, TOKENS_OWN_RIGHTS
from cosource.parties.services.checks import clean_text, field_error
from cosource.parties.services.grants import check_ceiling, end_tell, grant_write, live_or_coming
from cosource.parties.services.invitations import digest_of
from cosource.parties.services.policy import (
    Party,
    acting_person,
    engagement_in_sight,
    organization_for,
    require,
    require_running,
    side_of,
)
from cosource.parties.services.record import append_own

LIMIT_DAYS = 366
PREFIX = "cs_"


@dataclass(frozen=True, slots=True)
class TokenGrant:
    """A right that a token holds: on the own desk (None), or on an engagement within its ceiling.

    `rights`: delegated ones of the engagement; on the own desk those that tokens have of themselves: to act on its
    maker's notices, to write articles.
    """

    engagement_id: UUID | None = None
    role: str = TECHNICIAN
    service_ids: tuple[UUID, ...] = ()
    site_ids: tuple[UUID, ...] = ()
    rights: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class NewToken:
    """A new token with its secret, which cannot be had again."""

    token: IntegrationToken
    secret: str


@transaction.atomic
def token_create(
    *,
    name: str,
    expires_at: datetime,
    grants: Collection[TokenGrant],
    actor: Actor,
    at: datetime,
    may_write: bool = False,
) -> NewToken:
    """Make a token for a program of the own organization. Appends `token.created/1`, and `grant.given/1` for each right.

    Raises: NotFound, NotAllowed, Invalid when it would live longer than a year or hold more than an engagement covers.
    """
    party = organization_for(actor, "token.manage")
    if not at < expires_at <= at + timedelta(days=LIMIT_DAYS):
        raise field_error("expires_at", _("A token ends within a year."), "expires_at")
    if not grants:
        raise field_error("grants", _("Say what the token may reach."), "required")
    secret = PREFIX + secrets.token_urlsafe(32)
    token = IntegrationToken.objects.create(
        organization=party.organization,
        name=clean_text("name", name, limit=120),
        digest=digest_of(secret),
        hint=secret[-4:],
        may_write=may_write,
        created_by=acting_person(actor),
        created_at=at,
        expires_at=expires_at,
    )
    append_own(
        party.organization,
        "token.created/1",
        ("token", token.id),
        actor=actor,
        at=at,
        facts={"may_write": may_write, "expires_at": instant_text(expires_at)},
        payload={"name": token.name},
    )
    for grant in grants:
        _give(grant, token, party, at)
    return NewToken(token, secret)


def _give(grant: TokenGrant, token: IntegrationToken, party: Party, at: datetime) -> None:
    if grant.role not in TOKEN_ROLES:
        raise field_error(
            "grants", _("Here a role is one of: %(roles)s.") % {"roles": ", ".join(TOKEN_ROLES)}, "role"
        )
    engagement = None
    if grant.engagement_id is not None:
        engagement = engagement_in_sight(party.actor, grant.engagement_id)
        party = require(
            party.actor, "grant.manage", engagement, side=side_of(engagement, party.actor.organization_id)
        )
        require_running(engagement, at)
    check_ceiling(
        engagement,
        at=at,
        service_ids=grant.service_ids,
        site_ids=grant.site_ids,
        rights=grant.rights if engagement is not None else set(grant.rights) - TOKENS_OWN_RIGHTS,
        ends_at=None,
    )
    grant_write(
        party,
        engagement,
        role=grant.role,
        token=token,
        at=at,
        service_ids=grant.service_ids,
        site_ids=grant.site_ids,
        rights=grant.rights,
    )


@transaction.atomic
def token_revoke(*, token_id: UUID, actor: Actor, at: datetime) -> None:
    """Revoke a token: its next request is refused. Appends `token.revoked/1`, and `grant.ended/1` for each right.

    Raises: NotFound, NotAllowed, Conflict when it was revoked before.
    """
    token = IntegrationToken.objects.visible_to(actor).filter(pk=token_id).first()
    if token is None:
        raise NotFound
    party = organization_for(actor, "token.manage")
    if not IntegrationToken.objects.filter(pk=token_id, revoked_at__isnull=True).update(revoked_at=at):
        raise Conflict(_("This token was revoked already."), code="already_revoked")
    rights = list(
        Grant.objects.select_related("organization", "engagement").filter(live_or_coming(at), token=token)
    )
    Grant.objects.filter(pk__in=[g.pk for g in rights]).update(ends_at=at)
    for grant in rights:
        end_tell(grant, actor=actor, at=at, reason="")
    append_own(party.organization, "token.revoked/1", ("token", token_id), actor=actor, at=at)
