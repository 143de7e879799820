"""Saying what a kind of ticket asks for: a workaround, a plan, the way back. The latest of its kind holds.

Not here: messages, whose readers the writer chooses (`services.conversation`), and what comes with a move (`services.moving`).
"""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from cosource.foundation.errors import Invalid
from cosource.foundation.sight import Actor
from cosource.tickets.rules.sayings import sayings_for
from cosource.tickets.rules.states import AWAITING_APPROVAL, NEW, SCHEDULED
from cosource.tickets.services import policy
from cosource.tickets.services.clocks import word_count
from cosource.tickets.services.following import followers_tell
from cosource.tickets.services.listkeys import sync
from cosource.tickets.services.moving import state_set
from cosource.tickets.services.policy import Action
from cosource.tickets.services.record import (
    Record,
    load,
    readers_with,
    require_open,
    require_text,
    save,
    text_say,
)
from cosource.tickets.services.telling import reply_tell


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
        raise Invalid(
            "A text cannot stand as that here.",
            fields={"says": _("What can be said: %(named)s.") % {"named": named}},
        )
    body = require_text(text, "text", limit=20_000)
    readers = readers_with(record, actor, record.ticket.holder_organization_id)
    entry_id = said_to(record, says=says, text=body, readers=readers, actor=actor, at=at)
    if record.ticket.state in (AWAITING_APPROVAL, SCHEDULED):
        # Another plan is approved anew.
        state_set(record, NEW, actor=actor, at=at)
        sync(record, at=at)
    return entry_id


def said_to(
    record: Record,
    *,
    says: str,
    text: str,
    readers: set[UUID],
    actor: Actor,
    at: datetime,
    with_requester: bool = False,
) -> UUID:
    """Write a text for these readers, as any word: clocks that wait for one are met, who works on it and who follows is told."""
    entry_id = text_say(
        record, text=text, readers=readers, actor=actor, at=at, with_requester=with_requester, says=says
    )
    save(record, at=at)
    word_count(record, actor, readers=readers, with_requester=with_requester, at=at)
    sync(record, at=at, told=readers)
    told: dict[str, Any] = {"readers": readers, "with_requester": with_requester, "actor": actor, "at": at}
    otherwise = reply_tell(record, entry_id=entry_id, **told)
    followers_tell(record, entry_id=entry_id, but=otherwise, **told)
    return entry_id
