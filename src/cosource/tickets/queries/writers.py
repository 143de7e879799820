"""Who else is writing on a ticket at the moment, as far as their party shows it to the reader."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from cosource.foundation.errors import NotFound
from cosource.foundation.ids import NIL
from cosource.foundation.sight import Actor, working
from cosource.parties.models.organizations import ShowsWriting
from cosource.tickets.models import Writing
from cosource.tickets.queries.record import load, parties_seen_by

# What was not touched for so long lies there; nobody is writing it.
LATELY = timedelta(seconds=90)


@dataclass(frozen=True, slots=True)
class Writer:
    """Somebody who is writing. `party`: whose they are, empty for a colleague."""

    name: str
    party: str


def writers_of(ticket_id: UUID, actor: Actor, *, at: datetime) -> list[Writer]:
    """Return who else has written on a ticket lately and not sent it, by name; nothing of what they write.

    Who sees the ticket for another reason than working on it, as whoever asked does, is told of nobody.
    """
    try:
        record = load(ticket_id, working(actor))
    except NotFound:
        return []
    known = parties_seen_by(actor.reads_as, record.parts)
    lately = Writing.objects.filter(ticket_id=ticket_id, kept_at__gt=at - LATELY, send_at=None)
    rows = lately.exclude(person_id=actor.person_id or NIL).select_related("person", "organization")
    return [
        Writer(row.person.name, "" if row.organization_id == actor.reads_as else row.organization.name)
        for row in rows.order_by("person__name", "id")
        if row.organization_id in known
        and (
            row.organization.shows_writing == ShowsWriting.EVERYBODY
            or (
                row.organization_id == actor.reads_as
                and row.organization.shows_writing == ShowsWriting.COLLEAGUES
            )
        )
    ]
