"""What a foreign inventory says hangs on what: made where it is new, taken back where the source no longer says so.

It comes after all rows, since any may name any. Circles are refused against what stands and what this run has made. What somebody
here said by hand stays.
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import batched
from typing import Any, NamedTuple
from uuid import UUID

from django.db import transaction
from django.db.models import Q

from cosource.assets.models import Asset, AssetRelation, Inventory
from cosource.assets.rules.paths import path_between
from cosource.assets.services.telling import asset_draft
from cosource.bridges.models import AssetLine
from cosource.bridges.rules.asset_mapping import RELATIONS
from cosource.bridges.rules.problems import shown
from cosource.bridges.services.asset_run import RELATED, UNRELATED, Run, advance
from cosource.bridges.services.import_run import Clock
from cosource.foundation.errors import StaleVersion
from cosource.foundation.services.ledger import Draft, append_many

_AT_ONCE = 400


class _Said(NamedTuple):
    """What a row calls that on which its asset hangs, empty for nothing."""

    row_number: int
    asset_id: UUID
    kind: str
    text: str


class _Turn(NamedTuple):
    """A relation that is made or taken back for a row."""

    row_number: int
    did: str
    asset_id: UUID
    kind: str
    other_id: UUID


@dataclass(slots=True)
class _Standing:
    """What hangs on what by one kind of relation: by asset, each with the source that says so."""

    of: dict[UUID, dict[UUID, str]] = field(default_factory=dict)

    def onward(self, some: Collection[UUID]) -> list[tuple[UUID, UUID]]:
        """Return what these assets hang on."""
        return [(a, b) for a in some for b in sorted(self.of.get(a, ()))]


def assets_relate(run: Run, clock: Clock) -> None:
    """Hang together what the file says hangs together, portion by portion. Raises: StaleVersion, Conflict."""
    turn = Inventory.objects.get_or_create(pk=run.owner.pk)[0].turn if run.row is not None else 0
    there = {kind: _Standing() for kind in RELATIONS}
    columns = ("asset_id", "kind", "other_id", "source")
    rows: Any = AssetRelation.objects.filter(asset__owner=run.owner).values_list(*columns)
    for asset_id, kind, other_id, source in rows.iterator(chunk_size=5_000):
        there[kind].of.setdefault(asset_id, {})[other_id] = source
    for some in batched(run.relations, _AT_ONCE):
        with transaction.atomic():
            turns = [
                turned
                for row_number, asset_id, called in some
                for kind, text in called.items()
                for turned in _turns(run, _Said(row_number, asset_id, kind, text), there[kind])
            ]
            for turned in turns:
                run.outcome.counts[turned.did] += 1
            advance(run)
            if run.row is not None and turns:
                if not Inventory.objects.filter(pk=run.owner.pk, turn=turn).update(turn=turn + 1):
                    raise StaleVersion
                turn += 1
                _write(run, turns, clock())


def _turns(run: Run, said: _Said, there: _Standing) -> Iterator[_Turn]:
    """Return what is made and taken back so that an asset hangs on what a row says, as far as that is known and no circle."""
    row_number, asset_id, kind, text = said
    standing = there.of.setdefault(asset_id, {})
    wanted = None
    if text:
        other = run.book.other(text)
        if other is None:
            run.note(row_number, kind, "asset-no-other", value=shown(text))
            return
        wanted = other.id
        way = [] if wanted in standing else path_between(wanted, asset_id, there.onward)
        if way:
            path = " → ".join(run.book.name_of(i) for i in [asset_id, *way])
            run.note(row_number, kind, "asset-circle", path=shown(path))
            return
    source = run.book.source
    for other_id in [i for i, by in sorted(standing.items()) if by == source and i != wanted]:
        del standing[other_id]
        yield _Turn(row_number, UNRELATED, asset_id, kind, other_id)
    if wanted is not None and wanted not in standing:
        standing[wanted] = source
        yield _Turn(row_number, RELATED, asset_id, kind, wanted)


def _write(run: Run, turns: Sequence[_Turn], at: datetime) -> None:
    ends = Asset.objects.filter(pk__in={i for t in turns for i in (t.asset_id, t.other_id)})
    assets = {a.id: a for a in ends.select_related("owner")}
    if any(i not in assets for t in turns for i in (t.asset_id, t.other_id)):
        raise StaleVersion
    gone = Q()
    for turned in turns:
        if turned.did == UNRELATED:
            gone |= Q(asset_id=turned.asset_id, kind=turned.kind, other_id=turned.other_id)
    if gone:
        AssetRelation.objects.filter(gone).delete()
    AssetRelation.objects.bulk_create(
        AssetRelation(asset_id=t.asset_id, kind=t.kind, other_id=t.other_id, source=run.book.source, since=at)
        for t in turns
        if t.did == RELATED
    )
    AssetLine.objects.bulk_create(
        AssetLine(
            batch=run.row,
            row_number=t.row_number,
            asset_id=t.asset_id,
            did=t.did,
            after={"kind": t.kind, "other": t.other_id.hex, "source": run.book.source},
            version=assets[t.asset_id].version,
        )
        for t in turns
    )
    drafts = [
        draft
        for t in turns
        for draft in relation_drafts(f"asset.{t.did}/1", t.kind, assets[t.asset_id], assets[t.other_id], at)
    ]
    append_many(drafts, actor=run.actor, at=at)


def relation_drafts(entry: str, kind: str, asset: Asset, other: Asset, at: datetime) -> Iterator[Draft]:
    """Return the entries about the two ends of a relation."""
    for about, end in ((asset, other), (other, asset)):
        facts = {"relation": kind, "asset": asset.id.hex, "other": other.id.hex}
        yield asset_draft(entry, about, at=at, facts=facts, payload={"other_name": end.name})
