"""Where a list of tickets looks: ranges of indexes, no two of which hold the same ticket.

A reader's sight is cut into the desks that the grants reach, and for somebody who sees only their teams' work into one range a
team. Each range is what `visible_to` gives to some of the reader's grants, so that together they are the reader's sight and
nothing beyond it. Filters that the indexes of participations carry narrow a range; all others are a condition on top of it.

Not here: orders and pages (`lists`), and what a row shows (`list_rows`).
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Exists, OuterRef, Q

from cosource.foundation.errors import Invalid
from cosource.foundation.sight import REQUESTER, TECHNICIAN, WORKERS, Actor, GrantFact
from cosource.tickets.models import Participation
from cosource.tickets.models.participation import Kind, ParticipationQuerySet
from cosource.tickets.queries.fields import answered_as, readable_sets
from cosource.tickets.queries.filters import OPEN_STATES, TURNS, TicketFilter, field_parts
from cosource.tickets.rules.forms import fields_read
from cosource.tickets.rules.sight import READ_IN_SCOPE, READS_DESKS

# More ranges than these are not worth a search of their own each: they are read as one, which has to sort.
MERGED_RANGES = 12
# What tells of the desk's own work, which somebody who only asked does not read.
NOT_FOR_REQUESTERS = ("due", "team", "assignee", "client", "engagement", "holder", "flag", "field")


@dataclass(frozen=True, slots=True)
class Ranges:
    """The ranges whose union is the list. `rest`: what their rows must fulfil besides, which no index answers."""

    parts: list[ParticipationQuerySet]
    rest: Q

    @property
    def is_exact(self) -> bool:
        """Tell whether every row of the ranges belongs to the list."""
        return not self.rest


def asks_only(actor: Actor) -> bool:
    """Tell whether the actor sees nothing but what they asked for themselves."""
    return not actor.sight.roles & READS_DESKS


def reads_tickets(actor: Actor) -> bool:
    """Tell whether any role of the actor reads tickets at all."""
    return bool(actor.sight.roles & (READS_DESKS | {REQUESTER}))


def refuse_unreadable(actor: Actor, filters: TicketFilter) -> None:
    """Refuse to filter by what the reader may not read, since the answer would tell it. Raises: Invalid, naming the filters."""
    if not asks_only(actor):
        return
    fields = {
        name: "You don't read this of your tickets." for name in NOT_FOR_REQUESTERS if getattr(filters, name)
    }
    if fields:
        raise Invalid("That filter is not yours to use.", fields=fields, code="unreadable_filter")


def ranges_of(actor: Actor, filters: TicketFilter, at: datetime) -> Ranges:
    """Return where the actor's list is found. Raises: Invalid for a filter that the actor may not use."""
    refuse_unreadable(actor, filters)
    actor, answered = _by_field(actor, filters)
    desks, rest = _desks_and_rest(actor, filters)
    rest &= answered
    whole = [(_reached(actor, grants), Q(desk=desk)) for desk, grants in sorted(desks.items())]
    cut = [
        (rows, on_desk & part)
        for (rows, on_desk), (_, grants) in zip(whole, sorted(desks.items()), strict=True)
        for part in _by_team(actor, grants)
    ]
    teams, halves = _teams(actor, filters), _halves(filters)
    if len(cut) * len(teams) * len(halves) > MERGED_RANGES:
        cut, teams = whole, [filters.team]
    if len(cut) * len(halves) > MERGED_RANGES:
        cut = [(_reached(actor, actor.sight.grants), Q(desk__in=sorted(desks)))]
    named = [_named(actor, filters, at, team=team) & Q(open=is_open) for team in teams for is_open in halves]
    return Ranges([rows.filter(part & more) for rows, part in cut for more in named], rest)


def rows_among(
    actor: Actor, filters: TicketFilter, at: datetime, ticket_ids: Collection[UUID]
) -> ParticipationQuerySet:
    """Return what of these tickets belongs to the actor's list. Raises: Invalid for a filter that the actor may not use.

    The rows are reached by the tickets' ids, however large the list is.
    """
    refuse_unreadable(actor, filters)
    actor, answered = _by_field(actor, filters)
    desks, condition = _desks_and_rest(actor, filters)
    condition &= answered
    if filters.state != "all":
        # Not said as the indexes of lists have it, or SQLite would take one of those instead of the ids.
        condition &= Q(open__in=_halves(filters))
    reached = _reached(actor, (grant for grants in desks.values() for grant in grants))
    return reached.filter(condition & _named(actor, filters, at, team=filters.team), ticket_id__in=ticket_ids)


def has_steady_ranges(filters: TicketFilter) -> bool:
    """Tell whether a list's ranges are all there is to it, and the same at any instant."""
    return not (filters.text or filters.due or filters.engagement or filters.field or _rest(filters))


def _by_field(actor: Actor, filters: TicketFilter) -> tuple[Actor, Q]:
    """Return the condition for a desk's own field, and the actor with those grants alone that let them read what is answered.

    A field that is not the reader's to read is answered nowhere, whether it is there or not. One query where there is one.
    """
    if not filters.field:
        return actor, Q()
    set_id, key, wanted = field_parts(filters.field)
    one = readable_sets(actor).filter(id=set_id).first()
    field = next((f for f in fields_read(one.form) if f.key == key), None) if one else None
    if one is None or field is None:
        return actor, Q(pk__in=())
    roles = WORKERS if one.internal else READS_DESKS
    grants = tuple(grant for grant in actor.sight.grants if grant.role in roles)
    return replace(actor, sight=replace(actor.sight, grants=grants)), answered_as(one, field, wanted)


def _desks_and_rest(actor: Actor, filters: TicketFilter) -> tuple[dict[UUID, tuple[GrantFact, ...]], Q]:
    """Return the desks that a list spans, each with the actor's grants, and what its rows must fulfil besides."""
    desks, rest = _desks(actor), _rest(filters)
    if filters.engagement:
        wanted = UUID(filters.engagement)
        if wanted in desks:
            return {wanted: desks[wanted]}, rest
        rest &= _worked_under(actor, wanted)
    return desks, rest


def _desks(actor: Actor) -> dict[UUID, tuple[GrantFact, ...]]:
    """Return the desks that the actor's grants reach, each with its grants."""
    desks: dict[UUID, tuple[GrantFact, ...]] = {}
    for grant in actor.sight.grants:
        desk = grant.engagement_id or actor.organization_id
        if desk is not None:
            desks[desk] = (*desks.get(desk, ()), grant)
    return desks


def _by_team(actor: Actor, grants: tuple[GrantFact, ...]) -> list[Q]:
    """Cut a desk into one range a team, for those whose grants show them their teams' work and their own alone."""
    by_teams = all(
        g.role == TECHNICIAN and g.engagement_id is not None and READ_IN_SCOPE not in g.rights for g in grants
    )
    if not by_teams:
        return [Q()]
    teams = sorted(actor.sight.team_ids)
    ranges = [Q(team_id=team) for team in teams]
    others = ~Q(team_id__in=teams) if teams else Q()
    if actor.person_id is not None:
        ranges.append(others & Q(assignee_id=actor.person_id))
        others &= ~Q(assignee_id=actor.person_id)
    if teams:
        # Offered to one of the teams by another team of the same party, which still holds it; with what another party offers
        # them the teams have been since.
        ranges.append(others & Q(unanswered=True, holds=True, offered_team_id__in=teams))
    return ranges or [Q()]


def _reached(actor: Actor, grants: Iterable[GrantFact]) -> ParticipationQuerySet:
    fewer = replace(actor, sight=replace(actor.sight, grants=tuple(grants)))
    return Participation.objects.visible_to(fewer)


def _teams(actor: Actor, filters: TicketFilter) -> list[str]:
    """Return the teams to look at one by one; an empty name is any."""
    if filters.team != "mine":
        return [filters.team]
    return [team.hex for team in sorted(actor.sight.team_ids)] or ["mine"]


def _halves(filters: TicketFilter) -> list[bool]:
    """Return which halves of a desk the list spans: its open tickets, those that are over, or both."""
    if filters.state == "all":
        return [True, False]
    return [filters.state in OPEN_STATES]


def _named(actor: Actor, filters: TicketFilter, at: datetime, *, team: str) -> Q:
    """Return the condition for the filters that the indexes carry."""
    condition = Q()
    if filters.turn:
        condition &= Q(turn=TURNS[filters.turn])
    if filters.due:
        condition &= Q(next_due_at__lt=_due_before(filters.due, at))
        if filters.due != "overdue":
            condition &= Q(next_due_at__gte=at)
    if filters.priority:
        condition &= Q(priority=int(filters.priority))
    if team == "mine":
        condition &= Q(team_id__in=sorted(actor.sight.team_ids))
    elif team:
        condition &= Q(team_id=team)
    if filters.assignee == "mine":
        condition &= Q(assignee_id=actor.person_id) if actor.person_id else Q(pk__in=())
    elif filters.assignee:
        condition &= Q(assignee_id=filters.assignee)
    if filters.kind:
        condition &= Q(about=filters.kind)
    if filters.flag:
        condition &= Q(**{filters.flag: True})
    return condition


def _due_before(word: str, at: datetime) -> datetime:
    if word == "overdue":
        return at
    return at + timedelta(hours=1 if word == "hour" else 24)


def _rest(filters: TicketFilter) -> Q:
    """Return the condition for the filters that no index answers."""
    condition = Q()
    if filters.state in ("paused", "resolved", "closed"):
        condition &= Q(category=filters.state)
    if filters.client:
        condition &= Q(owner_id=filters.client)
    if filters.service:
        condition &= Q(service_id=filters.service)
    if filters.site:
        condition &= Q(site_id=filters.site)
    if filters.holder:
        condition &= _held_by(UUID(filters.holder))
    return condition


def _held_by(party: UUID) -> Q:
    """Return the condition that a party holds the ticket, as far as the reader's party knows of it there.

    The owner knows of all. Another knows of itself, of the owner, of whom it engages or is engaged by, and once several work
    jointly of those.
    """
    others = Participation.objects.filter(ticket_id=OuterRef("ticket_id"), organization_id=party)
    known = (
        Q(kind=Kind.OWNER)
        | Q(organization_id=party)
        | Q(owner_id=party)
        | Q(engagement__client_id=party)
        | Exists(others.filter(engagement__client_id=OuterRef("organization_id")))
        | (Q(joint=True) & Exists(others.filter(joint=True)))
    )
    return Q(ticket__holder_organization_id=party) & known


def _worked_under(actor: Actor, engagement_id: UUID) -> Q:
    """Return the condition that a partner works on the ticket under an engagement with the reader's own organization."""
    return Q(
        Exists(
            Participation.objects.filter(
                ticket_id=OuterRef("ticket_id"),
                engagement_id=engagement_id,
                engagement__client_id=actor.reads_as,
                kind=Kind.WORKER,
            )
        )
    )
