"""Milestones of a transfer, as in build, operate, transfer.

Each has a name and a date; one party reports it as reached, the other confirms.
"""

from datetime import date, datetime
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from cosource.foundation.errors import Conflict, NotFound
from cosource.foundation.sight import Actor
from cosource.parties.models import TransferMilestone
from cosource.parties.services.checks import clean_note, clean_text, field_error
from cosource.parties.services.policy import engagement_in_sight, require, require_running, side_of
from cosource.parties.services.record import append_shared


@transaction.atomic
def milestone_add(
    *, engagement_id: UUID, name: str, due_on: date, actor: Actor, at: datetime
) -> TransferMilestone:
    """Name a milestone of the transfer and when it is due. Appends `milestone.added/1`.

    Raises: NotFound, NotAllowed, Conflict, Invalid when the name is taken.
    """
    engagement = engagement_in_sight(actor, engagement_id)
    party = require(actor, "milestone.manage", engagement, side=side_of(engagement, actor.organization_id))
    require_running(engagement, at)
    milestone = TransferMilestone(
        engagement=engagement, name=clean_text("name", name, limit=120), due_on=due_on
    )
    try:
        with transaction.atomic():
            milestone.save(force_insert=True)
    except IntegrityError:
        raise field_error("name", _("There is one of this name already."), "taken") from None
    append_shared(
        engagement,
        "milestone.added/1",
        ("milestone", milestone.id),
        actor=party.actor,
        at=at,
        facts={"due_on": due_on.isoformat()},
        payload={"name": milestone.name},
    )
    return milestone


@transaction.atomic
def milestone_report(*, milestone_id: UUID, evidence: str, actor: Actor, at: datetime) -> None:
    """Report a milestone as reached, with what shows it; the other party confirms. Appends `milestone.reported/1`.

    Raises: NotFound, NotAllowed, Invalid, Conflict when it was reported before.
    """
    milestone = _milestone(milestone_id, actor)
    engagement = engagement_in_sight(actor, milestone.engagement_id)
    party = require(actor, "milestone.manage", engagement, side=side_of(engagement, actor.organization_id))
    require_running(engagement, at)
    evidence = clean_note("evidence", evidence)
    rows = TransferMilestone.objects.filter(pk=milestone_id, reported_at__isnull=True)
    if not rows.update(reported_at=at, reported_by_organization=party.organization, evidence=evidence):
        raise Conflict(_("This was reported already."), code="already_reported")
    append_shared(
        engagement,
        "milestone.reported/1",
        ("milestone", milestone_id),
        actor=party.actor,
        at=at,
        payload={"evidence": evidence},
    )


@transaction.atomic
def milestone_answer(*, milestone_id: UUID, confirmed: bool, actor: Actor, at: datetime) -> None:
    """Confirm for the other party that a milestone is reached, or send the report back.

    Appends `milestone.confirmed/1` or `milestone.sent_back/1`. Raises: NotFound, NotAllowed for the party that reported it,
    Conflict when there is nothing to answer.
    """
    milestone = _milestone(milestone_id, actor)
    engagement = engagement_in_sight(actor, milestone.engagement_id)
    if milestone.reported_by_organization_id is None:
        raise Conflict(_("Nothing waits for an answer here."), code="nothing_reported")
    reporter = side_of(engagement, milestone.reported_by_organization_id)
    party = require(
        actor, "milestone.manage", engagement, side="partner" if reporter == "client" else "client"
    )
    rows = TransferMilestone.objects.filter(
        pk=milestone_id, confirmed_at__isnull=True, reported_at=milestone.reported_at
    )
    changed = (
        rows.update(confirmed_at=at, confirmed_by_id=actor.id, kept_by_one_side=party.organization.stand_in)
        if confirmed
        else rows.update(reported_at=None, reported_by_organization=None)
    )
    if not changed:
        raise Conflict(_("Nothing waits for an answer here."), code="nothing_reported")
    append_shared(
        engagement,
        "milestone.confirmed/1" if confirmed else "milestone.sent_back/1",
        ("milestone", milestone_id),
        actor=party.actor,
        at=at,
        facts={"kept_by_one_side": party.organization.stand_in},
    )


def _milestone(milestone_id: UUID, actor: Actor) -> TransferMilestone:
    found = TransferMilestone.objects.visible_to(actor).filter(pk=milestone_id).first()
    if found is None:
        raise NotFound
    return found
