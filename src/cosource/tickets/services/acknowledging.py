"""Acknowledging an escalation: somebody of the party that was told has taken it on."""

from datetime import datetime
from uuid import UUID

from django.db import transaction

from cosource.foundation.errors import Conflict, NotAllowed, NotFound
from cosource.foundation.services.ledger import append
from cosource.foundation.sight import WORKERS, Actor
from cosource.tickets.models import Escalation
from cosource.tickets.queries.record import load


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
    if not won or found.audience_id is None:
        raise Conflict("Somebody of your side has acknowledged that already.", code="acknowledged")
    same.update(acknowledged_at=at, acknowledged_by_id=actor.person_id)
    append(
        kind="escalation.acknowledged/1",
        subject_kind="ticket",
        subject_id=ticket_id,
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
