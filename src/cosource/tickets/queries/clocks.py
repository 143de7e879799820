"""A ticket's clocks as one reader may see them, and the possession ribbon with the times that go with it.

The owner sees every clock. A partner sees its own, those it set its subcontractors, and its client's where that is the owner;
never another partner's. Not here: lists, which show one bar a row.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

from django.utils.timezone import get_current_timezone_name
from django.utils.translation import gettext as _

from cosource.agreements.queries.terms import terms_of
from cosource.agreements.rules.terms import Terms
from cosource.calendars.rules.business_time import Calendar, elapsed_minutes
from cosource.foundation.pages import PartyBadge
from cosource.foundation.prepared import Prepared
from cosource.tickets.models import Clock, Participation, Pause, Possession
from cosource.tickets.models.participation import Kind
from cosource.tickets.queries.escalations import EscalationLine
from cosource.tickets.queries.record import Record
from cosource.tickets.queries.standing_still import AnyClock, AnyPause, away, pauses_of_clock
from cosource.tickets.rules.clock_kinds import KINDS
from cosource.tickets.rules.clocks import (
    ClockBar,
    ClockPause,
    ClockState,
    ClockStatus,
    clock_bar,
    clock_state,
    duration_words,
)
from cosource.tickets.rules.possession import PossessionInterval
from cosource.tickets.rules.ribbon import Ribbon, RibbonDue, ribbon
from cosource.tickets.rules.ribbon_pieces import RibbonParty, RibbonPause, RibbonTeam
from cosource.tickets.rules.states import Turn
from cosource.tickets.rules.wording import Phrase, gettext_lazy

_TURNS = {
    "requester": Turn.REQUESTER,
    "client": Turn.CLIENT,
    "partner": Turn.PARTNER,
    "third_party": Turn.VENDOR,
}
_REQUESTER, _VENDOR = "requester", "third_party"


class Held(NamedTuple):
    """A stretch in which one team held the ticket."""

    organization_id: UUID | None
    team_id: UUID | None
    team_name: str | None
    from_at: datetime
    until_at: datetime | None


@dataclass(frozen=True, slots=True)
class ClockLine:
    """A clock as a line: whose (None: of the whole ticket, towards the customer), of what, how it stands.

    `badge`: the party that owes it. `late`: says that a longer target came late in the window. `earlier`: how many rounds of its
    kind ended before this one, and how many of them in time.
    """

    id: UUID
    kind: str
    engagement_id: UUID | None
    badge: PartyBadge | None
    name: Phrase
    state: ClockState
    bar: ClockBar
    target: Phrase
    late: Phrase | None = None
    earlier: Phrase | None = None
    escalations: tuple[EscalationLine, ...] = ()


@dataclass(frozen=True, slots=True)
class TimeLine:
    """A party's time on the ticket: `net` in which it could work, `gross` with the pauses on its own turn, its target."""

    badge: PartyBadge | None
    name: str
    net: Phrase
    gross: Phrase
    target: Phrase | None
    runs: bool
    net_minutes: float


@dataclass(frozen=True, slots=True)
class ClockPanel:
    """What the panel "Clocks" shows. `main`: the clock that the ribbon and the header speak of."""

    lines: tuple[ClockLine, ...]
    times: tuple[TimeLine, ...]
    total_net: Phrase
    total_gross: Phrase
    main: ClockLine | None
    agreements: tuple[str, ...]
    customer_target: Phrase | None = None


def possession_of(ticket_id: UUID) -> list[Held]:
    """Return who held a ticket when, in the order of the record."""
    return [Held(*row) for row in _possession(ticket_id=ticket_id)]


_possession = Prepared[tuple[Any, ...]](
    lambda ticket_id: (
        Possession.objects.filter(ticket_id=ticket_id)
        .order_by("sequence")
        .values_list("organization_id", "team_id", "team__name", "from_at", "until_at")
    ),
    ticket_id=UUID,
)
pauses_of = Prepared[Pause](
    lambda ticket_id: Pause.objects.filter(ticket_id=ticket_id).order_by("sequence"), ticket_id=UUID
)
clocks_of = Prepared[Clock](lambda ticket_id: Clock.objects.filter(ticket_id=ticket_id), ticket_id=UUID)


def reading(clock: AnyClock, pauses: Iterable[AnyPause], at: datetime) -> tuple[ClockState, ClockBar]:
    """Read one clock, with the pauses that its own agreement lets count."""
    terms = terms_of(clock.version_id)
    ends = clock.met_at or clock.stopped_at
    state = clock_state(
        started_at=clock.started_at,
        target_minutes=clock.target_minutes,
        calendar=terms.calendars[clock.calendar],
        now=at,
        pauses=_stood_still(clock, terms, pauses),
        met_at=ends,
        warning_share=terms.warning_percent / 100,
    )
    if clock.met_at is None and ends is not None and state.status is ClockStatus.MET:
        state = replace(state, status=ClockStatus.ENDED)
    return state, clock_bar(state, KINDS[clock.kind].label)


def _stood_still(clock: AnyClock, terms: Terms, pauses: Iterable[AnyPause]) -> list[ClockPause]:
    found = [
        ClockPause(p.from_at, p.until_at, _TURNS.get(p.turn, Turn.NOBODY), reason_label(p.reason, terms))
        for p in pauses_of_clock(clock, terms, pauses)
    ]
    return found + [ClockPause(a, b, Turn.NOBODY, _("with another party")) for a, b in away(clock)]


def reason_label(key: str, terms: Terms | None) -> str:
    """Return what an agreement calls a pause reason; for one that it does not list, the key in words."""
    found = terms.pause_reason(key) if terms else None
    return found.label if found else key.replace("_", " ")


def clock_lines(
    record: Record,
    clocks: Sequence[Clock],
    pauses: Sequence[Pause],
    badges: dict[UUID, PartyBadge],
    at: datetime,
) -> tuple[ClockLine, ...]:
    """Return the clocks that the reader may see, the customer-facing one last of its kind."""
    rounds: dict[tuple[str, UUID | None], list[Clock]] = {}
    for clock in sorted(clocks, key=lambda c: c.round):
        if may_see(record, clock.engagement_id):
            rounds.setdefault((clock.kind, clock.engagement_id), []).append(clock)
    lines = []
    for *before, clock in rounds.values():
        state, bar = reading(clock, pauses, at)
        owing = clock.owed_by_id or record.ticket.owner_id
        lines.append(
            ClockLine(
                id=clock.id,
                kind=clock.kind,
                engagement_id=clock.engagement_id,
                badge=badges.get(owing),
                name=KINDS[clock.kind].label,
                state=state,
                bar=bar,
                target=duration_words(clock.target_minutes),
                late=_late(clock),
                earlier=_earlier(before),
            )
        )
    order = list(KINDS)
    return tuple(sorted(lines, key=lambda c: (order.index(c.kind), c.engagement_id is None, c.state.due_at)))


def _late(clock: Clock) -> Phrase | None:
    if clock.late_at is None or clock.late_from_minutes is None:
        return None
    before, after = duration_words(clock.late_from_minutes), duration_words(clock.target_minutes)
    return gettext_lazy("changed late, from %(before)s to %(after)s", before=before, after=after)


def _earlier(clocks: Sequence[Clock]) -> Phrase | None:
    ended = [c.met_at or c.stopped_at for c in clocks]
    if not ended:
        return None
    kept = sum(at is not None and at <= c.due_at for c, at in zip(clocks, ended, strict=True))
    return gettext_lazy("before: %(kept)s of %(count)s in time", kept=kept, count=len(ended))


def may_see(record: Record, engagement_id: UUID | None) -> bool:
    """Tell whether the reader may know of the clocks of an engagement, or of the owner's desk (None)."""
    mine = record.mine
    if mine.kind == Kind.OWNER:
        return True
    if engagement_id is None:
        return mine.engagement is not None and mine.engagement.client_id == record.ticket.owner_id
    if engagement_id == mine.engagement_id:
        return True
    part = next((p for p in record.parts if p.engagement_id == engagement_id), None)
    return (
        part is not None and part.engagement is not None and part.engagement.client_id == mine.organization_id
    )


def main_clock(record: Record, lines: Sequence[ClockLine]) -> ClockLine | None:
    """Return the clock that matters most to the reader: the own resolve clock, else the owner's, else any."""
    for engagement_id in (record.mine.engagement_id, None):
        for kind in ("resolve", "respond"):
            for line in lines:
                if (line.kind, line.engagement_id) == (kind, engagement_id):
                    return line
    return None


def calendar_of(line: ClockLine | None, clocks: Iterable[Clock]) -> Calendar | None:
    """Return the calendar by which a clock counts."""
    if line is None:
        return None
    clock = next(c for c in clocks if (c.kind, c.engagement_id) == (line.kind, line.engagement_id))
    return terms_of(clock.version_id).calendars[clock.calendar]


def draw_ribbon(
    record: Record,
    possessions: Sequence[Held],
    pauses: Sequence[Pause],
    badges: dict[UUID, PartyBadge],
    *,
    main: ClockLine | None,
    calendar: Calendar | None,
    notes: dict[datetime, str],
    return_limit: int | None,
    at: datetime,
) -> Ribbon:
    """Draw the ribbon with the parties that have a badge; all others become one neutral piece."""
    ticket = record.ticket
    if calendar is not None and elapsed_minutes(ticket.opened_at, max(at, ticket.opened_at), calendar) < 1:
        # All of it lies in closed hours: by the calendar there would be nothing to see.
        calendar = None
    parties = [RibbonParty(i, b.slot, b.initials, b.name) for i, b in badges.items()]
    parties.append(RibbonParty(_REQUESTER, 0, "", _("the requester")))
    parties.append(RibbonParty(_VENDOR, 0, "", _("a third party")))
    teams = {
        p.team_id: p.team_name for p in possessions if p.team_id is not None and p.organization_id in badges
    }
    ended_at = ticket.closed_at or ticket.resolved_at if ticket.category in ("resolved", "closed") else None
    due = (
        RibbonDue(main.name, main.state.due_at, main.state.first_due_at)
        if main and ended_at is None
        else None
    )
    return ribbon(
        opened_at=ticket.opened_at,
        now=at,
        possession=[
            PossessionInterval(p.organization_id, p.team_id, p.from_at, p.until_at) for p in possessions
        ],
        parties=parties,
        teams=[RibbonTeam(i, name or "") for i, name in teams.items()],
        pauses=[RibbonPause(p.from_at, p.until_at, _pause_party(p), _reason(p, record)) for p in pauses],
        due=due,
        ended_at=ended_at,
        calendar=calendar,
        zone=ZoneInfo(get_current_timezone_name()),
        notes=notes,
        return_limit=return_limit,
    )


def _pause_party(pause: Pause) -> UUID | str | None:
    if pause.turn_organization_id is not None:
        return pause.turn_organization_id
    return {"requester": _REQUESTER, "third_party": _VENDOR}.get(pause.turn)


def _reason(pause: Pause, record: Record) -> str:
    """Return why it waited; what another party's agreement calls it is not the reader's to know."""
    if pause.version_id is None:
        return reason_label(pause.reason, None)
    known = {p.agreement_version_id for p in record.parts if may_see(record, p.engagement_id)}
    return reason_label(pause.reason, terms_of(pause.version_id)) if pause.version_id in known else ""


def clock_panel(
    record: Record,
    drawn: Ribbon,
    lines: tuple[ClockLine, ...],
    badges: dict[UUID, PartyBadge],
    main: ClockLine | None,
) -> ClockPanel:
    """Sum up the ribbon by party, so that its legend and this table agree to the minute."""
    by_slot = {b.slot: b for b in badges.values()}
    organizations = {b.slot: i for i, b in badges.items()}
    net: dict[int, float] = {}
    waited: dict[int, float] = {}
    for item in drawn.legend:
        sums = waited if item.state == "paused" else net
        sums[item.slot] = sums.get(item.slot, 0.0) + item.minutes
    holder = (
        badges.get(record.ticket.holder_organization_id) if record.ticket.holder_organization_id else None
    )
    targets = {c.badge.slot: c.target for c in lines if c.kind == "resolve" and c.badge and c.engagement_id}
    still = record.ticket.category != "open"
    times = [
        TimeLine(
            badge=by_slot.get(slot),
            name=by_slot[slot].name if slot in by_slot else _("others"),
            net=duration_words(net.get(slot, 0.0)),
            gross=duration_words(net.get(slot, 0.0) + waited.get(slot, 0.0)),
            target=targets.get(slot),
            runs=holder is not None and slot == holder.slot and not still,
            net_minutes=net.get(slot, 0.0),
        )
        for slot in dict.fromkeys([*net, *waited])
    ]
    versions = {
        part.agreement_version_id
        for part in record.parts
        if part.agreement_version_id is not None
        and (part.engagement_id in {c.engagement_id for c in lines})
        and (part.organization_id in organizations.values())
        and _agreed_with(record, part)
    }
    return ClockPanel(
        lines=lines,
        times=tuple(times),
        total_net=duration_words(sum(net.values())),
        total_gross=duration_words(sum(net.values()) + sum(waited.values())),
        main=main,
        agreements=tuple(sorted(terms_of(v).name for v in versions)),
        customer_target=next(
            (c.target for c in lines if c.kind == "resolve" and c.engagement_id is None), None
        ),
    )


def _agreed_with(record: Record, part: Participation) -> bool:
    """Tell whether the reader is a party of what this part is worked under: a desk's own agreement is its own business."""
    mine = record.mine
    return (
        mine.kind == Kind.OWNER
        or part.id == mine.id
        or (part.engagement is not None and part.engagement.client_id == mine.organization_id)
    )


def is_urgent(line: ClockLine | None) -> bool:
    """Tell whether a clock is amber or red."""
    return line is not None and line.state.status in (ClockStatus.SOON, ClockStatus.OVER)
