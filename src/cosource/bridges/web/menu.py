"""How the room is found: its place in the menu, and what can be done by name."""

from django.utils.translation import gettext_lazy

from cosource.bridges.models import READERS, Import
from cosource.bridges.services.preparing import may_import
from cosource.foundation.pages import (
    Command,
    NavigationItem,
    register_command,
    register_navigation,
    register_panel,
)
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
    register_command(
        Command(
            key="imports.assets",
            label=gettext_lazy("Bring in an inventory"),
            url_name="imports:assets",
            icon="server-2",
            visible=may_import_assets,
        )
    )
    register_panel("assets.acts", "imports/_assets_link.html", lambda actor, _page: _link(actor))


def may_import_assets(actor: Actor) -> bool:
    """Tell whether the actor may bring assets into their organization's inventory."""
    return may_import(actor, Import.Of.ASSETS)


def _link(actor: Actor) -> dict[str, bool] | None:
    return {"may": True} if may_import_assets(actor) else None
