"""The state of a ticket that a page was drawn from, as a form carries it.

A keyed digest, not the number: that would count the steps of parties that the reader does not know of.
"""

from uuid import UUID

from django.utils.crypto import constant_time_compare, salted_hmac

from cosource.foundation.errors import NotFound, StaleVersion
from cosource.foundation.sight import Actor
from cosource.tickets.models import Participation


def version_mark(ticket_id: UUID, version: int) -> str:
    """Return the mark that a form carries for a version of a ticket."""
    digest = salted_hmac("cosource.tickets.version", f"{ticket_id.hex}:{version}", algorithm="sha256")
    return digest.hexdigest()[:20]


def version_meant(mark: str, *, ticket_id: UUID, actor: Actor) -> int | None:
    """Return the version that a form was drawn from, if it is still the present one; None when the form names none.

    Raises: NotFound out of sight, StaleVersion when the ticket has changed since.
    """
    mine = Participation.objects.visible_to(actor).filter(ticket_id=ticket_id)
    version = mine.values_list("revision", flat=True).first()
    if version is None:
        raise NotFound
    if not mark:
        return None
    if not constant_time_compare(mark, version_mark(ticket_id, version)):
        raise StaleVersion
    return version
