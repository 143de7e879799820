"""How the parties of the scopes in sight are drawn, from what was read with the scopes: no query of its own."""

from collections.abc import Iterable
from uuid import UUID

from cosource.foundation.pages import PARTY_SLOTS, PartyBadge
from cosource.metrics.queries.scopes import Scope
from cosource.parties.queries.badges import CLIENT_SLOT


def badges_of(scopes: Iterable[Scope]) -> dict[UUID, PartyBadge]:
    """Return a badge for each party, as other pages draw it: a client in the first slot, a partner as at its first client."""
    found: dict[UUID, PartyBadge] = {}
    for scope in scopes:
        if scope.is_own:
            found.setdefault(scope.id, PartyBadge(CLIENT_SLOT, scope.client_initials, scope.client))
            continue
        if scope.client_id is not None:
            found[scope.client_id] = PartyBadge(CLIENT_SLOT, scope.client_initials, scope.client)
        if scope.partner_id is not None:
            known = found.get(scope.partner_id)
            if known is None or known.slot == CLIENT_SLOT:
                slot = scope.partner_slot if scope.partner_slot <= PARTY_SLOTS else 0
                found[scope.partner_id] = PartyBadge(slot, scope.partner_initials, scope.partner)
    return found
