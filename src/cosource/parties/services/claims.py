"""An absent party takes its seat: the stand-in that its counterpart kept becomes a party of its own.

Two ways. A party that is new here takes the stand-in over, with all that was recorded with it. A party that is here already,
under another engagement, begins its own engagement in the stand-in's place: the record until then stays what it was, kept by
one side, and nobody's entries change their readers.
"""

from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from cosource.foundation.errors import Conflict, NotAllowed, NotFound
from cosource.foundation.rules.canonical import instant_text
from cosource.foundation.rules.notices import Said
from cosource.foundation.services.notices import notify
from cosource.foundation.sight import MANAGER, SERVICE_OWNER, Actor, system_actor
from cosource.parties.models import (
    Engagement,
    EngagementService,
    EngagementSite,
    Grant,
    Invitation,
    Organization,
    Person,
)
from cosource.parties.models.scope import LEADS, live_q
from cosource.parties.services.checks import clean_email, clean_text
from cosource.parties.services.engagements import (
    SUPERSEDED_SLOT,
    Terms,
    end_write,
    engagement_write,
    free_slot,
    lead_write,
    offer_teams,
    other_side,
)
from cosource.parties.services.grants import grant_write
from cosource.parties.services.invitations import (
    JOINED,
    Issued,
    invitation_open,
    invitation_take,
    invitation_write,
    invited_person,
    newcomer,
)
from cosource.parties.services.organizations import found_first_person
from cosource.parties.services.policy import Party, engagement_in_sight, require, side_of
from cosource.parties.services.record import append_own, append_shared


@transaction.atomic
def stand_in_invite(
    *, engagement_id: UUID, email: str, name: str, actor: Actor, at: datetime, by_mail: bool = True
) -> Issued:
    """Invite the absent party of an engagement to take its seat. Appends `stand_in.invited/1` for the keeper alone.

    Raises: NotFound, NotAllowed, Conflict when the party is here already, Invalid.
    """
    engagement = engagement_in_sight(actor, engagement_id)
    require(actor, "engagement.invite", engagement, side=side_of(engagement, actor.organization_id))
    absent = other_side(engagement, actor.organization_id)
    if not absent.stand_in or absent.kept_by_id != actor.organization_id:
        raise Conflict(_("The other party has taken its seat."), code="not_absent")
    issued = invitation_write(
        absent,
        email=clean_email("email", email),
        name=clean_text("name", name, limit=120),
        title="",
        grants=[],
        team_ids=[],
        claims_stand_in=True,
        by_mail=by_mail,
        actor=actor,
        at=at,
    )
    append_own(
        other_side(engagement, absent.id),
        "stand_in.invited/1",
        ("invitation", issued.invitation.id),
        actor=actor,
        at=at,
        facts={
            "engagement": engagement.id.hex,
            "by_mail": by_mail,
            "expires_at": instant_text(issued.invitation.expires_at),
        },
        payload={"email": issued.invitation.email, "name": issued.invitation.name},
    )
    return issued


@transaction.atomic
def stand_in_claim(
    *,
    secret: str,
    at: datetime,
    person: Person | None = None,
    name: str = "",
    password: str = "",
    for_organization_id: UUID | None = None,
) -> Organization:
    """Take an absent party's seat by the link that was sent to it.

    As a new party: the stand-in becomes it, and the person its administrator and lead. With `for_organization_id`, a signed-in
    person who leads that organization takes the seat for it. Every open invitation to the seat is used up, and the inviter told.
    Appends `engagement.claimed/1`, and what begins with it. Raises: NotFound, NotAllowed, Conflict, Invalid.
    """
    invitation = invitation_open(secret, at)
    if not invitation.claims_stand_in or not invitation.organization.stand_in:
        raise NotFound
    claimant = invited_person(invitation, person=person, name=name, password=password, at=at)
    invitation_take(invitation, claimant, at)
    Invitation.objects.filter(
        organization=invitation.organization, accepted_at__isnull=True, withdrawn_at__isnull=True
    ).update(withdrawn_at=at)
    if for_organization_id is None:
        organization = _claim_as_new(invitation.organization, claimant, at)
    else:
        organization = _claim_for(invitation.organization, for_organization_id, claimant, at)
    _tell_inviter(invitation, organization, claimant, at)
    return organization


def _tell_inviter(invitation: Invitation, organization: Organization, claimant: Person, at: datetime) -> None:
    """Tell who invited, as of an accepted invitation; about the engagement, since they see no people of the other party."""
    keeper_id = invitation.organization.kept_by_id
    shared = [e for e in _engagements_of(organization, at) if keeper_id in {e.client_id, e.partner_id}]
    if keeper_id is None or not shared:
        return
    notify(
        effect_key=f"invitation.accepted:{invitation.id.hex}",
        person_ids={invitation.invited_by_id} - {claimant.id},
        kind=JOINED,
        subject_kind="engagement",
        subject_id=shared[-1].id,
        url=f"/organization/engagements/{shared[-1].id}/",
        words=Said(gettext_noop("%(party)s has taken its seat"), (("party", organization.name),)),
        at=at,
        organization_id=keeper_id,
    )


def _engagements_of(stand_in: Organization, at: datetime) -> list[Engagement]:
    sides = stand_in.as_client.filter(live_q(at)) | stand_in.as_partner.filter(live_q(at))
    return list(sides.select_related("client", "partner").order_by("created_at", "id"))


def _claim_as_new(stand_in: Organization, claimant: Person, at: datetime) -> Organization:
    rows = Organization.objects.filter(pk=stand_in.pk, stand_in=True)
    if not rows.update(stand_in=False, kept_by=None, version=stand_in.version + 1):
        raise NotFound
    organization = Organization.objects.get(pk=stand_in.pk)
    actor = newcomer(claimant, organization)
    engagements = _engagements_of(organization, at)
    as_client = any(e.client_id == organization.id for e in engagements)
    leads_as = SERVICE_OWNER if as_client else MANAGER
    found_first_person(organization, claimant, leads_as=leads_as, title="", actor=actor, at=at)
    for engagement in engagements:
        if engagement.partner_id == organization.id:
            lead_write(engagement, organization, claimant, actor=actor, at=at)
        _tell_claimed(engagement, organization, actor=actor, at=at, before=None)
    return organization


def _claim_for(stand_in: Organization, organization_id: UUID, claimant: Person, at: datetime) -> Organization:
    organization = _led_by(claimant, organization_id, at)
    if organization.id == stand_in.kept_by_id:
        raise Conflict(_("An engagement has two parties."), code="own_seat")
    actor = newcomer(claimant, organization)
    for before in _engagements_of(stand_in, at):
        # One by one: a slot is free only when the engagement before has given it up.
        engagement = _begin_again(before, stand_in, organization, actor, at=at)
        offer_teams(engagement, organization, actor=actor, at=at)
        if engagement.partner_id == organization.id:
            lead_write(engagement, organization, claimant, actor=actor, at=at)
        _tell_claimed(engagement, organization, actor=actor, at=at, before=before)
    return organization


def _led_by(person: Person, organization_id: UUID, at: datetime) -> Organization:
    """Return the organization if the person works there and leads its desk; else it is not theirs to speak for."""
    leads = Grant.objects.filter(
        live_q(at),
        person=person,
        organization_id=organization_id,
        engagement__isnull=True,
        role__in=LEADS,
        organization__employments__in=person.employments.filter(live_q(at)),
    )
    if not leads.exists():
        raise NotAllowed(_("Somebody who leads the organization takes the seat for it."), code="not_lead")
    return Organization.objects.get(pk=organization_id)


def _begin_again(
    before: Engagement, stand_in: Organization, organization: Organization, actor: Actor, *, at: datetime
) -> Engagement:
    """Begin the organization's own engagement in the stand-in's place, with the same scope, and end the one before."""
    takes_client = before.client_id == stand_in.id
    client = organization if takes_client else before.client
    partner = before.partner if takes_client else organization
    slot = before.slot
    if not takes_client:
        # The newcomer is drawn as the stand-in was; what was before moves out of the way.
        taken = Engagement.objects.filter(client=client).values_list("slot", flat=True)
        Engagement.objects.filter(pk=before.pk).update(slot=free_slot(taken, SUPERSEDED_SLOT))
    end_write(before, before.version, ends_at=at, export_until=at)
    engagement = engagement_write(
        Terms(
            name=before.name,
            client=client,
            partner=partner,
            parent=before.parent,
            provider_kind=before.provider_kind,
            stage=before.stage,
            starts_at=at,
        ),
        actor=actor,
        at=at,
    )
    if not takes_client:
        Engagement.objects.filter(pk=engagement.pk).update(slot=slot)
        _copy_scope(before, engagement, at)
    _move_seats(before, engagement, organization, at)
    return Engagement.objects.select_related("client", "partner").get(pk=engagement.pk)


def _copy_scope(before: Engagement, engagement: Engagement, at: datetime) -> None:
    """Cover what was covered before. A client that comes with its own sites and services says anew what is covered."""
    Engagement.objects.filter(pk=engagement.pk).update(
        sites_limited=before.sites_limited, delegated_rights=before.delegated_rights
    )
    for service in EngagementService.objects.filter(live_q(at), engagement=before):
        EngagementService.objects.create(engagement=engagement, service_id=service.service_id, starts_at=at)
    for site in EngagementSite.objects.filter(live_q(at), engagement=before):
        EngagementSite.objects.create(engagement=engagement, site_id=site.site_id, starts_at=at)


def _move_seats(before: Engagement, engagement: Engagement, newcomer_at: Organization, at: datetime) -> None:
    """Let the keeper's people and teams go on under the new engagement as they did under the one before."""
    for offered in before.offered_teams.filter(live_q(at)).exclude(team__organization__stand_in=True):
        engagement.offered_teams.create(team_id=offered.team_id, starts_at=at)
    takes_client = engagement.client_id == newcomer_at.id
    keeper = Grant.objects.filter(live_q(at), engagement=before).exclude(organization=newcomer_at)
    for grant in keeper.select_related("organization", "person", "token"):
        if takes_client and (grant.service_ids or grant.site_ids):
            continue  # limits that name the stand-in's places; the party gives such rights anew
        seat = system_actor(reason="the other party took its seat", organization_id=grant.organization_id)
        grant_write(
            Party(grant.organization, seat),
            engagement,
            role=grant.role,
            person=grant.person,
            token=grant.token,
            at=at,
            service_ids=[UUID(i) for i in grant.service_ids],
            site_ids=[UUID(i) for i in grant.site_ids],
            rights=grant.rights,
            ends_at=grant.ends_at,
            history_from=grant.history_from,
            history_until=grant.history_until,
            granted_by_id=grant.granted_by_id,
        )


def _tell_claimed(
    engagement: Engagement,
    organization: Organization,
    *,
    actor: Actor,
    at: datetime,
    before: Engagement | None,
) -> None:
    append_shared(
        engagement,
        "engagement.claimed/1",
        ("engagement", engagement.id),
        actor=actor,
        at=at,
        facts={
            "organization": organization.id.hex,
            "as_client": engagement.client_id == organization.id,
            "again": before is not None,
        },
    )
    if before is not None:
        append_shared(
            before,
            "engagement.ended/1",
            ("engagement", before.id),
            actor=actor,
            at=at,
            facts={"ends_at": instant_text(at), "export_days": 0, "followed_by": engagement.id.hex},
            payload={"reason": _("The party took its seat.")},
        )
