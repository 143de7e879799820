"""Acknowledging an escalation: somebody of the party that was told has taken it on."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from django.db import transaction

from cosource.foundation.errors import Conflict, NotAllowed, NotFound
from cosource.foundation.models import Notice
from cosource.foundation.rules.notices import effect_digest
from cosource.foundation.services.ledger import append
from cosource.foundation.sight import WORKERS, Actor, resolve_sight
from cosource.tickets.models import Escalation
from cosource.tickets.queries.record import load
from cosource.tickets.services.escalation_telling import effect_of


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
    works = bool(actor.sight.roles_on(record.mine.engagement_id) & WORKERS)
    if actor.person_id is None or found.party_id != actor.sight.organization_id or not works:
        raise NotAllowed("Somebody of the party that was told acknowledges.", code="not_told")
    if found.acknowledged_at is not None or not _acknowledge(found, actor, at):
        raise Conflict("Somebody of your side has acknowledged that already.", code="acknowledged")


def _acknowledge(found: Escalation, actor: Actor, at: datetime) -> bool:
    same = Escalation.objects.filter(
        clock_id=found.clock_id,
        party_id=found.party_id,
        state=Escalation.State.RAISED,
        acknowledged_at__isnull=True,
        due_at__lte=found.due_at,
    )
    steps = list(same.order_by("step").values_list("step", flat=True))
    won = Escalation.objects.filter(id=found.id, acknowledged_at__isnull=True).update(
        acknowledged_at=at, acknowledged_by_id=actor.person_id
    )
    if not won or found.audience_id is None or actor.person_id is None:
        return False
    same.update(acknowledged_at=at, acknowledged_by_id=actor.person_id)
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
            "steps": steps,
            "party": found.party_id.hex,
            "person": actor.person_id.hex,
        },
    )
    return True


def heard_of_notices(clock_ids: Collection[UUID]) -> None:
    """Take as acknowledged what somebody acknowledged in the notice of it: by a link, a reply, or on the page of notices.

    Asked before a further step of these clocks tells anybody. Runs inside the caller's transaction.
    """
    waiting = {
        effect_digest(effect_of(e.id)): e
        for e in Escalation.objects.filter(
            clock_id__in=clock_ids, state=Escalation.State.RAISED, acknowledged_at__isnull=True
        )
    }
    if not waiting:
        return
    heard = Notice.objects.filter(effect_key__in=waiting, acknowledged_at__isnull=False)
    for notice in heard.order_by("acknowledged_at", "id"):
        found = waiting[notice.effect_key]
        if notice.organization_id == found.party_id and notice.acknowledged_at is not None:
            sight = resolve_sight(notice.person_id, notice.organization_id, notice.acknowledged_at)
            actor = Actor(kind="person", id=notice.person_id, sight=sight, channel="notice")
            _acknowledge(found, actor, notice.acknowledged_at)
