"""A foreign inventory is brought in, again and again.

Rows are decided portion by portion (`asset_deciding`) and written, each portion one transaction with its entries and with how
far the import is, so that others write between them, and what was stopped or killed goes on where it was. What the file says
holds for the fields that the mapping names; others stay as they are here. Not here: doors, and putting back (`asset_undoing`).
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from itertools import batched
from pathlib import Path

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from cosource.assets.models import Asset, AssetSource, Inventory
from cosource.assets.services.assets import asset_save
from cosource.assets.services.telling import asset_draft, plain
from cosource.bridges.models import AssetLine, Import
from cosource.bridges.reading.assets import read_assets
from cosource.bridges.reading.source import LIMITS, Limits, file_digest
from cosource.bridges.rules.asset_mapping import AssetMapping
from cosource.bridges.rules.asset_rows import AssetReading
from cosource.bridges.rules.problems import Problem
from cosource.bridges.services.asset_book import book_open
from cosource.bridges.services.asset_deciding import Step, assets_decide
from cosource.bridges.services.asset_relating import assets_relate
from cosource.bridges.services.asset_run import (
    CHANGED,
    NEW,
    REFUSED,
    UNCHANGED,
    Outcome,
    Run,
    advance,
    outcome_so_far,
)
from cosource.bridges.services.import_run import Clock, import_stop, import_tell
from cosource.bridges.services.places import cut
from cosource.bridges.services.preparing import asset_mapping_read, require_importer
from cosource.foundation.errors import Conflict, StaleVersion
from cosource.foundation.models import DueWork
from cosource.foundation.rules.canonical import digest
from cosource.foundation.services.audience import audience_intern
from cosource.foundation.services.ledger import Draft, append_many
from cosource.foundation.sight import Actor
from cosource.parties.models import Organization, Site

AT_ONCE = 400
BUSY = (Import.State.RUNNING, Import.State.UNDOING)
LIVE = (DueWork.State.QUEUED, DueWork.State.RUNNING)


def assets_import(
    *,
    path: Path,
    mapping_text: str,
    mapping_name: str,
    actor: Actor,
    clock: Clock,
    dry_run: bool = False,
    limits: Limits = LIMITS,
) -> tuple[Import | None, Outcome]:
    """Bring a file of assets into the actor's own inventory; a dry run says what would be done and writes nothing.

    Appends as `assets_run`, and `import.started/1`.
    Raises: NotFound, NotAllowed, Invalid for a mapping that cannot be used, Conflict while another import into this inventory
    runs, and as `assets_run`: what was written stays, and running it again goes on.
    """
    owner = Organization.objects.get(pk=require_importer(actor, Import.Of.ASSETS))
    mapping = asset_mapping_read(mapping_text)
    row = Import(
        owner=owner,
        of=Import.Of.ASSETS,
        started_by_id=actor.id,
        file_name=cut(path.name, 200),
        mapping_name=cut(mapping_name),
        mapping_text=mapping_text,
        source_name=cut(mapping.source.name),
        state=Import.State.RUNNING,
        created_at=clock(),
    )
    if dry_run:
        return None, assets_rehearse(row, mapping, path=path, actor=actor, clock=clock, limits=limits)
    asset_import_settle(row, path)
    with transaction.atomic():
        asset_import_alone(row, actor=actor, at=clock())
        row.save(force_insert=True)
        import_tell(row, "import.started/1", actor=actor, at=clock())
    try:
        outcome = assets_run(row, mapping, path=path, actor=actor, clock=clock, limits=limits)
    except BaseException as trouble:
        import_stop(row=row, state=Import.State.FAILED, actor=actor, at=clock(), reason=str(trouble)[:500])
        raise
    return row, outcome


def asset_import_settle(row: Import, path: Path) -> None:
    """Note on the row what is read how; the caller saves it. Raises: UnreadableSource."""
    row.file_digest = file_digest(path)
    row.mapping_digest = digest(row.mapping_text.encode())


def asset_import_alone(row: Import, *, actor: Actor, at: datetime) -> None:
    """Make sure, in the caller's transaction, that this import is the only one that writes into the inventory.

    One that was left behind, by a command that was killed, is stopped. Raises: Conflict while another is at work, StaleVersion
    when another began in the same moment.
    """
    turn = Inventory.objects.get_or_create(pk=row.owner_id)[0].turn
    others = Import.objects.filter(
        owner_id=row.owner_id, of=Import.Of.ASSETS, state__in=BUSY, dry_run=False
    ).exclude(pk=row.pk)
    for other in others:
        if is_at_work(other):
            raise Conflict(
                _(
                    "“%(file)s” is being brought into this inventory or put back; wait for its end, or stop it."
                )
                % {"file": other.file_name},
                code="another_runs",
            )
        import_stop(
            row=other, state=Import.State.FAILED, actor=actor, at=at, reason=_("Another import began.")
        )
    if not Inventory.objects.filter(pk=row.owner_id, turn=turn).update(turn=turn + 1):
        raise StaleVersion


def is_at_work(row: Import) -> bool:
    """Tell whether a worker has an import in hand or is about to."""
    return row.work_id is not None and DueWork.objects.filter(pk=row.work_id, state__in=LIVE).exists()


def assets_rehearse(
    row: Import,
    mapping: AssetMapping,
    *,
    path: Path,
    actor: Actor,
    clock: Clock,
    limits: Limits = LIMITS,
    tell: Callable[[int], None] = lambda _rows: None,
) -> Outcome:
    """Say what bringing a file in would do; nothing is written. `tell` is called with the rows that are done.

    Raises: UnreadableSource, StaleVersion.
    """
    run = _open(row, mapping, actor, clock())
    run.row = None
    for some in batched(read_assets(path, mapping, limits), AT_ONCE):
        assets_decide(run, some, clock())
        advance(run)
        tell(len(run.outcome.rows))
    assets_relate(run, clock)
    return run.outcome


def assets_run(
    row: Import,
    mapping: AssetMapping,
    *,
    path: Path,
    actor: Actor,
    clock: Clock,
    limits: Limits = LIMITS,
    tell: Callable[[int], None] = lambda _rows: None,
) -> Outcome:
    """Bring a file in from where its import stands to its end. `tell` is called with the rows done; what it raises stops it.

    Appends an entry for each asset that is made, changed or hung on another, `site.added/1` for sites that the file names and
    nobody knew, and `import.finished/1`.
    Raises: UnreadableSource, Conflict when another process has the import or it was stopped, StaleVersion when somebody changed
    an asset in the same moment; what was written stays.
    """
    run = _open(row, mapping, actor, clock())
    run.outcome = outcome_so_far(row)
    skip = row.position
    for some in batched(read_assets(path, mapping, limits), AT_ONCE):
        # What was done before is gone through again, so that the book knows which assets had their row.
        again, fresh = some[:skip], some[skip:]
        skip -= len(again)
        if again:
            assets_decide(replace(run, outcome=Outcome(), problems=[]), again, clock())
        if fresh:
            _portion(run, row, fresh, clock())
        tell(row.rows_read)
    assets_relate(run, clock)
    _finish(run, row, clock())
    return run.outcome


def _open(row: Import, mapping: AssetMapping, actor: Actor, at: datetime) -> Run:
    return Run(row.owner, mapping, book_open(row.owner, mapping.source.name, at), actor, row.file_name, row)


def _portion(run: Run, row: Import, items: Sequence[AssetReading | Problem], at: datetime) -> None:
    try:
        with transaction.atomic():
            steps, sites = assets_decide(run, items, at)
            advance(run, step=len(items))
            _write(run, row, steps, sites, at)
    except IntegrityError:
        # Somebody made the same site or gave the same key meanwhile.
        raise StaleVersion from None


@transaction.atomic
def _finish(run: Run, row: Import, at: datetime) -> None:
    advance(run)
    row.state, row.finished_at, row.rows_total = Import.State.DONE, at, row.rows_read
    row.save(update_fields=["state", "finished_at", "rows_total"])
    told = {name: run.outcome.counts[name] for name in (NEW, CHANGED, UNCHANGED, REFUSED)}
    import_tell(row, "import.finished/1", actor=run.actor, at=at, facts=told)


def _write(run: Run, row: Import, steps: Sequence[Step], sites: Sequence[Site], at: datetime) -> None:
    drafts = [_site_draft(run.owner, site, at) for site in sites]
    Site.objects.bulk_create(sites)
    Asset.objects.bulk_create([step.asset for step in steps if step.is_new])
    for step in steps:
        if not step.is_new:
            asset_save(step.asset)
    AssetSource.objects.bulk_create(
        AssetSource(owner=run.owner, asset=step.asset, source=run.book.source, key=step.key)
        for step in steps
        if step.key
    )
    drafts += [
        asset_draft(
            "asset.added/1" if step.is_new else "asset.changed/1",
            step.asset,
            at=at,
            changes={n: pair for n, pair in step.changes.items() if not (step.is_new and n == "name")},
            facts={"import": row.id.hex},
        )
        for step in steps
    ]
    append_many(drafts, actor=run.actor, at=at)
    AssetLine.objects.bulk_create(
        AssetLine(
            batch=row,
            row_number=step.row_number,
            asset_id=step.asset.id,
            did="made" if step.is_new else "changed",
            before={name: plain(was) for name, (was, _now) in step.changes.items()}
            | ({"key": ""} if step.key else {}),
            after={name: plain(now) for name, (_was, now) in step.changes.items()}
            | ({"key": step.key} if step.key else {}),
            version=step.asset.version,
        )
        for step in steps
    )


def _site_draft(owner: Organization, site: Site, at: datetime) -> Draft:
    return Draft(
        kind="site.added/1",
        subject_kind="site",
        subject_id=site.id,
        audience_id=audience_intern([owner.own_stream_id]),
        occurred_at=at,
        payload={"name": site.name},
    )
