"""Clocks at work: what happens to a ticket starts, meets, stops and shifts them, as `rules.clock_kinds` has it.

Each is called inside a service, in its transaction. What is kept of a clock is settled by `listkeys.sync` at its end. Not here:
the ladder's steps, which the worker claims (`services.escalation`).
"""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from uuid import UUID

from cosource.agreements.queries.terms import terms_of
from cosource.agreements.rules.terms import ACCEPT, APPROVAL, UPDATE
from cosource.calendars.rules.business_time import elapsed_minutes
from cosource.foundation.bulk import insert_all, update_all
from cosource.foundation.prepared import Prepared
from cosource.foundation.rules.canonical import instant_text
from cosource.foundation.sight import Actor
from cosource.tickets.models import NEVER, Clock, Handover, Participation, Pause, Ticket
from cosource.tickets.models.participation import Kind
from cosource.tickets.queries.standing_still import stood_still
from cosource.tickets.rules.clock_kinds import KINDS, PROMISED, UNPAUSED, Happening, started_by
from cosource.tickets.rules.elsewhere import Held, Passing, elsewhere
from cosource.tickets.rules.ladder import reached, times
from cosource.tickets.services import at_hand
from cosource.tickets.services.at_hand import runs
from cosource.tickets.services.record import Record

_KEPT = ("due_at", "paused", "next_step_at")
_ENDS = ("met_at", "stopped_at")


def clocks_start(record: Record, part: Participation) -> None:
    """Start the clocks that a part's pinned terms ask for, from when the party was asked to work on the ticket."""
    _add(record, clocks_new(record.ticket, part))


def _add(record: Record, clocks: Iterable[Clock | None]) -> None:
    made = [clock for clock in clocks if clock is not None]
    insert_all(made)
    if record.clocks is not None:
        record.clocks += made


def clocks_new(ticket: Ticket, part: Participation) -> list[Clock]:
    """Return the clocks that begin when a party is asked, not yet saved."""
    if part.asked_at is None or ticket.kind not in PROMISED:
        return []
    made = (_new(ticket, part, kind, part.asked_at) for kind in started_by(Happening.ASKED))
    return [clock for clock in made if clock is not None]


def _new(  # noqa: PLR0917 - private, a row's columns in their order
    ticket: Ticket,
    part: Participation,
    kind: str,
    started_at: datetime,
    owed_by_id: UUID | None = None,
    number: int = 1,
) -> Clock | None:
    if part.agreement_version_id is None:
        return None
    terms = terms_of(part.agreement_version_id)
    target = terms.target_for(kind, ticket.priority, ticket.site_id, ticket.service_id)
    if target is None:
        return None
    ladder = terms.ladder(kind, ticket.priority, target.minutes)
    kept = times(started_at, target.minutes, terms.calendars[target.calendar], (), ladder, 0)
    due_at = kept.due_at or NEVER
    return Clock(
        ticket=ticket,
        engagement_id=part.engagement_id,
        version_id=part.agreement_version_id,
        owed_by_id=owed_by_id or part.organization_id,
        kind=kind,
        round=number,
        priority=ticket.priority,
        target_minutes=target.minutes,
        calendar=target.calendar,
        started_at=started_at,
        first_due_at=due_at,
        due_at=due_at,
        next_step_at=kept.next_step_at,
    )


def clocks_happen(
    record: Record,
    what: Happening,
    *,
    at: datetime,
    owed_by: Collection[UUID] | None = None,
    ended_at: datetime | None = None,
) -> None:
    """Let something meet, stop, or run on the clocks of its kinds, and begin those that come again.

    `owed_by`: only the clocks that these parties owe. `ended_at`: only those run on that ended at this very instant.
    """
    latest: dict[tuple[str, UUID | None], Clock] = {}
    changed: list[Clock] = []
    for clock in at_hand.clocks(record):
        if owed_by is not None and clock.owed_by_id not in owed_by:
            continue
        latest[clock.kind, clock.engagement_id] = clock
        kind = KINDS[clock.kind]
        if not runs(clock):
            continue
        if what in kind.meets:
            clock.met_at = max(at, clock.started_at)
        elif what in kind.ends:
            clock.stopped_at = max(at, clock.started_at)
        else:
            continue
        _drop_what_lies_ahead(clock)
        changed.append(clock)
    for clock in latest.values():
        if what not in KINDS[clock.kind].resumes or runs(clock):
            continue
        if ended_at is None or clock.met_at == ended_at:
            clock.met_at = clock.stopped_at = None
            changed.append(clock)
    update_all(changed, (*_ENDS, "next_step_at"))
    if what in KINDS[UPDATE].starts:
        # A word begins the next round of one that waited for it; after the end of the work nobody waits for a word.
        last = (
            c
            for c in latest.values()
            if c.kind == UPDATE and (what not in KINDS[UPDATE].meets or c in changed)
        )
        _begin_again(record, last, at)


def _drop_what_lies_ahead(clock: Clock) -> None:
    """Let no step come that a clock did not reach before its end. One that it reached comes, though nobody has raised it yet."""
    end = clock.met_at or clock.stopped_at
    if clock.next_step_at is not None and end is not None and clock.next_step_at > end:
        clock.next_step_at = None


def _begin_again(record: Record, last: Iterable[Clock], at: datetime) -> None:
    made = []
    for clock in last:
        part = record.part_of(clock.owed_by_id)
        if part is not None and not runs(clock):
            made.append(_new(record.ticket, part, clock.kind, at, number=clock.round + 1))
    _add(record, made)


def clock_of_offer(record: Record, part: Participation, *, at: datetime) -> None:
    """Start the clock by which an offered handover must be answered, under the terms of the party it is offered to."""
    _begin(record, part, ACCEPT, at, part.organization_id)


def clock_of_request(record: Record, reason: str, *, at: datetime) -> None:
    """Start the client's clock for what the holder's agreement says that this reason asks of it.

    Only the client of the very engagement owes it, and only while the ticket is its turn.
    """
    ticket = record.ticket
    part = record.part_of(ticket.holder_organization_id)
    if part is None or part.agreement_version_id is None or part.engagement is None:
        return
    term = terms_of(part.agreement_version_id).pause_reason(reason)
    if term is None or ticket.turn_organization_id != part.engagement.client_id:
        return
    _begin(record, part, term.asks, at, part.engagement.client_id)


def clock_of_approval(record: Record, *, at: datetime) -> None:
    """Start the client's clock for the approval that a partner who holds the ticket waits for, if their agreement has one."""
    part = record.part_of(record.ticket.holder_organization_id)
    if part is not None and part.engagement is not None:
        _begin(record, part, APPROVAL, at, part.engagement.client_id)


def _begin(record: Record, part: Participation, kind: str, at: datetime, owed_by_id: UUID) -> None:
    earlier = [
        c.round for c in at_hand.clocks(record) if (c.kind, c.engagement_id) == (kind, part.engagement_id)
    ]
    clock = _new(record.ticket, part, kind, at, owed_by_id, max(earlier, default=0) + 1)
    _add(record, [clock])


def clocks_retarget(record: Record, *, at: datetime) -> None:
    """Set the clocks that still run to what the terms say for the ticket's present priority, site and service.

    The new due time counts from the start, so that a downgrade late in the window gains no time by itself; that it came late
    is kept. A clock for which the terms now promise nothing goes, or stops where somebody was told of it; one that they
    promise now begins.
    """
    ticket = record.ticket
    clocks = at_hand.clocks(record)
    pauses = pauses_counted(ticket_id=ticket.id)
    for clock in [c for c in clocks if runs(c)]:
        if not _fit(clock, ticket, pauses, at):
            clocks.remove(clock)
    there = {(c.kind, c.engagement_id) for c in clocks}
    for part in record.parts:
        if part.asked_at is None or ticket.kind not in PROMISED:
            continue
        lacking = [k for k in started_by(Happening.ASKED) if (k, part.engagement_id) not in there]
        # A regular word that nobody expected before is expected from now on; all else counts from when the party was asked.
        made = (_new(ticket, part, k, at if k == UPDATE else part.asked_at) for k in lacking)
        _add(record, made)


def _fit(clock: Clock, ticket: Ticket, pauses: Sequence[Pause], at: datetime) -> bool:
    """Fit a clock to the terms; return whether it is still there."""
    terms = terms_of(clock.version_id)
    target = terms.target_for(clock.kind, ticket.priority, ticket.site_id, ticket.service_id)
    if target is None and not clock.raised:
        clock.delete()
        return False
    if target is None:
        clock.stopped_at = max(at, clock.started_at)
        _drop_what_lies_ahead(clock)
        clock.save(update_fields=["stopped_at", "next_step_at"])
        return True
    if target.minutes > clock.target_minutes and clock.late_at is None:
        spans = [(a, b or at) for a, b in stood_still(clock, terms, pauses)]
        used = elapsed_minutes(
            clock.started_at, max(at, clock.started_at), terms.calendars[clock.calendar], spans
        )
        if used * 100 >= terms.warning_percent * clock.target_minutes:
            clock.late_at, clock.late_from_minutes = at, clock.target_minutes
    clock.target_minutes, clock.calendar, clock.priority = target.minutes, target.calendar, ticket.priority
    clock.first_due_at = unpaused_due(clock)
    update_all(
        [clock],
        ("target_minutes", "calendar", "priority", "first_due_at", "late_at", "late_from_minutes"),
    )
    return True


def unpaused_due(clock: Clock) -> datetime:
    """Return when a clock would be due had nothing paused it."""
    terms = terms_of(clock.version_id)
    return reached(clock.started_at, clock.target_minutes, terms.calendars[clock.calendar], ()) or NEVER


def clocks_place(record: Record) -> None:
    """Work out for the clocks of partners in which stretches the ticket was elsewhere; after each step of a handover."""
    clocks = [
        c
        for c in at_hand.clocks(record)
        if runs(c) and c.engagement_id is not None and c.kind not in UNPAUSED
    ]
    if not clocks:
        return
    held = [Held(p.organization_id, p.from_at, p.until_at) for p in at_hand.possessions(record)]
    passings = [_passing(h) for h in at_hand.handovers(record)]
    changed = []
    for clock in clocks:
        part = record.part_of(clock.owed_by_id)
        if part is None or part.asked_at is None:
            continue
        spans = elsewhere(_house(record, part.organization_id), part.asked_at, held, passings)
        found = [[instant_text(a), instant_text(b) if b else None] for a, b in spans]
        if found != clock.elsewhere:
            clock.elsewhere = found
            changed.append(clock)
    update_all(changed, ("elsewhere",))


def _passing(handover: Handover) -> Passing:
    reasons = {
        Handover.State.DECLINED: handover.decline_reason,
        Handover.State.ACCEPTED: handover.reason,
    }
    return Passing(
        from_id=handover.from_organization_id,
        to_id=handover.to_organization_id,
        offered_at=handover.offered_at,
        answered_at=handover.answered_at,
        accepted=handover.state == Handover.State.ACCEPTED,
        reason=reasons.get(Handover.State(handover.state), ""),
    )


def _house(record: Record, party_id: UUID) -> frozenset[UUID]:
    """Return a partner and its own subcontractors on the ticket: to its client they are one."""
    house = {party_id}
    while more := {
        p.organization_id
        for p in record.parts
        if p.engagement is not None and p.engagement.client_id in house and p.organization_id not in house
    }:
        house |= more
    return frozenset(house)


def clocks_settle(clocks: Sequence[Clock], pauses: Sequence[Pause]) -> list[Clock]:
    """Bring what is kept of running clocks in step with their pauses and ladders; return those that changed."""
    changed = []
    for clock in clocks:
        terms = terms_of(clock.version_id)
        ladder = terms.ladder(clock.kind, clock.priority, clock.target_minutes)
        kept = times(
            clock.started_at,
            clock.target_minutes,
            terms.calendars[clock.calendar],
            stood_still(clock, terms, pauses),
            ladder,
            clock.raised,
        )
        new = (kept.due_at or NEVER, kept.paused, kept.next_step_at)
        if new != (clock.due_at, clock.paused, clock.next_step_at):
            clock.due_at, clock.paused, clock.next_step_at = new
            changed.append(clock)
    update_all(changed, _KEPT)
    return changed


def word_count(
    record: Record, actor: Actor, *, readers: Collection[UUID], with_requester: bool, at: datetime
) -> None:
    """Let a word by a person to the other side meet the clocks that wait for one; a note among one's own is none."""
    if actor.kind != "person" or actor.person_id == record.ticket.requester_id:
        return
    author = record.part_of(actor.on_behalf_of or actor.organization_id)
    if author is None:
        return
    owner_id = record.ticket.owner_id
    spoke: set[UUID] = set()
    to_owner = author.kind != Kind.OWNER and owner_id in readers
    if with_requester or (record.ticket.requester_id is None and to_owner):
        spoke.add(owner_id)
    if author.engagement is not None and author.engagement.client_id in readers:
        spoke.add(author.organization_id)
    if spoke:
        clocks_happen(record, Happening.WORD, at=at, owed_by=spoke)


pauses_counted = Prepared[Pause](
    lambda ticket_id: Pause.objects.filter(ticket_id=ticket_id, version__isnull=False).order_by("sequence"),
    ticket_id=UUID,
)
