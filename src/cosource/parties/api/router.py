"""Endpoints of this room: what a program must be able to name on a ticket.

Rights, tokens, people and placements are for people to decide, on pages and by name: a token reads none of them and gives none,
so that a leaked one cannot make itself a better one. Notices have a module of their own.
"""

from uuid import UUID

from django.http import HttpRequest

from cosource.foundation import clock
from cosource.foundation.api import ListOut, list_out
from cosource.foundation.api import router as room_router
from cosource.foundation.doors import actor_of
from cosource.parties.api.notices import router as notices_router
from cosource.parties.api.schemas import EngagementOut, NamedOut, OrganizationOut, RosterOut
from cosource.parties.models import Engagement, Organization, Service, Site, Team
from cosource.parties.queries.duty import Roster, roster_of
from cosource.parties.queries.engagements import engagement_names
from cosource.parties.queries.organizations import organization_own, service_list, site_list
from cosource.parties.queries.people import team_names

router = room_router(tag="parties")
router.add_router("", notices_router)


@router.get("/organization", response=OrganizationOut, summary="Read the token's organization")
def organization_read(request: HttpRequest) -> Organization:
    """Return the organization that made the token."""
    return organization_own(actor_of(request))


@router.get("/engagements", response=ListOut[EngagementOut], summary="List engagements by name")
def engagements_list(request: HttpRequest, cursor: str = "", limit: int = 50) -> dict[str, object]:
    """Return a page of the engagements on which the token holds a right."""
    page = engagement_names(actor_of(request), cursor=cursor, limit=limit)
    return list_out(page, _as_is)


@router.get("/teams", response=ListOut[NamedOut], summary="List teams that a ticket can be handed to")
def teams_list(request: HttpRequest, cursor: str = "", limit: int = 50) -> dict[str, object]:
    """Return a page of the token's own teams and of those offered under its engagements."""
    page = team_names(actor_of(request), cursor=cursor, limit=limit)
    return list_out(page, _as_is)


@router.get("/teams/{uuid:team_id}/duty", response=RosterOut, summary="Read an own team's duty roster")
def team_duty_read(request: HttpRequest, team_id: UUID) -> Roster:
    """Return the shifts of one of the token's own teams, and who of it is on duty now."""
    return roster_of(actor_of(request), team_id, at=clock.now())


@router.get("/services", response=ListOut[NamedOut], summary="List services that a ticket can name")
def services_list(request: HttpRequest, cursor: str = "", limit: int = 50) -> dict[str, object]:
    """Return a page of the own services and of those that the token's engagements cover or covered."""
    return list_out(service_list(actor_of(request), cursor=cursor, limit=limit), _as_is)


@router.get("/sites", response=ListOut[NamedOut], summary="List sites that a ticket can name")
def sites_list(request: HttpRequest, cursor: str = "", limit: int = 50) -> dict[str, object]:
    """Return a page of the own sites and of those that the token's engagements cover."""
    return list_out(site_list(actor_of(request), cursor=cursor, limit=limit), _as_is)


def _as_is[T: Engagement | Team | Service | Site](row: T) -> T:
    # The schema picks the fields.
    return row
