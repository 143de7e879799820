"""Open tickets that may be the one that somebody is about to open. Not here: what was learned (`routing.queries.suggestions`)."""

import heapq
from datetime import datetime
from uuid import UUID

from cosource.foundation.sight import Actor
from cosource.tickets.queries.filters import TicketFilter
from cosource.tickets.queries.list_ranges import asks_only, ranges_of, reads_tickets
from cosource.tickets.queries.list_rows import TicketRow, rows_for
from cosource.tickets.rules.alike import gist_of, in_common

# The same trouble is mostly told within hours: the newest open tickets are looked through, however many there are.
LOOKED_AT = 400
_NEWEST = TicketFilter(order="newest")


def tickets_alike(
    actor: Actor, title: str, *, engagement_id: UUID | None, at: datetime, limit: int = 3
) -> list[TicketRow]:
    """Return the open tickets in sight whose titles have most in common with this one, the newest first among equals.

    `engagement_id`: of the client's desk at which a partner opens it; None for the own desk.
    """
    asked = gist_of(title)
    if not asked or not reads_tickets(actor):
        return []
    ranges = ranges_of(actor, _where(actor, engagement_id), at)
    rows = {
        (shared, opened_at, part_id)
        for part in ranges.parts
        for part_id, opened_at, other in part.filter(ranges.rest)
        .order_by("-opened_at", "-id")
        .values_list("id", "opened_at", "ticket__title")[:LOOKED_AT]
        if (shared := in_common(asked, gist_of(other)))
    }
    return rows_for([row[-1] for row in heapq.nlargest(limit, rows)], actor=actor, at=at)


def _where(actor: Actor, engagement_id: UUID | None) -> TicketFilter:
    if asks_only(actor):
        return _NEWEST
    if engagement_id is not None:
        return _NEWEST.but(engagement=str(engagement_id))
    return _NEWEST.but(client=str(actor.reads_as))
