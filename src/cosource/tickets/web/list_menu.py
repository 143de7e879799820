"""How the list of tickets is found: in the menu, by its key, by words from the palette."""

from django.utils.translation import gettext_lazy

from cosource.foundation.pages import Command, NavigationItem, register_command, register_navigation
from cosource.tickets.queries.list_ranges import reads_tickets


def register() -> None:
    """Add the list to the menu and its search to the palette."""
    register_navigation(
        NavigationItem(
            key="tickets",
            label=gettext_lazy("Tickets"),
            url_name="tickets:list",
            icon="ticket",
            order=20,
            visible=reads_tickets,
            go_key="t",
        )
    )
    register_command(
        Command(
            key="tickets.search",
            label=gettext_lazy("Search tickets for"),
            url_name="tickets:list",
            icon="search",
            order=20,
            visible=reads_tickets,
            query_parameter="text",
        )
    )
