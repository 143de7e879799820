"""How parties are drawn: slot, letters and name, the same for every reader; only those in the reader's sight have a badge."""

from typing import Any
from uuid import UUID

from django.db.models import F, OuterRef, QuerySet, Subquery

from cosource.foundation.ids import NIL
from cosource.foundation.pages import PARTY_SLOTS, PartyBadge
from cosource.foundation.prepared import BySight
from cosource.foundation.sight import Actor
from cosource.parties.models import Engagement, Organization
from cosource.parties.models.scope import reach_q

CLIENT_SLOT = 1
# Running engagements first: where a party is drawn in two ways, the first counts.
_FIRST_DRAWN = (F("ends_at").desc(nulls_first=True), "slot", "id")


def own_badge(actor: Actor) -> PartyBadge | None:
    """Return the badge of the actor's own organization, as `party_badges_everywhere` has it, in one query."""
    own = _own(actor)
    if not own:
        return None
    name, initials, slot, letters = own[0]
    if slot is None:
        return PartyBadge(CLIENT_SLOT, initials, name)
    return PartyBadge(slot if slot <= PARTY_SLOTS else 0, letters or initials, name)


def _own_of(actor: Actor) -> "QuerySet[Organization, tuple[Any, ...]]":
    as_partner = Engagement.objects.filter(reach_q(actor.sight), partner_id=OuterRef("pk")).order_by(
        *_FIRST_DRAWN
    )
    return (
        Organization.objects.filter(pk=actor.organization_id or NIL)
        .annotate(
            slot=Subquery(as_partner.values("slot")[:1]), letters=Subquery(as_partner.values("initials")[:1])
        )
        .values_list("name", "initials", "slot", "letters")
    )


_own = BySight[tuple[str, str, int | None, str | None]](_own_of)


def party_badges_by_client(actor: Actor) -> dict[UUID, dict[UUID, PartyBadge]]:
    """Return the badges that an actor sees at each client, by client and organization; in two queries.

    The reader's own organization is the client of its own desk, with or without a partner.
    """
    found: dict[UUID, dict[UUID, PartyBadge]] = {}
    own = (
        Organization.objects.filter(pk=actor.organization_id or NIL)
        .values_list("id", "initials", "name")
        .first()
    )
    if own is None:
        return found
    found[own[0]] = {own[0]: PartyBadge(CLIENT_SLOT, own[1], own[2])}
    rows = (
        Engagement.objects.filter(reach_q(actor.sight))
        .order_by(*_FIRST_DRAWN)
        .values_list(
            "client_id",
            "client__initials",
            "client__name",
            "partner_id",
            "initials",
            "partner__initials",
            "partner__name",
            "slot",
        )
    )
    for client_id, client_initials, client_name, partner_id, letters, initials, name, slot in rows:
        badges = found.setdefault(client_id, {})
        badges[client_id] = PartyBadge(CLIENT_SLOT, client_initials, client_name)
        drawn = slot if slot <= PARTY_SLOTS else 0
        badges.setdefault(partner_id, PartyBadge(drawn, letters or initials, name))
    return found


def party_badges(actor: Actor, client_id: UUID) -> dict[UUID, PartyBadge]:
    """Return the badges of the parties at one client that the actor sees, by organization."""
    return party_badges_by_client(actor).get(client_id, {})


def party_badges_everywhere(actor: Actor) -> dict[UUID, PartyBadge]:
    """Return one badge for each party in sight, for pages that span clients: as at the first client where it is drawn."""
    badges: dict[UUID, PartyBadge] = {}
    by_client = party_badges_by_client(actor)
    for client_id, parties in by_client.items():
        # Whoever is a client anywhere is drawn as one; a partner as at its client.
        badges[client_id] = parties[client_id]
    for parties in by_client.values():
        for organization_id, badge in parties.items():
            known = badges.get(organization_id)
            if known is None or (known.slot == CLIENT_SLOT and badge.slot > CLIENT_SLOT):
                badges[organization_id] = badge
    return badges
