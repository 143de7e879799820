"""Who is to be reached about one ticket now, on each side of each engagement that the reader shares on it."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from cosource.foundation.errors import NotFound
from cosource.foundation.pages import PartyBadge
from cosource.foundation.sight import Actor
from cosource.parties.models import Organization
from cosource.tickets.matrix.queries.parts import Side, is_kept_by
from cosource.tickets.matrix.queries.shown import Now, ReachLine, now_of
from cosource.tickets.matrix.queries.worlds import lines_of, worlds_of
from cosource.tickets.matrix.rules.line import HIERARCHICAL
from cosource.tickets.models import MatrixPart
from cosource.tickets.queries.as_requester import reads_as_requester
from cosource.tickets.queries.badges import badges_of
from cosource.tickets.queries.record import Record, load

_MOMENT = timedelta(microseconds=1)
# So many of a side stand on the ticket; the page of all levels has the rest.
_FIRST = 2


@dataclass(frozen=True, slots=True)
class SideNow:
    """A party's people to be reached about a ticket. `badge`: None where the reader is not shown that party on the ticket."""

    organization: Organization
    badge: PartyBadge | None
    engagement_id: UUID
    now: Now

    @property
    def first_asked(self) -> list[ReachLine]:
        """Return whom to begin with: who knows more before who decides more."""
        return self.now.reached[:_FIRST]

    @property
    def first_deciding(self) -> list[ReachLine]:
        """Return who decides: who decides more before who knows more."""
        return sorted(self.now.reached, key=lambda one: one.direction != HIERARCHICAL)[:_FIRST]


@dataclass(frozen=True, slots=True)
class OnTicket:
    """All sides that the reader may know of."""

    record: Record
    sides: list[SideNow]


def reach_of(actor: Actor, ticket_id: UUID, *, at: datetime) -> OnTicket:
    """Return who is to be reached about a ticket in sight. Raises: NotFound, for whoever asks as its requester, too."""
    record = load(ticket_id, actor)
    if reads_as_requester(record, actor) or actor.sight.as_host:
        raise NotFound
    engagements = {part.engagement_id for part in record.parts if part.engagement_id is not None}
    own = actor.organization_id
    rows = MatrixPart.objects.visible_to(actor).filter(engagement_id__in=engagements)
    parts = [
        part
        for part in rows.select_related("organization", "engagement").order_by(
            "engagement__name", "engagement_id"
        )
        if own in {part.engagement.client_id, part.engagement.partner_id}
    ]
    # Of each engagement the client first; one's own desk stands once for each of its partners.
    parts.sort(
        key=lambda p: (p.engagement.name, p.engagement_id, p.organization_id != p.engagement.client_id)
    )
    worlds = worlds_of(parts, at, at + _MOMENT)
    badges = badges_of(record)
    ticket = record.ticket
    found = []
    for part in parts:
        is_own = part.organization_id == own
        side = Side(
            organization=part.organization,
            is_own=is_own,
            is_in_hand=is_own or is_kept_by(part.organization, actor),
            may_keep=False,
            part=part,
            lines=lines_of(part),
            world=worlds[part.id],
            read_at=at,
            ends_at=part.engagement.ends_at,
        )
        now = now_of(side, kind=ticket.kind, priority=ticket.priority, at=at)
        if side.lines:
            found.append(
                SideNow(part.organization, badges.get(part.organization_id), part.engagement_id, now)
            )
    return OnTicket(record, found)
