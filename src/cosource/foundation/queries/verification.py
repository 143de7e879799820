"""Checking the ledger with no more than its holder may read.

Every link of every stream that an organization reads is recomputed: position without gap, entry digest, payload digest where
the payload is still there, its erasure where it is not, who reads it, and the chain. With heads kept from earlier, a record
that was cut or put back to an older state is found as well.

Not covered: an entry's `key`, which only guards the moment of appending.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Exists, OuterRef

from cosource.foundation.errors import Invalid
from cosource.foundation.models import (
    Audience,
    AudienceReader,
    AudienceStream,
    Entry,
    Erasure,
    PendingEntry,
    Seal,
    Stream,
)
from cosource.foundation.queries.streams import stream_head
from cosource.foundation.rules.canonical import (
    chain_hash,
    entry_digest,
    instant_text,
    payload_digest,
    set_digest,
    stated_set_digest,
)

HEADS_FORMAT = "cosource-heads/1"
_TELL_EVERY = 2_000
_PAGE = 2_000

type Tell = Callable[[int], None]


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that does not agree: where, and what."""

    stream_id: UUID
    position: int
    what: str


@dataclass(slots=True)
class Verification:
    """The result: how many streams and entries were checked, and every finding.

    `stated`: entries that an export brought here without a part that its reader may not know, so that only their digests,
    places and texts could be checked.
    """

    streams: int = 0
    entries: int = 0
    erased: int = 0
    stated: int = 0
    findings: list[Finding] = field(default_factory=list)

    @property
    def holds(self) -> bool:
        """Return whether nothing was found."""
        return not self.findings


def streams_of(organization_id: UUID) -> list[Stream]:
    """Return the streams that an organization reads: its own, and those of its engagements."""
    own = Stream.objects.filter(first_organization_id=organization_id)
    shared = Stream.objects.filter(second_organization_id=organization_id)
    return sorted({s.id: s for s in (*own, *shared)}.values(), key=lambda s: s.id)


def heads_of(
    organization_id: UUID, at: datetime, *, stream_ids: Iterable[UUID] | None = None
) -> dict[str, Any]:
    """Return the heads of every stream that the organization reads, in the form that `verify` takes back later.

    `stream_ids`: only these.
    """
    heads = []
    for stream_id in _chosen(organization_id, stream_ids):
        position, link = stream_head(stream_id)
        heads.append({"stream": str(stream_id), "position": position, "hash": link})
    return {"format": HEADS_FORMAT, "taken_at": instant_text(at), "streams": heads}


def heads_read(heads: Any, *, reader: UUID | None = None) -> dict[UUID, tuple[int, str]]:
    """Return kept heads by stream; those of a backup name their readers, and only the `reader`'s own count.

    Raises: Invalid when this is no export of heads.
    """
    try:
        known = heads["format"] == HEADS_FORMAT
        kept = {
            UUID(h["stream"]): (int(h["position"]), str(h["hash"]))
            for h in heads["streams"]
            if reader is None or "readers" not in h or str(reader) in h["readers"]
        }
    except (KeyError, TypeError, ValueError, AttributeError):
        known, kept = False, {}
    if not known:
        raise Invalid(f"This is no export of heads ({HEADS_FORMAT}).", code="bad_heads")
    return kept


def verify(
    organization_id: UUID,
    heads: dict[str, Any] | None = None,
    *,
    stream_ids: Iterable[UUID] | None = None,
    tell: Tell | None = None,
) -> Verification:
    """Recompute every stream that the organization reads and compare.

    `heads`: an earlier export of its heads. `stream_ids`: only these streams. `tell`: called now and then with the number of
    entries checked so far. Raises: Invalid for heads that are none.
    """
    result = Verification()
    chosen = _chosen(organization_id, stream_ids)
    kept = heads_read(heads, reader=organization_id) if heads is not None else {}
    if stream_ids is not None:
        kept = {s: head for s, head in kept.items() if s in set(chosen)}
    audiences = _Audiences()
    for stream_id in chosen:
        result.streams += 1
        _verify_stream(stream_id, kept.pop(stream_id, None), result, audiences, tell or _nobody)
    for stream_id, (position, _) in kept.items():
        result.findings.append(Finding(stream_id, position, "the stream of a kept head is gone"))
    return result


def _chosen(organization_id: UUID, stream_ids: Iterable[UUID] | None) -> list[UUID]:
    every = [s.id for s in streams_of(organization_id)]
    return every if stream_ids is None else [s for s in every if s in set(stream_ids)]


def _nobody(_done: int) -> None:
    pass


class _Audiences:
    """The audiences met on the way, each checked once."""

    def __init__(self) -> None:
        self._streams: dict[UUID, frozenset[UUID]] = {}
        self._problems: dict[UUID, list[str]] = {}
        self._stated: set[UUID] = set()

    def stated(self, audience: Audience) -> bool:
        """Return whether entries of the audience came from an export that withheld a part of them."""
        if audience.id not in self._problems:
            self._look(audience)
        return audience.id in self._stated

    def problems(self, audience: Audience, stream_id: UUID) -> Iterator[str]:
        if audience.id not in self._problems:
            self._look(audience)
        yield from self._problems[audience.id]
        if stream_id not in self._streams[audience.id]:
            yield "the entry does not belong to this stream"

    def _look(self, audience: Audience) -> None:
        streams = list(
            Stream.objects.filter(pk__in=AudienceStream.objects.filter(audience=audience).values("stream_id"))
        )
        self._streams[audience.id] = frozenset(s.id for s in streams)
        problems = self._problems[audience.id] = []
        ids = [s.id for s in streams]
        if stated_set_digest(ids, audience.with_requester) == audience.digest:
            self._stated.add(audience.id)
        elif set_digest(ids, audience.with_requester) != audience.digest:
            problems.append("the audience differs from its digest")
        meant = {
            i for s in streams for i in (s.first_organization_id, s.second_organization_id) if i is not None
        }
        readers = AudienceReader.objects.filter(audience=audience).values_list("organization_id", flat=True)
        if set(readers) != meant:
            problems.append("the readers are not those of the audience's streams")


def _verify_stream(
    stream_id: UUID, kept: tuple[int, str] | None, result: Verification, audiences: _Audiences, tell: Tell
) -> None:
    expected, previous = 1, ""
    for seal in _seals(stream_id):
        result.entries += 1
        if result.entries % _TELL_EVERY == 0:
            tell(result.entries)
        stated = audiences.stated(seal.entry.audience)
        result.stated += stated
        found = [
            *_problems(seal, expected, previous, stated=stated),
            *audiences.problems(seal.entry.audience, stream_id),
        ]
        result.findings.extend(Finding(stream_id, seal.position, what) for what in found)
        if not stated and not hasattr(seal.entry, "payload") and seal.entry.payload_digest:
            result.erased += 1
        if kept and kept[0] == seal.position and kept[1] != seal.hash:
            result.findings.append(Finding(stream_id, seal.position, "the hash differs from the kept head"))
        expected, previous = seal.position + 1, seal.hash
    if kept and kept[0] >= expected:
        result.findings.append(
            Finding(stream_id, expected, f"the record ends before the kept head at {kept[0]}")
        )
    for entry_id in _unsealed(stream_id):
        result.findings.append(
            Finding(stream_id, 0, f"the entry {entry_id} is neither sealed nor waiting for it")
        )


def _seals(stream_id: UUID) -> Iterator[Seal]:
    """Read a stream page by page: SQLite lets nobody write on a connection whose reading began before somebody else wrote."""
    rows = (
        Seal.objects.filter(stream_id=stream_id)
        .select_related("entry", "entry__audience", "entry__payload", "entry__erasure")
        .order_by("position", "entry_id")
    )
    page = list(rows[:_PAGE])
    while page:
        yield from page
        last = page[-1]
        # Positions that are there twice are a finding, so none is skipped.
        seen = {"position": last.position, "entry_id__lte": last.entry_id}
        page = list(rows.filter(position__gte=last.position).exclude(**seen)[:_PAGE])


def _unsealed(stream_id: UUID) -> list[UUID]:
    read_here = AudienceStream.objects.filter(stream_id=stream_id).values("audience_id")
    return list(
        Entry.objects.filter(audience_id__in=read_here)
        .exclude(Exists(Seal.objects.filter(stream_id=stream_id, entry_id=OuterRef("pk"))))
        .exclude(Exists(PendingEntry.objects.filter(entry_id=OuterRef("pk"))))
        .order_by("pk")
        .values_list("pk", flat=True)[:100]
    )


def _problems(seal: Seal, expected: int, previous: str, *, stated: bool) -> Iterator[str]:
    entry = seal.entry
    if seal.position != expected:
        yield f"position {expected} is missing"
    if not stated and entry_of(seal) != entry.digest:
        yield "the entry differs from its digest"
    payload = getattr(entry, "payload", None)
    erasure: Erasure | None = getattr(entry, "erasure", None)
    if payload is not None and payload_digest(payload.salt, payload.body) != entry.payload_digest:
        yield "the payload differs from its digest"
    if payload is None and entry.payload_digest and erasure is None and not stated:
        yield "the payload is gone without an erasure"
    if erasure is not None and not stated:
        yield from _erasure_problems(entry, erasure)
    if chain_hash(previous, seal.position, entry.digest) != seal.hash:
        yield "the chain is broken"


def _erasure_problems(entry: Entry, erasure: Erasure) -> Iterator[str]:
    """Compare an erasure with the entry that tells of it, which is sealed as any other."""
    told = Entry.objects.select_related("payload").filter(pk=erasure.erased_by_entry_id).first()
    if (
        told is None
        or told.kind != "payload.erased/1"
        or told.facts.get("entry") != entry.id.hex
        or told.actor_id != erasure.approved_by_id
        or told.recorded_at != erasure.at
    ):
        yield "the erasure is not the one that was recorded"
        return
    payload = getattr(told, "payload", None)
    if payload is not None and str(payload.body.get("reason", ""))[:300] != erasure.reason:
        yield "the reason of the erasure is not the one that was recorded"


def entry_of(seal: Seal) -> str:
    """Return the digest recomputed from what the entry says now."""
    return digest_now(seal.entry, seal.entry.audience.digest)


def digest_now(entry: Entry, audience_digest: str) -> str:
    """Return what the digest of an entry is to be, by what the entry says and who reads it."""
    return entry_digest(
        entry_id=entry.id,
        kind=entry.kind,
        occurred_at=entry.occurred_at,
        recorded_at=entry.recorded_at,
        source_seq=entry.source_seq,
        actor=(entry.actor_kind, entry.actor_id, entry.organization_id, entry.on_behalf_of_id, entry.channel),
        subject=(entry.subject_kind, entry.subject_id),
        audience_digest=audience_digest,
        facts=entry.facts,
        payload=entry.payload_digest,
    )
