"""The questions about figures that somebody may take out. What was written, and by whom, is in the entries that they name."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from cosource.foundation.exports import register_export
from cosource.foundation.queries.export_entries import entries_readable
from cosource.foundation.sight import Actor
from cosource.metrics.models import FigureQuestion

QUESTION = (
    "id",
    "engagement_id",
    "figure",
    "from_on",
    "until_on",
    "by",
    "by_value",
    "value",
    "n",
    "asked_by_organization_id",
    "asked_at",
    "asked_entry_id",
)
ANSWER = ("answered_at", "answered_entry_id")


def _questions(actor: Actor, at: datetime) -> Iterator[dict[str, Any]]:
    """Give each question whose entry comes out as well; an answer that is not sealed yet is none yet."""
    entries = entries_readable(actor)
    rows: Any = FigureQuestion.objects.visible_to(actor).filter(asked_entry__in=entries).order_by("pk")
    answered = set(rows.filter(answered_entry__in=entries).values_list("pk", flat=True))
    for row in rows.values(*QUESTION, *ANSWER).iterator(chunk_size=500):
        yield row if row["id"] in answered else row | dict.fromkeys(ANSWER)


def register() -> None:
    """Let them be taken out."""
    register_export("figure_questions", _questions)
