"""Whether the answer that ended a ticket's last pause may still be challenged. Not here: challenging it."""

from datetime import datetime

from cosource.tickets.models import Pause, Ticket


def open_to_challenge(ticket: Ticket, last: Pause | None, at: datetime) -> Pause | None:
    """Return the ticket's last pause while whoever asked, and still has the ticket, may say that its answer was none."""
    if last is None or last.until_at is None or last.challenge_until is None or ticket.category != "open":
        return None
    if at >= last.challenge_until or last.asked_by_id != ticket.holder_organization_id:
        return None
    return last
