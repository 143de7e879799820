"""Opening a ticket."""

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime
from functools import wraps
from uuid import UUID

from django.db import transaction

from cosource.agreements.queries.terms import terms_of_desks
from cosource.agreements.rules.terms import Terms
from cosource.calendars.queries.sources import computed_with
from cosource.foundation.bulk import insert_all
from cosource.foundation.errors import Invalid, NotFound
from cosource.foundation.rules.canonical import instant_text
from cosource.foundation.services.audience import audience_intern
from cosource.foundation.services.files import NO_FILES, Attached, files_again, files_of, files_take
from cosource.foundation.services.ledger import Draft
from cosource.foundation.sight import REQUESTER, Actor, system_actor
from cosource.parties.models import (
    Engagement,
    Service,
    Site,
)
from cosource.tickets.models import Participation, Possession, Ticket
from cosource.tickets.models.participation import Kind
from cosource.tickets.rules.states import NEW, STATES, TicketKind
from cosource.tickets.services.clocks import clocks_new
from cosource.tickets.services.fields import fields_bring
from cosource.tickets.services.first_team import Opening, routed
from cosource.tickets.services.listkeys import keys_set
from cosource.tickets.services.openable import (
    engagement_for,
    engagements_covering,
    first_team,
    kind_for,
    of_owner,
    own_desk,
    works_for,
)
from cosource.tickets.services.record import (
    Description,
    FirstWords,
    Record,
    audience_of,
    descriptions_add,
    part_new,
    parties_seen_by,
    priority_under,
    references_give,
    require_text,
)

# Of what a ticket is opened with, in characters.
LONGEST_TEXT = 20_000


def record_open(
    *,
    actor: Actor,
    at: datetime,
    title: str,
    text: str,
    kind: str = TicketKind.INCIDENT,
    impact: int = 2,
    urgency: int = 2,
    topic: str = "",
    subtopic: str = "",
    service_id: UUID | None = None,
    site_id: UUID | None = None,
    asset_name: str = "",
    requester_id: UUID | None = None,
    requester_name: str = "",
    team_id: UUID | None = None,
    engagement_id: UUID | None = None,
    internal: bool = False,
    demo: bool = False,
    file_ids: Collection[UUID] = (),
) -> Record:
    """Open a ticket on the actor's own desk, or with `engagement_id` on the desk of that engagement's client.

    Within the caller's transaction; `ticket_open` is the same as a step of its own.

    Return it with everybody's part; the actor's organization's own is `mine`, whether the actor will see it or not.

    The team that holds it first is `team_id`, or the one that the desk's rules choose, or the desk's first team. Every engagement
    whose scope covers service and site takes part from the start, unless the ticket is internal. Clocks start by the terms in
    force now, which stay pinned.
    Appends `ticket.opened/1`, and `ticket.shared/1` to each further engagement.
    `file_ids`: files that the actor brought before go along with the description, to everybody whom it is shared with.
    Raises: NotAllowed, NotFound (unknown team, service, site, engagement), Invalid.
    """
    kind = kind_for(actor, kind)
    engagement = engagement_for(actor, engagement_id, at)
    owner = engagement.client if engagement else own_desk(actor)
    fields = {
        "title": require_text(" ".join(title.split()), "title", limit=200),
        "topic": require_text(topic, "topic", limit=120, optional=True),
        "subtopic": require_text(subtopic, "subtopic", limit=120, optional=True),
        "asset_name": require_text(asset_name, "asset_name", limit=120, optional=True),
        "requester_name": require_text(requester_name, "requester_name", limit=120, optional=True),
    }
    body = require_text(text, "text", limit=LONGEST_TEXT)
    files = files_take(file_ids, actor=actor)
    if impact not in (1, 2, 3) or urgency not in (1, 2, 3):
        raise Invalid("Impact and urgency are 1, 2 or 3.", fields={"impact": "1 high, 2 medium, 3 low."})
    service = of_owner(Service, service_id, owner, actor)
    site = of_owner(Site, site_id, owner, actor)
    if actor.sight.roles == {REQUESTER}:
        requester_id = actor.person_id
    # A partner knows its client's people by name only.
    if requester_id is not None and (engagement or not works_for(requester_id, owner.id, at)):
        raise NotFound
    engagements = [engagement] if engagement else []
    internal = internal and engagement is None
    if not internal:
        engagements += engagements_covering(
            client_id=owner.id, service_id=service_id, site_id=site_id, at=at, but=engagement
        )
    terms = terms_of_desks(owner.id, [e.id for e in engagements], at)
    priority = priority_under(terms.get(None), impact, urgency)
    chosen = None
    if team_id is None:
        party = engagement.partner_id if engagement else owner.id
        chosen = routed(
            Opening(
                owner_id=owner.id,
                party_id=party,
                engagement_id=engagement_id,
                kind=kind,
                title=fields["title"],
                topic=fields["topic"],
                subtopic=fields["subtopic"],
                service_id=service_id,
                site_id=site_id,
                priority=priority,
                requester_id=requester_id,
                internal=internal,
            ),
            at,
        )
    team = first_team(chosen.team_id if chosen else team_id, owner, engagement, at)
    state = STATES[NEW]
    ticket = Ticket(
        owner=owner,
        kind=kind,
        state=state.key,
        category=state.category,
        impact=impact,
        urgency=urgency,
        priority=priority,
        service=service,
        site=site,
        requester_id=requester_id,
        holder_organization_id=team.organization_id,
        holder_team=team,
        assignee_id=chosen.person_id if chosen else None,
        turn="holder",
        turn_organization_id=team.organization_id,
        internal=internal,
        demo=demo,
        opened_at=at,
        updated_at=at,
        **fields,
    )
    record = _participants(ticket, engagement, engagements, terms, at)
    readers = {owner.id} | ({engagement.partner_id} if engagement else set())
    newcomers = [part for part in record.parts if part.organization_id not in readers]
    descriptions_add(
        ticket,
        [
            _opened(record, readers, body, files, actor, at),
            *(_shared(record, p, body, files_again(files), actor, at) for p in newcomers),
        ],
        at=at,
    )
    # Last, since others wait for the numbers of its series from then on.
    record_begin(record, at=at)
    # Nobody was offered it yet.
    record.handovers = []
    if chosen is not None:
        chosen.follow(record, at=at)
    return record


def record_begin(record: Record, *, at: datetime) -> None:
    """Write a new ticket and its parts, with their references, their clocks and its first possession."""
    ticket = record.ticket
    clocks = [clock for part in record.parts for clock in clocks_new(ticket, part)]
    keys_set(record, clocks, None, at=at)
    insert_all(
        [
            ticket,
            Possession(
                ticket=ticket,
                sequence=1,
                organization_id=ticket.holder_organization_id,
                team_id=ticket.holder_team_id,
                from_at=at,
            ),
            *clocks,
            *references_give(ticket, record.parts),
            *record.parts,
        ]
    )


def _ticket_of[**P](open_it: Callable[P, Record]) -> Callable[P, Ticket]:
    @wraps(open_it)
    def opened(*args: P.args, **kwargs: P.kwargs) -> Ticket:
        return open_it(*args, **kwargs).ticket

    return opened


ticket_open = transaction.atomic(_ticket_of(record_open))


def _opened(  # noqa: PLR0917 - private, in the order in which it is told
    record: Record, readers: set[UUID], text: str, files: Attached, actor: Actor, at: datetime
) -> Description:
    ticket = record.ticket
    draft = Draft(
        kind="ticket.opened/1",
        subject_kind="ticket",
        subject_id=ticket.id,
        audience_id=audience_of(record, readers, ticket.requester_id is not None),
        occurred_at=at,
        facts=opening_facts(ticket) | files.facts,
        payload={
            "title": ticket.title,
            "text": text,
            "asset": ticket.asset_name,
            "requester": ticket.requester_name,
            **files.payload,
        },
    )
    return Description(draft, actor, _words(ticket, text, files), files)


def _words(ticket: Ticket, text: str, files: Attached) -> str:
    return "\n".join([ticket.title, ticket.asset_name, text, *files.names])


def opening_facts(ticket: Ticket) -> dict[str, object]:
    """Return the facts with which a ticket enters a stream."""
    return {
        "kind": ticket.kind,
        "owner": ticket.owner_id.hex,
        "state": ticket.state,
        "category": ticket.category,
        "impact": ticket.impact,
        "urgency": ticket.urgency,
        "priority": ticket.priority,
        "service": ticket.service_id.hex if ticket.service_id else None,
        "site": ticket.site_id.hex if ticket.site_id else None,
        "holder": ticket.holder_organization_id.hex if ticket.holder_organization_id else None,
        "team": ticket.holder_team_id.hex if ticket.holder_team_id else None,
        "opened_at": instant_text(ticket.opened_at),
        **computed_with(),
    }


def share_description(
    record: Record, part: Participation, *, first: FirstWords, actor: Actor, at: datetime
) -> None:
    """Bring a ticket into an engagement's stream as it stands, with its description and files. Appends `ticket.shared/1`.

    The holder, and whoever shares it, are named only where the newcomer may know them. Answers of shared fields go along.
    """
    if part.engagement is not None:
        files = files_again(files_of(first.files_of)) if first.files_of else NO_FILES
        descriptions_add(record.ticket, [_shared(record, part, first.text, files, actor, at)], at=at)
        fields_bring(record, part, at=at)


def _shared(  # noqa: PLR0917 - private, in the order in which it is told
    record: Record, part: Participation, text: str, files: Attached, actor: Actor, at: datetime
) -> Description:
    ticket = record.ticket
    known = parties_seen_by(part.organization_id, record.parts)
    facts = opening_facts(ticket)
    if ticket.holder_organization_id not in known:
        facts["holder"] = facts["team"] = None
    if actor.organization_id not in known:
        # Whoever brings it is a stranger to the newcomer: it comes from the owner.
        actor = system_actor(
            reason="a step of a party that is not named here", organization_id=ticket.owner_id
        )
    draft = Draft(
        kind="ticket.shared/1",
        subject_kind="ticket",
        subject_id=ticket.id,
        audience_id=audience_intern([part.engagement.stream_id] if part.engagement else []),
        occurred_at=at,
        facts=facts | files.facts,
        payload={"title": ticket.title, "text": text, "asset": ticket.asset_name, **files.payload},
    )
    return Description(draft, actor, _words(ticket, text, files), files)


def _participants(
    ticket: Ticket,
    engagement: Engagement | None,
    engagements: Sequence[Engagement],
    terms: Mapping[UUID | None, Terms],
    at: datetime,
) -> Record:
    """Return the ticket with all its parts, not yet saved: the owner's, and one for each engagement."""
    own = part_new(ticket, ticket.owner, None, Kind.OWNER, terms.get(None), at)
    record = Record(ticket=ticket, parts=[own], mine=own)
    for other in engagements:
        kind = Kind.WORKER if other is engagement else Kind.SCOPE
        part = part_new(ticket, other.partner, other, kind, terms.get(other.id), at)
        record.parts.append(part)
        if other is engagement:
            record.mine = part
    return record
