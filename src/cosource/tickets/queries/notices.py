"""What tickets are called in notices, for those who see them. Not here: who is told of what (`services.telling`)."""

from collections.abc import Collection
from uuid import UUID

from cosource.foundation.notices import SubjectLine
from cosource.foundation.sight import Actor
from cosource.tickets.models import Participation


def ticket_lines(actor: Actor, ids: Collection[UUID]) -> dict[UUID, SubjectLine]:
    """Return reference and title of the tickets among `ids` that the actor sees."""
    rows = Participation.objects.visible_to(actor).filter(ticket_id__in=ids)
    return {
        ticket: SubjectLine(reference, title)
        for ticket, reference, title in rows.values_list("ticket_id", "reference", "ticket__title")
    }
