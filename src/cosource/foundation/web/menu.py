"""The places of the record and of work in the background in the menu."""

from django.utils.translation import gettext_lazy as _

from cosource.foundation.models.work import WORK_KEEPERS
from cosource.foundation.pages import Command, NavigationItem, register_command, register_navigation
from cosource.foundation.sight import ADMINISTRATOR, AUDITOR, MANAGER, SERVICE_OWNER, Actor

_READERS = frozenset({SERVICE_OWNER, MANAGER, AUDITOR, ADMINISTRATOR})


def _goes_through(actor: Actor) -> bool:
    return bool(actor.sight.roles & _READERS) and not actor.sight.as_host


def _keeps_work(actor: Actor) -> bool:
    return bool(actor.sight.roles_on(None) & WORK_KEEPERS) and not actor.sight.as_host


def register() -> None:
    """Add the record to the menu, and work in the background to the commands, of those who may go through them."""
    register_command(
        Command(
            key="work",
            label=_("Work in the background"),
            url_name="work:list",
            icon="refresh",
            order=95,
            visible=_keeps_work,
        )
    )
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
