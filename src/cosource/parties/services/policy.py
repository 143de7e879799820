"""The one place that says no: whose step it is, and whether the actor may take it.

A step belongs to a party. Somebody acts for their own organization, or for a stand-in that it keeps; then the record names the
party on whose behalf it was done. What is out of sight is not found; what is in sight but not one's to do is not allowed.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from django.utils.translation import gettext as _

from cosource.foundation.errors import Conflict, NotAllowed, NotFound
from cosource.foundation.sight import Actor
from cosource.parties.models import Engagement, Organization, Person
from cosource.parties.rules.policies import POLICIES, Side, allows


@dataclass(frozen=True, slots=True)
class Party:
    """The organization whose step this is, the actor as recorded for it, and its side where an engagement is concerned."""

    organization: Organization
    actor: Actor
    side: Side | None = None


def _refuse(action: str) -> NotAllowed:
    return NotAllowed(_("Your role does not include this step."), action=action)


def _check_person(actor: Actor, action: str) -> None:
    # People, rights and agreements are for people to decide; and a guest at a host's desk decides nothing for the host.
    if actor.kind != "person" or actor.sight.as_host:
        raise _refuse(action)


def acting_person(actor: Actor) -> Person:
    """Return the person who acts. Raises: NotAllowed for a token or the system."""
    if actor.person_id is None:
        raise NotAllowed(_("That is for a person to do."), code="person_needed")
    return Person.objects.get(pk=actor.person_id)


def organization_for(actor: Actor, action: str, organization_id: UUID | None = None) -> Party:
    """Return the party for which the actor takes a step of an organization: its own (None), or a stand-in that it keeps.

    Raises: NotFound for any other organization, NotAllowed without a role that suffices.
    """
    if actor.organization_id is None:
        raise NotFound
    own_id = actor.organization_id
    found = Organization.objects.filter(pk=organization_id or own_id).first()
    if found is None or found.id not in (
        own_id,
        *([found.id] if found.stand_in and found.kept_by_id == own_id else []),
    ):
        raise NotFound
    _check_person(actor, action)
    if not allows(action, desk=actor.sight.roles_on(None)):
        raise _refuse(action)
    if found.id == own_id:
        return Party(found, actor)
    return Party(found, replace(actor, on_behalf_of=found.id))


def own_organization(actor: Actor) -> Party:
    """Return the actor's own organization as the party, for a step that each may take for themselves. Raises: NotFound."""
    found = Organization.objects.filter(pk=actor.reads_as).first()
    if found is None or actor.sight.as_host:
        raise NotFound
    return Party(found, actor)


def owner_for(actor: Actor, action: str, organization: Organization) -> Party:
    """Return the party that owns something which is in sight. Raises: NotAllowed when that is the other party."""
    try:
        return organization_for(actor, action, organization.id)
    except NotFound:
        raise NotAllowed(_("That is for the other party to do."), code="other_party", action=action) from None


def engagement_in_sight(actor: Actor, engagement_id: UUID) -> Engagement:
    """Return the engagement with both parties. Raises: NotFound out of sight."""
    found = (
        Engagement.objects.visible_to(actor)
        .select_related("client", "partner")
        .filter(pk=engagement_id)
        .first()
    )
    if found is None:
        raise NotFound
    return found


def side_of(engagement: Engagement, organization_id: UUID | None) -> Side:
    """Return on which side of the engagement the organization stands."""
    return "client" if engagement.client_id == organization_id else "partner"


def require(actor: Actor, action: str, engagement: Engagement, *, side: Side | None = None) -> Party:
    """Return the party that takes this step of an engagement that is in sight.

    `side`: the side whose step it is, where only one can take it; otherwise the actor's own side where the policy names it,
    else the other side if that is a stand-in kept by the actor's organization.
    Raises: NotAllowed.
    """
    policy = POLICIES[action]
    own = side_of(engagement, actor.organization_id)
    wanted = side if side is not None else own if own in policy.sides else next(iter(policy.sides))
    _check_person(actor, action)
    held = actor.sight.roles_on(engagement.id)
    if not allows(action, desk=actor.sight.roles_on(None), engagement=held):
        raise _refuse(action)
    organization = engagement.client if wanted == "client" else engagement.partner
    if organization.id == actor.organization_id:
        return Party(organization, actor, wanted)
    if organization.stand_in and organization.kept_by_id == actor.organization_id:
        return Party(organization, replace(actor, on_behalf_of=organization.id), wanted)
    raise NotAllowed(_("That is for the other party to do."), code="other_party", action=action)


def require_running(engagement: Engagement, at: datetime) -> None:
    """Refuse a step on an engagement that has ended."""
    if engagement.ends_at is not None and engagement.ends_at <= at:
        raise Conflict(_("This engagement has ended."), code="engagement_ended")
