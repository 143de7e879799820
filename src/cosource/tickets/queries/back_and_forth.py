"""Open tickets that came back, by the two parties between which they go, each with who offered it to whom and why.

A reader is told of the handovers that its organization's record has; whom it does not know of is another party here too. Returns
are counted over these, so that the two sides of an engagement count alike. Not here: figures over time (the scoreboard).
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Exists, OuterRef
from django.utils.translation import gettext as _

from cosource.foundation.models import Entry
from cosource.foundation.pages import PartyBadge
from cosource.foundation.sight import Actor
from cosource.tickets.models import Handover
from cosource.tickets.queries.filters import TicketFilter
from cosource.tickets.queries.list_rows import TicketRow
from cosource.tickets.queries.lists import ticket_list
from cosource.tickets.rules.handover import DECLINE_REASONS, OFFER_REASONS

SHOWN = 60


@dataclass(frozen=True, slots=True)
class Hop:
    """One offer. Badges None draw as another party; `reason` is a message id.

    `reason_key`, `state` and `decline_key` are for programs: keys of `rules.handover`, and of the handover's states.
    """

    at: datetime
    giver: PartyBadge | None
    giver_id: UUID | None
    giver_team: str
    receiver: PartyBadge | None
    receiver_id: UUID | None
    receiver_team: str
    reason_key: str
    state: str
    decline_key: str
    is_return: bool

    @property
    def reason(self) -> str:
        """Return why it was offered."""
        return OFFER_REASONS.get(self.reason_key, self.reason_key)

    @property
    def declined_words(self) -> str:
        """Return why it was declined, in the reader's language."""
        return _(DECLINE_REASONS.get(self.decline_key, self.decline_key)) if self.decline_key else ""

    @property
    def came_back(self) -> bool:
        """Tell whether a party got the ticket back by it."""
        return self.is_return and self.state == Handover.State.ACCEPTED


@dataclass(frozen=True, slots=True)
class Returned:
    """A ticket that came back, with its offers, the oldest first; none where its record tells of none."""

    row: TicketRow
    hops: tuple[Hop, ...]

    @property
    def returns(self) -> int:
        """Return how often it came back, as far as the reader is told."""
        return sum(hop.came_back for hop in self.hops)


@dataclass(frozen=True, slots=True)
class Pair:
    """Tickets that last came back between the same two parties, the most returns first; None is another party."""

    sides: tuple[PartyBadge | None, PartyBadge | None]
    tickets: tuple[Returned, ...]

    @property
    def returns(self) -> int:
        """Return how often they came back in all."""
        return sum(one.returns for one in self.tickets)


def back_and_forth(actor: Actor, *, at: datetime) -> tuple[list[Pair], bool]:
    """Return the pairs, the most returns first, and whether there are more tickets than were looked at; those due first are.

    Raises: Invalid for whoever only asks for help.
    """
    page = ticket_list(actor=actor, filters=TicketFilter(flag="came_back"), at=at, limit=SHOWN)
    # Whoever sees a ticket only because they asked for it is told nothing of who held it.
    rows = [row for row in page.rows if row.came_back]
    hops = _hops(actor, rows)
    pairs: dict[frozenset[UUID | None], list[Returned]] = defaultdict(list)
    for row in rows:
        one = Returned(row, tuple(hops[row.id]))
        last = next((hop for hop in reversed(one.hops) if hop.came_back), None)
        pairs[frozenset({last.giver_id, last.receiver_id} if last else {None})].append(one)
    found = [
        Pair(_sides(sides, tickets[0].row), tuple(sorted(tickets, key=lambda one: -one.returns)))
        for sides, tickets in pairs.items()
    ]
    return sorted(found, key=lambda pair: -pair.returns), bool(page.next_cursor)


def _sides(parties: frozenset[UUID | None], row: TicketRow) -> tuple[PartyBadge | None, PartyBadge | None]:
    """Return two parties as they are drawn, the client first."""
    known = [(party != row.client_id, row.parties[party]) for party in parties if party is not None]
    badges = [badge for _is_later, badge in sorted(known, key=lambda one: (one[0], one[1].name))]
    return (badges[0] if badges else None, badges[1] if len(badges) > 1 else None)


def _hops(actor: Actor, rows: Sequence[TicketRow]) -> Mapping[UUID, list[Hop]]:
    parties = {row.id: row.parties for row in rows}
    told = Entry.objects.filter(id=OuterRef("entry_id"), audience__readers__organization_id=actor.reads_as)
    found: dict[UUID, list[Hop]] = defaultdict(list)
    for handover in (
        Handover.objects.filter(Exists(told), ticket_id__in=list(parties))
        .select_related("from_team", "to_team")
        .order_by("offered_at", "id")
    ):
        known = parties[handover.ticket_id]
        giver = known.get(handover.from_organization_id) if handover.from_organization_id else None
        receiver = known.get(handover.to_organization_id)
        found[handover.ticket_id].append(
            Hop(
                at=handover.offered_at,
                giver=giver,
                giver_id=handover.from_organization_id if giver else None,
                giver_team=handover.from_team.name if giver and handover.from_team else "",
                receiver=receiver,
                receiver_id=handover.to_organization_id if receiver else None,
                receiver_team=handover.to_team.name if receiver else "",
                reason_key=handover.reason,
                state=handover.state,
                decline_key=handover.decline_reason,
                is_return=handover.is_return,
            )
        )
    return found
