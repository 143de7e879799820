"""How what a desk keeps for itself is found: by name from the palette."""

from django.utils.translation import gettext_lazy

from cosource.foundation.pages import Command, register_command
from cosource.tickets.queries.templates import uses_templates


def register() -> None:
    """Add the pages to the palette."""
    register_command(
        Command(
            key="tickets.templates",
            label=gettext_lazy("Ticket templates"),
            url_name="tickets:templates",
            icon="copy",
            order=42,
            visible=uses_templates,
        )
    )
    register_command(
        Command(
            key="tickets.recurring",
            label=gettext_lazy("Recurring tickets"),
            url_name="tickets:recurring",
            icon="repeat",
            order=43,
            visible=uses_templates,
        )
    )
    register_command(
        Command(
            key="tickets.fields",
            label=gettext_lazy("Fields of tickets"),
            url_name="tickets:fields",
            icon="list-details",
            order=44,
            visible=uses_templates,
        )
    )
