"""Invitations: a link, used once within seven days, that makes somebody a member of an organization.

The link's secret is kept nowhere: only its digest is. It goes by mail to the address itself, or is shown once to the inviter,
for a first sign-in without mail. Whether somebody signs in with that address already is never told to the inviter.

Not here: claiming a stand-in's seat (`claims`).
"""

import hashlib
import secrets
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from cosource.foundation.errors import Conflict, NotAllowed, NotFound
from cosource.foundation.rules.canonical import instant_text
from cosource.foundation.rules.notices import Said
from cosource.foundation.services.mail import mail_enqueue
from cosource.foundation.services.notices import notify
from cosource.foundation.sight import Actor, Sight
from cosource.parties.models import Employment, Engagement, Invitation, Organization, Person, Team
from cosource.parties.models.scope import live_q
from cosource.parties.rules.policies import may_give, roles_for
from cosource.parties.services.checks import clean_email, clean_text, field_error
from cosource.parties.services.grants import grant_write
from cosource.parties.services.people import employment_write, person_write
from cosource.parties.services.policy import (
    Party,
    acting_person,
    engagement_in_sight,
    organization_for,
    require,
    side_of,
)
from cosource.parties.services.record import append_own
from cosource.parties.services.teams import membership_write

VALID_DAYS = 7
JOINED = "person.joined"


@dataclass(frozen=True, slots=True)
class OfferedRole:
    """A role that an invitation carries: on the organization's own desk (None), or on an engagement."""

    role: str
    engagement_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Issued:
    """A new invitation with its link. The link cannot be had again."""

    invitation: Invitation
    link: str


def digest_of(secret: str) -> str:
    """Return what is kept of a secret."""
    return hashlib.sha256(secret.encode()).hexdigest()


def invitation_write(
    organization: Organization,
    *,
    email: str,
    name: str,
    title: str,
    grants: list[dict[str, Any]],
    team_ids: list[str],
    claims_stand_in: bool,
    by_mail: bool,
    actor: Actor,
    at: datetime,
) -> Issued:
    """Write an invitation and send its link where `by_mail` says so."""
    secret = _new_secret()
    invitation = Invitation.objects.create(
        organization=organization,
        email=email,
        name=name,
        title=title,
        grants=grants,
        team_ids=team_ids,
        claims_stand_in=claims_stand_in,
        by_mail=by_mail,
        digest=digest_of(secret),
        invited_by_id=acting_person(actor).id,
        created_at=at,
        expires_at=at + timedelta(days=VALID_DAYS),
    )
    return _handed_over(invitation, secret, actor=actor, at=at)


def _new_secret() -> str:
    return secrets.token_urlsafe(32)


def _handed_over(invitation: Invitation, secret: str, *, actor: Actor, at: datetime) -> Issued:
    """Return the invitation with its link, which goes by mail where the invitation says so."""
    link = f"{settings.BASE_URL.rstrip('/')}/invitation/{secret}/"
    if invitation.by_mail:
        mail_enqueue(
            # One for each link that there was, and no other names it.
            effect_key=f"invitation:{invitation.id.hex}:{invitation.digest}",
            to=invitation.email,
            subject=_("%(who)s invites you to Cosource") % {"who": actor.name},
            text=_letter(invitation.organization, actor, link, invitation.claims_stand_in),
            at=at,
            organization_id=actor.organization_id,
            about=invitation.id,
        )
    return Issued(invitation, link)


def _letter(organization: Organization, actor: Actor, link: str, claims_stand_in: bool) -> str:
    if claims_stand_in:
        first = _("%(who)s works with %(party)s in a shared record and asks you to take your seat in it.")
    else:
        first = _("%(who)s asks you to work for %(party)s in its operations room.")
    words = first % {"who": actor.name, "party": organization.name}
    rest = _("Open this link within %(days)d days; it works once:") % {"days": VALID_DAYS}
    end = _("If you did not expect this, do nothing.")
    return f"{words}\n\n{rest}\n{link}\n\n{end}\n"


@transaction.atomic
def person_invite(
    *,
    email: str,
    name: str,
    actor: Actor,
    at: datetime,
    title: str = "",
    roles: Collection[OfferedRole] = (),
    team_ids: Collection[UUID] = (),
    by_mail: bool = True,
) -> Issued:
    """Invite somebody to work for the own organization, with roles and teams from the first moment.

    `by_mail`: send the link to the address; otherwise the inviter hands the returned link over. Appends `person.invited/1`.
    Raises: NotFound, NotAllowed, Invalid.
    """
    party = organization_for(actor, "person.invite")
    address = clean_email("email", email)
    grants = [_offered(role, actor, at) for role in roles]
    ours = Team.objects.filter(organization=party.organization, ended_at__isnull=True, pk__in=team_ids)
    teams = sorted(i.hex for i in ours.values_list("id", flat=True))
    if len(teams) != len(set(team_ids)):
        raise field_error("team_ids", _("There is no such team here."), "unknown")
    issued = invitation_write(
        party.organization,
        email=address,
        name=clean_text("name", name, limit=120),
        title=clean_text("title", title, limit=120, required=False),
        grants=grants,
        team_ids=teams,
        claims_stand_in=False,
        by_mail=by_mail,
        actor=actor,
        at=at,
    )
    append_own(
        party.organization,
        "person.invited/1",
        ("invitation", issued.invitation.id),
        actor=actor,
        at=at,
        facts={
            "roles": [{"role": g["role"], "engagement": g["engagement"]} for g in grants],
            "teams": teams,
            "by_mail": by_mail,
            "expires_at": instant_text(issued.invitation.expires_at),
        },
        payload={"email": address, "name": issued.invitation.name},
    )
    return issued


def _offered(offered: OfferedRole, actor: Actor, at: datetime) -> dict[str, Any]:
    side = None
    if offered.engagement_id is not None:
        engagement = engagement_in_sight(actor, offered.engagement_id)
        side = side_of(engagement, actor.organization_id)
        require(actor, "grant.manage", engagement, side=side)
    if offered.role not in roles_for(side) or not may_give(offered.role, desk=actor.sight.roles_on(None)):
        raise field_error("roles", _("This role cannot be given here."), "role")
    return {"role": offered.role, "engagement": offered.engagement_id.hex if offered.engagement_id else None}


def invitation_open(secret: str, at: datetime) -> Invitation:
    """Return the invitation that a link opens. Raises: NotFound when it is used, withdrawn, late, or never was."""
    found = (
        Invitation.objects.select_related("organization__kept_by")
        .filter(
            digest=digest_of(secret),
            accepted_at__isnull=True,
            withdrawn_at__isnull=True,
            expires_at__gt=at,
        )
        .first()
    )
    if found is None:
        raise NotFound
    return found


def invitation_take(invitation: Invitation, person: Person, at: datetime) -> None:
    """Use an invitation up; of two at once one gets it. Raises: NotFound."""
    rows = Invitation.objects.filter(
        pk=invitation.pk, accepted_at__isnull=True, withdrawn_at__isnull=True, expires_at__gt=at
    )
    if not rows.update(accepted_at=at, accepted_by=person):
        raise NotFound


def invited_person(
    invitation: Invitation, *, person: Person | None, name: str, password: str, at: datetime
) -> Person:
    """Return who accepts: the signed-in person whom the address names, or a new one with the password.

    Raises: NotAllowed for another person, Conflict when somebody with this address must sign in first, Invalid.
    """
    if person is not None:
        if person.email.lower() != invitation.email.lower():
            raise NotAllowed(_("This invitation is for another address."), code="other_address")
        return person
    if Person.objects.filter(email__iexact=invitation.email).exists():
        raise Conflict(_("Sign in with this address first, then open the link again."), code="sign_in_first")
    return person_write(
        email=invitation.email,
        name=name or invitation.name,
        password=password,
        verified=invitation.by_mail,
        at=at,
    )


@transaction.atomic
def invitation_accept(
    *, secret: str, at: datetime, person: Person | None = None, name: str = "", password: str = ""
) -> Person:
    """Accept an invitation by its link, as a signed-in person (`person`) or as a new one with a name and a password.

    Appends `person.joined/1`, and an entry for each role and team that came with it; what has ended meanwhile is left out.
    Raises: NotFound, NotAllowed, Conflict, Invalid.
    """
    invitation = invitation_open(secret, at)
    if invitation.claims_stand_in:
        raise NotFound
    accepted = invited_person(invitation, person=person, name=name, password=password, at=at)
    invitation_take(invitation, accepted, at)
    organization = invitation.organization
    actor = newcomer(accepted, organization)
    if not Employment.objects.filter(live_q(at), person=accepted, organization=organization).exists():
        employment, payload = employment_write(
            person=accepted, organization=organization, title=invitation.title, at=at
        )
        append_own(
            organization,
            "person.joined/1",
            ("person", accepted.id),
            actor=actor,
            at=at,
            facts={"employment": employment.id.hex, "invitation": invitation.id.hex},
            payload=payload,
        )
    for offered in invitation.grants:
        _give(offered, invitation, accepted, actor=actor, at=at)
    teams = Team.objects.filter(organization=organization, ended_at__isnull=True, pk__in=invitation.team_ids)
    for team in teams.order_by("id"):
        if not team.memberships.filter(live_q(at), person=accepted).exists():
            membership_write(team, accepted, leads=False, actor=actor, at=at)
    notify(
        effect_key=f"invitation.accepted:{invitation.id.hex}",
        person_ids={invitation.invited_by_id} - {accepted.id},
        kind=JOINED,
        subject_kind="person",
        subject_id=accepted.id,
        url=f"/organization/people/{accepted.id}/",
        words=Said(gettext_noop("%(who)s has accepted your invitation"), (("who", accepted.name),)),
        at=at,
        organization_id=organization.id,
    )
    return accepted


def newcomer(person: Person, organization: Organization) -> Actor:
    """Return the actor who takes a seat: the person, for the organization, with no rights yet."""
    return Actor(
        kind="person",
        id=person.id,
        sight=Sight(organization_id=organization.id, person_id=person.id),
        name=person.name,
    )


def _give(
    offered: dict[str, Any], invitation: Invitation, person: Person, *, actor: Actor, at: datetime
) -> None:
    organization, engagement = invitation.organization, None
    if offered["engagement"] is not None:
        engagement = (
            Engagement.objects.running(at)
            .select_related("client", "partner")
            .filter(pk=UUID(offered["engagement"]))
            .first()
        )
        if engagement is None or organization.id not in {engagement.client_id, engagement.partner_id}:
            return
    side = side_of(engagement, organization.id) if engagement else None
    grant_write(
        Party(organization, actor, side),
        engagement,
        role=offered["role"],
        person=person,
        at=at,
        granted_by_id=invitation.invited_by_id,
    )


@transaction.atomic
def invitation_send_again(*, invitation_id: UUID, actor: Actor, at: datetime) -> Issued:
    """Give an invitation a new link for another seven days, by mail if the first one went by mail; the old link is worthless.

    Appends `invitation.sent_again/1`. Raises: NotFound, NotAllowed, Conflict when it was used or withdrawn before.
    """
    invitation, party = _own_invitation(invitation_id, actor)
    secret = _new_secret()
    invitation.digest, invitation.expires_at = digest_of(secret), at + timedelta(days=VALID_DAYS)
    _change_open(invitation_id, digest=invitation.digest, expires_at=invitation.expires_at)
    append_own(
        party.organization,
        "invitation.sent_again/1",
        ("invitation", invitation_id),
        actor=party.actor,
        at=at,
        facts={"by_mail": invitation.by_mail, "expires_at": instant_text(invitation.expires_at)},
    )
    return _handed_over(invitation, secret, actor=actor, at=at)


def _own_invitation(invitation_id: UUID, actor: Actor) -> tuple[Invitation, Party]:
    """Return an invitation in sight, and its organization as the actor may change it. Raises: NotFound, NotAllowed."""
    invitation = (
        Invitation.objects.visible_to(actor)
        .select_related("organization__kept_by")
        .filter(pk=invitation_id)
        .first()
    )
    if invitation is None:
        raise NotFound
    return invitation, organization_for(actor, "person.invite", invitation.organization_id)


def _change_open(invitation_id: UUID, **values: Any) -> None:
    rows = Invitation.objects.filter(pk=invitation_id, accepted_at__isnull=True, withdrawn_at__isnull=True)
    if not rows.update(**values):
        raise Conflict(_("This invitation is no longer open."), code="not_open")


@transaction.atomic
def invitation_withdraw(*, invitation_id: UUID, actor: Actor, at: datetime) -> None:
    """Make an invitation's link worthless. Appends `invitation.withdrawn/1`.

    Raises: NotFound, NotAllowed, Conflict when it was used or withdrawn before.
    """
    _invitation, party = _own_invitation(invitation_id, actor)
    _change_open(invitation_id, withdrawn_at=at)
    append_own(
        party.organization,
        "invitation.withdrawn/1",
        ("invitation", invitation_id),
        actor=party.actor,
        at=at,
    )
