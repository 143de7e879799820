"""How the rules are found: by name from the palette; and why a ticket is where it is, at the side of its page."""

from django.utils.translation import gettext_lazy

from cosource.foundation.pages import Command, register_command, register_panel
from cosource.tickets.routing.queries.rule_sets import reads_rules
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
