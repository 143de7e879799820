"""What a step needs of a ticket besides its row and its parts: read at first use, then at hand until the step ends.

Whoever writes one of these rows in a step changes the value that is at hand, or adds it there. Not here: pauses, which few steps
read twice.
"""

from uuid import UUID

from cosource.foundation.prepared import Prepared
from cosource.tickets.models import Clock, Handover, Possession
from cosource.tickets.queries.record import Record


def clocks(record: Record) -> list[Clock]:
    """Return all clocks of the ticket; the rounds of a kind in their order."""
    if record.clocks is None:
        record.clocks = _clocks(ticket_id=record.ticket.id)
    return record.clocks


def running_clocks(record: Record) -> list[Clock]:
    """Return the clocks that are neither met nor stopped."""
    if record.clocks is None:
        return _running(ticket_id=record.ticket.id)
    return [clock for clock in record.clocks if runs(clock)]


def runs(clock: Clock) -> bool:
    """Tell whether a clock is neither met nor stopped."""
    return clock.met_at is None and clock.stopped_at is None


def handovers(record: Record) -> list[Handover]:
    """Return all handovers of the ticket, in the order in which they were offered."""
    if record.handovers is None:
        record.handovers = _handovers(ticket_id=record.ticket.id)
    return record.handovers


def open_handover(record: Record) -> Handover | None:
    """Return the handover that waits for an answer."""
    if record.handovers is None:
        return _offered.first(ticket_id=record.ticket.id)
    return next((h for h in record.handovers if h.state == Handover.State.OFFERED), None)


def possessions(record: Record) -> list[Possession]:
    """Return who held the ticket, in order."""
    if record.possessions is None:
        record.possessions = _possessions(ticket_id=record.ticket.id)
    return record.possessions


_clocks = Prepared[Clock](
    lambda ticket_id: Clock.objects.filter(ticket_id=ticket_id).order_by("kind", "round", "id"),
    ticket_id=UUID,
)
_running = Prepared[Clock](
    lambda ticket_id: Clock.objects.filter(ticket_id=ticket_id, met_at__isnull=True, stopped_at__isnull=True),
    ticket_id=UUID,
)
_handovers = Prepared[Handover](
    lambda ticket_id: (
        Handover.objects.filter(ticket_id=ticket_id).select_related("to_team").order_by("offered_at", "id")
    ),
    ticket_id=UUID,
)
_offered = Prepared[Handover](
    lambda ticket_id: Handover.objects.filter(ticket_id=ticket_id, state=Handover.State.OFFERED),
    ticket_id=UUID,
)
_possessions = Prepared[Possession](
    lambda ticket_id: Possession.objects.filter(ticket_id=ticket_id).order_by("sequence"), ticket_id=UUID
)
