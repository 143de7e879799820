"""How the room is found: its place in the menu, entering an asset and searching for one by name."""

from django.utils.translation import gettext_lazy

from cosource.assets.queries.assets import is_user_only
from cosource.assets.queries.rights import keeps, reads
from cosource.foundation.pages import Command, NavigationItem, register_command, register_navigation


def register() -> None:
    """Add the room to the menu, and its steps to the palette."""
    register_navigation(
        NavigationItem(
            key="assets",
            label=gettext_lazy("Assets"),
            url_name="assets:list",
            icon="server-2",
            order=55,
            visible=reads,
            go_key="e",
        )
    )
    register_command(
        Command(
            key="assets.new",
            label=gettext_lazy("Enter an asset"),
            url_name="assets:new",
            icon="server-2",
            visible=keeps,
        )
    )
    register_command(
        Command(
            key="assets.search",
            label=gettext_lazy("Search assets for"),
            url_name="assets:list",
            icon="server-2",
            visible=reads,
            query_parameter="q",
        )
    )
    register_command(
        Command(
            key="assets.mine",
            label=gettext_lazy("What I use"),
            url_name="assets:list",
            icon="device-laptop",
            visible=is_user_only,
        )
    )
