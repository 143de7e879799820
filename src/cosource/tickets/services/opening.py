"""Opening a ticket."""

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime
from functools import wraps
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from cosource.agreements.queries.terms import terms_of_desks
from cosource.agreements.rules.terms import Terms
from cosource.calendars.queries.sources import computed_with
from cosource.foundation.bulk import insert_all
from cosource.foundation.errors import Invalid, NotAllowed, NotFound
from cosource.foundation.prepared import Prepared
from cosource.foundation.rules.canonical import instant_text
from cosource.foundation.services.audience import audience_intern
from cosource.foundation.services.files import NO_FILES, Attached, files_again, files_of, files_take
from cosource.foundation.services.ledger import Draft
from cosource.foundation.sight import MANAGER, REQUESTER, SERVICE_OWNER, TECHNICIAN, Actor, system_actor
from cosource.parties.models import (
    Employment,
    Engagement,
    EngagementService,
    EngagementTeam,
    Organization,
    Service,
    Site,
    Team,
)
from cosource.parties.queries.sight import live
from cosource.tickets.models import Participation, Possession, Ticket
from cosource.tickets.models.participation import Kind
from cosource.tickets.queries.desks import openable_kinds
from cosource.tickets.rules.states import NEW, STATES, TicketKind
from cosource.tickets.services.clocks import clocks_new
from cosource.tickets.services.fields import fields_bring
from cosource.tickets.services.first_team import Opening, routed
from cosource.tickets.services.listkeys import keys_set
from cosource.tickets.services.policy import WRITE
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
    kind = _kind_for(actor, kind)
    engagement = _engagement(actor, engagement_id, at)
    owner = engagement.client if engagement else _own_desk(actor)
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
    service = _of_owner(Service, service_id, owner, actor)
    site = _of_owner(Site, site_id, owner, actor)
    if actor.sight.roles == {REQUESTER}:
        requester_id = actor.person_id
    # A partner knows its client's people by name only.
    if requester_id is not None and (engagement or not _works_for(requester_id, owner.id, at)):
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
    team = _first_team(chosen.team_id if chosen else team_id, owner, engagement, at)
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


def engagements_covering(
    *,
    client_id: UUID,
    service_id: UUID | None,
    site_id: UUID | None,
    at: datetime,
    but: Engagement | None = None,
) -> list[Engagement]:
    """Return the client's live engagements whose scope covers a service, and the site where sites are limited; one a partner.

    A ticket without a service is covered by none: it is shared by handing it over. `but`: its partner takes part already.
    """
    if service_id is None:
        return []
    found = _covering(service_id=service_id, client_id=client_id, at=at)
    by_partner = {but.partner_id: but} if but else {}
    for row in found:
        if covers_site(row.engagement, site_id, at):
            by_partner.setdefault(row.engagement.partner_id, row.engagement)
    return [e for e in by_partner.values() if e is not but]


_covering = Prepared[EngagementService](
    lambda service_id, client_id, at: (
        EngagementService.objects.filter(
            live(at), live(at, "engagement__"), service_id=service_id, engagement__client_id=client_id
        )
        .select_related("engagement__partner")
        .order_by("engagement__created_at", "engagement_id")
    ),
    service_id=UUID,
    client_id=UUID,
    at=datetime,
)


def covers_site(engagement: Engagement, site_id: UUID | None, at: datetime) -> bool:
    """Tell whether the engagement covers a site now; one without limits covers all."""
    if not engagement.sites_limited:
        return True
    return site_id is not None and engagement.covered_sites.filter(live(at), site_id=site_id).exists()


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


def _kind_for(actor: Actor, kind: str) -> TicketKind:
    """Return the kind, where the actor may open it. Raises: Invalid, NotAllowed."""
    try:
        found = TicketKind(kind)
    except ValueError:
        raise Invalid(
            "There is no such kind of ticket.",
            fields={"kind": _("One of %(choices)s.") % {"choices": ", ".join(TicketKind)}},
        ) from None
    if found not in openable_kinds(actor):
        raise NotAllowed("Your role opens incidents and service requests only.")
    return found


def _engagement(actor: Actor, engagement_id: UUID | None, at: datetime) -> Engagement | None:
    if engagement_id is None:
        return None
    engagement = (
        Engagement.objects.filter(
            live(at), id=engagement_id, id__in=actor.sight.engagement_ids, partner_id=actor.organization_id
        )
        .select_related("client", "partner")
        .first()
    )
    if engagement is None:
        raise NotFound
    if not actor.sight.roles_on(engagement.id) & {TECHNICIAN, MANAGER}:
        raise NotAllowed("Your role on this engagement opens no tickets.")
    _token_may_write(actor, engagement.id)
    return engagement


def _own_desk(actor: Actor) -> Organization:
    if not actor.sight.roles_on(None) & {TECHNICIAN, SERVICE_OWNER, MANAGER, REQUESTER}:
        raise NotAllowed("Your role opens no tickets on this desk.")
    _token_may_write(actor, None)
    owner = _organization.first(key=actor.reads_as)
    if owner is None:
        raise NotFound
    return owner


_organization = Prepared[Organization](lambda key: Organization.objects.filter(id=key), key=UUID)


def _token_may_write(actor: Actor, engagement_id: UUID | None) -> None:
    if actor.kind == "token" and not any(
        WRITE in g.rights for g in actor.sight.grants if g.engagement_id == engagement_id
    ):
        raise NotAllowed("This token may read only.", code="read_only_token")


def _of_owner[M: (Service, Site)](
    model: type[M], pk: UUID | None, owner: Organization, actor: Actor
) -> M | None:
    if pk is None:
        return None
    found: M | None
    if owner.id == actor.organization_id:
        # One's own are all in sight.
        found = _own[model].first(key=pk, owner_id=owner.id)
    else:
        found = model.objects.visible_to(actor).filter(pk=pk, organization=owner).first()
    if found is None:
        raise NotFound
    return found


_own: dict[type[Service | Site], Prepared[Any]] = {
    Service: Prepared(
        lambda key, owner_id: Service.objects.filter(pk=key, organization_id=owner_id),
        key=UUID,
        owner_id=UUID,
    ),
    Site: Prepared(
        lambda key, owner_id: Site.objects.filter(pk=key, organization_id=owner_id), key=UUID, owner_id=UUID
    ),
}


def _works_for(person_id: UUID, organization_id: UUID, at: datetime) -> bool:
    return Employment.objects.filter(live(at), person_id=person_id, organization_id=organization_id).exists()


def _first_team(
    team_id: UUID | None, owner: Organization, engagement: Engagement | None, at: datetime
) -> Team:
    """Return the team that holds the ticket first: never none, since a ticket is always with somebody.

    Under an engagement it is one that works there: the client must not learn of teams that work for others.
    """
    if engagement is None and team_id is not None:
        found = _desk_team.first(team_id=team_id, owner_id=owner.id)
        if found is None:
            raise NotFound
        return found
    party = engagement.partner_id if engagement else owner.id
    teams = Team.objects.filter(organization_id=party, ended_at__isnull=True).order_by("id")
    if engagement is not None:
        offered = EngagementTeam.objects.filter(live(at), engagement=engagement)
        teams = teams.filter(id__in=offered.values("team_id"))
    if team_id is not None:
        found = teams.filter(id=team_id).first()
        if found is None:
            raise NotFound
        return found
    first = teams.first()
    if first is None:
        raise Invalid(
            "There is no team yet that could hold a ticket.", fields={"team_id": "Add a team first."}
        )
    return first


_desk_team = Prepared[Team](
    lambda team_id, owner_id: Team.objects.filter(
        id=team_id, organization_id=owner_id, ended_at__isnull=True
    ),
    team_id=UUID,
    owner_id=UUID,
)
