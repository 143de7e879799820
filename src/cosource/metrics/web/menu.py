"""How the room is found: its place in the menu of whoever may read figures, and on the page of an import that is done."""

from typing import Any

from django.utils.translation import gettext_lazy, pgettext_lazy

from cosource.foundation.pages import NavigationItem, register_navigation, register_panel
from cosource.foundation.sight import Actor
from cosource.metrics.queries.scopes import has_figures


def register() -> None:
    """Add the room to the menu, and the way to the first answers to what was brought in."""
    register_navigation(
        NavigationItem(
            key="scoreboard",
            label=gettext_lazy("Scoreboard"),
            short_label=pgettext_lazy("tab", "Score"),
            url_name="scoreboard:board",
            icon="chart-dots",
            order=60,
            visible=has_figures,
            go_key="s",
        )
    )
    register_panel("import.done", "scoreboard/_import_done.html", _after_import)


def _after_import(actor: Actor, _import: Any) -> dict[str, Any] | None:
    return {} if has_figures(actor) else None
