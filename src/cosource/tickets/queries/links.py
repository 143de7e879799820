"""The tickets that one is linked with, as one reader may see them, and finding another one to link it with.

A link whose other end is out of the reader's sight is not there. Not here: setting links (`services.links`).
"""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.utils.translation import gettext as _

from cosource.foundation.sight import Actor
from cosource.tickets.models import Participation, TicketLink
from cosource.tickets.models.participation import Beside
from cosource.tickets.queries.filters import TicketFilter
from cosource.tickets.queries.lists import ticket_list
from cosource.tickets.queries.record import Record, load
from cosource.tickets.rules.links import KINDS, MERGED_INTO
from cosource.tickets.rules.states import STATES

# So many are offered where words were given instead of a reference, and so many stand on a page.
CANDIDATES = 8
SHOWN = 100


@dataclass(frozen=True, slots=True)
class LinkLine:
    """A linked ticket: its name in the reader's own series, what it is to this one, and how it stands."""

    link_id: UUID
    kind: str
    label: str
    ticket_id: UUID
    reference: str
    title: str
    state: str
    state_label: str
    category: str
    at: datetime

    @property
    def by_hand(self) -> bool:
        """Tell whether it may be taken off again."""
        return KINDS[self.kind].by_hand


@dataclass(frozen=True, slots=True)
class Candidate:
    """A ticket that words found."""

    ticket_id: UUID
    reference: str
    title: str
    state_label: str


_ORDER = {key: place for place, key in enumerate((MERGED_INTO, *KINDS))}


def link_lines(record: Record, actor: Actor) -> list[LinkLine]:
    """Return the links of a ticket that the actor sees, by kind. One query, and none for a ticket without links."""
    if not record.mine.has_beside(Beside.LINKS):
        return []
    rows = (
        TicketLink.objects.filter(
            ticket=record.ticket, other__participations__in=Participation.objects.visible_to(actor)
        )
        .order_by("at", "id")
        .values_list(
            "link_id",
            "kind",
            "other_id",
            "other__participations__reference",
            "other__title",
            "other__state",
            "other__category",
            "at",
        )[:SHOWN]
    )
    lines = [
        LinkLine(i, kind, _(KINDS[kind].label), other, reference, title, state, _label(state), category, at)
        for i, kind, other, reference, title, state, category, at in rows
    ]
    return sorted(lines, key=lambda line: _ORDER[line.kind])


def links_of(*, actor: Actor, ticket_id: UUID) -> list[LinkLine]:
    """Return the links of a ticket that the actor sees. Raises: NotFound."""
    return link_lines(load(ticket_id, actor), actor)


def tickets_found(
    *, actor: Actor, text: str, but: UUID | None, at: datetime
) -> tuple[UUID | None, list[Candidate]]:
    """Find another ticket by reference or words: the one that is meant, or those that may be.

    A reference of the reader's own series means just that ticket; words find the newest.
    Raises: Invalid as the list of tickets does.
    """
    wanted = " ".join(text.split())
    if not wanted:
        return None, []
    page = ticket_list(
        actor=actor,
        filters=TicketFilter(state="all", order="newest", text=wanted),
        at=at,
        limit=CANDIDATES + 1,
    )
    rows = [row for row in page.rows if row.id != but]
    if page.by_reference and len(rows) == 1:
        return rows[0].id, []
    return None, [Candidate(r.id, r.reference, r.title, _(r.state_label)) for r in rows[:CANDIDATES]]


def _label(state: str) -> str:
    return _(STATES[state].label)
