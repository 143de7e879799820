"""The import endpoints: parse, call one service or query, answer.

A file may be sent twice: bringing the same one in again changes nothing, so no idempotency key is needed.
"""

import json
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from ninja import File, Form, Status
from ninja.files import UploadedFile

from cosource.bridges.api.schemas import ImportOut, ProblemOut
from cosource.bridges.models import Import, ImportProblem
from cosource.bridges.queries.imports import as_problem, import_get, import_list, problem_list
from cosource.bridges.reading.shipped import FOLDERS, shipped_names, shipped_text
from cosource.bridges.services.preparing import import_plan
from cosource.bridges.services.staging import import_ask, import_cancel, import_stage, import_undo_ask
from cosource.foundation import clock
from cosource.foundation.api import ListOut, list_out
from cosource.foundation.api import router as room_router
from cosource.foundation.doors import actor_of
from cosource.foundation.errors import Invalid

router = room_router(tag="imports")


@router.post("/imports", response={202: ImportOut}, summary="Bring in a file")
def import_create(  # noqa: PLR0917 - each is a part of the form
    request: HttpRequest,
    response: HttpResponse,
    file: File[UploadedFile],
    mapping: Form[str],
    parties: Form[str] = "{}",
    dry_run: Form[bool] = False,
    of: Form[str] = "tickets",
) -> Status[Import]:
    """Take a file in and queue it; read the import to see how far it is.

    `of`: what its rows are about, tickets or assets. `mapping`: a mapping in TOML, or the name of a ready one. `parties`: for
    tickets, a JSON object of party key to an organization's name. `dry_run`: only read it and report.
    """
    actor, at = actor_of(request), clock.now()
    if of not in Import.Of.values:
        known = _("One of %(choices)s.") % {"choices": ", ".join(Import.Of.values)}
        raise Invalid("Nothing else can be brought in.", fields={"of": [known]})
    ready = mapping in shipped_names(FOLDERS[of])
    text, name = (shipped_text(mapping, FOLDERS[of]), mapping) if ready else (mapping, "own mapping")
    chosen = _parties(parties)
    if of == Import.Of.TICKETS:
        # Refused before the file is kept, where the mapping or a party is at fault.
        import_plan(actor=actor, mapping_text=text, mapping_name=name, parties=chosen)
    row = import_stage(
        chunks=file.chunks(),
        file_name=file.name or "file",
        mapping_text=text,
        mapping_name=name,
        actor=actor,
        at=at,
        of=of,
    )
    row = import_ask(import_id=row.id, actor=actor, at=at, dry_run=dry_run, parties=chosen)
    response["Location"] = f"/api/v1/imports/{row.id}"
    return Status(202, row)


def _parties(text: str) -> dict[str, str]:
    try:
        found = json.loads(text)
    except ValueError:
        found = None
    if not isinstance(found, dict) or not all(isinstance(v, str) for v in found.values()):
        raise Invalid(
            "The parties are no JSON object of names.", fields={"parties": ['{"client": "Harbour Health"}']}
        )
    return found


@router.get("/imports", response=ListOut[ImportOut], summary="List imports")
def imports_list(request: HttpRequest, cursor: str = "", limit: int = 50) -> dict[str, Any]:
    """Return the imports in the caller's sight, newest first."""
    return list_out(import_list(actor=actor_of(request), cursor=cursor, limit=limit), lambda row: row)


@router.get("/imports/{uuid:import_id}", response=ImportOut, summary="Read an import")
def import_read(request: HttpRequest, import_id: UUID) -> Import:
    """Return one import with its counts."""
    return import_get(actor=actor_of(request), import_id=import_id)


@router.get(
    "/imports/{uuid:import_id}/problems", response=ListOut[ProblemOut], summary="Read an import's problems"
)
def import_problems_list(
    request: HttpRequest, import_id: UUID, outcome: str = "", cursor: str = "", limit: int = 50
) -> dict[str, Any]:
    """Return what was refused, repaired or noted, in the order of the file."""
    page = problem_list(
        actor=actor_of(request), import_id=import_id, outcome=outcome, cursor=cursor, limit=limit
    )
    return list_out(page, _problem)


@router.post("/imports/{uuid:import_id}/stop", response=ImportOut, summary="Stop an import")
def import_stop_create(request: HttpRequest, import_id: UUID) -> Import:
    """Stop after the batch in hand; what is in stays."""
    actor = actor_of(request)
    import_cancel(import_id=import_id, actor=actor, at=clock.now())
    return import_get(actor=actor, import_id=import_id)


@router.post(
    "/imports/{uuid:import_id}/undo", response={202: ImportOut}, summary="Put an import of assets back"
)
def import_undo_create(request: HttpRequest, import_id: UUID) -> Status[Import]:
    """Queue the putting back of an import of assets; what was changed or used since stays."""
    actor = actor_of(request)
    import_undo_ask(import_id=import_id, actor=actor, at=clock.now())
    return Status(202, import_get(actor=actor, import_id=import_id))


def _problem(row: ImportProblem) -> dict[str, Any]:
    problem = as_problem(row, "")
    return {
        "row": problem.row,
        "column": problem.column or "",
        "outcome": problem.outcome,
        "code": problem.code,
        "message": problem.message,
        "fix": problem.fix,
    }
