"""Tickets for the command palette: the one that is named, or the newest with the words. Not here: lists (`lists`)."""

from collections.abc import Sequence

from django.urls import reverse
from django.utils.translation import gettext as _

from cosource.foundation import clock
from cosource.foundation.finding import Found, register_finder
from cosource.foundation.sight import Actor
from cosource.tickets.queries.filters import TicketFilter
from cosource.tickets.queries.list_ranges import reads_tickets
from cosource.tickets.queries.lists import ticket_list

_LOOK = TicketFilter(state="all", order="newest")


def _tickets(actor: Actor, words: str, limit: int) -> Sequence[Found]:
    if not reads_tickets(actor):
        return ()
    page = ticket_list(actor=actor, filters=_LOOK.but(text=words), at=clock.now(), limit=limit)
    return [
        Found(
            key=f"ticket-{row.id.hex}",
            label=row.title,
            detail=f"{row.reference} · {_(row.state_label)}",
            url=reverse("tickets:ticket", args=[row.id]),
            icon="ticket",
        )
        for row in page.rows
    ]


def register() -> None:
    """Let the palette find tickets."""
    register_finder("tickets", _tickets, order=10)
