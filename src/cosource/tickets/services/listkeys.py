"""Keeping the list keys of every participation and the ticket's clocks in step with the ticket.

Called at the end of each service, in its transaction. What is written is derived: from the ticket, its pauses and its terms.
"""

from collections.abc import Collection, Sequence
from datetime import datetime
from operator import attrgetter
from uuid import UUID

from cosource.agreements.queries.terms import terms_of
from cosource.agreements.rules.terms import TARGET_KINDS, TargetKindKey
from cosource.calendars.rules.business_time import Calendar, NeverDue, due
from cosource.foundation.bulk import insert_all, update_all
from cosource.foundation.prepared import Prepared
from cosource.foundation.sight import Actor
from cosource.tickets.models import NEVER, Clock, Handover, Pause, Ticket
from cosource.tickets.models.participation import Kind, Participation, Turn
from cosource.tickets.services.record import Record

OPEN_CATEGORIES = ("open", "paused")


def clocks_start(record: Record, part: Participation) -> None:
    """Start the clocks that a part's pinned terms ask for, from when the party was asked to work on the ticket."""
    insert_all(clocks_new(record.ticket, part))


def clocks_new(ticket: Ticket, part: Participation) -> list[Clock]:
    """Return the clocks that a part's pinned terms ask for, not yet saved."""
    made = (_clock_new(ticket, part, kind) for kind in TARGET_KINDS)
    return [clock for clock in made if clock is not None]


def _clock_new(ticket: Ticket, part: Participation, kind: TargetKindKey) -> Clock | None:
    if part.agreement_version_id is None or part.asked_at is None:
        return None
    terms = terms_of(part.agreement_version_id)
    target = terms.target_for(kind, ticket.priority, ticket.site_id, ticket.service_id)
    if target is None:
        return None
    due_at = _due(part.asked_at, target.minutes, terms.calendars[target.calendar])
    return Clock(
        ticket=ticket,
        engagement_id=part.engagement_id,
        version_id=part.agreement_version_id,
        kind=kind,
        target_minutes=target.minutes,
        calendar=target.calendar,
        started_at=part.asked_at,
        first_due_at=due_at,
        due_at=due_at,
    )


def clocks_retarget(record: Record) -> None:
    """Set the clocks that still run to what the terms say for the ticket's present priority, site and service.

    The new due time counts from the start, so that a downgrade late in the window gains no time by itself. A clock for which
    the terms now promise nothing goes; one that they promise now begins.
    """
    clocks = list(Clock.objects.filter(ticket=record.ticket))
    for part in record.parts:
        if part.agreement_version_id is None:
            continue
        own = {c.kind: c for c in clocks if c.engagement_id == part.engagement_id}
        for kind in TARGET_KINDS:
            _clock_fit(record, part, kind, own.get(kind))
    clocks_recompute(record)


def _clock_fit(record: Record, part: Participation, kind: TargetKindKey, clock: Clock | None) -> None:
    if clock is not None and clock.met_at is not None:
        return
    wanted = _clock_new(record.ticket, part, kind)
    if clock is None:
        insert_all([wanted] if wanted is not None else [])
    elif wanted is None:
        clock.delete()
    elif (clock.target_minutes, clock.calendar) != (wanted.target_minutes, wanted.calendar):
        clock.target_minutes, clock.calendar = wanted.target_minutes, wanted.calendar
        clock.save(update_fields=["target_minutes", "calendar"])


def clocks_recompute(record: Record) -> None:
    """Work out the due time of each clock that still runs, with the pauses that count for it."""
    ticket = record.ticket
    pauses = list(Pause.objects.filter(ticket=ticket, version__isnull=False).order_by("sequence"))
    for clock in Clock.objects.filter(ticket=ticket, met_at__isnull=True):
        terms = terms_of(clock.version_id)
        counted = [
            (p.from_at, p.until_at)
            for p in pauses
            if p.until_at is not None and terms.pauses_clock(p.turn, clock.engagement_id is None, p.reason)
        ]
        due_at = _due(clock.started_at, clock.target_minutes, terms.calendars[clock.calendar], counted)
        if due_at != clock.due_at:
            clock.due_at = due_at
            clock.save(update_fields=["due_at"])


def clock_meet(
    record: Record, kind: str, *, at: datetime, engagement_ids: list[UUID | None] | None = None
) -> None:
    """Stop the clocks of a kind at `at`: all of them, or those of the given engagements (None is the owner's)."""
    for clock in Clock.objects.filter(ticket=record.ticket, kind=kind, met_at__isnull=True):
        if engagement_ids is None or clock.engagement_id in engagement_ids:
            clock.met_at = at
            clock.save(update_fields=["met_at"])


def response_count(
    record: Record, actor: Actor, *, readers: Collection[UUID], with_requester: bool, at: datetime
) -> None:
    """Let a word by a person to the other side meet the respond clocks; a note among one's own is none."""
    if actor.kind != "person" or actor.person_id == record.ticket.requester_id:
        return
    author = record.part_of(actor.on_behalf_of or actor.organization_id)
    if author is None:
        return
    met: list[UUID | None] = []
    to_owner = author.kind != Kind.OWNER and record.ticket.owner_id in readers
    if with_requester or (record.ticket.requester_id is None and to_owner):
        met.append(None)
    if author.engagement is not None and author.engagement.client_id in readers:
        met.append(author.engagement_id)
    if met:
        clock_meet(record, "respond", at=at, engagement_ids=met)


def clock_reopen(record: Record) -> None:
    """Let the resolve clocks run on after a reopening: the same clocks, not new ones."""
    Clock.objects.filter(ticket=record.ticket, kind="resolve").update(met_at=None)
    clocks_recompute(record)


def sync(record: Record, *, at: datetime, told: Collection[UUID] | None = None) -> None:
    """Write the list keys of every part from the ticket, its clocks and its open handover.

    `told`: the parties that learn of the step; None means all. A part's revision and time of change rise when its party learns
    of something, and stay when others only talked among themselves: they would tell that something was said.
    """
    clocks = _running_clocks(ticket_id=record.ticket.id)
    offered = _open_handover.first(ticket_id=record.ticket.id)
    before = [(_keys_of(part), part.updated_at) for part in record.parts]
    keys_set(record, clocks, offered, at=at)
    for part, (was, updated_at) in zip(record.parts, before, strict=True):
        # What did not change is left out: it stands in many indexes. Two were set on the way here, and stand in none.
        changed = [name for name, old, new in zip(_KEYS, was, _keys_of(part), strict=True) if old != new]
        if changed or told is None or part.organization_id in told:
            part.revision += 1
        else:
            part.updated_at = updated_at
        update_all([part], (*changed, "joint", "asked_at", "updated_at", "revision"))


_running_clocks = Prepared[Clock](
    lambda ticket_id: Clock.objects.filter(ticket_id=ticket_id, met_at__isnull=True), ticket_id=UUID
)
_open_handover = Prepared[Handover](
    lambda ticket_id: Handover.objects.filter(ticket_id=ticket_id, state=Handover.State.OFFERED),
    ticket_id=UUID,
)


def keys_set(record: Record, clocks: Sequence[Clock], offered: Handover | None, *, at: datetime) -> None:
    """Set the list keys on every part, from the ticket, the clocks that run and the open handover. Writes nothing."""
    ticket = record.ticket
    paused_turn = ticket.turn if ticket.category == "paused" else None
    for part in record.parts:
        own = [c for c in clocks if c.engagement_id == part.engagement_id]
        if paused_turn is not None and _stands_still(part, paused_turn):
            own = []
        open_now = ticket.category in OPEN_CATEGORIES
        part.category = ticket.category
        part.open = open_now
        part.priority = ticket.priority
        part.service_id, part.site_id = ticket.service_id, ticket.site_id
        part.internal = ticket.internal
        part.requester_id = ticket.requester_id if part.kind == Kind.OWNER else None
        part.holds = ticket.holder_organization_id == part.organization_id
        part.unanswered = offered is not None and offered.to_organization_id == part.organization_id
        part.offered_team_id = offered.to_team_id if part.unanswered and offered is not None else None
        part.came_back = ticket.returns > 0
        part.turn = turn_for(ticket, part, offered)
        part.next_due_at = min((c.due_at for c in own), default=NEVER) if open_now else NEVER
        part.updated_at = at
        if part.holds:
            part.team_id = ticket.holder_team_id
            part.assignee_id = ticket.assignee_id
            if part.kind == Kind.SCOPE:
                part.kind = Kind.WORKER
        elif part.unanswered and offered is not None:
            part.team_id = offered.to_team_id
            if part.kind == Kind.SCOPE:
                part.kind = Kind.WORKER


_KEYS = (
    "kind",
    "category",
    "open",
    "priority",
    "service_id",
    "site_id",
    "team_id",
    "offered_team_id",
    "assignee_id",
    "requester_id",
    "internal",
    "holds",
    "unanswered",
    "came_back",
    "turn",
    "next_due_at",
)
_keys_of = attrgetter(*_KEYS)


def turn_for(ticket: Ticket, part: Participation, offered: Handover | None) -> Turn:
    """Return whose turn it is from one party's seat. An offered handover is the turn of whom it is offered to."""
    if ticket.category not in OPEN_CATEGORIES:
        return Turn.REQUESTER if ticket.category == "resolved" else Turn.NOBODY
    if offered is not None:
        return _seat(offered.to_organization_id, ticket, part)
    if ticket.turn == "requester":
        return Turn.REQUESTER
    if ticket.turn == "third_party":
        return Turn.THIRD_PARTY
    return _seat(ticket.turn_organization_id, ticket, part)


def _stands_still(part: Participation, turn: str) -> bool:
    """Tell whether the part's own clocks stand still on this turn."""
    if part.agreement_version_id is None:
        return False
    return terms_of(part.agreement_version_id).pauses_clock(turn, part.kind == Kind.OWNER)


def _seat(party_id: UUID | None, ticket: Ticket, part: Participation) -> Turn:
    if party_id is None:
        return Turn.NOBODY
    if party_id == part.organization_id:
        return Turn.MINE
    return Turn.CLIENT if party_id == ticket.owner_id else Turn.PARTNER


def _due(
    start: datetime, minutes: int, calendar: Calendar, pauses: Sequence[tuple[datetime, datetime]] = ()
) -> datetime:
    try:
        return due(start, minutes, calendar, pauses)
    except NeverDue:
        return NEVER
