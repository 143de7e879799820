"""A party's own checklist on a ticket, for who works there."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from cosource.foundation.models import Payload
from cosource.foundation.sight import Actor
from cosource.tickets.models import ChecklistItem
from cosource.tickets.models.participation import Beside
from cosource.tickets.queries.record import Record, load


@dataclass(frozen=True, slots=True)
class ChecklistLine:
    """A point: what, and by whom and when it was done. `text` is empty where it was erased."""

    id: UUID
    text: str
    done: bool
    done_at: datetime | None
    done_by: str


def checklist_lines(record: Record, actor: Actor) -> list[ChecklistLine]:
    """Return the points in their order. Two queries, and none for a ticket without a checklist of the reader's party."""
    if not record.mine.has_beside(Beside.CHECKLIST):
        return []
    rows = ChecklistItem.objects.visible_to(actor).filter(ticket=record.ticket).order_by("place", "id")
    items = list(rows.values_list("id", "done_at", "done_by__name"))
    texts = dict(
        Payload.objects.filter(entry_id__in=[i for i, _, _ in items]).values_list("entry_id", "body")
    )
    return [
        ChecklistLine(i, str(texts.get(i, {}).get("text", "")), at is not None, at, name or "")
        for i, at, name in items
    ]


def checklist_of(*, actor: Actor, ticket_id: UUID) -> list[ChecklistLine]:
    """Return the own party's points. Raises: NotFound."""
    return checklist_lines(load(ticket_id, actor), actor)
