"""How an engagement grows: one party proposes a stage with its evidence, the other agrees or declines.

Both must say so. For a stand-in its keeper answers, and the record says on whose behalf; figures then call it kept by one side.
"""

from datetime import datetime
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from cosource.foundation.errors import Conflict, NotFound
from cosource.foundation.sight import Actor
from cosource.parties.models import Stage, StageChange
from cosource.parties.services.checks import clean_note, field_error
from cosource.parties.services.engagements import version_raise
from cosource.parties.services.policy import (
    acting_person,
    engagement_in_sight,
    require,
    require_running,
    side_of,
)
from cosource.parties.services.record import append_shared


@transaction.atomic
def stage_change_propose(
    *,
    engagement_id: UUID,
    to_stage: str,
    evidence: str,
    actor: Actor,
    at: datetime,
) -> StageChange:
    """Propose another stage, with what shows that it has been reached; it takes effect when the other party agrees.

    Appends `stage.proposed/1`.
    Raises: NotFound, NotAllowed, Invalid, Conflict while another proposal waits.
    """
    engagement = engagement_in_sight(actor, engagement_id)
    party = require(actor, "stage.propose", engagement, side=side_of(engagement, actor.organization_id))
    require_running(engagement, at)
    if to_stage not in Stage.values or to_stage == engagement.stage:
        raise field_error("to_stage", _("Choose a stage other than the present one."), "stage")
    change = StageChange(
        engagement=engagement,
        from_stage=engagement.stage,
        to_stage=to_stage,
        effective_at=at,
        evidence=clean_note("evidence", evidence),
        proposed_by_organization=party.organization,
        proposed_by_id=acting_person(actor).id,
        proposed_at=at,
    )
    try:
        with transaction.atomic():
            change.save(force_insert=True)
    except IntegrityError:
        raise Conflict(_("A proposal waits for its answer."), code="open_proposal") from None
    append_shared(
        engagement,
        "stage.proposed/1",
        ("engagement", engagement.id),
        actor=party.actor,
        at=at,
        facts={
            "change": change.id.hex,
            "from": change.from_stage,
            "to": to_stage,
        },
        payload={"evidence": change.evidence},
    )
    return change


@transaction.atomic
def stage_change_answer(*, change_id: UUID, agreed: bool, actor: Actor, at: datetime) -> StageChange:
    """Agree to a proposed stage for the other party, or decline it.

    Agreed, the engagement has the new stage. Appends `stage.changed/1` or `stage.declined/1`.
    Raises: NotFound, NotAllowed for the party that proposed it, Conflict when it was answered before.
    """
    change = StageChange.objects.visible_to(actor).filter(pk=change_id).first()
    if change is None:
        raise NotFound
    engagement = engagement_in_sight(actor, change.engagement_id)
    proposer = side_of(engagement, change.proposed_by_organization_id)
    party = require(actor, "stage.answer", engagement, side="partner" if proposer == "client" else "client")
    require_running(engagement, at)
    waiting = StageChange.objects.filter(pk=change_id, answered_at__isnull=True)
    # Never before both have said so: the date is that of the answer.
    effective_at = at if agreed else change.effective_at
    answer = {"answered_at": at, "answered_by_id": actor.id, "agreed": agreed, "effective_at": effective_at}
    if not waiting.update(**answer, kept_by_one_side=party.organization.stand_in):
        raise Conflict(_("This was answered already."), code="already_answered")
    if agreed:
        version_raise(engagement, engagement.version, stage=change.to_stage)
    append_shared(
        engagement,
        "stage.changed/1" if agreed else "stage.declined/1",
        ("engagement", engagement.id),
        actor=party.actor,
        at=at,
        facts={
            "change": change.id.hex,
            "from": change.from_stage,
            "to": change.to_stage,
            "kept_by_one_side": party.organization.stand_in,
        },
    )
    return StageChange.objects.get(pk=change_id)
