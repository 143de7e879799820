"""What this room in the room tells the others: its daily check, its kind of entry, its pages and panels."""

from cosource.tickets.matrix.jobs import checking
from cosource.tickets.matrix.services import keeping
from cosource.tickets.matrix.web import menu


def register() -> None:
    """Register all of it."""
    checking.register()
    keeping.register()
    menu.register()
