"""What happened to tickets while somebody was away, as far as they may read it: the handover of a shift.

Read from the end of the party's streams, whose positions have no gap, so that it costs the same however long a record is.
Not here: what waits now (`today`), and the record of one ticket (`conversation`).
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from cosource.foundation.models import Seal, Stream
from cosource.foundation.queries.streams import stream_tops
from cosource.foundation.sight import WORKERS, Actor, working
from cosource.tickets.models import Participation
from cosource.tickets.queries.list_rows import TicketRow, rows_for

# So far back each stream is looked through, and so many tickets are shown.
LOOKED_AT = 1_000
SHOWN = 60
_PIECE = 500


class Matter(StrEnum):
    """What of a ticket matters most to whoever comes back, in this order."""

    ESCALATED = "escalated"
    CAME = "came"
    SAID = "said"
    OVER = "over"
    ELSE = "else"


_MATTERS = {
    "escalation.raised/1": Matter.ESCALATED,
    "ticket.major_declared/1": Matter.ESCALATED,
    "ticket.opened/1": Matter.CAME,
    "ticket.shared/1": Matter.CAME,
    "ticket.handed_over/1": Matter.CAME,
    "ticket.handover_offered/1": Matter.CAME,
    "ticket.handover_declined/1": Matter.CAME,
    "ticket.message_added/1": Matter.SAID,
    "ticket.approval_asked/1": Matter.SAID,
    "ticket.approval_decided/1": Matter.SAID,
}
_ORDER = tuple(Matter)
_OVER = ("resolved", "closed")
# What others do with a ticket for themselves tells nothing to whoever comes back, nor what the system says again of
# one's own step to those who may not know who took it.
_QUIET = (
    "clock.recomputed/1",
    "ticket.routed/1",
    "ticket.source_line/1",
    "ticket.source_names/1",
    "ticket.state_known/1",
    "ticket.survey_asked/1",
)
# Repeated by the system for other readers than the step of a person, whose own entry tells it.
_TOLD_APART = ("ticket.fields_set/1",)


@dataclass(slots=True)
class Changed:
    """A ticket to which something happened. `words`: what, each with how often; `at`: when last."""

    row: TicketRow
    matter: Matter
    words: list[str]
    at: datetime


@dataclass(slots=True)
class Since:
    """What happened since an instant. `is_cut`: more happened than was looked through or is shown."""

    tickets: list[Changed] = field(default_factory=list)
    is_cut: bool = False


type Happened = tuple[UUID, str, UUID, UUID | None, datetime]


def since(actor: Actor, start: datetime, *, at: datetime, for_teams: bool) -> Since:
    """Return what others did since `start` with tickets in sight, by what matters most, then the newest first.

    `for_teams`: with what the actor's teams hold or the actor works on; else with all that the actor reads. In at most nine
    queries. Who works on nothing is told nothing.
    """
    if not actor.sight.roles & WORKERS or actor.organization_id is None:
        return Since()
    entries, is_cut = _entries(actor.reads_as, start)
    by_ticket: dict[UUID, list[Happened]] = {}
    for entry in entries:
        is_own = entry[3] == actor.person_id or (entry[3] is None and entry[1] in _TOLD_APART)
        if not is_own and entry[1] not in _QUIET:
            by_ticket.setdefault(entry[2], []).append(entry)
    parts = _parts(actor, list(by_ticket), for_teams=for_teams)
    newest = sorted(parts, key=lambda part: by_ticket[part[1]][0][4], reverse=True)
    rows = rows_for([part_id for part_id, _ticket in newest[: SHOWN * 2]], actor=actor, at=at)
    found = [_changed(row, by_ticket[row.id]) for row in rows]
    found.sort(key=lambda one: (_ORDER.index(one.matter), -one.at.timestamp()))
    return Since(found[:SHOWN], is_cut or len(newest) > SHOWN)


def _entries(organization_id: UUID, start: datetime) -> tuple[list[Happened], bool]:
    """Return the entries about tickets in a party's streams since `start`, the newest first, and whether there may be more."""
    streams = Stream.objects.filter(
        Q(first_organization_id=organization_id) | Q(second_organization_id=organization_id)
    )
    tops = stream_tops(list(streams.values_list("id", flat=True)))
    ranges = Q(pk__in=())
    for stream_id, top in tops.items():
        ranges |= Q(stream_id=stream_id, position__lte=top, position__gt=top - LOOKED_AT)
    found: dict[UUID, Happened] = {}
    oldest: dict[UUID, datetime] = {}
    seals = Seal.objects.filter(ranges).values_list(
        "stream_id",
        "entry_id",
        "entry__kind",
        "entry__subject_id",
        "entry__actor_id",
        "entry__recorded_at",
        "entry__subject_kind",
        "entry__channel",
    )
    for stream_id, entry_id, kind, subject_id, actor_id, recorded_at, about, channel in seals:
        oldest[stream_id] = min(oldest.get(stream_id, recorded_at), recorded_at)
        if recorded_at > start and about == "ticket" and channel != "import":
            found[entry_id] = entry_id, kind, subject_id, actor_id, recorded_at
    is_cut = any(tops[i] > LOOKED_AT and earliest > start for i, earliest in oldest.items())
    return sorted(found.values(), key=lambda one: (one[4], one[0]), reverse=True), is_cut


def _parts(actor: Actor, ticket_ids: Sequence[UUID], *, for_teams: bool) -> list[tuple[UUID, UUID]]:
    """Return of some tickets those in a worker's sight, as the own party's part and the ticket."""
    near = Q()
    if for_teams:
        near = Q(team_id__in=actor.sight.team_ids) | Q(offered_team_id__in=actor.sight.team_ids)
        near |= Q(assignee_id=actor.person_id)
    found: list[tuple[UUID, UUID]] = []
    for first in range(0, len(ticket_ids), _PIECE):
        some = ticket_ids[first : first + _PIECE]
        parts = Participation.objects.visible_to(working(actor)).filter(near, ticket_id__in=some)
        found += parts.order_by().values_list("id", "ticket_id")
    return found


def _changed(row: TicketRow, entries: Sequence[Happened]) -> Changed:
    counts = Counter(kind for _id, kind, *_rest in entries)
    matters = {_MATTERS.get(kind, Matter.ELSE) for kind in counts}
    is_over = row.category in _OVER and Matter.ESCALATED not in matters
    matter = Matter.OVER if is_over else min(matters, key=_ORDER.index)
    words = [word for kind in _WORDS if (word := _word(kind, counts[kind]))]
    if not words:
        words = [ngettext("%(n)s change", "%(n)s changes", len(entries)) % {"n": len(entries)}]
    return Changed(row, matter, words, entries[0][4])


_WORDS = (
    "ticket.opened/1",
    "ticket.major_declared/1",
    "escalation.raised/1",
    "ticket.handed_over/1",
    "ticket.handover_offered/1",
    "ticket.handover_declined/1",
    "ticket.approval_asked/1",
    "ticket.approval_decided/1",
    "ticket.message_added/1",
    "ticket.assigned/1",
    "ticket.state_changed/1",
)


def _word(kind: str, n: int) -> str:
    """Return what happened, and how often where that tells something."""
    if not n:
        return ""
    counted = {
        "ticket.message_added/1": ngettext("%(n)s message", "%(n)s messages", n),
        "escalation.raised/1": ngettext("escalated", "escalated %(n)s times", n),
        "ticket.handed_over/1": ngettext("handed over", "handed over %(n)s times", n),
    }
    once = {
        "ticket.opened/1": _("opened"),
        "ticket.major_declared/1": _("declared a major incident"),
        "ticket.handover_offered/1": _("offered"),
        "ticket.handover_declined/1": _("handover declined"),
        "ticket.approval_asked/1": _("approval asked"),
        "ticket.approval_decided/1": _("approval decided"),
        "ticket.assigned/1": _("assigned"),
        "ticket.state_changed/1": _("moved on"),
    }
    return counted[kind] % {"n": n} if kind in counted else once[kind]
