"""Taking in what an export holds beside its tickets (`queries.exporting_beside`)."""

from itertools import batched
from uuid import UUID

from cosource.foundation.exports import Incoming, insert_in_turn, row_of
from cosource.parties.services.intake import strangers_add
from cosource.tickets.queries.exporting_beside import KINDS

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
            insert_in_turn(row_of(kind.model, r, kind.columns) for r in records)
