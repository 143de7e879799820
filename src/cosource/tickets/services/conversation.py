"""Writing into a ticket's conversation, with the readers always named."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from cosource.foundation.errors import Conflict, Invalid, NotAllowed
from cosource.foundation.services.audience import audience_readers
from cosource.foundation.services.files import Attached, files_take
from cosource.foundation.sight import Actor
from cosource.tickets.models import Message
from cosource.tickets.models.participation import Kind
from cosource.tickets.queries.taking_part import Taking
from cosource.tickets.rules.audience import Audience, Widening, widening
from cosource.tickets.rules.states import IN_PROGRESS, Who
from cosource.tickets.services import policy
from cosource.tickets.services.clocks import word_count
from cosource.tickets.services.following import followers_tell
from cosource.tickets.services.listkeys import sync
from cosource.tickets.services.mentions import mentioned, mentions_tell
from cosource.tickets.services.moving import answered_by, state_set
from cosource.tickets.services.policy import Action
from cosource.tickets.services.record import (
    Record,
    load,
    parties_seen_by,
    require_open,
    require_text,
    save,
    text_say,
)
from cosource.tickets.services.telling import reply_tell


@transaction.atomic
def ticket_reply(
    *,
    ticket_id: UUID,
    text: str,
    party_ids: Iterable[UUID],
    with_requester: bool,
    actor: Actor,
    at: datetime,
    wider_confirmed: bool = False,
    expected_version: int | None = None,
    file_ids: Collection[UUID] = (),
) -> UUID:
    """Write to the named parties, and the requester if asked; return the entry's id.

    The writer's own party always reads along. An audience with somebody who read nothing of this ticket before is refused once
    (`wider_audience`), and taken with `wider_confirmed`. An answer by the side whose turn it was takes a paused ticket up
    again. Partners that read one entry together know of each other from then on. `file_ids`: files that the actor brought before
    go along; with them there need be no text. Appends `ticket.message_added/1`.
    Raises: NotFound, NotAllowed, Invalid, Conflict, StaleVersion.
    """
    letter = letter_checked(
        ticket_id=ticket_id,
        text=text,
        party_ids=party_ids,
        with_requester=with_requester,
        actor=actor,
        wider_confirmed=wider_confirmed,
        expected_version=expected_version,
        file_ids=file_ids,
    )
    record, body, readers, with_requester = letter.record, letter.text, letter.readers, letter.with_requester
    entry_id = text_say(
        record,
        text=body,
        readers=readers,
        actor=actor,
        at=at,
        with_requester=with_requester,
        files=letter.files,
        facts=_named(letter.mentioned),
    )
    save(record, at=at)
    for part in record.parts:
        part.joint = part.joint or part.organization_id in letter.introduced
    word_count(record, actor, readers=readers, with_requester=with_requester, at=at)
    answers = answered_by(record, actor)
    if answers:
        state_set(record, IN_PROGRESS, actor=actor, at=at)
    sync(record, at=at, told=None if answers else readers)
    named = {t.person_id for t in letter.mentioned}
    mentions_tell(record, letter.mentioned, entry_id=entry_id, actor=actor, at=at)
    told: dict[str, Any] = {"readers": readers, "with_requester": with_requester, "actor": actor, "at": at}
    otherwise = reply_tell(record, entry_id=entry_id, but=named, **told)
    followers_tell(record, entry_id=entry_id, but=named | otherwise, **told)
    return entry_id


@dataclass(slots=True)
class Letter:
    """A message that may be said: by whom it would be read, and which partners would learn of each other by it."""

    record: Record
    text: str
    readers: set[UUID]
    with_requester: bool
    introduced: set[UUID]
    files: Attached
    mentioned: list[Taking]


def _named(mentioned: Collection[Taking]) -> dict[str, list[str]]:
    return {"mentioned": [t.person_id.hex for t in mentioned]} if mentioned else {}


def letter_checked(
    *,
    ticket_id: UUID,
    text: str,
    party_ids: Iterable[UUID],
    with_requester: bool,
    actor: Actor,
    wider_confirmed: bool,
    expected_version: int | None = None,
    file_ids: Collection[UUID] = (),
) -> Letter:
    """Return the message as `ticket_reply` would say it; nothing is written. Raises: as `ticket_reply`."""
    record = load(ticket_id, actor, expected_version=expected_version)
    policy.require(actor, Action.REPLY, record)
    require_open(record.ticket)
    files = files_take(file_ids, actor=actor)
    body = require_text(text, "text", limit=20_000, optional=bool(files.rows))
    readers = _readers(record, actor, party_ids)
    if Who.ANY not in policy.capacities(actor, record):
        # A requester writes to the whole desk of the owner, and to whoever holds the ticket on its behalf.
        readers, with_requester = {record.ticket.owner_id}, True
    if with_requester and record.ticket.requester_id is None:
        raise Invalid(
            "Nobody is named as requester of this ticket.",
            fields={"with_requester": "Name a requester first."},
        )
    if with_requester and record.ticket.owner_id not in readers:
        raise Invalid(
            "The requester reads along only together with the owner.", code="audience_without_client"
        )
    wider = would_widen(record, actor, readers, with_requester)
    introduced = _introduced_by(record, readers)
    if (wider.is_wider or introduced) and not wider_confirmed:
        raise Conflict(
            "Somebody would read of this ticket for the first time, or would learn of another partner.",
            code="wider_audience",
            parties=[str(p) for p in sorted(wider.party_ids | introduced, key=str)],
            requester=wider.includes_requester,
        )
    named = mentioned(record, body, readers=readers, with_requester=with_requester, actor=actor)
    return Letter(record, body, readers, with_requester, introduced, files, named)


def would_widen(record: Record, actor: Actor, readers: Iterable[UUID], with_requester: bool) -> Widening:
    """Return who would read of the ticket for the first time, judged by the entries that the writer can see."""
    ids = Message.objects.filter(ticket=record.ticket).values_list("audience_id", flat=True).distinct()
    audiences = (Audience(*audience_readers(audience_id)) for audience_id in ids)
    return widening(
        Audience(frozenset(readers), with_requester), [a for a in audiences if actor.reads_as in a.party_ids]
    )


def _readers(record: Record, actor: Actor, party_ids: Iterable[UUID]) -> set[UUID]:
    if actor.organization_id is None:
        raise NotAllowed("Only a party writes into a ticket.")
    readers = set(party_ids) | {actor.on_behalf_of or actor.organization_id}
    known = parties_seen_by(record.mine.organization_id, record.parts)
    if not readers <= known:
        # The same words as for a party that does not exist: a guess must learn nothing.
        raise Invalid("That party takes no part in this ticket.", code="no_participant")
    return readers


def _introduced_by(record: Record, readers: set[UUID]) -> set[UUID]:
    """Return the partners that would learn of each other by reading one entry together."""
    together = [p for p in record.parts if p.organization_id in readers and p.kind != Kind.OWNER]
    strangers = [
        p
        for p in together
        for q in together
        if q.organization_id not in parties_seen_by(p.organization_id, record.parts)
    ]
    return {p.organization_id for p in together} if strangers else set()
