"""Acknowledging an escalation: somebody of the party that was told has taken it on, on the ticket or in a notice of it."""

from datetime import datetime
from uuid import UUID

from django.db import transaction

from cosource.foundation.errors import Conflict, NotAllowed, NotFound
from cosource.foundation.models import Notice
from cosource.foundation.rules.notices import effect_digest
from cosource.foundation.services.ledger import append
from cosource.foundation.services.notices import effects_acknowledged, register_acknowledged
from cosource.foundation.sight import WORKERS, Actor
from cosource.tickets.models import Escalation
from cosource.tickets.queries.record import Record, load
from cosource.tickets.services.escalation_telling import NOTICE, effect_of


@transaction.atomic
def escalation_acknowledge(*, ticket_id: UUID, escalation_id: UUID, actor: Actor, at: datetime) -> None:
    """Take an escalation on: no further step of this clock tells the actor's party, until the clock is due or for good.

    Acknowledging before the due time spares the party the warnings that are left; from the due time on, all that is left. What
    else the party was told of this clock counts as acknowledged too. Appends `escalation.acknowledged/1` for its readers.
    Raises: NotFound, NotAllowed (another party was told, or a right to read only), Conflict when somebody did before.
    """
    record = load(ticket_id, actor)
    found = Escalation.objects.visible_to(actor).filter(id=escalation_id, ticket_id=ticket_id).first()
    if found is None:
        raise NotFound
    _require_told(found, record, actor)
    if found.acknowledged_at is not None or not _acknowledge(found, actor, at):
        raise Conflict("Somebody of your side has acknowledged that already.", code="acknowledged")


def _require_told(found: Escalation, record: Record, actor: Actor) -> None:
    works = bool(actor.sight.roles_on(record.mine.engagement_id) & WORKERS)
    if actor.person_id is None or found.party_id != actor.sight.organization_id or not works:
        raise NotAllowed("Somebody of the party that was told acknowledges.", code="not_told")


def _acknowledge(found: Escalation, actor: Actor, at: datetime) -> bool:
    same = Escalation.objects.filter(
        clock_id=found.clock_id,
        party_id=found.party_id,
        state=Escalation.State.RAISED,
        acknowledged_at__isnull=True,
        due_at__lte=found.due_at,
    )
    taken = dict(same.order_by("step").values_list("id", "step"))
    won = Escalation.objects.filter(id=found.id, acknowledged_at__isnull=True).update(
        acknowledged_at=at, acknowledged_by_id=actor.person_id
    )
    if not won or found.audience_id is None or actor.person_id is None:
        return False
    same.update(acknowledged_at=at, acknowledged_by_id=actor.person_id)
    effects_acknowledged(
        effect_keys=[effect_of(escalation_id) for escalation_id in taken],
        organization_id=found.party_id,
        at=at,
    )
    append(
        kind="escalation.acknowledged/1",
        subject_kind="ticket",
        subject_id=found.ticket_id,
        audience_id=found.audience_id,
        actor=actor,
        at=at,
        facts={
            "escalation": found.id.hex,
            "clock": found.clock_id.hex,
            "steps": list(taken.values()),
            "party": found.party_id.hex,
            "person": actor.person_id.hex,
        },
    )
    return True


def _heard(notice: Notice, actor: Actor) -> None:
    """Take on what somebody acknowledged in the notice of it. Raises: NotFound, NotAllowed, as on the ticket."""
    waiting = Escalation.objects.filter(
        ticket_id=notice.subject_id,
        party_id=notice.organization_id,
        state=Escalation.State.RAISED,
        acknowledged_at__isnull=True,
    )
    found = next((e for e in waiting if effect_digest(effect_of(e.id)) == notice.effect_key), None)
    if found is not None and notice.acknowledged_at is not None:
        _require_told(found, load(found.ticket_id, actor), actor)
        _acknowledge(found, actor, notice.acknowledged_at)


def register() -> None:
    """Follow what is acknowledged in notices."""
    register_acknowledged(NOTICE, _heard)
