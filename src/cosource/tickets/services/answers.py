"""What the side that asked makes of an answer, and saying that a service works again.

An answer ends a pause at once. For as long as the agreement says, whoever asked may say that it was none: the pause then goes
on as if it had not ended. Not here: pausing and answering (`services.moving`, `services.conversation`).
"""

from datetime import datetime
from uuid import UUID

from django.db import transaction

from cosource.foundation.errors import Conflict
from cosource.foundation.prepared import Prepared
from cosource.foundation.rules.canonical import instant_text
from cosource.foundation.sight import Actor
from cosource.tickets.models import Pause
from cosource.tickets.queries.answers import open_to_challenge
from cosource.tickets.rules.clock_kinds import Happening
from cosource.tickets.rules.states import STATES, WAITING_CLIENT, WAITING_PARTNER, WAITING_REQUESTER, Who
from cosource.tickets.services import policy
from cosource.tickets.services.absent_telling import absentees_tell
from cosource.tickets.services.at_hand import running_clocks
from cosource.tickets.services.clocks import clocks_happen, word_count
from cosource.tickets.services.listkeys import sync
from cosource.tickets.services.record import (
    Record,
    audience_of,
    load,
    message_add,
    note,
    readers_with,
    refuse,
    require_text,
    save,
    tell_others,
)

__all__ = ["answer_accept", "answer_challenge", "service_restored"]

_STATE_OF = {
    "requester": WAITING_REQUESTER,
    "client": WAITING_CLIENT,
    "partner": WAITING_PARTNER,
    "third_party": WAITING_PARTNER,
}


@transaction.atomic
def answer_challenge(
    *, ticket_id: UUID, text: str, actor: Actor, at: datetime, expected_version: int | None = None
) -> None:
    """Say that what came was no answer, and why: the pause goes on as if it had not ended, and so do the clocks.

    Appends `ticket.answer_challenged/1`. Raises: NotFound, NotAllowed (not the side that asked), Conflict when no answer can be
    challenged any more, Invalid, StaleVersion.
    """
    record, pause, actor = _answered(ticket_id, actor, at, expected_version)
    body = require_text(text, "text", limit=20_000)
    answered_at, came_from, to_state = pause.until_at, record.ticket.state, _STATE_OF[pause.turn]
    save(
        record,
        at=at,
        state=to_state,
        category=STATES[to_state].category,
        turn=pause.turn,
        turn_organization_id=pause.turn_organization_id,
    )
    pause.until_at = pause.challenge_until = None
    pause.save(update_fields=["until_at", "challenge_until"])
    clocks_happen(record, Happening.CHALLENGED, at=at, ended_at=answered_at)
    facts: dict[str, object] = {
        "from": came_from,
        "to": to_state,
        "category": record.ticket.category,
        "turn": pause.turn,
        "turn_organization": pause.turn_organization_id.hex if pause.turn_organization_id else None,
        "reason": pause.reason,
        "answered_at": instant_text(answered_at) if answered_at else None,
    }
    _say(record, "ticket.answer_challenged/1", pause, facts, body, actor, at)
    sync(record, at=at)


@transaction.atomic
def answer_accept(
    *, ticket_id: UUID, actor: Actor, at: datetime, expected_version: int | None = None
) -> None:
    """Take what came as the answer; it can't be challenged any more. Appends `ticket.answer_accepted/1`.

    Raises: NotFound, NotAllowed (not the side that asked), Conflict when no answer waits for it, StaleVersion.
    """
    record, pause, actor = _answered(ticket_id, actor, at, expected_version)
    save(record, at=at)
    pause.challenge_until = None
    pause.save(update_fields=["challenge_until"])
    _say(record, "ticket.answer_accepted/1", pause, {"reason": pause.reason}, "", actor, at)
    sync(record, at=at)


@transaction.atomic
def service_restored(
    *, ticket_id: UUID, text: str, actor: Actor, at: datetime, expected_version: int | None = None
) -> None:
    """Say that the service works again, if only by a detour; the ticket stays open and its restore clocks are met.

    Appends `ticket.restored/1`. Raises: NotFound, NotAllowed, Conflict where no clock waits for it, Invalid, StaleVersion.
    """
    record = load(ticket_id, actor, expected_version=expected_version)
    if Who.HOLDER not in policy.capacities(actor, record):
        raise refuse("Only who has the ticket says that the service works again.", "not_holder")
    if not any(c.kind == "restore" for c in running_clocks(record)):
        raise Conflict(
            "No clock of this ticket waits for the service to work again.", code="nothing_to_restore"
        )
    body = require_text(text, "text", limit=20_000)
    actor = policy.acting_for(actor, record, record.ticket.holder_organization_id)
    save(record, at=at)
    clocks_happen(record, Happening.BACK, at=at)
    _say(record, "ticket.restored/1", None, {"state": record.ticket.state}, body, actor, at)
    sync(record, at=at)


def _answered(
    ticket_id: UUID, actor: Actor, at: datetime, expected_version: int | None
) -> tuple[Record, Pause, Actor]:
    """Return the record, the pause whose answer is at issue, and the actor: as keeper where the asker is a stand-in."""
    record = load(ticket_id, actor, expected_version=expected_version)
    pause = open_to_challenge(record.ticket, _last_pause.first(ticket_id=ticket_id), at)
    if pause is None:
        raise Conflict("No answer waits to be accepted or challenged.", code="no_answer")
    if Who.HOLDER not in policy.capacities(actor, record):
        raise refuse("Only the side that asked says whether that was the answer.", "not_asked_by_you")
    return record, pause, policy.acting_for(actor, record, pause.asked_by_id)


def _say(  # noqa: PLR0917 - private; an entry's parts in their order
    record: Record,
    kind: str,
    pause: Pause | None,
    facts: dict[str, object],
    text: str,
    actor: Actor,
    at: datetime,
) -> None:
    ticket = record.ticket
    readers = readers_with(record, actor, pause.turn_organization_id if pause else None)
    with_requester = ticket.requester_id is not None and (pause is None or pause.turn == "requester")
    entry_id = note(
        record,
        kind=kind,
        actor=actor,
        at=at,
        readers=readers,
        with_requester=with_requester,
        facts=facts,
        payload={"text": text} if text else None,
    )
    tell_others(record, readers=readers, at=at, facts={"state": ticket.state, "category": ticket.category})
    if text:
        message_add(record, entry_id, audience_of(record, readers, with_requester), actor, at, text=text)
        absentees_tell(record, entry_id=entry_id, readers=readers, text=text, actor=actor, at=at)
        word_count(record, actor, readers=readers, with_requester=with_requester, at=at)


_last_pause = Prepared[Pause](
    lambda ticket_id: Pause.objects.filter(ticket_id=ticket_id).order_by("-sequence")[:1], ticket_id=UUID
)
