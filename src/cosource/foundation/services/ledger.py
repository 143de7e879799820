"""Appending to the ledger.

A service appends in the same transaction that writes its rows, so both stand or neither does. Not here: giving entries their
positions (`services.sealing`) and checking them (`queries.verification`).
"""

import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from cosource.foundation.bulk import Rows, insert_together
from cosource.foundation.ids import new_id
from cosource.foundation.models import Audience, Entry, Payload, PendingEntry
from cosource.foundation.rules.canonical import (
    actor_text,
    canonical_text,
    check_plain,
    digest,
    entry_text_digest,
    instant_text,
)
from cosource.foundation.sight import Actor


@dataclass(slots=True)
class Draft:
    """What is to be appended. `facts` are ids, times, states and small typed values; `payload` holds names and texts.

    `key` (at most 64 characters) makes the append happen once.
    """

    kind: str
    subject_kind: str
    subject_id: UUID
    audience_id: UUID
    occurred_at: datetime
    facts: dict[str, Any] = field(default_factory=dict)
    payload: dict[str, Any] | None = None
    source_seq: int = 0
    key: str | None = None
    id: UUID = field(default_factory=new_id)


_ENTRY = (
    "id",
    "kind",
    "occurred_at",
    "recorded_at",
    "source_seq",
    "actor_kind",
    "actor_id",
    "organization_id",
    "on_behalf_of_id",
    "channel",
    "subject_kind",
    "subject_id",
    "audience_id",
    "facts",
    "payload_digest",
    "key",
    "digest",
)


def append(
    *,
    kind: str,
    subject_kind: str,
    subject_id: UUID,
    audience_id: UUID,
    actor: Actor,
    at: datetime,
    occurred_at: datetime | None = None,
    source_seq: int = 0,
    facts: dict[str, Any] | None = None,
    payload: dict[str, Any] | None = None,
    key: str | None = None,
) -> UUID:
    """Append one entry and return its id. `at` is when it is recorded; `occurred_at` when it happened, if earlier.

    Raises: IntegrityError when `key` was used before; TypeError or ValueError when a value has no exact form.
    """
    draft = Draft(
        kind=kind,
        subject_kind=subject_kind,
        subject_id=subject_id,
        audience_id=audience_id,
        occurred_at=occurred_at or at,
        facts=facts or {},
        payload=payload,
        source_seq=source_seq,
        key=key,
    )
    append_many([draft], actor=actor, at=at)
    return draft.id


def append_many(drafts: Sequence[Draft], *, actor: Actor, at: datetime) -> None:
    """Append entries set-wise, in the given order, recorded at `at` by `actor`. Must run inside the caller's transaction.

    Raises: as `append`; then none is appended.
    """
    if not drafts:
        return
    audience_digests = _audience_digests({d.audience_id for d in drafts})
    who = (actor.kind, actor.id, actor.organization_id, actor.on_behalf_of, actor.channel)
    who_text, recorded = actor_text(who), instant_text(at)
    entries: list[tuple[Any, ...]] = []
    payloads: list[tuple[Any, ...]] = []
    for draft in drafts:
        check_plain(draft.facts)
        facts = canonical_text(draft.facts)
        bound = ""
        if draft.payload is not None:
            check_plain(draft.payload, "payload")
            salt = secrets.token_hex(16)
            body = canonical_text(draft.payload)
            bound = digest(salt.encode(), body.encode())
            payloads.append((draft.id, salt, body))
        own = entry_text_digest(
            entry_id=draft.id,
            kind=draft.kind,
            occurred=recorded if draft.occurred_at is at else instant_text(draft.occurred_at),
            recorded=recorded,
            source_seq=draft.source_seq,
            actor=who_text,
            subject=(draft.subject_kind, draft.subject_id),
            audience_digest=audience_digests[draft.audience_id],
            facts=facts,
            payload=bound,
        )
        entries.append(
            (
                draft.id,
                draft.kind,
                draft.occurred_at,
                at,
                draft.source_seq,
                *who,
                draft.subject_kind,
                draft.subject_id,
                draft.audience_id,
                facts,
                bound,
                draft.key,
                own,
            )
        )
    # Only a key can be refused, and only then is there something that a caller may want to go on after.
    with transaction.atomic(savepoint=any(d.key is not None for d in drafts)):
        insert_together(
            [
                Rows(Entry, _ENTRY, entries, encoded=("facts",)),
                Rows(Payload, ("entry_id", "salt", "body"), payloads, encoded=("body",)),
                Rows(PendingEntry, ("entry_id",), [(d.id,) for d in drafts]),
            ]
        )


_digest_of: dict[UUID, str] = {}


def _audience_digests(ids: Iterable[UUID]) -> dict[UUID, str]:
    missing = [i for i in ids if i not in _digest_of]
    if missing:
        if len(_digest_of) > 20_000:
            _digest_of.clear()
        # An id is never reused, so remembering one whose transaction is rolled back does no harm.
        _digest_of.update(Audience.objects.filter(id__in=missing).values_list("id", "digest"))
    return {i: _digest_of[i] for i in ids}
