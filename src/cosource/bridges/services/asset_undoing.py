"""An import of assets is put back: what it made goes, what it changed is as before, what was touched since stays.

It goes portion by portion, the newest line first, each one transaction; a line goes with what it tells of, so that what was
stopped or killed goes on where it was. Sites that the import made stay: other things may stand there by now.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from cosource.assets.models import Asset, AssetRelation, AssetShare, AssetSource, Inventory
from cosource.assets.queries.rights import may_write
from cosource.assets.services.assets import asset_save
from cosource.assets.services.relations import check_no_circle
from cosource.assets.services.telling import asset_draft, plain
from cosource.assets.services.values import DATES, REFERENCES, values_set
from cosource.bridges.models import AssetLine, Import
from cosource.bridges.services.asset_import import AT_ONCE, asset_import_alone, is_at_work
from cosource.bridges.services.asset_relating import relation_drafts
from cosource.bridges.services.import_run import import_tell
from cosource.bridges.services.preparing import require_importer
from cosource.foundation.errors import Conflict, CosourceError, Invalid, NotFound, StaleVersion
from cosource.foundation.services.ledger import Draft, append_many
from cosource.foundation.sight import Actor

WITHDRAWN, RESTORED, KEPT = "withdrawn", "restored", "kept"


def assets_import_undo(*, import_id: UUID, actor: Actor, at: datetime) -> Counter[str]:
    """Put back what an import of assets did, all of it; return how many were withdrawn, restored and kept.

    Raises: as `assets_undo_begin` and `assets_undo_run`.
    """
    row = assets_undo_begin(import_id=import_id, actor=actor, at=at)
    return assets_undo_run(row, actor=actor, at=at)


@transaction.atomic
def assets_undo_begin(*, import_id: UUID, actor: Actor, at: datetime) -> Import:
    """Begin to put an import of assets back, or go on with that. One that was left half-way is stopped by it.

    Raises: NotFound, NotAllowed, Conflict when it was put back already, wrote nothing, or a worker has it or another in hand.
    """
    row = (
        Import.objects.visible_to(actor)
        .select_related("owner")
        .filter(pk=import_id, of=Import.Of.ASSETS)
        .first()
    )
    if row is None:
        raise NotFound
    require_importer(actor, Import.Of.ASSETS)
    if not can_be_put_back(row):
        raise Conflict(
            _("This import was put back already, wrote nothing, or is at work."), code="not_standing"
        )
    asset_import_alone(row, actor=actor, at=at)
    if not Import.objects.filter(pk=row.pk, state=row.state).update(state=Import.State.UNDOING):
        raise StaleVersion
    row.state = Import.State.UNDOING
    return row


def can_be_put_back(row: Import) -> bool:
    """Tell whether an import wrote assets and nobody has it in hand."""
    wrote = row.of == Import.Of.ASSETS and not row.dry_run and row.position > 0
    return wrote and row.state not in (Import.State.STAGED, Import.State.UNDONE) and not is_at_work(row)


def assets_undo_run(
    row: Import, *, actor: Actor, at: datetime, tell: Callable[[int], None] = lambda _lines: None
) -> Counter[str]:
    """Put back what is left of an import, and return what became of it since it was begun. `tell` is called with the lines done.

    Kept is what somebody changed, showed or hung together since, and what the actor may not change. Appends
    `asset.withdrawn/1` and `asset.restored/1`, and `import.undone/1`.
    Raises: Conflict when another process has it, StaleVersion when somebody changed an asset in the same moment; what was put
    back stays so.
    """
    done = 0
    while lines := list(AssetLine.objects.filter(batch=row).order_by("-id")[:AT_ONCE]):
        with transaction.atomic():
            _portion(row, lines, actor, at)
        done += len(lines)
        tell(done)
    with transaction.atomic():
        _require(
            Import.objects.filter(pk=row.pk, state=Import.State.UNDOING).update(state=Import.State.UNDONE)
        )
        row.state = Import.State.UNDONE
        counts = Counter(row.report.get("undone", {}))
        import_tell(row, "import.undone/1", actor=actor, at=at, facts=dict(counts))
    return counts


def _portion(row: Import, lines: Sequence[AssetLine], actor: Actor, at: datetime) -> None:
    taken, _of = AssetLine.objects.filter(pk__in=[line.pk for line in lines]).delete()
    _require(taken == len(lines))
    ids = {line.asset_id for line in lines} | {
        UUID(line.after["other"]) for line in lines if "other" in line.after
    }
    assets = {a.id: a for a in Asset.objects.filter(pk__in=ids).select_related("owner")}
    undoing = _Undoing(row, actor, at, assets, Counter(row.report.get("undone", {})))
    # Relations were the last that the import made, so they are the first to go.
    undoing.relations([line for line in lines if "other" in line.after])
    undoing.assets_of([line for line in lines if "other" not in line.after])
    append_many(undoing.drafts, actor=actor, at=at)
    row.report = {**row.report, "undone": dict(undoing.counts)}
    _require(Import.objects.filter(pk=row.pk, state=Import.State.UNDOING).update(report=row.report))


def _require(held: int | bool) -> None:
    if not held:
        raise Conflict(_("Another process puts this import back."), code="taken_over")


@dataclass(slots=True)
class _Undoing:
    """One portion: the assets that its lines are about, what becomes of them, and the entries that tell of it."""

    row: Import
    actor: Actor
    at: datetime
    assets: Mapping[UUID, Asset]
    counts: Counter[str]
    drafts: list[Draft] = field(default_factory=list)

    def relations(self, lines: Sequence[AssetLine]) -> None:
        """Take apart what was hung together, and hang together what was taken apart."""
        if not lines:
            return
        turn = Inventory.objects.get_or_create(pk=self.row.owner_id)[0].turn
        for line in lines:
            asset, other = self.assets.get(line.asset_id), self.assets.get(UUID(line.after["other"]))
            if asset is not None and other is not None and self._may(asset):
                self.drafts += self._relation(line, asset, other)
        if not Inventory.objects.filter(pk=self.row.owner_id, turn=turn).update(turn=turn + 1):
            raise StaleVersion

    def _relation(self, line: AssetLine, asset: Asset, other: Asset) -> Iterator[Draft]:
        kind = line.after["kind"]
        which = {"asset": asset, "kind": kind, "other": other}
        source = line.after["source"]
        if line.did == "related":
            if AssetRelation.objects.filter(**which, source=source).delete()[0]:
                yield from relation_drafts("asset.unrelated/1", kind, asset, other, self.at)
            return
        if AssetRelation.objects.filter(**which).exists():
            return
        try:
            check_no_circle(asset, kind, other, self.actor)
        except Invalid:
            # Somebody hung them the other way round since.
            self.counts[KEPT] += 1
            return
        AssetRelation.objects.create(**which, source=source, since=self.at)
        yield from relation_drafts("asset.related/1", kind, asset, other, self.at)

    def assets_of(self, lines: Sequence[AssetLine]) -> None:
        """Withdraw what was made and restore what was changed, as far as nobody touched it since."""
        used = self._used([line.asset_id for line in lines if line.did == "made"])
        gone: list[UUID] = []
        for line in lines:
            asset = self.assets.get(line.asset_id)
            if asset is None or not self._may(asset):
                self.counts[KEPT] += 1
            elif line.did != "made":
                self._restore(line, asset)
            elif asset.version != line.version or asset.id in used:
                self.counts[KEPT] += 1
            else:
                facts = {"import": self.row.id.hex}
                self.drafts.append(asset_draft("asset.withdrawn/1", asset, at=self.at, facts=facts))
                gone.append(asset.id)
                self.counts[WITHDRAWN] += 1
        Asset.objects.filter(pk__in=gone).delete()

    def _may(self, asset: Asset) -> bool:
        return may_write(self.actor, asset.owner_id, asset.service_id, asset.site_id)

    def _used(self, ids: Sequence[UUID]) -> set[UUID]:
        """Return those that something else hangs on by now."""
        others = AssetSource.objects.filter(asset_id__in=ids).exclude(source=self.row.source_name)
        found: list[Iterable[Any]] = [
            AssetShare.objects.filter(asset_id__in=ids).values_list("asset_id", flat=True),
            AssetRelation.objects.filter(asset_id__in=ids).values_list("asset_id", flat=True),
            AssetRelation.objects.filter(other_id__in=ids).values_list("other_id", flat=True),
            others.values_list("asset_id", flat=True),
        ]
        return {asset_id for some in found for asset_id in some}

    def _restore(self, line: AssetLine, asset: Asset) -> None:
        """Put back each value that still is what the import wrote."""
        still = [n for n in line.after if n != "key" and plain(getattr(asset, n)) == line.after[n]]
        key = line.after.get("key")
        if key:
            AssetSource.objects.filter(asset=asset, key=key, source=self.row.source_name).delete()
        try:
            before = {n: _value(n, line.before[n]) for n in still}
            changes = values_set(asset, before, at=self.at, looked_up=True)
        except CosourceError:
            self.counts[KEPT] += 1
            return
        if changes:
            asset.updated_at = self.at
            asset_save(asset)
            facts = {"import": self.row.id.hex}
            self.drafts.append(
                asset_draft("asset.restored/1", asset, at=self.at, changes=changes, facts=facts)
            )
        is_whole = len(still) == len(line.after) - bool(key)
        self.counts[RESTORED if is_whole else KEPT] += 1


def _value(name: str, value: Any) -> Any:
    if value is not None and name in DATES:
        return date.fromisoformat(value)
    return UUID(value) if value is not None and name in REFERENCES else value
