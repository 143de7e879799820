"""Taking in what an export holds beside its tickets (`queries.exporting_beside`)."""

from collections.abc import Mapping, Sequence
from itertools import batched
from typing import Any
from uuid import UUID

from cosource.foundation.exports import Incoming, insert_in_turn, row_of
from cosource.foundation.models import Entry
from cosource.parties.services.intake import strangers_add
from cosource.tickets.queries.exporting_beside import AUDIENCE, KINDS

_AT_ONCE = 1_000


def beside_take_in(incoming: Incoming) -> None:
    """Take in each kind, after the tickets; whom it names and nobody here knows becomes a stranger."""
    for kind in KINDS:
        for records in batched(incoming.records(kind.name), _AT_ONCE):
            named = [
                {UUID(r[c]) for r in records for c in some if r[c]} for some in (kind.parties, kind.people)
            ]
            if any(named):
                strangers_add(incoming, organizations=named[0], people=named[1])
            told = _audiences(records) if kind.told_as_entry else {}
            insert_in_turn(
                row_of(kind.model, r, kind.columns, **told.get(r.get("id", ""), {})) for r in records
            )


def _audiences(records: Sequence[Mapping[str, Any]]) -> dict[str, dict[str, UUID]]:
    """Return the audiences of the entries that have the same ids."""
    rows = Entry.objects.filter(id__in=[UUID(r["id"]) for r in records]).values_list("id", AUDIENCE)
    found = {entry: {AUDIENCE: audience} for entry, audience in rows}
    return {r["id"]: found[UUID(r["id"])] for r in records}
