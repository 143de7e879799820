"""Taking in an export's plans, approvals, freezes and catalog, after its tickets."""

from itertools import batched
from typing import Any
from uuid import UUID

from cosource.foundation.exports import Incoming, insert_in_turn, row_of
from cosource.parties.services.intake import strangers_add
from cosource.tickets.models import Approval, CatalogItem, ChangePlan, Freeze
from cosource.tickets.queries import exporting_changes as taken

_AT_ONCE = 1_000


def changes_take_in(incoming: Incoming) -> None:
    """Take in what changes have besides their tickets, and what the desk offers; who decided may be a stranger here."""
    for records in batched(incoming.records("approvals"), _AT_ONCE):
        _know(incoming, records, "organization_id", "decided_by_id")
        insert_in_turn(row_of(Approval, r, taken.APPROVAL) for r in records)
    insert_in_turn(row_of(ChangePlan, r, taken.PLAN) for r in incoming.records("change_plans"))
    insert_in_turn(row_of(Freeze, r, taken.FREEZE) for r in incoming.records("freezes"))
    insert_in_turn(row_of(CatalogItem, r, taken.ITEM) for r in incoming.records("catalog_items"))


def _know(incoming: Incoming, records: tuple[dict[str, Any], ...], party: str, person: str) -> None:
    strangers_add(
        incoming,
        organizations={UUID(r[party]) for r in records},
        people={UUID(r[person]) for r in records if r[person]},
    )
