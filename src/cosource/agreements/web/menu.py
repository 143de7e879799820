"""How the room is found: its place in the menu, and what can be done by name."""

from django.utils.translation import gettext_lazy

from cosource.agreements.queries.today import words_owed
from cosource.agreements.queries.waiting import has_room, leads_own_desk, words_awaited
from cosource.foundation.pages import Command, NavigationItem, register_command, register_navigation
from cosource.foundation.sight import Actor
from cosource.foundation.today import register_today


def _count(actor: Actor) -> int | None:
    return words_awaited(actor) or None


def register() -> None:
    """Add the room to the menu, and the own desk's agreement to the palette."""
    register_navigation(
        NavigationItem(
            key="agreements",
            label=gettext_lazy("Agreements"),
            url_name="agreements:list",
            icon="writing-sign",
            order=50,
            count=_count,
            visible=has_room,
            go_key="a",
        )
    )
    register_today(words_owed)
    register_command(
        Command(
            key="agreements.propose",
            label=gettext_lazy("Write an agreement for your own desk"),
            url_name="agreements:propose",
            icon="writing-sign",
            visible=leads_own_desk,
        )
    )
