"""What somebody may open a ticket with: its kind, the desk, service and site, who asks, and the team that holds it first.

Not here: opening it (`services.opening`).
"""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from cosource.foundation.errors import Invalid, NotAllowed, NotFound
from cosource.foundation.prepared import Prepared
from cosource.foundation.sight import MANAGER, REQUESTER, SERVICE_OWNER, TECHNICIAN, Actor
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
from cosource.tickets.queries.desks import openable_kinds
from cosource.tickets.rules.states import TicketKind
from cosource.tickets.services.policy import WRITE


def kind_for(actor: Actor, kind: str) -> TicketKind:
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


def engagement_for(actor: Actor, engagement_id: UUID | None, at: datetime) -> Engagement | None:
    """Return the engagement for whose client the actor opens; none is the own desk. Raises: NotFound, NotAllowed."""
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


def own_desk(actor: Actor) -> Organization:
    """Return the organization on whose own desk the actor opens. Raises: NotAllowed, NotFound."""
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


def of_owner[M: (Service, Site)](
    model: type[M], pk: UUID | None, owner: Organization, actor: Actor
) -> M | None:
    """Return one of the desk's services or sites that the actor sees, by its id. Raises: NotFound."""
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


def works_for(person_id: UUID, organization_id: UUID, at: datetime) -> bool:
    """Tell whether an organization employs somebody now."""
    return Employment.objects.filter(live(at), person_id=person_id, organization_id=organization_id).exists()


def first_team(
    team_id: UUID | None, owner: Organization, engagement: Engagement | None, at: datetime
) -> Team:
    """Return the team that holds the ticket first: never none, since a ticket is always with somebody.

    Under an engagement it is one that works there: the client must not learn of teams that work for others.
    Raises: NotFound, Invalid where there is no team yet.
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
        if _covers_site(row.engagement, site_id, at):
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


def _covers_site(engagement: Engagement, site_id: UUID | None, at: datetime) -> bool:
    """Tell whether the engagement covers a site now; one without limits covers all."""
    if not engagement.sites_limited:
        return True
    return site_id is not None and engagement.covered_sites.filter(live(at), site_id=site_id).exists()
