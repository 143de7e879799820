"""What a foreign inventory says hangs on what: made where it is new, taken back where the source no longer says so.

It comes after all rows, since any may name any. Circles are refused against what stands and what this run has made.
"""

from collections.abc import Iterator
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from cosource.assets.models import Asset, AssetRelation, Inventory
from cosource.assets.rules.paths import path_between
from cosource.assets.services.telling import asset_draft
from cosource.bridges.models import AssetLine
from cosource.bridges.rules.asset_mapping import RELATIONS
from cosource.bridges.rules.problems import shown
from cosource.bridges.services.asset_run import Run
from cosource.foundation.errors import StaleVersion
from cosource.foundation.services.ledger import Draft, append_many

type Standing = dict[UUID, set[UUID]]


class _Said(NamedTuple):
    """That a row hangs an asset on what it calls by a text."""

    row_number: int
    asset_id: UUID
    kind: str
    text: str


def assets_relate(run: Run, at: datetime) -> None:
    """Hang together what the file says hangs together, in the caller's transaction. Raises: StaleVersion."""
    if not run.relations:
        return
    turn = Inventory.objects.get_or_create(pk=run.owner.pk)[0].turn if run.write else 0
    there: dict[str, Standing] = {kind: {} for kind in RELATIONS}
    rows: Any = AssetRelation.objects.filter(asset__owner=run.owner).values_list(
        "asset_id", "kind", "other_id"
    )
    for asset_id, kind, other_id in rows.iterator(chunk_size=5_000):
        there[kind].setdefault(asset_id, set()).add(other_id)
    drafts: list[Draft] = []
    for row_number, asset_id, called in run.relations:
        if asset_id not in run.book.by_id:
            continue
        for kind, text in called.items():
            drafts += _related(run, _Said(row_number, asset_id, kind, text), there[kind], at)
    append_many(drafts, actor=run.actor, at=at)
    if drafts and not Inventory.objects.filter(pk=run.owner.pk, turn=turn).update(turn=turn + 1):
        raise StaleVersion


def _related(run: Run, said: _Said, there: Standing, at: datetime) -> Iterator[Draft]:
    other = run.book.other(said.text)
    if other is None:
        run.note(said.row_number, said.kind, "asset-no-other", value=shown(said.text))
        return
    standing = there.setdefault(said.asset_id, set())
    # What this source hung it on before and no longer names; what somebody here said by hand stays.
    gone = [i for i in sorted(standing) if i != other.id and run.book.by_id[i].key]
    is_new = other.id not in standing
    if is_new:
        way = path_between(
            other.id, said.asset_id, lambda some: [(a, b) for a in some for b in sorted(there.get(a, ()))]
        )
        if way:
            path = " → ".join(run.book.by_id[i].name for i in [said.asset_id, *way])
            run.note(said.row_number, said.kind, "asset-circle", path=shown(path))
            return
    for other_id in gone:
        standing.discard(other_id)
        run.outcome.unrelated += 1
        yield from _written(run, said, other_id, "unrelated", at)
    if is_new:
        standing.add(other.id)
        run.outcome.related += 1
        yield from _written(run, said, other.id, "related", at)


def _written(run: Run, said: _Said, other_id: UUID, did: str, at: datetime) -> Iterator[Draft]:
    if run.row is None:
        return
    which = {"asset_id": said.asset_id, "kind": said.kind, "other_id": other_id}
    if did == "related":
        AssetRelation.objects.create(**which, since=at)
    else:
        AssetRelation.objects.filter(**which).delete()
    ends = {a.id: a for a in Asset.objects.filter(pk__in=[said.asset_id, other_id]).select_related("owner")}
    AssetLine.objects.create(
        batch=run.row,
        row_number=said.row_number,
        asset_id=said.asset_id,
        did=did,
        after={"kind": said.kind, "other": other_id.hex},
        version=ends[said.asset_id].version,
    )
    yield from relation_drafts(f"asset.{did}/1", said.kind, ends[said.asset_id], ends[other_id], at)


def relation_drafts(entry: str, kind: str, asset: Asset, other: Asset, at: datetime) -> Iterator[Draft]:
    """Return the entries about the two ends of a relation."""
    for about, end in ((asset, other), (other, asset)):
        facts = {"relation": kind, "asset": asset.id.hex, "other": other.id.hex}
        yield asset_draft(entry, about, at=at, facts=facts, payload={"other_name": end.name})
