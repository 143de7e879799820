"""The scopes that an actor may ask figures for: the own desk, and engagements on either side.

A scope is one desk or several. Whoever is entitled to it gets the same figures; a scope that somebody is not entitled to answers
as one that never was.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db.models import Q

from cosource.foundation.errors import NotFound
from cosource.foundation.ids import NIL
from cosource.foundation.sight import Actor
from cosource.metrics.rules.reaching import Desk, Reach, reaches
from cosource.parties.models import Engagement, Organization


@dataclass(frozen=True, slots=True)
class Scope:
    """A desk that figures may be asked for. `is_own`: the organization's own; else an engagement, with both its parties."""

    id: UUID
    name: str
    is_own: bool
    client: str
    partner: str
    is_limited: bool
    is_default: bool


@dataclass(frozen=True, slots=True)
class Granted:
    """A desk and what may be looked at there."""

    desk: Desk
    reaches: tuple[Reach, ...]

    @property
    def is_whole(self) -> bool:
        """Tell whether all of the desk may be looked at."""
        return any(reach.is_whole for reach in self.reaches)


def scopes_for(actor: Actor) -> list[Scope]:
    """Return the scopes of an actor: the own desk first, then engagements by the other party's name. At most two queries."""
    own, engagements = _desks(actor)
    default = {granted.desk.id for granted in _default(actor, own, engagements)}
    found = []
    if own is not None:
        name = Organization.objects.values_list("name", flat=True).get(id=own.desk.id)
        found.append(Scope(own.desk.id, name, True, name, "", not own.is_whole, own.desk.id in default))
    for engagement, granted in engagements:
        client, partner = engagement.client.name, engagement.partner.name
        found.append(
            Scope(
                engagement.id,
                engagement.name,
                False,
                client,
                partner,
                not granted.is_whole,
                engagement.id in default,
            )
        )
    return found


def scope_granted(actor: Actor, desk_ids: Sequence[UUID] | None) -> tuple[Granted, ...]:
    """Return the desks that were asked for with what the actor may look at there; None: the actor's usual scope.

    A client's usual scope is its own desk, a partner's all its engagements. Raises: NotFound.
    """
    own, engagements = _desks(actor)
    if desk_ids is None:
        found = _default(actor, own, engagements)
    else:
        by_id = {granted.desk.id: granted for _, granted in engagements}
        if own is not None:
            by_id[own.desk.id] = own
        wanted = dict.fromkeys(desk_ids)
        if not wanted or not wanted.keys() <= by_id.keys():
            raise NotFound
        found = tuple(by_id[i] for i in wanted)
    if not found:
        raise NotFound
    return found


def _desks(actor: Actor) -> tuple[Granted | None, list[tuple[Engagement, Granted]]]:
    sight = actor.sight
    own = Desk(sight.organization_id or NIL)
    own_reaches = reaches(sight, own)
    # Tokens read figures as people do, so the engagements of the grants decide rather than who is somebody's staff.
    mine = Q(id__in=sight.engagement_ids)
    if own_reaches:
        mine |= Q(client_id=sight.organization_id)
    rows = Engagement.objects.filter(mine).select_related("client", "partner")
    engagements = []
    for engagement in rows.order_by("partner__name", "client__name", "name", "id"):
        desk = Desk(engagement.id, engagement.client_id, engagement.partner_id)
        if found := reaches(sight, desk):
            engagements.append((engagement, Granted(desk, found)))
    return (Granted(own, own_reaches) if own_reaches else None), engagements


def _default(
    actor: Actor, own: Granted | None, engagements: Sequence[tuple[Engagement, Granted]]
) -> tuple[Granted, ...]:
    as_partner = tuple(g for e, g in engagements if e.partner_id == actor.organization_id)
    is_client = any(e.client_id == actor.organization_id and e.parent_id is None for e, _ in engagements)
    if own is not None and (is_client or not as_partner):
        return (own,)
    return as_partner or tuple(g for _, g in engagements)
