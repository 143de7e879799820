"""What the frame adds to every template: actor, menu, commands, party badges, theme.

Everything that needs a query is lazy, so that a fragment which shows no menu pays nothing.
Not here: what rooms register (`foundation.pages`).
"""

from functools import lru_cache
from typing import Any

from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils.functional import SimpleLazyObject
from django.utils.safestring import SafeString
from django.utils.translation import get_language

from cosource.foundation import pages
from cosource.foundation.live.outlets import OUTLET
from cosource.foundation.pages import CommandEntry, NavigationEntry
from cosource.foundation.services.holding import held_shown
from cosource.foundation.sight import Actor

THEME_COOKIE = "cosource_theme"
THEMES = ("light", "dark", "system")
# The narrow layout has five tabs; the last one is the menu.
TAB_COUNT = 4


def theme_of(request: HttpRequest) -> str:
    """Return the reader's choice: light, dark or system."""
    chosen = request.COOKIES.get(THEME_COOKIE, "system")
    return chosen if chosen in THEMES else "system"


def frame(request: HttpRequest) -> dict[str, Any]:
    """Return what the frame shows; what needs a query is made when a template asks for it."""
    actor: Actor | None = getattr(request, "actor", None)
    navigation = SimpleLazyObject(lambda: pages.navigation_for(actor, counted=False) if actor else [])
    commands = SimpleLazyObject(lambda: pages.commands_for(actor) if actor else [])

    def listed(template: str) -> Any:
        return SimpleLazyObject(lambda: _listed(template, get_language(), (*navigation,), (*commands,)))

    match = request.resolver_match
    return {
        "actor": actor,
        "theme": theme_of(request),
        "current_room": match.namespace.split(":")[0] if match and match.namespace else "",
        "navigation": navigation,
        "tabs": SimpleLazyObject(lambda: navigation[:TAB_COUNT]),
        "tabs_more": listed("shell/tabs_more.html"),
        "palette": listed("shell/palette.html"),
        "menu_keys": listed("shell/menu_keys.html"),
        "party_badges": SimpleLazyObject(lambda: pages.party_badges_for(actor) if actor else {}),
        "bell": pages.bell() if actor else None,
        "live_reader": _live_reader(request, actor),
        "is_held": held_shown(),
        "me": SimpleLazyObject(lambda: pages.identity_for(actor) if actor else None),
    }


# Every page lists all that its reader may open or do, three times over; the same entries read the same.
@lru_cache(maxsize=512)
def _listed(
    template: str,
    _language: str | None,
    navigation: tuple[NavigationEntry, ...],
    commands: tuple[CommandEntry, ...],
) -> SafeString:
    entries = {"navigation": navigation, "tabs_more": navigation[TAB_COUNT:], "commands": commands}
    return render_to_string(template, entries)


def _live_reader(request: HttpRequest, actor: Actor | None) -> str:
    """Return who a stream would be opened for, to tell one reader of a browser from the next; empty where none can be."""
    if actor is None or OUTLET not in request.META:
        return ""
    return f"{actor.reads_as.hex}:{actor.id.hex if actor.id else ''}"
