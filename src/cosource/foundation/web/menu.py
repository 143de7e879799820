"""The places of the record, of notices and of work in the background in menu and commands."""

from django.utils.translation import gettext_lazy as _

from cosource.foundation.models.work import WORK_KEEPERS
from cosource.foundation.pages import (
    Bell,
    Command,
    NavigationItem,
    register_bell,
    register_command,
    register_navigation,
)
from cosource.foundation.queries.notices import unread_count
from cosource.foundation.sight import ADMINISTRATOR, AUDITOR, MANAGER, SERVICE_OWNER, Actor

_READERS = frozenset({SERVICE_OWNER, MANAGER, AUDITOR, ADMINISTRATOR})


def _goes_through(actor: Actor) -> bool:
    return bool(actor.sight.roles & _READERS) and not actor.sight.as_host


def _keeps_work(actor: Actor) -> bool:
    return bool(actor.sight.roles_on(None) & WORK_KEEPERS) and not actor.sight.as_host


def _is_person(actor: Actor) -> bool:
    return actor.person_id is not None


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
    register_bell(
        Bell(label=_("Notices"), url_name="notices:list", icon="bell", count=unread_count),
    )
    for key, label, url_name, visible in (
        ("notices", _("Notices"), "notices:list", _is_person),
        ("notice-choices", _("What you are told and how"), "notices:choices", _is_person),
        ("channels", _("Webhooks and gateways"), "notices:channels", _keeps_work),
    ):
        register_command(
            Command(key=key, label=label, url_name=url_name, icon="bell", order=94, visible=visible)
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
