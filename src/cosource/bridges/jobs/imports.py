"""The worker's door to imports: reads a staged file, as a check or for good, and tells how far it is.

It may be run again from the start at any time: an import goes on from its position.
"""

from dataclasses import replace
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext_lazy

from cosource.bridges.models import AssetLine, Import, ImportProblem
from cosource.bridges.reading.source import LIMITS
from cosource.bridges.reading.tickets import survey
from cosource.bridges.rules.problems import Problem, UnreadableSource
from cosource.bridges.services.asset_import import BUSY, assets_rehearse, assets_run
from cosource.bridges.services.asset_undoing import assets_undo_run
from cosource.bridges.services.import_run import (
    Progress,
    import_rehearse,
    import_run,
    import_settle,
    import_stop,
    problems_write,
)
from cosource.bridges.services.preparing import asset_mapping_read, require_importer, require_same_mapping
from cosource.bridges.services.staging import WORK, plan_of, staged_path
from cosource.foundation import clock
from cosource.foundation.errors import CosourceError, NotFound
from cosource.foundation.services.duework import Task, WorkCancelled, register_work
from cosource.foundation.sight import Actor, system_actor
from cosource.parties.models import IntegrationToken, Person
from cosource.parties.queries.sight import actor_for_person, actor_for_token


def register() -> None:
    """Let the worker do imports."""
    register_work(WORK, do_import, long=True, label=gettext_lazy("Import of a file"))


def do_import(task: Task) -> dict[str, Any]:
    """Read the file of an import, or put one back. A refusal, an unreadable file and a wish to stop are noted on the import."""
    row = Import.objects.select_related("owner").filter(pk=UUID(task.args["import"])).first()
    if row is None or row.state not in BUSY:
        return {}
    try:
        _done(task, row)
    except WorkCancelled:
        _stop(row, Import.State.CANCELLED)
        raise
    except UnreadableSource as unreadable:
        problems_write(row.id, list(unreadable.problems))
        _stop(row, Import.State.FAILED, unreadable.problem.code)
    except CosourceError as refused:
        _stop(row, Import.State.FAILED, refused.message)
        raise
    row.refresh_from_db()
    if row.finished_at is not None:
        staged_path(row.id).unlink(missing_ok=True)
    return {"import": row.id.hex}


def _done(task: Task, row: Import) -> None:
    if row.of == Import.Of.TICKETS:
        _read(task, row)
        return
    actor = _asker(task, row)
    require_importer(actor, Import.Of.ASSETS)
    if row.state == Import.State.UNDOING:
        lines = AssetLine.objects.filter(batch=row).count()
        assets_undo_run(
            row, actor=actor, at=clock.now(), tell=lambda done: task.progress(done=done, total=lines)
        )
        return
    run = assets_rehearse if row.dry_run else assets_run
    found = run(
        row,
        asset_mapping_read(row.mapping_text),
        path=staged_path(row.id),
        actor=actor,
        clock=clock.now,
        limits=replace(LIMITS, max_bytes=settings.IMPORT_MAX_BYTES),
        tell=lambda rows: task.progress(done=rows, total=row.rows_total),
    )
    if not row.dry_run:
        return
    figures = found.figures
    # So many rows there are to be done when it is brought in.
    figures |= {"rows_total": figures["rows_read"], "report": figures["report"] | {"checked": True}}
    _checked(row, found.listed, figures)


def _stop(row: Import, state: str, reason: str = "") -> None:
    # Whoever started it may be gone by now.
    actor = system_actor(reason="an import came to a stop", organization_id=row.owner_id)
    import_stop(row=row, state=state, actor=actor, at=clock.now(), reason=reason)


def _asker(task: Task, row: Import) -> Actor:
    """Return who asked for it, with the rights that they have now. Raises: NotFound."""
    at = clock.now()
    by = task.args.get("by") or row.started_by_id
    if by is None:
        raise NotFound
    person = Person.objects.filter(pk=by).first()
    if person is not None:
        return actor_for_person(person, organization_id=row.owner_id, at=at, channel="worker")
    token = IntegrationToken.objects.filter(pk=by).first()
    if token is None:
        raise NotFound
    return actor_for_token(token, at=at)


def _read(task: Task, row: Import) -> None:
    actor, path = _asker(task, row), staged_path(row.id)
    plan = plan_of(row, actor)
    limits = replace(LIMITS, max_bytes=settings.IMPORT_MAX_BYTES)
    found = survey(path, plan.mapping, limits, tell=lambda rows: task.progress(done=rows, total=0))
    require_same_mapping(plan, found.digest)
    import_settle(row, plan, found)
    row.save(update_fields=["file_digest", "mapping_digest", "parties", "rows_total"])

    def tell(progress: Progress) -> None:
        task.progress(done=progress.done, total=progress.total)

    if row.dry_run:
        rehearsal = import_rehearse(
            plan=plan,
            survey=found,
            path=path,
            spool_directory=settings.SPOOL_DIR,
            actor=actor,
            tell=tell,
            limits=limits,
        )
        counts = rehearsal.counts
        figures = {
            "rows_read": counts.read,
            "rows_kept": counts.kept,
            "rows_known": counts.known,
            "rows_repaired": counts.repaired,
            "rows_refused": counts.refused,
            "tickets_written": counts.tickets,
            "tickets_extended": counts.extended,
            "report": {
                "codes": dict(rehearsal.listing.codes),
                "would_make": dict(rehearsal.made),
                "checked": True,
            },
        }
        _checked(row, rehearsal.problems, figures)
        return
    import_run(
        row=row,
        plan=plan,
        survey=found,
        path=path,
        spool_directory=settings.SPOOL_DIR,
        actor=actor,
        clock=clock.now,
        tell=tell,
        limits=limits,
    )


@transaction.atomic
def _checked(row: Import, problems: list[Problem], figures: dict[str, Any]) -> None:
    """Keep what a check found on the import, which then waits to be brought in."""
    ImportProblem.objects.filter(batch=row).delete()
    problems_write(row.id, problems)
    Import.objects.filter(pk=row.pk, state=Import.State.RUNNING).update(state=Import.State.STAGED, **figures)
