"""How the room is found: Today and its count in the menu, a new ticket by name or key."""

from django.utils.translation import gettext_lazy

from cosource.foundation import clock
from cosource.foundation.pages import Command, NavigationItem, register_command, register_navigation
from cosource.foundation.sight import Actor
from cosource.foundation.today import today_items
from cosource.tickets.queries.desks import may_open
from cosource.tickets.queries.list_ranges import asks_only, reads_tickets
from cosource.tickets.queries.today import is_requester_only, waiting_count


def _count(actor: Actor) -> int | None:
    """Count what the page Today lists for the person: tickets, and what other rooms ask."""
    if is_requester_only(actor):
        return None
    return waiting_count(actor) + len(today_items(actor, clock.now(), for_teams=False))


def register() -> None:
    """Add Today to the menu, and opening a ticket to the palette."""
    register_navigation(
        NavigationItem(
            key="today",
            label=gettext_lazy("Today"),
            url_name="tickets:today",
            icon="calendar-due",
            order=10,
            count=_count,
            go_key="d",
        )
    )
    register_command(
        Command(
            key="tickets.new",
            label=gettext_lazy("New ticket"),
            url_name="tickets:new",
            icon="ticket",
            order=10,
            visible=may_open,
            key_hint="c",
        )
    )
    register_command(
        Command(
            key="tickets.since",
            label=gettext_lazy("What happened since you left"),
            url_name="tickets:since",
            icon="history",
            order=12,
            visible=lambda actor: not asks_only(actor),
        )
    )
    register_command(
        Command(
            key="tickets.back_and_forth",
            label=gettext_lazy("What goes back and forth, and why"),
            url_name="tickets:back_and_forth",
            icon="arrows-exchange",
            order=13,
            visible=lambda actor: not asks_only(actor),
        )
    )
    register_command(
        Command(
            key="tickets.catalog",
            label=gettext_lazy("Ask for something from the catalog"),
            url_name="tickets:catalog",
            icon="clipboard-list",
            order=15,
            visible=may_open,
        )
    )
    register_command(
        Command(
            key="tickets.changes",
            label=gettext_lazy("Change calendar"),
            url_name="tickets:changes",
            icon="calendar-event",
            order=30,
            visible=lambda actor: not asks_only(actor),
        )
    )
    register_command(
        Command(
            key="tickets.time",
            label=gettext_lazy("Your week: time written down"),
            url_name="tickets:time_sheet",
            icon="stopwatch",
            order=60,
            visible=reads_tickets,
        )
    )
