"""The ledger of an export as rows: entries with their places, payloads and erasures, as the export states them.

An entry whose digest follows from what came with it is one like any other. Where something was withheld (who acted for a party
that the reader does not know, a reader's record) it cannot follow: such entries get an audience that says so, and a check counts
them.
"""

from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

from cosource.foundation.exports import Incoming, Layer, insert_in_turn, register_intake, row_of
from cosource.foundation.ids import NIL, new_id
from cosource.foundation.models import (
    Audience,
    AudienceReader,
    AudienceStream,
    Entry,
    Erasure,
    Payload,
    Seal,
    Stream,
)
from cosource.foundation.queries.verification import digest_now
from cosource.foundation.rules.canonical import set_digest, stated_set_digest

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
    "facts",
    "payload_digest",
    "digest",
)


class _Audiences:
    """The audiences of the entries, each written once."""

    def __init__(self) -> None:
        self._known: dict[str, UUID] = {}
        self._readers = {
            s.id: {i for i in (s.first_organization_id, s.second_organization_id) if i is not None}
            for s in Stream.objects.all()
        }

    def id_of(self, streams: list[UUID], with_requester: bool, digest: str) -> UUID:
        if digest not in self._known:
            audience = Audience(id=new_id(), digest=digest, with_requester=with_requester)
            audience.save(force_insert=True)
            AudienceStream.objects.bulk_create(
                AudienceStream(audience=audience, stream_id=i) for i in streams
            )
            readers = set().union(*(self._readers[i] for i in streams))
            AudienceReader.objects.bulk_create(
                AudienceReader(audience=audience, organization_id=i) for i in sorted(readers)
            )
            self._known[digest] = audience.id
        return self._known[digest]


def _take_in(incoming: Incoming) -> None:
    audiences = _Audiences()
    insert_in_turn(row for record in incoming.records("entries") for row in _rows(record, audiences))


def _rows(record: Mapping[str, Any], audiences: _Audiences) -> Iterable[Any]:
    streams = sorted(UUID(seal["stream"]) for seal in record["seals"])
    with_requester = bool(record["with_requester"])
    entry = row_of(Entry, record, _ENTRY)
    whole = set_digest(streams, with_requester)
    if not _follows(entry, whole, record):
        whole = stated_set_digest(streams, with_requester)
    entry.audience_id = audiences.id_of(streams, with_requester, whole)
    yield entry
    for seal in record["seals"]:
        yield row_of(Seal, seal, ("position", "hash"), stream_id=UUID(seal["stream"]), entry_id=entry.id)
    if record["payload"] is not None:
        yield Payload(entry_id=entry.id, salt=record["salt"], body=record["payload"])
    if (gone := record["erasure"]) is not None:
        yield row_of(
            Erasure,
            gone,
            ("at", "reason"),
            entry_id=entry.id,
            erased_by_entry_id=UUID(gone["by"]),
            approved_by_id=UUID(gone["approved_by_id"] or NIL.hex),
        )


def _follows(entry: Entry, audience_digest: str, record: Mapping[str, Any]) -> bool:
    """Return whether the entry can be checked by what came with it."""
    gone = record["erasure"]
    if entry.payload_digest and record["payload"] is None and (gone is None or not gone["approved_by_id"]):
        return False
    return entry.digest == digest_now(entry, audience_digest)


def register() -> None:
    """Let the ledger be taken in."""
    register_intake(Layer.RECORD, _take_in)
