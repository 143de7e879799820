"""Reading the ledger: entries newest first, one entry with its seals, the access log.

Everything is read through the seals of streams that the actor may go through, by position downwards, so that a page costs the
same however long the record is. Not here: checking the chain (`verification`).
"""

import heapq
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Q

from cosource.foundation.errors import NotAllowed, NotFound
from cosource.foundation.ledger_sight import ReadableStream, ledger_sight
from cosource.foundation.models import AccessLog, DueWork, Entry, Seal
from cosource.foundation.queries.paging import KeyPage, key_page, place_read, place_written
from cosource.foundation.queries.streams import stream_tops
from cosource.foundation.sight import Actor

# A rare kind is looked for this far back; then the reader is asked whether to go on.
WINDOW = 10_000
# The kind of work that checks the ledger on demand (`services.verifying`).
VERIFICATION = "foundation.verification"


@dataclass(frozen=True, slots=True)
class EntryRow:
    """One entry in the list. `positions`: where it stands, by stream label. `names`: of those it concerns."""

    id: UUID
    kind: str
    occurred_at: datetime
    recorded_at: datetime
    actor: str
    organization: str
    on_behalf_of: str
    channel: str
    subject_kind: str
    subject_id: UUID
    facts: dict[str, Any]
    positions: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class EntryPage:
    """A page of entries. `searched_back_to_end`: false when a filter stopped after `WINDOW` entries of a stream.

    `streams`: all that the actor may go through.
    """

    rows: list[EntryRow]
    next_cursor: str
    searched_back_to_end: bool
    streams: list[ReadableStream]


@dataclass(frozen=True, slots=True)
class EntryDetail:
    """One entry with all that may be read of it."""

    row: EntryRow
    digest: str
    payload_digest: str
    payload: dict[str, Any] | None
    salt: str
    has_payload: bool
    erased_at: datetime | None
    erased_reason: str
    seals: list[tuple[str, int, str]] = field(default_factory=list)
    may_read_payload: bool = False
    is_hidden: bool = False
    may_erase: bool = False


def readable_streams(actor: Actor) -> list[ReadableStream]:
    """Return the streams that the actor may go through. Raises: NotAllowed when there is none."""
    streams = ledger_sight().streams(actor)
    if not streams:
        raise NotAllowed("Your role does not include the ledger.", action="ledger.read")
    return streams


def entry_list(
    *,
    actor: Actor,
    stream_id: UUID | None = None,
    kind: str = "",
    subject_id: UUID | None = None,
    cursor: str = "",
    limit: int = 50,
) -> EntryPage:
    """Return entries of the streams that the actor may go through, newest first.

    `stream_id`: of one stream only. `kind`: beginning of the kind, such as "ticket.". `subject_id`: about one thing only.
    Raises: NotAllowed, NotFound for a stream that is not the actor's, Invalid for a strange cursor.
    """
    readable = streams = readable_streams(actor)
    if stream_id is not None:
        streams = [s for s in streams if s.id == stream_id]
        if not streams:
            raise NotFound
    tops = _tops(streams, cursor)
    about = Q(entry__subject_id=subject_id) if subject_id else Q()
    if kind:
        about &= Q(entry__kind__startswith=kind)
    filtered = bool(kind or subject_id)
    found = _fitting(streams, tops, about, limit + 1) if filtered else _newest(streams, tops, limit + 1)
    labels = {s.id: s.label for s in streams}
    chosen: dict[UUID, list[Seal]] = {}
    left = dict(tops)
    for seal in heapq.merge(*found, key=lambda s: s.entry_id, reverse=True):
        if seal.entry_id not in chosen and len(chosen) == limit:
            break
        chosen.setdefault(seal.entry_id, []).append(seal)
        left[seal.stream_id] = seal.position - 1
    full = len(chosen) == limit and any(
        seals and seals[-1].position <= left[s.id] for s, seals in zip(streams, found, strict=True)
    )
    if not full and filtered:
        # What was looked through without a match need not be looked through again.
        left = {s.id: max(tops[s.id] - WINDOW, 0) for s in streams}
    more = full or (filtered and any(left.values()))
    rows = _rows(actor, [seals[0].entry for seals in chosen.values()], chosen, labels)
    return EntryPage(
        rows, _write(left) if more else "", searched_back_to_end=full or not more, streams=readable
    )


def _tops(streams: Sequence[ReadableStream], cursor: str) -> dict[UUID, int]:
    given = _read(cursor) if cursor else {}
    lacking = {s.id for s in streams} - given.keys()
    return {**stream_tops(lacking), **{s.id: given[s.id] for s in streams if s.id in given}}


def _newest(streams: Sequence[ReadableStream], tops: Mapping[UUID, int], count: int) -> list[list[Seal]]:
    """Return the newest seals of each stream, in one query: positions have no gap, so the range is known."""
    ranges = Q()
    for stream_id, top in tops.items():
        ranges |= Q(stream_id=stream_id, position__lte=top, position__gt=top - count)
    found: dict[UUID, list[Seal]] = {s.id: [] for s in streams}
    for seal in Seal.objects.filter(ranges).select_related("entry").order_by("-position"):
        found[seal.stream_id].append(seal)
    return list(found.values())


def _fitting(
    streams: Sequence[ReadableStream], tops: Mapping[UUID, int], about: Q, count: int
) -> list[list[Seal]]:
    """Return the newest seals of each stream that fit, as far back as a filter looks."""
    return [
        list(
            Seal.objects.filter(
                about, stream_id=s.id, position__lte=tops[s.id], position__gt=tops[s.id] - WINDOW
            )
            .select_related("entry")
            .order_by("-position")[:count]
        )
        for s in streams
    ]


def _rows(
    actor: Actor, entries: Sequence[Entry], seals: dict[UUID, list[Seal]], labels: dict[UUID, str]
) -> list[EntryRow]:
    ids = {i for e in entries for i in (e.actor_id, e.organization_id, e.on_behalf_of_id) if i is not None}
    names = ledger_sight().names(actor, ids)

    def called(identity: UUID | None) -> str:
        return "" if identity is None else names.get(identity, "")

    return [
        EntryRow(
            id=e.id,
            kind=e.kind,
            occurred_at=e.occurred_at,
            recorded_at=e.recorded_at,
            actor=called(e.actor_id) or e.actor_kind,
            organization=called(e.organization_id),
            on_behalf_of=called(e.on_behalf_of_id),
            channel=e.channel,
            subject_kind=e.subject_kind,
            subject_id=e.subject_id,
            facts=e.facts,
            positions=tuple((labels[s.stream_id], s.position) for s in seals[e.id]),
        )
        for e in entries
    ]


def entry_get(*, actor: Actor, entry_id: UUID) -> EntryDetail:
    """Return one entry of a stream that the actor may go through. Raises: NotAllowed, NotFound."""
    streams = {s.id: s for s in readable_streams(actor)}
    seals = list(
        Seal.objects.filter(entry_id=entry_id, stream_id__in=streams)
        .select_related("entry__payload", "entry__erasure", "entry__hiding")
        .order_by("stream_id")
    )
    if not seals:
        raise NotFound
    entry = seals[0].entry
    through = [streams[s.stream_id] for s in seals]
    labels = {s.id: s.label for s in through}
    payload = getattr(entry, "payload", None)
    erasure = getattr(entry, "erasure", None)
    is_hidden = hasattr(entry, "hiding")
    may_read = any(s.with_payload for s in through) and not is_hidden
    [row] = _rows(actor, [entry], {entry.id: seals}, labels)
    return EntryDetail(
        row=row,
        digest=entry.digest,
        payload_digest=entry.payload_digest,
        payload=payload.body if payload is not None and may_read else None,
        salt=payload.salt if payload is not None and may_read else "",
        has_payload=bool(entry.payload_digest),
        erased_at=erasure.at if erasure is not None else None,
        erased_reason=erasure.reason if erasure is not None and may_read else "",
        seals=[(labels[s.stream_id], s.position, s.hash) for s in seals],
        may_read_payload=may_read,
        is_hidden=is_hidden,
        may_erase=payload is not None and any(s.may_erase for s in through),
    )


def verification_get(*, actor: Actor, work_id: UUID) -> DueWork:
    """Return a check of the ledger that this person asked for. Raises: NotFound."""
    work = DueWork.objects.filter(
        pk=work_id,
        kind=VERIFICATION,
        owner_organization_id=actor.organization_id,
        owner_person_id=actor.id,
    ).first()
    if work is None or actor.organization_id is None or actor.id is None:
        raise NotFound
    return work


def access_list(*, actor: Actor, cursor: str = "", limit: int = 50) -> KeyPage[AccessLog]:
    """Return the reads of the organization's sensitive things, newest first. Raises: NotAllowed."""
    readable_streams(actor)
    if actor.organization_id is None:
        raise NotFound
    rows = AccessLog.objects.filter(owner_organization_id=actor.organization_id)
    return key_page(rows, order=("-first_at", "-id"), cursor=cursor, limit=limit)


def access_names(actor: Actor, rows: Sequence[AccessLog]) -> dict[UUID, str]:
    """Return the names of those who read, as far as the actor may know them."""
    ids = {i for row in rows for i in (row.actor_id, row.organization_id) if i is not None}
    return dict(ledger_sight().names(actor, ids))


def _write(left: dict[UUID, int]) -> str:
    return place_written({stream.hex: position for stream, position in sorted(left.items())}, of="ledger")


def _read(cursor: str) -> dict[UUID, int]:
    return {UUID(stream): position for stream, position in place_read(cursor, of="ledger").items()}
