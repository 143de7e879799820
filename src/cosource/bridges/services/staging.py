"""Files that wait on the import page: taken in, checked first, then brought in by work in the background.

A staged file lies in the data folder until it is brought in, given up, or forgotten for a week. Not here: what a run does
(`import_run`) and the worker's door (`jobs`).
"""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from cosource.bridges.models import Import, ImportProblem
from cosource.bridges.rules.mapping import SourceFormat
from cosource.bridges.services.asset_import import asset_import_alone, asset_import_settle
from cosource.bridges.services.asset_undoing import assets_undo_begin
from cosource.bridges.services.import_run import import_stop, import_tell
from cosource.bridges.services.places import cut
from cosource.bridges.services.preparing import (
    Plan,
    asset_mapping_read,
    import_plan,
    mapping_read,
    require_importer,
)
from cosource.foundation.errors import Conflict, Invalid, NotFound
from cosource.foundation.models import DueWork
from cosource.foundation.services.duework import work_enqueue
from cosource.foundation.services.work_steps import work_cancel
from cosource.foundation.sight import Actor
from cosource.parties.models import Organization

WORK = "bridges.import"
KEPT_DAYS = 7
FRESH = {
    "position": 0,
    "rows_total": 0,
    "rows_read": 0,
    "rows_kept": 0,
    "rows_known": 0,
    "rows_repaired": 0,
    "rows_refused": 0,
    "tickets_written": 0,
    "tickets_extended": 0,
    "finished_at": None,
}


def staged_path(import_id: UUID) -> Path:
    """Return where an import's file lies."""
    return Path(settings.SPOOL_DIR) / "imports" / import_id.hex


def import_stage(
    *,
    chunks: Iterable[bytes],
    file_name: str,
    mapping_text: str,
    mapping_name: str,
    actor: Actor,
    at: datetime,
    of: str = Import.Of.TICKETS,
) -> Import:
    """Take a file in with its mapping; nothing is read of it yet. `of`: what its rows are about.

    Appends `import.staged/1` to the owner's own record.

    Raises: NotFound, NotAllowed, Invalid for a mapping that cannot be used or a file that is too large.
    """
    owner = Organization.objects.get(pk=require_importer(actor, of))
    source = source_of(of, mapping_text)
    row = Import(
        owner=owner,
        of=of,
        started_by_id=actor.id,
        file_name=cut(Path(file_name).name or "file", 200),
        mapping_name=cut(mapping_name),
        mapping_text=mapping_text,
        source_name=cut(source.name),
        created_at=at,
    )
    path = staged_path(row.id)
    path.parent.mkdir(parents=True, exist_ok=True)
    _sweep(path.parent, at)
    try:
        _keep(path, chunks)
        with transaction.atomic():
            row.save(force_insert=True)
            import_tell(row, "import.staged/1", actor=actor, at=at)
    except BaseException:
        path.unlink(missing_ok=True)
        raise
    return row


def _keep(path: Path, chunks: Iterable[bytes]) -> None:
    size = 0
    with path.open("wb") as stream:
        for chunk in chunks:
            size += len(chunk)
            if size > settings.UPLOAD_MAX_BYTES:
                limit = settings.UPLOAD_MAX_BYTES // 1024**2
                raise Invalid(
                    _("The file is larger than %(limit)s MiB; bring it in by the command line.")
                    % {"limit": limit},
                    code="too_large",
                    fields={"file": [_("At most %(limit)s MiB.") % {"limit": limit}]},
                )
            stream.write(chunk)
    if not size:
        raise Invalid(
            _("The file is empty."), code="empty", fields={"file": [_("Choose a file with rows in it.")]}
        )


def _sweep(directory: Path, at: datetime) -> None:
    """Remove files that nobody came back for."""
    limit = (at - timedelta(days=KEPT_DAYS)).timestamp()
    for path in directory.iterdir():
        if path.stat().st_mtime < limit:
            path.unlink(missing_ok=True)


def source_of(of: str, mapping_text: str) -> SourceFormat:
    """Return what a mapping of one kind says of the outside of a file. Raises: Invalid with every fault."""
    return (asset_mapping_read if of == Import.Of.ASSETS else mapping_read)(mapping_text).source


def plan_of(row: Import, actor: Actor, parties: Mapping[str, str] | None = None) -> Plan:
    """Return the plan of an import of tickets, with the parties chosen now or before. Raises: as `import_plan`."""
    return import_plan(
        actor=actor,
        mapping_text=row.mapping_text,
        mapping_name=row.mapping_name,
        parties=row.parties if parties is None else parties,
    )


def import_ask(
    *,
    import_id: UUID,
    actor: Actor,
    at: datetime,
    dry_run: bool,
    parties: Mapping[str, str] | None = None,
) -> Import:
    """Let a worker check a staged file, bring it in, or go on with what was stopped.

    `parties`: party key of the mapping to an organization's name or id. Raises: NotFound, NotAllowed, Invalid, Conflict.
    """
    with transaction.atomic():
        row = _own(import_id, actor)
        if row.of == Import.Of.TICKETS:
            plan = plan_of(row, actor, parties)
            row.parties, row.mapping_digest = plan.party_ids, plan.mapping_digest
        if not is_waiting(row):
            raise Conflict(_("This import runs, or is done."), code="not_waiting")
        if not staged_path(row.id).exists():
            raise Conflict(_("The file is no longer kept; send it once more."), code="file_gone")
        goes_on = row.position > 0 and not row.dry_run
        if goes_on and dry_run:
            raise Conflict(_("This file is partly in; go on with it."), code="partly_in")
        if not goes_on:
            ImportProblem.objects.filter(batch=row).delete()
            for name, value in FRESH.items():
                setattr(row, name, value)
            row.report = {}
        if row.of == Import.Of.ASSETS and not dry_run:
            asset_import_settle(row, staged_path(row.id))
            asset_import_alone(row, actor=actor, at=at)
        waited = row.state
        row.dry_run = dry_run
        row.state = Import.State.RUNNING
        row.work_id = _enqueue(row, actor, at)
        if not Import.objects.filter(pk=row.pk, state=waited).update(state=row.state):
            raise Conflict(_("This import runs, or is done."), code="not_waiting")
        row.save()
        if not dry_run:
            kind = "import.continued/1" if goes_on else "import.started/1"
            import_tell(row, kind, actor=actor, at=at)
    return row


def is_waiting(row: Import) -> bool:
    """Tell whether an import waits to be checked, brought in or gone on with."""
    states = (Import.State.STAGED, Import.State.FAILED, Import.State.CANCELLED)
    return row.state in states and row.finished_at is None


@transaction.atomic
def import_undo_ask(*, import_id: UUID, actor: Actor, at: datetime) -> Import:
    """Let a worker put an import of assets back. Raises: as `assets_undo_begin`."""
    row = assets_undo_begin(import_id=import_id, actor=actor, at=at)
    row.work_id = _enqueue(row, actor, at)
    row.save(update_fields=["work_id"])
    return row


def _enqueue(row: Import, actor: Actor, at: datetime) -> UUID | None:
    return work_enqueue(
        kind=WORK,
        args={"import": row.id.hex, "by": actor.id.hex if actor.id else None},
        due_at=at,
        at=at,
        fair_key=row.owner_id,
        owner_organization_id=row.owner_id,
        owner_person_id=actor.person_id,
    )


def import_cancel(*, import_id: UUID, actor: Actor, at: datetime) -> Import:
    """Stop an import after the batch in hand; what is in stays, and it can be gone on with. Raises: NotFound, NotAllowed."""
    row = _own(import_id, actor)
    if row.state != Import.State.RUNNING:
        return row
    if row.work_id is not None:
        work_cancel(work_id=row.work_id, at=at)
        if DueWork.objects.filter(pk=row.work_id, state=DueWork.State.RUNNING).exists():
            return row  # the worker stops at the end of its batch, and says so
    return import_stop(row=row, state=Import.State.CANCELLED, actor=actor, at=at)


def import_drop(*, import_id: UUID, actor: Actor, at: datetime) -> str:
    """Give up a staged file of which nothing is in; return what its rows were about.

    Appends `import.dropped/1`. Raises: NotFound, NotAllowed, Conflict.
    """
    with transaction.atomic():
        row = _own(import_id, actor)
        nothing_in = row.dry_run or row.position == 0
        if not is_waiting(row) or not nothing_in:
            raise Conflict(_("Something of this file is in, or it is being read."), code="not_waiting")
        import_tell(row, "import.dropped/1", actor=actor, at=at)
        row.delete()
    staged_path(import_id).unlink(missing_ok=True)
    return row.of


def _own(import_id: UUID, actor: Actor) -> Import:
    row = Import.objects.visible_to(actor).select_related("owner").filter(pk=import_id).first()
    if row is None:
        raise NotFound
    require_importer(actor, row.of)
    return row
