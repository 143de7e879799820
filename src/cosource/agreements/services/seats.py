"""Whose step it is at an agreement, and the refusals that go before every step.

Out of sight is not found; in sight without the right is not allowed. Not here: which grant gives which level (`rules.rights`).
"""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from cosource.agreements.models import Agreement, AgreementVersion
from cosource.agreements.rules.rights import Level, level_on
from cosource.foundation.errors import NotAllowed, NotFound
from cosource.foundation.rules.canonical import instant_text
from cosource.foundation.sight import Actor
from cosource.parties.models import Engagement, Organization
from cosource.parties.services.policy import engagement_in_sight, require_running
from cosource.parties.services.record import append_own, append_shared


@dataclass(frozen=True, slots=True)
class Seat:
    """A place at which agreements are made: an engagement of an owner with a partner, or the owner's own desk."""

    owner: Organization
    engagement: Engagement | None

    @property
    def parties(self) -> tuple[Organization, ...]:
        """Return whose word a version needs."""
        return (self.owner,) if self.engagement is None else (self.owner, self.engagement.partner)


def seat_for(actor: Actor, engagement_id: UUID | None, at: datetime) -> Seat:
    """Return the seat at which an actor may lead: an engagement, or the own desk of its organization (None).

    Raises: NotFound out of sight, NotAllowed without the right, Conflict when the engagement has ended.
    """
    if engagement_id is not None:
        engagement = engagement_in_sight(actor, engagement_id)
        seat = Seat(engagement.client, engagement)
        require_lead(actor, seat)
        require_running(engagement, at)
        return seat
    if actor.organization_id is None:
        raise NotFound
    owner = Organization.objects.get(pk=actor.organization_id)
    seat = Seat(owner, None)
    require_lead(actor, seat)
    return seat


def seat_of(agreement: Agreement) -> Seat:
    """Return the seat of an agreement."""
    return Seat(agreement.owner, agreement.engagement)


def require_lead(actor: Actor, seat: Seat) -> None:
    """Refuse whoever may not give their party's word. Raises: NotAllowed."""
    engagement = seat.engagement
    level = level_on(
        actor,
        owner_id=seat.owner.id,
        engagement_id=engagement.id if engagement else None,
        partner_id=engagement.partner_id if engagement else None,
    )
    if level < Level.LEAD:
        raise NotAllowed(_("Only who leads for a party proposes and confirms its agreements."))


def version_to_lead(actor: Actor, version_id: UUID, at: datetime) -> AgreementVersion:
    """Return a version in sight at whose seat the actor may lead.

    Raises: NotFound, NotAllowed, Conflict when the engagement has ended.
    """
    found = (
        AgreementVersion.objects.visible_to(actor)
        .select_related(
            "agreement__owner",
            "agreement__engagement__client",
            "agreement__engagement__partner",
            "proposed_by_organization",
        )
        .filter(pk=version_id)
        .first()
    )
    if found is None:
        raise NotFound
    seat = seat_of(found.agreement)
    require_lead(actor, seat)
    if seat.engagement is not None:
        require_running(seat.engagement, at)
    return found


def party_for(seat: Seat, actor: Actor, organization_id: UUID | None) -> tuple[Organization, Actor]:
    """Return the party whose word this is, and the actor as recorded for it.

    `organization_id`: the own organization (also None), or a stand-in at this seat that it keeps.
    Raises: NotAllowed for the other party.
    """
    wanted = organization_id or actor.organization_id
    for party in seat.parties:
        if party.id != wanted:
            continue
        if party.id == actor.organization_id:
            return party, actor
        if party.stand_in and party.kept_by_id == actor.organization_id:
            return party, replace(actor, on_behalf_of=party.id)
    raise NotAllowed(_("That is for the other party to do."), code="other_party")


def append_version(
    kind: str,
    version: AgreementVersion,
    seat: Seat,
    *,
    actor: Actor,
    at: datetime,
    draft_of: Organization | None = None,
    facts: dict[str, Any] | None = None,
) -> None:
    """Append an entry about a version to the seat's shared record; about a draft, to its own side's record."""
    about = {
        "agreement": version.agreement_id.hex,
        "digest": version.digest,
        "starts_at": instant_text(version.starts_at),
        **({"number": version.number} if version.number else {}),
        **(facts or {}),
    }
    subject = ("agreement_version", version.id)
    payload = {"name": version.name}
    if draft_of is not None or seat.engagement is None:
        append_own(draft_of or seat.owner, kind, subject, actor=actor, at=at, facts=about, payload=payload)
    else:
        append_shared(seat.engagement, kind, subject, actor=actor, at=at, facts=about, payload=payload)
