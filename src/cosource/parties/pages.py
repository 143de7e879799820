"""Tells the page frame of this room's pages, commands and badges."""

from django.utils.translation import gettext_lazy as _

from cosource.foundation import pages
from cosource.foundation.today import register_today
from cosource.parties.queries.badges import party_badges_everywhere
from cosource.parties.queries.frame import identity_of, leads_here, works_here
from cosource.parties.queries.today import answers_owed


def register_marks() -> None:
    """Register who the reader is and how parties are drawn."""
    pages.register_party_badges(party_badges_everywhere)
    pages.register_identity(identity_of)


def register_rooms() -> None:
    """Register navigation and commands."""
    pages.register_navigation(
        pages.NavigationItem(
            key="parties",
            label=_("Organization"),
            url_name="parties:organization",
            icon="building",
            order=80,
            visible=works_here,
            go_key="o",
            short_label=_("Parties"),
        )
    )
    register_today(answers_owed)
    for key, label, url_name, icon in (
        ("people", _("People"), "parties:people", "users"),
        ("engagements", _("Engagements"), "parties:engagements", "heart-handshake"),
        ("teams", _("Teams and skills"), "parties:teams", "users-group"),
        ("placements", _("Placements"), "parties:placements", "map-pin"),
    ):
        pages.register_command(
            pages.Command(key=key, label=label, url_name=url_name, icon=icon, order=80, visible=works_here)
        )
    pages.register_command(
        pages.Command(
            key="invite",
            label=_("Invite somebody"),
            url_name="parties:invite",
            icon="user-plus",
            order=81,
            visible=leads_here,
        )
    )
