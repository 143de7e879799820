"""Writing down that somebody called or came: on a new ticket, solved at once or left open, or on one that is open already.

Not here: finding the caller (`queries.calling`), and calls that a telephone system counts (`services.calls`).
"""

from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from cosource.foundation.errors import Invalid, NotAllowed
from cosource.foundation.sight import REQUESTER, Actor
from cosource.tickets.models import Contact, Ticket
from cosource.tickets.queries.calling import own_team
from cosource.tickets.queries.desks import desks_of
from cosource.tickets.rules.contacts import CHANNELS, PHONE
from cosource.tickets.rules.states import RESOLVED, TicketKind, Who
from cosource.tickets.services import policy
from cosource.tickets.services.conversation import ticket_reply
from cosource.tickets.services.moving import ticket_move
from cosource.tickets.services.opening import record_open
from cosource.tickets.services.record import (
    Record,
    audience_of,
    load,
    note,
    parties_seen_by,
    readers_with,
    require_open,
    require_text,
)


@transaction.atomic
def contact_log(
    *,
    actor: Actor,
    at: datetime,
    title: str,
    text: str = "",
    channel: str = PHONE,
    kind: str = TicketKind.INCIDENT,
    solved: bool = False,
    service_id: UUID | None = None,
    site_id: UUID | None = None,
    requester_id: UUID | None = None,
    requester_name: str = "",
    engagement_id: UUID | None = None,
    demo: bool = False,
) -> Ticket:
    """Open a ticket for somebody who called or came, resolved at once where it is `solved`.

    `title`: what it is about; `text`: more of it, or what was done. A solved ticket is held by the actor's own team.
    Appends what opening and resolving append, and `ticket.contact_logged/1`.
    Raises: NotAllowed, NotFound (service, site, person, engagement), Invalid.
    """
    _require(actor, channel)
    if solved and kind not in (TicketKind.INCIDENT, TicketKind.REQUEST):
        raise Invalid(
            "Only incidents and requests are solved at once.", fields={"kind": "incident or request."}
        )
    about = require_text(" ".join(title.split()), "title", limit=200)
    desk = next((d for d in desks_of(actor, at) if _is(d.engagement, engagement_id)), None)
    mine = own_team(desk, actor, at) if desk is not None else None
    record = record_open(
        actor=actor,
        at=at,
        title=about,
        text=text.strip() or about,
        kind=kind,
        service_id=service_id,
        site_id=site_id,
        requester_id=requester_id,
        requester_name=requester_name,
        # What is left open goes where the desk's rules say; under an engagement to a team of whoever took the call.
        team_id=mine if solved or engagement_id is not None else None,
        engagement_id=engagement_id,
        demo=demo,
    )
    if solved:
        ticket_move(ticket_id=record.ticket.id, to_state=RESOLVED, actor=actor, at=at, is_said=True)
    _log(record, channel, actor, at, opened=True, solved=solved)
    return record.ticket


@transaction.atomic
def contact_add(
    *,
    ticket_id: UUID,
    text: str,
    actor: Actor,
    at: datetime,
    channel: str = PHONE,
    solved: bool = False,
) -> Ticket:
    """Write down that somebody called or came again about an open ticket: what was said stands in its conversation.

    The owner, the party that has the ticket and the actor's read it, as far as the actor knows of them. `solved` resolves it.
    Appends `ticket.message_added/1` and `ticket.contact_logged/1`. Raises: NotFound, NotAllowed, Conflict, Invalid.
    """
    _require(actor, channel)
    record = load(ticket_id, actor)
    if Who.ANY not in policy.capacities(actor, record):
        raise NotAllowed("You may read this ticket, but not work on it.", action="ticket.contact")
    require_open(record.ticket)
    ticket_reply(
        ticket_id=ticket_id,
        text=text,
        party_ids=_readers(record, actor),
        with_requester=False,
        actor=actor,
        at=at,
    )
    if solved:
        ticket_move(ticket_id=ticket_id, to_state=RESOLVED, actor=actor, at=at, is_said=True)
    record = load(ticket_id, actor)
    _log(record, channel, actor, at, opened=False, solved=solved)
    return record.ticket


def _is(engagement: object, engagement_id: UUID | None) -> bool:
    return getattr(engagement, "id", None) == engagement_id


def _require(actor: Actor, channel: str) -> None:
    if not actor.sight.roles - {REQUESTER}:
        raise NotAllowed("Who asks for help opens a ticket; calls are written down by who answers them.")
    if channel not in CHANNELS:
        raise Invalid(
            "There is no such channel.",
            fields={"channel": _("One of %(choices)s.") % {"choices": ", ".join(CHANNELS)}},
        )


def _readers(record: Record, actor: Actor) -> set[UUID]:
    holder = record.ticket.holder_organization_id
    known = parties_seen_by(record.mine.organization_id, record.parts)
    return readers_with(record, actor, holder if holder in known else None)


def _log(record: Record, channel: str, actor: Actor, at: datetime, *, opened: bool, solved: bool) -> None:
    readers = _readers(record, actor)
    with_requester = record.ticket.requester_id is not None
    entry_id = note(
        record,
        kind="ticket.contact_logged/1",
        actor=actor,
        at=at,
        readers=readers,
        with_requester=with_requester,
        facts={"channel": channel, "opened": opened, "solved": solved},
    )
    Contact.objects.create(
        id=entry_id,
        ticket=record.ticket,
        audience_id=audience_of(record, readers, with_requester),
        taken_for_id=actor.organization_id,
        taken_by_id=actor.person_id,
        channel=channel,
        opened=opened,
        solved=solved,
        at=at,
    )
