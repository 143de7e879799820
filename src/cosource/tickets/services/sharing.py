"""Bringing a party into a ticket that came into its scope, and erasing what a ticket says."""

from datetime import datetime
from typing import Any
from uuid import UUID

from cosource.foundation.models import Entry, Payload
from cosource.foundation.prepared import Prepared
from cosource.foundation.rules.erasing import ERASED
from cosource.foundation.services.erasure import register_eraser
from cosource.foundation.sight import system_actor
from cosource.tickets.models import Message, Ticket, TicketLink
from cosource.tickets.models.participation import Participation
from cosource.tickets.rules.links import MADE_OF, SPLIT_OFF
from cosource.tickets.services.opening import share_description
from cosource.tickets.services.record import FirstWords, Record


def description_of(ticket: Ticket) -> FirstWords:
    """Return what the ticket was opened with; nothing when that is hidden, erased or never was."""
    found = _first_text.first(ticket_id=ticket.id)
    if found is None:
        return FirstWords()
    entry_id, body = found
    return FirstWords(str(body.get("text", "")), entry_id if body.get("files") else None)


_first_text = Prepared[tuple[UUID, dict[str, Any]]](
    lambda ticket_id: Payload.objects.filter(
        entry_id=Message.objects.filter(ticket_id=ticket_id, kind="description")
        .order_by("at", "id")
        .values("id")[:1],
        entry__hiding=None,
    ).values_list("entry_id", "body"),
    ticket_id=UUID,
)


def share_with(record: Record, part: Participation, *, at: datetime) -> None:
    """Bring the ticket into a newcomer's stream, by the system for the owner, and start its clocks."""
    author = system_actor(
        reason="the ticket came into the engagement's scope", organization_id=record.ticket.owner_id
    )
    share_description(record, part, first=description_of(record.ticket), actor=author, at=at)


def erase_ticket_copies(subject_id: UUID, entry_id: UUID) -> list[UUID]:
    """Blank what the ticket shows of an erased description; return the entries that repeat it in other streams."""
    if Message.objects.filter(id=entry_id, kind="description").exists():
        Ticket.objects.filter(id=subject_id).update(title=ERASED, requester_name="", asset_name="")
    return copies_of(subject_id, entry_id)


def copies_of(ticket_id: UUID, entry_id: UUID) -> list[UUID]:
    """Return the entries that repeat a text: of a description those in other streams, of a message the tickets made of it."""
    if not Message.objects.filter(id=entry_id, kind="description").exists():
        return _split_off(ticket_id, entry_id)
    copies = Message.objects.filter(ticket_id=ticket_id, kind="description").exclude(id=entry_id)
    return list(copies.values_list("id", flat=True))


def _split_off(ticket_id: UUID, entry_id: UUID) -> list[UUID]:
    """Return the descriptions of tickets that were made of a message."""
    others = TicketLink.objects.filter(ticket_id=ticket_id, kind=SPLIT_OFF).values("other_id")
    firsts = Entry.objects.filter(subject_id__in=others, kind="ticket.opened/1").values_list("id", "facts")
    return [i for i, facts in firsts if entry_id.hex in facts.get(MADE_OF, ())]


def register() -> None:
    """Let the ground floor call this room when an entry of a ticket is erased."""
    register_eraser("ticket", erase_ticket_copies)
