"""Reading imports and their problems, within sight."""

from collections.abc import Iterator
from uuid import UUID

from cosource.bridges.models import Import, ImportProblem
from cosource.bridges.rules.problems import Problem
from cosource.foundation.errors import NotFound
from cosource.foundation.queries.paging import KeyPage, key_page
from cosource.foundation.sight import Actor

OUTCOMES = ("refused", "repaired", "noted", "stopped")


def import_list(*, actor: Actor, of: str = "", cursor: str = "", limit: int = 20) -> KeyPage[Import]:
    """Return a page of the imports in sight, newest first. `of`: those whose rows are about one kind of thing."""
    rows = Import.objects.visible_to(actor).defer("mapping_text")
    if of:
        rows = rows.filter(of=of)
    return key_page(rows, order=("-created_at", "-id"), cursor=cursor, limit=limit)


def import_get(*, actor: Actor, import_id: UUID) -> Import:
    """Return an import. Raises: NotFound out of sight."""
    found = Import.objects.visible_to(actor).select_related("owner").filter(pk=import_id).first()
    if found is None:
        raise NotFound
    return found


def problem_list(
    *, actor: Actor, import_id: UUID, outcome: str = "", cursor: str = "", limit: int = 50
) -> KeyPage[ImportProblem]:
    """Return a page of an import's problems in the order in which they were found, of one outcome or of all.

    Raises: NotFound out of sight, Invalid for a cursor that is not ours.
    """
    row = import_get(actor=actor, import_id=import_id)
    problems = ImportProblem.objects.filter(batch=row)
    if outcome:
        problems = problems.filter(outcome=outcome)
    return key_page(problems, order=("id",), cursor=cursor, limit=limit)


def as_problem(row: ImportProblem, file: str) -> Problem:
    """Return a row as the value that has its words."""
    return Problem(file, row.row_number, row.column or None, row.code, row.values)


def problems_of(row: Import, *, file: str) -> Iterator[Problem]:
    """Yield an import's problems in the order in which they were found. The caller holds the import within sight."""
    for problem in ImportProblem.objects.filter(batch=row).order_by("id").iterator():
        yield as_problem(problem, file)
