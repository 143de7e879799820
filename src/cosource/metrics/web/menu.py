"""How the room is found: its place in the menu of whoever may read figures."""

from django.utils.translation import gettext_lazy, pgettext_lazy

from cosource.foundation.pages import NavigationItem, register_navigation
from cosource.metrics.queries.scopes import has_figures


def register() -> None:
    """Add the room to the menu."""
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
