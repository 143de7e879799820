"""An import of assets is put back: what it made goes, what it changed is as before, what was changed since stays.

Sites that it made stay: other things may stand there by now.
"""

from collections import Counter
from collections.abc import Iterator
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from cosource.assets.models import Asset, AssetRelation, AssetShare, AssetSource
from cosource.assets.services.assets import asset_save
from cosource.assets.services.telling import asset_draft
from cosource.assets.services.values import DATES, REFERENCES, values_set
from cosource.bridges.models import AssetLine, Import
from cosource.bridges.services.asset_import import plain
from cosource.bridges.services.asset_relating import relation_drafts
from cosource.bridges.services.import_run import import_tell
from cosource.bridges.services.preparing import require_importer
from cosource.foundation.errors import Conflict, CosourceError, NotFound
from cosource.foundation.services.ledger import Draft, append_many
from cosource.foundation.sight import Actor


@transaction.atomic
def assets_import_undo(*, import_id: UUID, actor: Actor, at: datetime) -> Counter[str]:
    """Put back what an import of assets did, the newest line first; return how many were withdrawn, restored and kept.

    Kept is what somebody changed, showed or hung together since. Appends `asset.withdrawn/1` and `asset.restored/1`, and
    `import.undone/1`. Raises: NotFound, NotAllowed, Conflict when it is none that stands.
    """
    require_importer(actor)
    row = (
        Import.objects.visible_to(actor)
        .select_related("owner")
        .filter(pk=import_id, of=Import.Of.ASSETS)
        .first()
    )
    if row is None:
        raise NotFound
    stands = Import.objects.filter(pk=row.pk, state__in=[Import.State.DONE, Import.State.FAILED])
    if not stands.update(state=Import.State.UNDONE):
        raise Conflict(_("This import was put back already, or is still running."), code="not_standing")
    counts: Counter[str] = Counter()
    drafts: list[Draft] = []
    for line in AssetLine.objects.filter(batch=row).order_by("-id").iterator(chunk_size=1_000):
        drafts += _undone(line, counts, at)
        if len(drafts) > 1_000:
            append_many(drafts, actor=actor, at=at)
            drafts.clear()
    append_many(drafts, actor=actor, at=at)
    row.refresh_from_db()
    row.report = {**row.report, "undone": dict(counts)}
    row.save(update_fields=["report"])
    import_tell(row, "import.undone/1", actor=actor, at=at, facts=dict(counts))
    return counts


def _undone(line: AssetLine, counts: Counter[str], at: datetime) -> Iterator[Draft]:
    asset = Asset.objects.select_related("owner").filter(pk=line.asset_id).first()
    if asset is None:
        counts["kept"] += 1
    elif line.did in ("related", "unrelated"):
        yield from _relation_undone(line, asset, at)
    elif line.did == "made":
        yield from _withdrawn(line, asset, counts, at)
    else:
        yield from _restored(line, asset, counts, at)


def _relation_undone(line: AssetLine, asset: Asset, at: datetime) -> Iterator[Draft]:
    other = Asset.objects.select_related("owner").filter(pk=line.after["other"]).first()
    if other is None:
        return
    which = {"asset": asset, "kind": line.after["kind"], "other": other}
    if line.did == "related":
        if AssetRelation.objects.filter(**which).delete()[0]:
            yield from relation_drafts("asset.unrelated/1", line.after["kind"], asset, other, at)
    elif AssetRelation.objects.get_or_create(**which, defaults={"since": at})[1]:
        yield from relation_drafts("asset.related/1", line.after["kind"], asset, other, at)


def _withdrawn(line: AssetLine, asset: Asset, counts: Counter[str], at: datetime) -> Iterator[Draft]:
    is_used = (
        asset.version != line.version
        or AssetShare.objects.filter(asset=asset).exists()
        or AssetRelation.objects.filter(asset=asset).exists()
        or AssetRelation.objects.filter(other=asset).exists()
        or AssetSource.objects.filter(asset=asset).exclude(key=line.after.get("key", "")).exists()
    )
    if is_used:
        counts["kept"] += 1
        return
    yield asset_draft("asset.withdrawn/1", asset, at=at, facts={"import": line.batch_id.hex})
    asset.delete()
    counts["withdrawn"] += 1


def _restored(line: AssetLine, asset: Asset, counts: Counter[str], at: datetime) -> Iterator[Draft]:
    """Put back each value that still is what the import wrote."""
    still = [n for n in line.after if n != "key" and plain(getattr(asset, n)) == line.after[n]]
    key = line.after.get("key")
    if key:
        AssetSource.objects.filter(asset=asset, key=key, source=line.batch.source_name).delete()
    try:
        changes = values_set(asset, {n: _value(n, line.before[n]) for n in still}, at=at, looked_up=True)
    except CosourceError:
        counts["kept"] += 1
        return
    if changes:
        asset.updated_at = at
        asset_save(asset)
        yield asset_draft(
            "asset.restored/1", asset, at=at, changes=changes, facts={"import": line.batch_id.hex}
        )
    is_whole = len(still) == len(line.after) - bool(key)
    counts["restored" if is_whole else "kept"] += 1


def _value(name: str, value: Any) -> Any:
    if value is not None and name in DATES:
        return date.fromisoformat(value)
    return UUID(value) if value is not None and name in REFERENCES else value
