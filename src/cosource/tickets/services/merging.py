"""Ending a ticket as the duplicate of another, which goes on alone; and taking that back.

No text is moved, so nobody reads more than before. Who does not see the other ticket learns that this one ended as a duplicate,
and nothing of which. Not here: who is told when the other is resolved (`telling.duplicates_tell`, called by the move itself).
"""

from datetime import datetime
from uuid import UUID

from django.db import transaction

from cosource.foundation.bulk import update_all
from cosource.foundation.errors import Conflict, Invalid, NotAllowed
from cosource.foundation.sight import Actor
from cosource.tickets.models import Possession, TicketLink
from cosource.tickets.rules.clock_kinds import UNPAUSED
from cosource.tickets.rules.links import MERGED_INTO
from cosource.tickets.rules.states import AWAITING_APPROVAL, IN_PROGRESS, MERGED, STATES, Who
from cosource.tickets.services import at_hand, policy
from cosource.tickets.services.links import link_delete, link_write, pair_hold, pair_load
from cosource.tickets.services.listkeys import sync
from cosource.tickets.services.moving import state_set
from cosource.tickets.services.record import Record, load, require_text, save
from cosource.tickets.services.telling import merge_tell

_MAY_END = frozenset({Who.HOLDER, Who.OWNER})


@transaction.atomic
def ticket_merge(
    *,
    ticket_id: UUID,
    into_id: UUID,
    actor: Actor,
    at: datetime,
    text: str = "",
    expected_version: int | None = None,
) -> None:
    """End a ticket as the duplicate of another of the same desk, which goes on.

    Its requester is told, and told again when the other is resolved. Appends `ticket.state_changed/1`, with the word, and
    `ticket.linked/1` for the parties that take part in both.
    Raises: NotFound, NotAllowed, Conflict (this one is not open, the other is over), Invalid (another desk's), StaleVersion.
    """
    record, into = pair_load(ticket_id, into_id, actor, expected_version=expected_version)
    if not _MAY_END & policy.capacities(actor, record):
        raise NotAllowed("You may read this ticket, but not end it.", action="ticket.merge")
    if record.ticket.category not in ("open", "paused"):
        raise Conflict("Only a ticket that is open can be merged into another.", code="not_open")
    if record.ticket.state == AWAITING_APPROVAL:
        raise Conflict("It waits for an approval; decide on that first.", code="awaiting_approval")
    if into.ticket.category == "closed":
        raise Conflict("The other ticket is over; merge into one that goes on.", code="target_over")
    if into.ticket.owner_id != record.ticket.owner_id:
        raise Invalid(
            "These tickets belong to different desks.",
            fields={"into_id": "Name a ticket of the same desk, or link them instead."},
        )
    body = require_text(text, "text", limit=20_000, optional=True)
    actor = policy.acting_for(actor, record, record.ticket.holder_organization_id)
    pair_hold(record, into, at=at)
    came_from = record.ticket.state
    state_set(record, MERGED, actor=actor, at=at, text=body)
    link_id = link_write(record, into, kind=MERGED_INTO, actor=actor, at=at, came_from=came_from)
    sync(record, at=at)
    merge_tell(record, link_id=link_id, is_over=False, actor=actor, at=at)


@transaction.atomic
def ticket_unmerge(
    *, ticket_id: UUID, actor: Actor, at: datetime, expected_version: int | None = None
) -> None:
    """Take a merge back: the ticket goes on by itself, with its holder, where it was.

    A pause that the merge ended is over and an offer that it withdrew is gone; clocks run on from their start, as if they had
    not stopped. Appends `ticket.state_changed/1` and `ticket.unlinked/1`.
    Raises: NotFound, NotAllowed (also without sight of the other ticket), Conflict (not merged), StaleVersion.
    """
    record = load(ticket_id, actor, expected_version=expected_version)
    if not _MAY_END & policy.capacities(actor, record):
        raise NotAllowed("You may read this ticket, but not take it up again.", action="ticket.unmerge")
    if record.ticket.state != MERGED:
        raise Conflict("This ticket is not merged into another.", code="not_merged")
    end = TicketLink.objects.visible_to(actor).filter(ticket_id=ticket_id, kind=MERGED_INTO).first()
    if end is None:
        raise NotAllowed("Who sees the other ticket too may take the merge back.", action="ticket.unmerge")
    into = load(end.other_id, actor)
    actor = policy.acting_for(actor, record, record.ticket.holder_organization_id)
    pair_hold(record, into, at=at)
    save(record, at=at, closed_at=None)
    last = Possession.objects.filter(ticket=record.ticket).order_by("-sequence").values("id")[:1]
    Possession.objects.filter(id__in=list(last.values_list("id", flat=True))).update(until_at=None)
    record.possessions = None
    state_set(record, _state_after(end.came_from), actor=actor, at=at)
    _run_on(record, end.at)
    link_delete(record, into, end, actor=actor, at=at)
    sync(record, at=at)
    merge_tell(record, link_id=end.link_id, is_over=True, actor=actor, at=at)


def _state_after(came_from: str) -> str:
    """Return the state in which a ticket goes on."""
    before = STATES.get(came_from)
    return came_from if before is not None and before.category == "open" else IN_PROGRESS


def _run_on(record: Record, merged_at: datetime) -> None:
    """Let the clocks run on that the merge stopped; not those of the offer and the question that ended with it."""
    stopped = [
        clock
        for clock in at_hand.clocks(record)
        if clock.kind not in UNPAUSED
        and clock.met_at is None
        and clock.stopped_at == max(merged_at, clock.started_at)
    ]
    for clock in stopped:
        clock.stopped_at = None
    update_all(stopped, ("stopped_at",))
