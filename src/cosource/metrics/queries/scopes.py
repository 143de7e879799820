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
from cosource.metrics.rules.reaching import Desk, Reach, may_compare, reaches
from cosource.parties.models import Engagement, Organization
from cosource.tickets.rules.sight import READS_DESKS


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
    client_id: UUID | None = None
    partner_id: UUID | None = None
    absent: str = ""
    client_initials: str = ""
    partner_initials: str = ""
    partner_slot: int = 0


@dataclass(frozen=True, slots=True)
class Granted:
    """A desk and what may be looked at there. `partners`: who works there for the actor's organization."""

    desk: Desk
    reaches: tuple[Reach, ...]
    partners: frozenset[UUID] = frozenset()

    @property
    def is_whole(self) -> bool:
        """Tell whether all of the desk may be looked at."""
        return any(reach.is_whole for reach in self.reaches)


class OpenedScope(tuple[UUID, ...]):  # noqa: SLOT001 - a tuple that remembers needs a place to remember in
    """The ids of a scope that was granted to an actor already: asked with it again by the same actor, nothing is looked up."""

    actor: Actor | None = None
    granted: tuple[Granted, ...] = ()


def scopes_for(actor: Actor) -> list[Scope]:
    """Return the scopes of an actor: the own desk first, then engagements by the other party's name. At most two queries."""
    return _scopes(actor, *_desks(actor, named=True))


def scopes_opened(actor: Actor, desk_ids: Sequence[UUID] | None) -> tuple[list[Scope], OpenedScope]:
    """Return all scopes of an actor, and the one that is asked for (None: the usual one), for a page that asks much of it.

    At most two queries. Raises: NotFound.
    """
    own, engagements = _desks(actor, named=True)
    granted = _granted(actor, own, engagements, desk_ids)
    opened = OpenedScope(g.desk.id for g in granted)
    opened.actor, opened.granted = actor, granted
    return _scopes(actor, own, engagements), opened


def _scopes(
    actor: Actor, own: Granted | None, engagements: Sequence[tuple[Engagement, Granted]]
) -> list[Scope]:
    default = {granted.desk.id for granted in _default(actor, own, engagements)}
    found = []
    if own is not None:
        house = _house(own, engagements)
        found.append(
            Scope(
                own.desk.id,
                house.name,
                True,
                house.name,
                "",
                not own.is_whole,
                own.desk.id in default,
                client_initials=house.initials,
            )
        )
    for engagement, granted in engagements:
        client, partner = engagement.client, engagement.partner
        found.append(
            Scope(
                engagement.id,
                engagement.name,
                False,
                client.name,
                partner.name,
                not granted.is_whole,
                engagement.id in default,
                client.id,
                partner.id,
                next((side.name for side in (client, partner) if side.stand_in), ""),
                client.initials,
                engagement.initials or partner.initials,
                engagement.slot,
            )
        )
    return found


def _house(own: Granted, engagements: Sequence[tuple[Engagement, Granted]]) -> Organization:
    """Return whose own desk it is; most often it stands in one of the engagements that were read."""
    for engagement, _ in engagements:
        for side in (engagement.client, engagement.partner):
            if side.id == own.desk.id:
                return side
    return Organization.objects.only("name", "initials").get(id=own.desk.id)


def scope_granted(actor: Actor, desk_ids: Sequence[UUID] | None) -> tuple[Granted, ...]:
    """Return the desks that were asked for with what the actor may look at there; None: the actor's usual scope.

    A client's usual scope is its own desk, a partner's all its engagements. Raises: NotFound.
    """
    if isinstance(desk_ids, OpenedScope) and desk_ids.actor is actor:
        return desk_ids.granted
    return _granted(actor, *_desks(actor), desk_ids)


def _granted(
    actor: Actor,
    own: Granted | None,
    engagements: Sequence[tuple[Engagement, Granted]],
    desk_ids: Sequence[UUID] | None,
) -> tuple[Granted, ...]:
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


def compares(actor: Actor, granted: Sequence[Granted]) -> bool:
    """Tell whether the actor may have teams and parties of these desks set beside each other."""
    return may_compare(actor.sight, [(g.desk.id, g.partners) for g in granted])


def has_figures(actor: Actor) -> bool:
    """Tell, without a query, whether any grant lets the actor read the figures of some desk."""
    return any(grant.role in READS_DESKS for grant in actor.sight.grants)


def _desks(actor: Actor, *, named: bool = False) -> tuple[Granted | None, list[tuple[Engagement, Granted]]]:
    sight = actor.sight
    own = Desk(sight.organization_id or NIL)
    own_reaches = reaches(sight, own)
    # Tokens read figures as people do, so the engagements of the grants decide rather than who is somebody's staff.
    mine = Q(id__in=sight.engagement_ids)
    if own_reaches:
        mine |= Q(client_id=sight.organization_id)
    rows = Engagement.objects.filter(mine)
    if named:
        names = ("partner__name", "client__name", "name", "id")
        rows = rows.select_related("client", "partner").order_by(*names)
    else:
        rows = rows.only("client_id", "partner_id", "parent_id").order_by("id")
    engagements = []
    partners: set[UUID] = set()
    for engagement in rows:
        desk = Desk(engagement.id, engagement.client_id, engagement.partner_id)
        works_for_us = {engagement.partner_id} if engagement.client_id == sight.organization_id else set()
        partners |= works_for_us
        if found := reaches(sight, desk):
            engagements.append((engagement, Granted(desk, found, frozenset(works_for_us))))
    return (Granted(own, own_reaches, frozenset(partners)) if own_reaches else None), engagements


def _default(
    actor: Actor, own: Granted | None, engagements: Sequence[tuple[Engagement, Granted]]
) -> tuple[Granted, ...]:
    as_partner = tuple(g for e, g in engagements if e.partner_id == actor.organization_id)
    is_client = any(e.client_id == actor.organization_id and e.parent_id is None for e, _ in engagements)
    if own is not None and (is_client or not as_partner):
        return (own,)
    return as_partner or tuple(g for _, g in engagements)
