"""Gathers the facts and keeps them no more than a second behind the ledger.

One worker at a time gathers, by a lease; a manifest carries the fence of who wrote it, and a later one is never replaced by an
earlier. Rows are written with their ledger entries: so what was sealed since names the tickets whose rows are read again. Where
the store is lost, half-written or of another history, all of it is gathered anew. Not here: what the facts are (`folding`).
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import datetime
from functools import reduce
from itertools import batched
from operator import or_
from typing import Any
from uuid import UUID

import structlog
from django.db import transaction
from django.db.models import OuterRef, Q, Subquery

from cosource.foundation.models import Seal, Stream
from cosource.foundation.queries.sealed import sealed_after
from cosource.foundation.services.leases import lease_claim, lease_release
from cosource.metrics.queries.engine import new_engine
from cosource.metrics.queries.manifest import Manifest, Part, Store
from cosource.metrics.services.folding import FACTS, fold
from cosource.metrics.services.imports import import_rules
from cosource.metrics.services.source import Source
from cosource.metrics.services.writing import Writer, damage
from cosource.tickets.models import Call
from cosource.tickets.services.calls import SUBJECT as CALLS_SUBJECT

LEASE = "facts"
LEASE_SECONDS = 30
TICKETS_AT_ONCE = 20_000
FEW = 1_000
_ENTRIES_AT_ONCE = 5_000
# A delta is folded into a new generation once it has so many tickets, and so large a share of all.
FOLD_TICKETS, FOLD_SHARE = 1_000, 0.05
FOLD_MOST = 20_000

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Gathered:
    """What a look at the ledger came to: how many tickets were read again; `rebuilt`: all of them were, and why."""

    tickets: int = 0
    rebuilt: str = ""


def facts_refresh(
    *,
    holder: str,
    clock: Callable[[], datetime],
    checked: bool = False,
    fold_tickets: int = FOLD_TICKETS,
) -> Gathered | None:
    """Bring the facts up to what is sealed by now; return None while somebody else does.

    `clock`: asked as often as the lease is renewed. `checked`: the store was looked over before, so that only its manifest is
    read. `fold_tickets`: so many tickets of a delta may be put into a new generation.
    Raises: OSError, when the disk is full, and Superseded, when somebody else gathers by now; the facts then stay as they were.
    """

    def claim() -> int | None:
        with transaction.atomic():
            return lease_claim(name=LEASE, holder=holder, at=clock(), seconds=LEASE_SECONDS)

    fence = claim()
    if fence is None:
        return None
    store = Store()
    manifest = store.read()
    trouble = _trouble(store, manifest, thorough=not checked)
    if manifest is None or trouble:
        return facts_rebuild(Writer(store, fence, claim), reason=trouble)
    touched, cursors = _since(manifest.cursors)
    writer = Writer(store, fence, claim)
    if not touched:
        if cursors != manifest.cursors:
            writer.switch(replace(manifest, cursors=cursors))
        return Gathered()
    _gather_some(writer, manifest, touched, cursors, fold_tickets)
    return Gathered(tickets=len(touched))


def facts_prepare() -> None:
    """Load what gathering takes and gather no ticket at all, so that the first entry need not wait for more than a second."""
    with Source(0) as source, closing(new_engine()) as engine:
        _small_tables(source, engine)
        _fold_some(source, engine, ())
        for select in FACTS.values():
            engine.execute(select)


def facts_release(*, holder: str, at: datetime) -> None:
    """Let another worker gather at once."""
    lease_release(name=LEASE, holder=holder, at=at)


def facts_rebuild(
    writer: Writer | None = None,
    *,
    reason: str = "asked for",
    tell: Callable[[int, int], object] | None = None,
) -> Gathered:
    """Gather all facts anew into a new generation, and put it in force.

    `writer`: of who holds the lease; None: one before whom whoever wrote last gives way. `tell`: told how many of how many slices
    are done. Raises: OSError and Superseded, as `facts_refresh`.
    """
    store = Store()
    before = store.read()
    log.info("facts.rebuild", reason=reason)
    if writer is None:
        writer = Writer(store, before.fence + 1 if before else 1)
    # Before any table is read: what is sealed from here on is looked at again.
    cursors = _tops()
    with Source() as source, writer.generation() as making:
        engine = making.engine
        slices = source.boundaries(engine, TICKETS_AT_ONCE)
        _small_tables(source, engine)
        for number, where in enumerate(slices, start=1):
            source.land(engine, (raw for raw in source.tables if raw.key), where)
            fold(engine)
            making.add()
            if tell is not None:
                tell(number, len(slices))
        part, samples = making.finish()
    writer.switch(_following(before, part, None, cursors, samples=samples))
    return Gathered(tickets=part.rows["tickets"], rebuilt=reason)


def _gather_some(
    writer: Writer,
    manifest: Manifest,
    touched: Collection[UUID],
    cursors: Mapping[str, tuple[int, str]],
    fold_tickets: int,
) -> None:
    with Source(len(touched)) as source, writer.delta(manifest, touched) as making:
        _small_tables(source, making.engine)
        for some in batched(sorted(touched), FEW):
            _fold_some(source, making.engine, some)
            making.add()
        delta, samples = making.finish()
    samples = samples or manifest.samples
    rows, all_rows = delta.rows["touched"], manifest.generation.rows["tickets"]
    generation: Part = manifest.generation
    kept: Part | None = delta
    if rows >= fold_tickets and (rows > FOLD_MOST or rows > FOLD_SHARE * all_rows):
        generation, kept = writer.merged(generation, delta), None
    writer.switch(_following(manifest, generation, kept, cursors, samples=samples))


def _fold_some(source: Source, engine: Any, tickets: Sequence[UUID]) -> None:
    source.land(engine, (raw for raw in source.tables if raw.key), source.those(tickets))
    fold(engine)


def _following(
    before: Manifest | None,
    generation: Part,
    delta: Part | None,
    cursors: Mapping[str, tuple[int, str]],
    *,
    samples: bool,
) -> Manifest:
    serial = before.serial + 1 if before else 1
    return Manifest(generation, delta, cursors, 0, samples, serial=serial)


def _small_tables(source: Source, engine: Any) -> None:
    """Read what is read whole each time: engagements, audiences, and what imports say of their columns."""
    source.land(engine, (raw for raw in source.tables if not raw.key), "")
    engine.execute("CREATE OR REPLACE TEMP TABLE raw_import (import_id UUID, states_resolve BOOLEAN)")
    rules = import_rules()
    if rules:
        engine.executemany("INSERT INTO raw_import VALUES (?, ?)", rules)


def _trouble(store: Store, manifest: Manifest | None, *, thorough: bool) -> str:
    """Return why the store cannot be gone on with; nothing where it can."""
    if manifest is None:
        return (
            "there is no store that this version can read"
            if store.manifest_path.exists()
            else "there was none"
        )
    if not store.has_files(manifest):
        return "a file of it is gone"
    if not thorough:
        return ""
    if damaged := damage(store, manifest):
        return f"{damaged} is damaged"
    return "" if _is_of_this_ledger(manifest) else "the ledger has another history"


def _is_of_this_ledger(manifest: Manifest) -> bool:
    """Tell whether each stream still has, at the position that was followed to, the hash that stood there."""
    places = [(UUID(stream), place) for stream, (place, _) in manifest.cursors.items() if place]
    found = _hashes(places)
    return all(
        found.get((UUID(stream), place)) == mark
        for stream, (place, mark) in manifest.cursors.items()
        if place
    )


def _hashes(places: Collection[tuple[UUID, int]]) -> dict[tuple[UUID, int], str]:
    found: dict[tuple[UUID, int], str] = {}
    # One by one: SQLite reads the whole table for pairs in a list.
    for some in batched(places, 100):
        named = reduce(or_, (Q(stream_id=stream, position=place) for stream, place in some))
        rows = Seal.objects.filter(named).values_list("stream_id", "position", "hash")
        found.update({(stream, position): mark for stream, position, mark in rows})
    return found


def _tops() -> dict[str, tuple[int, str]]:
    """Return the head of every stream."""
    last = Seal.objects.filter(stream_id=OuterRef("pk")).order_by("-position")
    rows = Stream.objects.annotate(
        top=Subquery(last.values("position")[:1]), mark=Subquery(last.values("hash")[:1])
    )
    return {stream.hex: (top or 0, mark or "") for stream, top, mark in rows.values_list("id", "top", "mark")}


def _since(
    cursors: Mapping[str, tuple[int, str]],
) -> tuple[set[UUID], Mapping[str, tuple[int, str]]]:
    """Return the tickets, and the calls, that something was sealed of, and how far that goes."""
    heads = dict.fromkeys(Stream.objects.values_list("id", flat=True), 0)
    heads |= {UUID(stream): place for stream, (place, _) in cursors.items()}
    moved: dict[UUID, int] = {}
    touched: set[UUID] = set()
    loads: set[UUID] = set()
    while True:
        sealed = sealed_after(heads, limit=_ENTRIES_AT_ONCE)
        for entry in sealed:
            moved[entry.stream_id] = heads[entry.stream_id] = entry.position
            if entry.subject_kind == "ticket":
                touched.add(entry.subject_id)
            elif entry.subject_kind == CALLS_SUBJECT:
                loads.add(entry.subject_id)
        if len(sealed) < _ENTRIES_AT_ONCE:
            break
    if not moved:
        return touched, cursors
    touched |= set(Call.objects.filter(load_id__in=loads).values_list("id", flat=True))
    marks = _hashes(list(moved.items()))
    return touched, {
        **cursors,
        **{stream.hex: (place, marks[stream, place]) for stream, place in moved.items()},
    }
