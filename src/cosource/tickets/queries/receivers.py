"""Where a ticket may be handed to. Not here: the handing over (`services.handover`)."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from django.db.models import Q, QuerySet

from cosource.foundation.prepared import Prepared
from cosource.parties.models import Engagement, EngagementTeam, Team
from cosource.parties.queries.sight import live
from cosource.tickets.models import Possession
from cosource.tickets.models.participation import Kind
from cosource.tickets.queries.record import Record, parties_seen_by


def handover_teams(record: Record, at: datetime) -> list[Team]:
    """Return the teams to which the ticket may be offered, by party and name: own ones, the owner's, and partners' in scope."""
    found = receiving_teams(record, reachable_engagements(record, at), at)
    if record.ticket.holder_team_id is not None:
        found = found.exclude(id=record.ticket.holder_team_id)
    return list(found.order_by("organization__name", "name", "id"))


def receiving_teams(record: Record, engagements: Iterable[Engagement], at: datetime) -> "QuerySet[Team]":
    """Return the live teams that may be offered the ticket under these engagements.

    Of another party only those that it offers under an engagement at hand, and those that had the ticket before: a team that
    works for another client is nobody's business here.
    """
    mine = record.mine
    known = parties_seen_by(mine.organization_id, record.parts)
    had_it = Possession.objects.filter(ticket=record.ticket, organization_id__in=known).values("team_id")
    offered = EngagementTeam.objects.filter(live(at), engagement_id__in=_under(record, engagements))
    return Team.objects.filter(
        Q(organization_id=mine.organization_id) | Q(id__in=offered.values("team_id")) | Q(id__in=had_it),
        organization_id__in=_parties(record, engagements),
        ended_at__isnull=True,
    ).select_related("organization")


def receiving_team(
    record: Record, team_id: UUID, engagements: Iterable[Engagement], at: datetime
) -> Team | None:
    """Return a team if it is among the `receiving_teams`: the same question, asked of one, with each statement at hand."""
    mine = record.mine
    team = _live_team.first(team_id=team_id)
    if team is None or team.organization_id not in _parties(record, engagements):
        return None
    if team.organization_id == mine.organization_id:
        return team
    if not _under(record, engagements).isdisjoint(_offered_under(team_id=team_id, at=at)):
        return team
    known = parties_seen_by(mine.organization_id, record.parts)
    held_by = _held_by(ticket_id=record.ticket.id)
    return team if any(held == team_id and party in known for party, held in held_by) else None


def _parties(record: Record, engagements: Iterable[Engagement]) -> set[UUID]:
    return {record.mine.organization_id, record.ticket.owner_id, *(e.partner_id for e in engagements)}


def _under(record: Record, engagements: Iterable[Engagement]) -> set[UUID]:
    own = record.mine.engagement_id
    return {e.id for e in engagements} | ({own} if own else set())


_live_team = Prepared[Team](
    lambda team_id: Team.objects.filter(id=team_id, ended_at__isnull=True).select_related("organization"),
    team_id=UUID,
)
_offered_under = Prepared[UUID](
    lambda team_id, at: EngagementTeam.objects.filter(live(at), team_id=team_id).values_list(
        "engagement_id", flat=True
    ),
    team_id=UUID,
    at=datetime,
)
_held_by = Prepared[tuple[UUID | None, UUID | None]](
    lambda ticket_id: Possession.objects.filter(ticket_id=ticket_id).values_list(
        "organization_id", "team_id"
    ),
    ticket_id=UUID,
)


def reachable_engagements(record: Record, at: datetime) -> list[Engagement]:
    """Return the engagements under which the actor's party may pass the ticket on: those in which it is the client.

    The owner may share any ticket that is not internal; a partner may pass it only to its own subcontractors.
    """
    if record.ticket.internal:
        return []
    found = _led_by(client_id=record.mine.organization_id, at=at)
    if record.mine.kind == Kind.OWNER:
        return found
    return [engagement for engagement in found if engagement.parent_id == record.mine.engagement_id]


_led_by = Prepared[Engagement](
    lambda client_id, at: (
        Engagement.objects.filter(live(at), client_id=client_id)
        .select_related("partner")
        .order_by("created_at", "id")
    ),
    client_id=UUID,
    at=datetime,
)
