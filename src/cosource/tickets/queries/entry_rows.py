"""An entry of a ticket as the conversation reads it: the columns it needs, in one row.

Not here: which entries a reader gets (`conversation`), and what they say (`events`).
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from cosource.foundation.sight import MANAGER, SERVICE_OWNER
from cosource.tickets.rules.handover import ROUTED

# Who still reads what is hidden, and decides what becomes of it.
LEADS = frozenset({SERVICE_OWNER, MANAGER})
SOURCE_LINE = "ticket.source_line/1"
ROUTED_ENTRY = "ticket.routed/1"
DESCRIPTIONS = ("ticket.opened/1", "ticket.shared/1")
# Entries that carry what somebody wrote; a line of a foreign record does so when it brings the description.
_WRITTEN = frozenset(
    {
        *DESCRIPTIONS,
        "ticket.message_added/1",
        "ticket.answer_challenged/1",
        "ticket.restored/1",
        "ticket.handover_offered/1",
        "ticket.handover_declined/1",
    }
)


def is_written(kind: str) -> bool:
    """Tell whether entries of this kind carry what somebody wrote; of a foreign record's line, whether they may."""
    return kind in _WRITTEN or kind == SOURCE_LINE


def by_rules(entry: "EntryRow") -> bool:
    """Tell whether an entry says what a desk's rules decided, to that desk or to whom they offered the ticket."""
    return entry.kind == ROUTED_ENTRY or (
        entry.kind == "ticket.handover_offered/1" and entry.facts.get("reason") == ROUTED
    )


@dataclass(frozen=True, slots=True)
class EntryRow:
    """An entry with its payload, or with what is left of it after an erasure; fields in the order of `ENTRY_COLUMNS`."""

    id: UUID
    kind: str
    occurred_at: datetime
    recorded_at: datetime
    actor_kind: str
    actor_id: UUID | None
    organization_id: UUID | None
    on_behalf_of_id: UUID | None
    audience_id: UUID
    facts: dict[str, Any]
    payload: dict[str, Any] | None
    erased_at: datetime | None
    erased_for: str | None
    hidden_at: datetime | None = None
    hidden_by_id: UUID | None = None
    hidden_author_id: UUID | None = None

    @property
    def has_text(self) -> bool:
        """Tell whether somebody wrote this, whether or not the text is still there."""
        if self.kind == SOURCE_LINE:
            return self.hidden_at is not None or (self.payload is not None and "text" in self.payload)
        return self.kind in _WRITTEN

    @property
    def is_description(self) -> bool:
        """Tell whether the text is that of the ticket itself, which each stream has once."""
        return self.kind in DESCRIPTIONS or self.kind == SOURCE_LINE


ENTRY_COLUMNS = (
    "id",
    "kind",
    "occurred_at",
    "recorded_at",
    "actor_kind",
    "actor_id",
    "organization_id",
    "on_behalf_of_id",
    "audience_id",
    "facts",
    "payload__body",
    "erasure__at",
    "erasure__reason",
    "hiding__at",
    "hiding__hidden_by_id",
    "hiding__author_id",
)


def hidden_from(row: EntryRow, person_id: UUID | None, *, leads: bool) -> bool:
    """Tell whether a hidden text is kept from a reader: not from its author, who hid it, or who leads a party that reads it."""
    if row.hidden_at is None or leads:
        return False
    return person_id is None or person_id not in {row.hidden_by_id, row.hidden_author_id}
