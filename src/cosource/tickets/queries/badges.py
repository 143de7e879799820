"""How the parties of one ticket are drawn for one reader: colour slot, letters and name, from the rows at hand.

A party that the reader does not know of has no badge and is drawn neutral. Not here: badges across tickets
(`foundation.pages.party_badges_for`).
"""

from uuid import UUID

from cosource.foundation.pages import PARTY_SLOTS, PartyBadge
from cosource.tickets.models.participation import Kind
from cosource.tickets.queries.record import Record, parties_seen_by


def badges_of(record: Record) -> dict[UUID, PartyBadge]:
    """Return the badges of the parties that the reader knows of; the owner first, then as they joined."""
    seen = parties_seen_by(record.mine.organization_id, record.parts)
    badges: dict[UUID, PartyBadge] = {}
    taken: set[int] = set()
    # A subcontractor's slot is one of its client's; on one ticket no two parties may look alike.
    for part in sorted(record.parts, key=lambda p: (p.kind != Kind.OWNER, p.engagement_id is None)):
        if part.organization_id not in seen:
            continue
        slot, letters = 1, part.organization.initials
        if part.engagement is not None:
            slot = part.engagement.slot
            letters = part.engagement.initials or letters
        if slot in taken:
            slot = next((s for s in range(2, PARTY_SLOTS + 1) if s not in taken), 0)
        taken.add(slot)
        badges[part.organization_id] = PartyBadge(slot, letters, part.organization.name)
    return badges
