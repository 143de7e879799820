"""The record's place in the menu."""

from django.utils.translation import gettext_lazy as _

from cosource.foundation.pages import NavigationItem, register_navigation
from cosource.foundation.sight import ADMINISTRATOR, AUDITOR, MANAGER, SERVICE_OWNER, Actor

_READERS = frozenset({SERVICE_OWNER, MANAGER, AUDITOR, ADMINISTRATOR})


def _goes_through(actor: Actor) -> bool:
    return bool(actor.sight.roles & _READERS) and not actor.sight.as_host


def register() -> None:
    """Add the record to the menu of those who may go through it."""
    register_navigation(
        NavigationItem(
            key="audit",
            label=_("Record"),
            url_name="audit:entries",
            icon="history",
            order=90,
            visible=_goes_through,
            go_key="r",
        )
    )
