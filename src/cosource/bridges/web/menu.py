"""How the room is found: its place in the menu, and what can be done by name."""

from django.utils.translation import gettext_lazy

from cosource.bridges.models import READERS
from cosource.bridges.services.preparing import may_import
from cosource.foundation.pages import Command, NavigationItem, register_command, register_navigation
from cosource.foundation.sight import Actor


def reads(actor: Actor) -> bool:
    """Tell whether the actor may know of imports."""
    return bool(actor.sight.roles_on(None) & READERS) and not actor.sight.as_host


def register() -> None:
    """Add the room to the menu, and its step to the palette."""
    register_navigation(
        NavigationItem(
            key="imports",
            label=gettext_lazy("Import"),
            url_name="imports:list",
            icon="file-import",
            order=80,
            visible=reads,
            go_key="i",
        )
    )
    register_command(
        Command(
            key="imports.new",
            label=gettext_lazy("Bring in another desk's records"),
            url_name="imports:list",
            icon="file-import",
            visible=may_import,
        )
    )
