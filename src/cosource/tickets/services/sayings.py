"""Saying what a kind of ticket asks for: a workaround, a plan, the way back. The latest of its kind holds.

Not here: messages, whose readers the writer chooses (`services.conversation`), and what comes with a move (`services.moving`).
"""

from datetime import datetime
from uuid import UUID

from django.db import transaction

from cosource.foundation.errors import Invalid
from cosource.foundation.sight import Actor
from cosource.tickets.rules.sayings import sayings_for
from cosource.tickets.rules.states import AWAITING_APPROVAL, NEW, SCHEDULED
from cosource.tickets.services import policy
from cosource.tickets.services.clocks import word_count
from cosource.tickets.services.listkeys import sync
from cosource.tickets.services.moving import state_set
from cosource.tickets.services.policy import Action
from cosource.tickets.services.record import (
    audience_of,
    load,
    message_add,
    note,
    readers_with,
    require_open,
    require_text,
    save,
)


@transaction.atomic
def saying_add(
    *, ticket_id: UUID, says: str, text: str, actor: Actor, at: datetime, expected_version: int | None = None
) -> UUID:
    """Write a text that stands for something (`rules.sayings`); return the entry's id.

    It is read by the owner, the actor's party, the party that holds the ticket, and those that work on it jointly. Appends
    `ticket.message_added/1`. What was approved was another plan: a change that waits goes back to its draft.
    Raises: NotFound, NotAllowed, Invalid (nothing that this kind of ticket asks for), Conflict, StaleVersion.
    """
    record = load(ticket_id, actor, expected_version=expected_version)
    policy.require(actor, Action.SAY, record)
    require_open(record.ticket)
    allowed = sayings_for(record.ticket.kind)
    if says not in allowed:
        named = ", ".join(allowed) or "nothing"
        raise Invalid("A text cannot stand as that here.", fields={"says": f"What can be said: {named}."})
    body = require_text(text, "text", limit=20_000)
    readers = readers_with(record, actor, record.ticket.holder_organization_id)
    entry_id = note(
        record,
        kind="ticket.message_added/1",
        actor=actor,
        at=at,
        readers=readers,
        facts={"length": len(body), "says": says},
        payload={"text": body},
    )
    message_add(record, entry_id, audience_of(record, readers), actor, at, text=body, kind=says)
    save(record, at=at)
    word_count(record, actor, readers=readers, with_requester=False, at=at)
    if record.ticket.state in (AWAITING_APPROVAL, SCHEDULED):
        # Another plan is approved anew.
        state_set(record, NEW, actor=actor, at=at)
        sync(record, at=at)
    else:
        sync(record, at=at, told=readers)
    return entry_id
