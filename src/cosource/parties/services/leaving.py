"""A person leaves: employment, rights, teams, placements, open invitations and sessions end in one step."""

from collections.abc import Callable
from datetime import datetime
from uuid import UUID

from allauth.usersessions.models import UserSession
from django.db import transaction
from django.utils.translation import gettext as _

from cosource.foundation.errors import Conflict, NotFound
from cosource.foundation.sight import ADMINISTRATOR, Actor
from cosource.parties.models import Employment, Grant, Invitation, Membership, Person, Placement, Presence
from cosource.parties.models.scope import live_q
from cosource.parties.services.checks import clean_text
from cosource.parties.services.grants import end_tell, last_administrator, live_or_coming
from cosource.parties.services.placements import placement_stop
from cosource.parties.services.policy import organization_for
from cosource.parties.services.record import append_own

# Follows in the same step what rooms above keep for one person alone: given the person, the organization left, and when.
type Follower = Callable[[UUID, UUID, datetime], None]
_followers: list[Follower] = []


def register_leaving(follow: Follower) -> None:
    """Let a room end or forget what it keeps for somebody who leaves."""
    if follow not in _followers:
        _followers.append(follow)


@transaction.atomic
def employment_end(*, person_id: UUID, actor: Actor, at: datetime, reason: str = "") -> None:
    """End a person's employment with the own organization, and with it all access that rested on it, at once.

    Unless another organization employs the person, sessions are ended, and their number and when they were here are
    forgotten; every request asks for a live employment anyway. The last administrator stays until there is another. Appends
    `person.left/1`, and an entry for each right and placement that ended.
    Raises: NotFound, NotAllowed, Conflict.
    """
    party = organization_for(actor, "person.end")
    organization = party.organization
    person = Person.objects.visible_to(actor).filter(pk=person_id).first()
    if person is None:
        raise NotFound
    rights = list(
        Grant.objects.select_related("organization", "engagement").filter(
            live_or_coming(at), person=person, organization=organization
        )
    )
    if any(g.role == ADMINISTRATOR and g.engagement_id is None and last_administrator(g, at) for g in rights):
        raise Conflict(_("An organization keeps one administrator."), code="last_administrator")
    employments = Employment.objects.filter(live_q(at), person=person, organization=organization)
    if not employments.update(ends_at=at):
        # Somebody placed here, or gone already: seen, but employed by nobody of ours.
        raise Conflict(_("They do not work here."), code="not_employed")
    reason = clean_text("reason", reason, limit=200, required=False)
    Grant.objects.filter(pk__in=[g.pk for g in rights]).update(ends_at=at)
    for grant in rights:
        end_tell(grant, actor=actor, at=at, reason=reason)
    teams = Membership.objects.filter(live_q(at), person=person, team__organization=organization).update(
        ends_at=at
    )
    placements = Placement.objects.filter(person=person, employer=organization)
    for placement in placements.exclude(ends_at__lte=at):
        placement_stop(placement, actor=actor, at=at)
    open_invitations = Invitation.objects.filter(
        organization=organization, accepted_at__isnull=True, withdrawn_at__isnull=True
    )
    open_invitations.filter(invited_by_id=person.id).update(withdrawn_at=at)
    for follow in _followers:
        follow(person.id, organization.id, at)
    append_own(
        organization,
        "person.left/1",
        ("person", person.id),
        actor=actor,
        at=at,
        facts={"grants": len(rights), "teams": teams},
        payload={"name": person.name, "reason": reason},
    )
    if not Employment.objects.filter(live_q(at), person=person).exists():
        for session in UserSession.objects.filter(user=person):
            session.end()
        Person.objects.filter(pk=person.id).update(phone="")
        Presence.objects.filter(person_id=person.id).delete()
