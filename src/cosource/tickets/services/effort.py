"""Writing down the time and cost that was spent on a ticket, and taking it back.

The entry stands in the own record of the party that spent it: who worked when is that party's own affair. What its client reads
of it is said in `queries.effort`.
"""

from datetime import date, datetime, timedelta
from decimal import Decimal
from uuid import UUID

from django.db import transaction

from cosource.foundation.errors import Conflict, Invalid, NotAllowed, NotFound
from cosource.foundation.live.registry import register_harmless
from cosource.foundation.services.audience import audience_intern
from cosource.foundation.services.ledger import append
from cosource.foundation.sight import Actor
from cosource.tickets.models import Effort, Participation
from cosource.tickets.models.participation import Beside
from cosource.tickets.rules.effort import ACTIVITIES, MOST_MINUTES, cost_of
from cosource.tickets.rules.states import Who
from cosource.tickets.services import policy
from cosource.tickets.services.beside import beside_set
from cosource.tickets.services.record import Record, load, require_text

SUBJECT = "effort"
# So far back work is written down.
_BACK = timedelta(days=400)


@transaction.atomic
def effort_log(
    *,
    ticket_id: UUID,
    day: date,
    minutes: int,
    activity: str,
    actor: Actor,
    at: datetime,
    billable: bool = False,
    cost: Decimal | None = None,
    currency: str = "",
    text: str = "",
) -> Effort:
    """Write down minutes that the actor, or by a token its party, spent on a ticket; also on one that is over.

    Appends `ticket.effort_logged/1` to the own record of the actor's party, with the note as its payload.
    Raises: NotFound, NotAllowed, Invalid.
    """
    record = load(ticket_id, actor)
    if Who.ANY not in policy.capacities(actor, record):
        raise NotAllowed("You may read this ticket, but not work on it.", action="ticket.effort")
    wrong: dict[str, str] = {}
    if not 1 <= minutes <= MOST_MINUTES:
        wrong["minutes"] = f"1 to {MOST_MINUTES} minutes."
    if activity not in ACTIVITIES:
        wrong["activity"] = f"One of: {', '.join(ACTIVITIES)}."
    # The day may have begun elsewhere on earth.
    if not (at - _BACK).date() <= day <= (at + timedelta(days=1)).date():
        wrong["day"] = "A day of the last year, and none to come."
    if (cost is None) != (not currency) or (cost is not None and cost_of(str(cost), currency) is None):
        wrong["cost"] = "An amount with two decimals at most, and a currency such as EUR."
    if wrong:
        raise Invalid("Something does not fit.", fields=wrong)
    note = require_text(text, "text", limit=2_000, optional=True)
    mine = record.mine
    row = Effort(
        ticket=record.ticket,
        organization=mine.organization,
        engagement=mine.engagement,
        person_id=actor.person_id,
        day=day,
        minutes=minutes,
        activity=activity,
        billable=billable,
        cost=cost,
        currency=currency.upper(),
        at=at,
    )
    facts = {
        "ticket": record.ticket.id.hex,
        "day": day.isoformat(),
        "minutes": minutes,
        "activity": activity,
        "billable": billable,
        "cost": str(cost) if cost is not None else None,
        "currency": row.currency,
    }
    row.entry_id = _append("ticket.effort_logged/1", row, record, actor, at, facts, note)
    row.save(force_insert=True)
    readers = {mine.organization_id} | ({mine.engagement.client_id} if mine.engagement else set())
    beside_set(Participation.objects.filter(ticket=record.ticket, organization_id__in=readers), Beside.EFFORT)
    return row


@transaction.atomic
def effort_void(*, ticket_id: UUID, effort_id: UUID, actor: Actor, at: datetime) -> None:
    """Take a row back: one's own, or of the own party where the actor leads. Appends `ticket.effort_voided/1`.

    Raises: NotFound, NotAllowed (another party's row), Conflict (taken back already).
    """
    row = Effort.objects.visible_to(actor).filter(ticket_id=ticket_id, id=effort_id).first()
    if row is None:
        raise NotFound
    record = load(ticket_id, actor)
    if row.organization_id != actor.organization_id or not policy.may_write(actor, record.mine):
        raise NotAllowed("Another party's time is theirs to take back.", action="ticket.effort")
    if not Effort.objects.filter(id=row.id, voided_at=None).update(voided_at=at):
        raise Conflict("It was taken back already.", code="voided_already")
    _append("ticket.effort_voided/1", row, record, actor, at, {"ticket": ticket_id.hex}, "")


def _append(  # noqa: PLR0917 - private, the parts of an entry
    kind: str,
    row: Effort,
    record: Record,
    actor: Actor,
    at: datetime,
    facts: dict[str, object],
    note: str,
) -> UUID:
    return append(
        kind=kind,
        subject_kind=SUBJECT,
        subject_id=row.id,
        audience_id=audience_intern([record.mine.organization.own_stream_id]),
        actor=actor,
        at=at,
        facts=facts,
        payload={"text": note} if note else None,
    )


def register() -> None:
    """Pages are not told of time at once: it changes nothing that others wait for."""
    register_harmless(SUBJECT)
