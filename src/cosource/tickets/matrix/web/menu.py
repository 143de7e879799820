"""How the matrix is found: by name from the palette, on an engagement's page, and at the side of a ticket's."""

from typing import Any

from django.utils.translation import gettext_lazy

from cosource.foundation.pages import Command, register_command, register_panel
from cosource.foundation.sight import Actor
from cosource.parties.models import Engagement
from cosource.tickets.matrix.queries.parts import reads_matrices
from cosource.tickets.queries.ticket_page import TicketView


def register() -> None:
    """Add the page to the palette and to engagements, and who is to be reached to the ticket's page."""
    register_command(
        Command(
            key="tickets.matrices",
            label=gettext_lazy("Escalation matrix: who is reached when"),
            url_name="tickets:matrices",
            icon="sitemap",
            order=42,
            visible=reads_matrices,
        )
    )
    register_panel("engagement.side", "tickets/_matrix_link.html", _of_engagement)
    register_panel("ticket.side", "tickets/_reach_slot.html", _on_ticket, order=5)


def _of_engagement(actor: Actor, engagement: Engagement) -> dict[str, Any] | None:
    return {"engagement_id": engagement.id} if reads_matrices(actor) else None


def _on_ticket(actor: Actor, view: TicketView) -> dict[str, Any] | None:
    """Return where it is asked for, after the page; None without a matrix, and where a major incident has it at the top."""
    if not view.has_matrix or (view.major is not None and view.major.ended_at is None):
        return None
    return {"ticket_id": view.id}
