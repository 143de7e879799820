"""How the ready replies are found: by name from the palette."""

from django.utils.translation import gettext_lazy

from cosource.foundation.pages import Command, register_command
from cosource.tickets.queries.canned import uses_canned


def register() -> None:
    """Add their page to the palette."""
    register_command(
        Command(
            key="tickets.replies",
            label=gettext_lazy("Ready replies"),
            url_name="tickets:replies",
            icon="bolt",
            order=41,
            visible=uses_canned,
        )
    )
