"""The ledger as a party takes it out: every entry of the streams that the actor may go through, as the audit pages show it."""

from collections.abc import Iterator
from datetime import datetime
from itertools import batched
from typing import Any
from uuid import UUID

from django.db.models import Exists, OuterRef, QuerySet

from cosource.foundation.exports import register_export
from cosource.foundation.ledger_sight import ledger_sight
from cosource.foundation.models import Entry, Seal
from cosource.foundation.queries.ledger import readable_streams
from cosource.foundation.sight import Actor

_AT_ONCE = 1_000


def entries_readable(actor: Actor) -> QuerySet[Entry]:
    """Return the sealed entries of the streams that the actor may go through. Raises: NotAllowed."""
    streams = [stream.id for stream in readable_streams(actor)]
    return Entry.objects.filter(Exists(Seal.objects.filter(entry_id=OuterRef("pk"), stream_id__in=streams)))


def entry_records(actor: Actor, at: datetime) -> Iterator[dict[str, Any]]:
    """Give each entry once, oldest first, with its places in the actor's streams and, where it may be read, its payload."""
    streams = {stream.id: stream for stream in readable_streams(actor)}
    rows = (
        entries_readable(actor)
        .select_related("payload", "erasure", "audience", "hiding")
        .order_by("pk")
        .iterator(chunk_size=_AT_ONCE)
    )
    for entries in batched(rows, _AT_ONCE):
        places: dict[UUID, list[Seal]] = {}
        for seal in Seal.objects.filter(entry_id__in=[e.id for e in entries], stream_id__in=streams):
            places.setdefault(seal.entry_id, []).append(seal)
        ids = {
            i
            for e in entries
            for i in (e.actor_id, e.organization_id, e.on_behalf_of_id, _approver(e))
            if i is not None
        }
        names = ledger_sight().names(actor, ids)
        for entry in entries:
            seals = sorted(places[entry.id], key=lambda seal: seal.stream_id)
            reads = any(streams[seal.stream_id].with_payload for seal in seals)
            # What is hidden is taken out by nobody until it is released or erased.
            shown = reads and not hasattr(entry, "hiding")
            payload = getattr(entry, "payload", None) if shown else None
            yield {
                "id": entry.id,
                "kind": entry.kind,
                "occurred_at": entry.occurred_at,
                "recorded_at": entry.recorded_at,
                "source_seq": entry.source_seq,
                "actor_kind": entry.actor_kind,
                **_called("actor", entry.actor_id, names),
                **_called("organization", entry.organization_id, names),
                **_called("on_behalf_of", entry.on_behalf_of_id, names),
                "channel": entry.channel,
                "subject_kind": entry.subject_kind,
                "subject_id": entry.subject_id,
                "facts": entry.facts,
                "payload": payload.body if payload is not None else None,
                "salt": payload.salt if payload is not None else None,
                "payload_digest": entry.payload_digest,
                "erasure": _erasure(entry, names, with_reason=reads),
                "with_requester": entry.audience.with_requester,
                "digest": entry.digest,
                "seals": [
                    {"stream": seal.stream_id, "position": seal.position, "hash": seal.hash} for seal in seals
                ],
            }


def _called(what: str, identity: UUID | None, names: Any) -> dict[str, Any]:
    """Return an id with its name; neither, where the actor may not know whose it is."""
    known = identity is not None and identity in names
    return {f"{what}_id": identity if known else None, f"{what}_name": names[identity] if known else None}


def _approver(entry: Entry) -> UUID | None:
    return entry.erasure.approved_by_id if hasattr(entry, "erasure") else None


def _erasure(entry: Entry, names: Any, *, with_reason: bool) -> dict[str, Any] | None:
    """Return how a payload went: by which entry, when, by whose word and why."""
    if not hasattr(entry, "erasure"):
        return None
    erasure = entry.erasure
    return {
        "by": erasure.erased_by_entry_id,
        "at": erasure.at,
        "approved_by_id": erasure.approved_by_id if erasure.approved_by_id in names else None,
        "reason": erasure.reason if with_reason else "",
    }


def register() -> None:
    """Let the ledger be taken out."""
    register_export("entries", entry_records)
