"""All that somebody reads of tickets, as values that can be compared before and after a step."""

from uuid import UUID

from django.db import transaction
from tests.integration.tickets.conftest import Desk

from cosource.foundation.errors import NotFound
from cosource.tickets.models import Ticket
from cosource.tickets.queries.filters import TicketFilter
from cosource.tickets.queries.lists import ticket_list
from cosource.tickets.queries.ticket_facts import entries_of
from cosource.tickets.queries.ticket_page import ticket_get

EVERYBODY = (
    "c1.cso", "c1.ct", "c1.ct2", "c1.req", "c1.aud", "c2.cso", "c2.ct",
    "p1.pm", "p1.pt", "p1.pt2", "p2.pm", "p2.pt", "p3.pm", "p3.ptsub", "emb",
)  # fmt: skip


def read_by(desk: Desk, key: str) -> set[tuple[object, ...]]:
    """What one person reads: tickets in sight with their titles, every text on their pages and in the record."""
    actor = desk.actor(key)
    found: set[tuple[object, ...]] = set()
    listed = ticket_list(actor=actor, filters=TicketFilter(state="all", order="newest"), at=desk.now)
    found |= {("row", row.id, row.title) for row in listed.rows}
    for ticket_id in Ticket.objects.values_list("id", flat=True):
        found |= _of_ticket(desk, key, ticket_id)
    return found


def _of_ticket(desk: Desk, key: str, ticket_id: UUID) -> set[tuple[object, ...]]:
    actor = desk.actor(key)
    with transaction.atomic():
        try:
            view = ticket_get(actor=actor, ticket_id=ticket_id, at=desk.now, whole_conversation=True)
        except NotFound:
            return set()
    found: set[tuple[object, ...]] = {("title", ticket_id, view.title)}
    found |= {("title", link.ticket_id, link.title) for link in view.links}
    found |= {("text", str(line.html)) for line in view.conversation.lines if line.html}
    for entry in entries_of(actor=actor, ticket_id=ticket_id, limit=200).items:
        payload = getattr(entry, "payload", None)
        if payload is not None:
            found.add(("payload", str(payload.body.get("text", payload.body))))
    return found


def read_by_all(desk: Desk) -> dict[str, set[tuple[object, ...]]]:
    """What each person reads."""
    return {key: read_by(desk, key) for key in EVERYBODY}


def gained(
    before: dict[str, set[tuple[object, ...]]], after: dict[str, set[tuple[object, ...]]]
) -> dict[str, set[tuple[object, ...]]]:
    """What anybody reads now and did not before."""
    return {key: more for key in after if (more := after[key] - before[key])}
