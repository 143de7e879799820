"""What programs read of imports, apart from the models."""

from datetime import datetime
from typing import Any
from uuid import UUID

from cosource.foundation.api import Out


class ImportOut(Out):
    """One import: how far it is and what became of the rows. `of`: tickets or assets.

    `state`: staged, running, done, failed, cancelled, undoing or undone.
    """

    id: UUID
    of: str
    file_name: str
    file_digest: str
    mapping_name: str
    source_name: str
    state: str
    dry_run: bool
    rows_total: int
    rows_read: int
    rows_kept: int
    rows_known: int
    rows_repaired: int
    rows_refused: int
    tickets_written: int
    tickets_extended: int
    report: dict[str, Any]
    created_at: datetime
    finished_at: datetime | None


class ProblemOut(Out):
    """One problem: its place in the file, what became of the row, what is wrong and what to do."""

    row: int | None
    column: str
    outcome: str
    code: str
    message: str
    fix: str
