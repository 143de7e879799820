"""Starting a new ticket from messages of another: for the parties that read every one of them, and for nobody else.

The messages stay where they are; what they say is the new ticket's description, with their files. Whoever reads it there has read
it here: the same parties, under the same engagements, with the same teams, and no further one, whatever service it is about.
"""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from cosource.agreements.queries.terms import terms_in_force
from cosource.foundation.errors import Invalid, NotAllowed, NotFound
from cosource.foundation.models import Payload
from cosource.foundation.services.audience import audience_readers
from cosource.foundation.services.files import Attached, files_again, files_of
from cosource.foundation.services.ledger import Draft
from cosource.foundation.sight import Actor
from cosource.parties.models import Team
from cosource.tickets.models import Message, Participation, Ticket
from cosource.tickets.models.participation import Kind
from cosource.tickets.rules.links import MADE_OF, SPLIT_FROM
from cosource.tickets.rules.states import NEW, STATES, TicketKind, Who
from cosource.tickets.services import policy
from cosource.tickets.services.links import link_write
from cosource.tickets.services.opening import opening_facts, record_begin
from cosource.tickets.services.record import (
    Description,
    Record,
    audience_of,
    descriptions_add,
    load,
    part_new,
    require_text,
    save,
)

_MOST = 50


@transaction.atomic
def ticket_split(
    *,
    ticket_id: UUID,
    entry_ids: Sequence[UUID],
    title: str,
    actor: Actor,
    at: datetime,
    expected_version: int | None = None,
) -> Ticket:
    """Open a ticket from one or several messages of this one, and return it. It is linked with where it came from.

    Its parties are those that read every one of the messages; its requester stays, if they read them all. It is with the team
    that holds this ticket, or where that party does not read along, with the owner's. Appends `ticket.opened/1` and
    `ticket.linked/1`. Raises: NotFound (ticket or message out of sight), NotAllowed, Invalid, StaleVersion.
    """
    origin = load(ticket_id, actor, expected_version=expected_version)
    if Who.ANY not in policy.capacities(actor, origin):
        raise NotAllowed("You may read this ticket, but not split it.", action="ticket.split")
    named = require_text(" ".join(title.split()), "title", limit=200)
    messages, parties, with_requester = _chosen(origin, list(dict.fromkeys(entry_ids)), actor)
    text, files = _words([m.id for m in messages])
    save(origin, at=at)
    record = _new(origin, named, parties, with_requester=with_requester, at=at)
    record_begin(record, at=at)
    readers = {p.organization_id for p in record.parts}
    facts = opening_facts(record.ticket) | {MADE_OF: [m.id.hex for m in messages]} | files.facts
    draft = Draft(
        kind="ticket.opened/1",
        subject_kind="ticket",
        subject_id=record.ticket.id,
        audience_id=audience_of(record, readers, record.ticket.requester_id is not None),
        occurred_at=at,
        facts=facts,
        payload={
            "title": named,
            "text": text,
            "asset": record.ticket.asset_name,
            "requester": "",
            **files.payload,
        },
    )
    words = "\n".join([named, record.ticket.asset_name, text, *files.names])
    descriptions_add(record.ticket, [Description(draft, actor, words, files)], at=at)
    link_write(record, origin, kind=SPLIT_FROM, actor=actor, at=at)
    return record.ticket


def _chosen(
    origin: Record, entry_ids: list[UUID], actor: Actor
) -> tuple[list[Message], frozenset[UUID], bool]:
    """Return the messages in their order, who reads them all, and whether the requester does."""
    if not 1 <= len(entry_ids) <= _MOST:
        raise Invalid(
            "Choose what the new ticket begins with.",
            fields={"entry_ids": _("Choose 1 to %(most)s messages.") % {"most": _MOST}},
        )
    found = Message.objects.filter(ticket=origin.ticket, id__in=entry_ids).exclude(kind="description")
    messages = list(found.order_by("at", "id"))
    audiences = [audience_readers(m.audience_id) for m in messages]
    if len(messages) < len(entry_ids) or any(actor.reads_as not in parties for parties, _ in audiences):
        # A message that the actor does not read is not told from one that never was.
        raise NotFound
    parties = frozenset[UUID].intersection(*(frozenset(p) for p, _ in audiences))
    if origin.ticket.owner_id not in parties:
        raise Invalid(
            "A ticket belongs to its owner, who does not read all of this.",
            fields={"entry_ids": "Choose messages that the owner reads too."},
        )
    return messages, parties, all(asked for _, asked in audiences)


def _words(entry_ids: list[UUID]) -> tuple[str, Attached]:
    """Return what the messages say, in their order, with their files. Raises: Invalid when nothing is left of it."""
    bodies = dict(
        Payload.objects.filter(entry_id__in=entry_ids, entry__hiding=None).values_list("entry_id", "body")
    )
    texts = [str(bodies[i].get("text", "")) for i in entry_ids if i in bodies]
    text = "\n\n".join(t for t in texts if t)
    files = files_again(files_of(*(i for i in entry_ids if "files" in bodies.get(i, ()))))
    if not text and not files.rows:
        raise Invalid(
            "These texts were erased.", fields={"entry_ids": "Choose messages that still say something."}
        )
    return require_text(text, "entry_ids", limit=20_000, optional=bool(files.rows)), files


def _new(
    origin: Record, title: str, parties: frozenset[UUID], *, with_requester: bool, at: datetime
) -> Record:
    """Return the new ticket with the parties' parts, not yet saved."""
    source, state = origin.ticket, STATES[NEW]
    team = _team(origin, parties)
    ticket = Ticket(
        owner_id=source.owner_id,
        kind=source.kind if source.kind != TicketKind.CHANGE else TicketKind.INCIDENT,
        title=title,
        state=state.key,
        category=state.category,
        impact=source.impact,
        urgency=source.urgency,
        priority=source.priority,
        topic=source.topic,
        subtopic=source.subtopic,
        service_id=source.service_id,
        site_id=source.site_id,
        asset_name=source.asset_name,
        requester_id=source.requester_id if with_requester else None,
        holder_organization_id=team.organization_id,
        holder_team=team,
        turn="holder",
        turn_organization_id=team.organization_id,
        internal=source.internal,
        demo=source.demo,
        opened_at=at,
        updated_at=at,
    )
    parts = [
        _part(ticket, part, holds=part.organization_id == team.organization_id, at=at)
        for part in origin.parts
        if part.organization_id in parties
    ]
    mine = next(p for p in parts if p.organization_id == origin.mine.organization_id)
    return Record(ticket=ticket, parts=parts, mine=mine, handovers=[])


def _part(ticket: Ticket, like: Participation, *, holds: bool, at: datetime) -> Participation:
    """Return a party's part as it is in the other ticket: a grant that ends before that one reaches this one no more."""
    engagement = like.engagement
    terms = terms_in_force(
        engagement_id=like.engagement_id,
        owner_id=engagement.client_id if engagement is not None else ticket.owner_id,
        at=at,
    )
    part = part_new(ticket, like.organization, engagement, like.kind, terms, at)
    part.team_id, part.joint, part.opened_at = like.team_id, like.joint, like.opened_at
    if not holds and like.kind != Kind.OWNER:
        part.asked_at = None
    return part


def _team(origin: Record, parties: frozenset[UUID]) -> Team:
    ticket = origin.ticket
    if ticket.holder_team is not None and ticket.holder_organization_id in parties:
        return ticket.holder_team
    own = Team.objects.filter(organization_id=ticket.owner_id, ended_at__isnull=True).order_by("id")
    known = origin.owner_part.team_id
    team = (own.filter(id=known).first() if known is not None else None) or own.first()
    if team is None:
        raise Invalid(
            "There is no team yet that could hold a ticket.", fields={"team_id": "Add a team first."}
        )
    return team
