"""How the rules are found: by name from the palette; and why a ticket is where it is, at the side of its page."""

from typing import Any

from django.utils.translation import gettext_lazy

from cosource.foundation.pages import Command, register_command, register_panel
from cosource.foundation.sight import Actor
from cosource.tickets.queries.ticket_page import TicketView
from cosource.tickets.routing.queries.rule_sets import reads_rules
from cosource.tickets.routing.queries.suggestions import may_be_suggested
from cosource.tickets.routing.queries.why import why_of


def register() -> None:
    """Add the page to the palette, and the panel to the ticket's page."""
    register_command(
        Command(
            key="tickets.routing",
            label=gettext_lazy("Routing rules"),
            url_name="tickets:routing",
            icon="route",
            order=40,
            visible=reads_rules,
        )
    )
    register_panel("ticket.side", "tickets/_why.html", why_of, order=10)
    register_panel("ticket.side", "tickets/_similar_slot.html", _similar, order=90)


def _similar(actor: Actor, view: TicketView) -> dict[str, Any] | None:
    """Return where the tickets like this one are asked for, after the page; None for who gets no suggestions. No query."""
    if view.for_requester or not any(may_be_suggested(actor, g.engagement_id) for g in actor.sight.grants):
        return None
    return {"ticket_id": view.id}
