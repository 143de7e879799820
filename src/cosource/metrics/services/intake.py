"""The questions about figures of an export as rows."""

from cosource.foundation.exports import Incoming, Layer, insert_in_turn, register_intake, row_of
from cosource.foundation.ids import NIL
from cosource.metrics.models import FigureQuestion
from cosource.metrics.queries import exporting as taken


def _take_in(incoming: Incoming) -> None:
    insert_in_turn(
        row_of(
            FigureQuestion,
            record,
            taken.QUESTION + taken.ANSWER,
            # Whose hand it was is in the ledger.
            asked_by_id=NIL,
            answered_by_id=NIL if record["answered_at"] else None,
        )
        for record in incoming.records("figure_questions")
    )


def register() -> None:
    """Let them be taken in."""
    register_intake(Layer.FIGURES, _take_in)
