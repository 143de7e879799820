"""How the room is found: its place in the menu, writing an article and searching for one by name."""

from django.utils.translation import gettext_lazy

from cosource.foundation.pages import Command, NavigationItem, register_command, register_navigation
from cosource.knowledge.rules.rights import reads, works


def register() -> None:
    """Add the room to the menu, and its steps to the palette."""
    register_navigation(
        NavigationItem(
            key="knowledge",
            label=gettext_lazy("Knowledge"),
            url_name="knowledge:list",
            icon="book-2",
            order=70,
            visible=reads,
            go_key="k",
        )
    )
    register_command(
        Command(
            key="knowledge.new",
            label=gettext_lazy("Write an article"),
            url_name="knowledge:new",
            icon="book-2",
            visible=works,
        )
    )
    register_command(
        Command(
            key="knowledge.search",
            label=gettext_lazy("Search knowledge for"),
            url_name="knowledge:list",
            icon="book-2",
            visible=reads,
            query_parameter="q",
        )
    )
