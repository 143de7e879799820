"""What the tickets ask of somebody today, and what others do for them meanwhile.

Every read is a range of an index of `Participation`, cut off after `LIMIT`.
Not here: what other rooms ask (`foundation.today`), and the order of the day (`rules.day`).
"""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

from django.db.models import BooleanField, ExpressionWrapper, Q, QuerySet
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.timezone import get_current_timezone
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from cosource.foundation.pages import COUNT_CAP
from cosource.foundation.prepared import BySight
from cosource.foundation.sight import MANAGER, REQUESTER, SERVICE_OWNER, Actor
from cosource.foundation.today import TodayItem
from cosource.tickets.models import Participation
from cosource.tickets.models.participation import ParticipationQuerySet, Turn
from cosource.tickets.queries.escalations import ESCALATED
from cosource.tickets.queries.filters import TicketFilter
from cosource.tickets.queries.list_ranges import asks_only, ranges_of
from cosource.tickets.queries.list_rows import TicketRow, rows_for
from cosource.tickets.rules.clocks import ClockBar, ClockStatus
from cosource.tickets.rules.states import AWAITING_APPROVAL, NEW, WAITING_REQUESTER
from cosource.tickets.rules.wording import gettext_lazy

# No filter here is by a due time, so that the instant for which a list is asked decides nothing.
_ANY_TIME = datetime(1970, 1, 1, tzinfo=UTC)

# Of one participation: its id, when it is due, whose turn.
type Dated = tuple[UUID, datetime, int]

# A page of rows, which are read by statements that are kept.
LIMIT = 42
SOON = timedelta(hours=2)
WATCHED = 8
REQUESTS = 20
_REQUEST_ORDER = ("resolved", "open", "paused", "closed")


@dataclass(frozen=True, slots=True)
class Day:
    """What the tickets ask of somebody (`waiting`), and what others have the turn on meanwhile (`watched`).

    `has_more`: more tickets wait than are told here.
    """

    waiting: list[TodayItem]
    watched: list[TicketRow]
    has_more: bool


def tickets_day(actor: Actor, at: datetime, *, for_teams: bool) -> Day:
    """Return the tickets on which it is the actor's turn, and those that the person or their teams brought or had.

    For the person: what is assigned to them, and what their teams have but nobody took yet. For the teams: all that is theirs.
    Who leads without a team is asked for what no team has, and for handovers that wait for an answer.
    """
    found = _day(actor, for_teams)
    mine = [row for row in found if row[2] == Turn.MINE]
    waiting = _in_order(mine, LIMIT)
    watched = _in_order([row for row in found if row[2] != Turn.MINE], WATCHED)
    rows = rows_for([*waiting, *watched], actor=actor, at=at)
    return Day(
        waiting=[_item(row, at) for row in rows if row.turn == Turn.MINE],
        watched=[row for row in rows if row.turn != Turn.MINE],
        has_more=len(mine) > LIMIT,
    )


def _waiting_ranges(actor: Actor, *, for_teams: bool) -> list[ParticipationQuerySet]:
    mine = TicketFilter(turn="mine")
    ranges: list[ParticipationQuerySet] = []
    teams = actor.sight.team_ids
    if teams:
        of_teams = _ranges(actor, mine.but(team="mine"))
        ranges += of_teams if for_teams else [rows.filter(assignee_id__isnull=True) for rows in of_teams]
        # Offered by a team of one's own party, which holds the ticket until the answer.
        offered = _ranges(actor, mine.but(flag="unanswered"))
        ranges += [rows.filter(offered_team_id__in=teams) for rows in offered]
    elif leads(actor):
        whole = _ranges(actor, mine)
        ranges += whole if for_teams else [rows.filter(team_id__isnull=True) for rows in whole]
        ranges += _ranges(actor, mine.but(flag="unanswered"))
    if leads(actor):
        # Whoever answers for a desk decides, whichever team the ticket is with.
        ranges += _ranges(actor, mine.but(flag="to_approve"))
    if actor.person_id is not None:
        ranges += _ranges(actor, mine.but(assignee="mine"))
    return ranges


def _ranges(actor: Actor, filters: TicketFilter) -> list[ParticipationQuerySet]:
    if asks_only(actor):
        return []  # who administers, or only asks for help, works on no ticket
    return ranges_of(actor, filters, _ANY_TIME).parts


def _first(*wanted: tuple[list[ParticipationQuerySet], int]) -> "QuerySet[Participation, Dated]":
    """Return the first rows of each range, up to its limit, in one query."""
    # SQLite takes no limit inside a union; as a condition on the id it does.
    parts = [
        Participation.objects.filter(id__in=rows.order_by("next_due_at", "id").values("id")[:limit])
        .order_by()
        .values_list("id", "next_due_at", "turn")
        for ranges, limit in wanted
        for rows in ranges
    ]
    if not parts:
        return Participation.objects.none().values_list("id", "next_due_at", "turn")
    return parts[0].union(*parts[1:]) if len(parts) > 1 else parts[0]


def _in_order(rows: list[Dated], limit: int) -> list[UUID]:
    return [row[0] for row in sorted(rows, key=lambda row: (row[1], row[0]))[:limit]]


def waiting_count(actor: Actor) -> int:
    """Return on how many tickets it is the actor's turn, counted no further than just above `COUNT_CAP`."""
    return min(len(_waiting_for_person(actor)), COUNT_CAP + 1)


def _bar(row: TicketRow, at: datetime) -> ClockBar | None:
    """Return the clock; where there is time left, with the due time beside it rather than the remainder."""
    if row.bar is None or row.due_at is None or row.due_at - at < SOON or row.bar.state == ClockStatus.PAUSED:
        return row.bar
    local = row.due_at.astimezone(get_current_timezone())
    is_today = local.date() == at.astimezone(get_current_timezone()).date()
    shown = pgettext("date format", "H:i") if is_today else pgettext("date format", "D H:i")
    return replace(row.bar, label=gettext_lazy("%(due)s", due=date_format(local, shown)))


def _item(row: TicketRow, at: datetime) -> TodayItem:
    icon, action, key, why = _asked(row)
    if row.mark == ESCALATED:
        why = _joined(_("Escalated"), why)
    return TodayItem(
        id=row.id,
        icon=icon,
        title=row.title,
        reference=row.reference,
        why=why,
        url=reverse("tickets:ticket", args=[row.id]),
        action=action,
        action_key=key,
        due_at=row.due_at,
        party=row.holder,
        client=row.client,
        bar=_bar(row, at),
        priority=row.priority,
    )


def _asked(row: TicketRow) -> tuple[str, str, str, str]:
    place = row.place
    if row.unanswered:
        back = (
            _("It comes back to you: accept or decline")
            if row.came_back
            else _("Accept or decline the handover")
        )
        return "arrows-exchange", _("Accept"), "a", _joined(back, place)
    if row.category == "paused":
        return "hourglass", _("Answer"), "r", _joined(_("The work stands still until you answer"), place)
    if row.state == AWAITING_APPROVAL:
        return "gavel", _("Decide"), "o", _joined(_("It waits for your approval"), place)
    if row.state == NEW:
        return "ticket", _("Start"), "s", _joined(_("Nobody works on it yet"), place)
    return "ticket", _("Open"), "o", _joined(_("With you"), place)


def _joined(*words: str) -> str:
    return " · ".join(word for word in words if word)


def _watched_ranges(actor: Actor) -> list[ParticipationQuerySet]:
    ranges: list[ParticipationQuerySet] = []
    if actor.person_id is not None:
        ranges += _ranges(actor, TicketFilter(assignee="mine"))
    if actor.sight.team_ids:
        ranges += _ranges(actor, TicketFilter(team="mine"))
    elif leads(actor):
        ranges += _ranges(actor, TicketFilter())
    return [rows.exclude(turn=Turn.MINE) for rows in ranges]


_waiting_for_person = BySight[Dated](
    lambda actor: _first((_waiting_ranges(actor, for_teams=False), COUNT_CAP + 1))
)
_day = BySight[Dated](
    lambda actor, for_teams: _first(
        (_waiting_ranges(actor, for_teams=for_teams), LIMIT + 1), (_watched_ranges(actor), WATCHED)
    )
)


def leads(actor: Actor) -> bool:
    """Tell whether the actor answers for a desk or an engagement."""
    return bool(actor.sight.roles & {SERVICE_OWNER, MANAGER})


def is_requester_only(actor: Actor) -> bool:
    """Tell whether the actor asks for help here and nothing else."""
    return actor.sight.roles == {REQUESTER}


def requests_of(actor: Actor, at: datetime) -> list[TicketRow]:
    """Return what the actor asked for: what asks them something first, then what is open, and the newest first in each."""
    if actor.person_id is None:
        return []
    mine = Participation.objects.visible_to(actor).filter(requester_id=actor.person_id)
    is_over = ExpressionWrapper(Q(category="closed"), output_field=BooleanField())
    ids = list(mine.order_by(is_over, "-opened_at", "-id").values_list("id", flat=True)[:REQUESTS])
    rows = rows_for(ids, actor=actor, at=at)
    return sorted(rows, key=lambda r: (r.state != WAITING_REQUESTER, _REQUEST_ORDER.index(r.category)))
