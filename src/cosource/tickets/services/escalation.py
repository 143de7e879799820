"""The ladder at work: steps whose time has come are claimed, written down once, and told.

A step is claimed by compare-and-set on its clock, in one transaction with its row and its ledger entry, so that two workers,
or one that dies and one that follows, raise it once. Telling is work of its own, enqueued with them. Not here: which steps there
are (the agreement), when each comes (`rules.ladder`), and proving that none was missed (`queries.escalation_audit`).
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import structlog
from django.db import DatabaseError, transaction
from django.db.models import F, Q

from cosource.agreements.queries.terms import terms_of
from cosource.agreements.rules.terms import OTHER_PARTY, EscalationTerm
from cosource.calendars.queries.sources import computed_with
from cosource.foundation.bulk import insert_all, update_unchanged
from cosource.foundation.ids import new_id
from cosource.foundation.rules.canonical import instant_text
from cosource.foundation.services.audience import audience_intern
from cosource.foundation.services.ledger import Draft, append_many
from cosource.foundation.sight import system_actor
from cosource.parties.models import Engagement, Organization
from cosource.tickets.models import Clock, Escalation, Pause
from cosource.tickets.queries.escalation_people import People, Seat
from cosource.tickets.queries.standing_still import ran_until, step_at
from cosource.tickets.rules.ladder import bit, is_open
from cosource.tickets.services.escalation_telling import tell_enqueue

BATCH = 500

log = structlog.get_logger(__name__)


def escalations_sweep(*, at: datetime, batch: int = BATCH) -> int:
    """Raise every step that is due at `at`, a batch a transaction; return how many came.

    A clock whose steps cannot be worked out is told in the log and left to the next sweep; it holds up no other.
    """
    came, last = 0, None
    while True:
        clocks, raised = _sweep_batch(at, batch, last)
        came += raised
        if len(clocks) < batch:
            return came
        last = clocks[-1]


def escalations_replay(*, until: datetime) -> int:
    """Raise the steps that came up to an instant, each as of its own: for tickets whose past is played; return how many."""
    came = 0
    waiting = Clock.objects.filter(next_step_at__lte=until).order_by("next_step_at")
    while (first := waiting.values_list("next_step_at", flat=True).first()) is not None:
        came += escalations_sweep(at=first)
    return came


@dataclass(slots=True)
class _Due:
    """A clock with the steps that came: when each was to come, what it says, and whether within its hours."""

    clock: Clock
    owner_id: UUID
    service_id: UUID | None
    kind: str
    steps: list[tuple[datetime, EscalationTerm, bool]]


# A clock by when its next step comes, and its id.
type _Place = tuple[datetime, UUID]


@transaction.atomic
def _sweep_batch(at: datetime, size: int, after: _Place | None) -> tuple[list[_Place], int]:
    due_now = Clock.objects.filter(next_step_at__lte=at)
    if after is not None:
        when, last_id = after
        due_now = due_now.filter(Q(next_step_at__gt=when) | Q(next_step_at=when, id__gt=last_id))
    clocks = list(
        due_now.annotate(
            owner_id=F("ticket__owner_id"), service_id=F("ticket__service_id"), kind_of=F("ticket__kind")
        ).order_by("next_step_at", "id")[:size]
    )
    places = [(clock.next_step_at, clock.id) for clock in clocks if clock.next_step_at is not None]
    if not clocks:
        return [], 0
    pauses: dict[UUID, list[Pause]] = defaultdict(list)
    for pause in Pause.objects.filter(ticket_id__in={c.ticket_id for c in clocks}, version__isnull=False):
        pauses[pause.ticket_id].append(pause)
    found: list[_Due] = []
    changes: list[tuple[Clock, tuple[int, datetime | None]]] = []
    for clock in clocks:
        was = (clock.raised, clock.next_step_at)
        try:
            found.append(_due(clock, pauses[clock.ticket_id], at))
        except DatabaseError:
            raise
        except Exception:
            log.exception("escalations.clock", clock=str(clock.id), ticket=str(clock.ticket_id))
            continue
        changes.append((clock, was))
    won = update_unchanged(changes, ("raised", "next_step_at"), guards=("raised", "next_step_at"))
    ids = {clock.id for clock in won}
    claimed = [due for due in found if due.clock.id in ids and due.steps]
    return places, _raise(claimed, at) if claimed else 0


def _due(clock: Clock, pauses: Sequence[Pause], at: datetime) -> _Due:
    """Take the steps that came off a clock's ladder, and set when the next one comes."""
    steps: list[tuple[datetime, EscalationTerm, bool]] = []
    terms = terms_of(clock.version_id)
    ran = ran_until(clock, pauses, at)
    clock.next_step_at = None
    for minutes, step in terms.ladder(clock.kind, clock.priority, clock.target_minutes):
        if clock.raised & bit(step):
            continue
        when = step_at(clock, pauses, minutes)
        if when is None or when > ran:
            # Ahead of a clock that has ended, or stands still, nothing comes.
            clock.next_step_at = when if ran == at else None
            break
        clock.raised |= bit(step)
        steps.append((when, step, step.hours is None or is_open(terms.calendars[step.hours], when)))
    # They come with the row: see the annotation above.
    return _Due(clock, clock.owner_id, clock.service_id, clock.kind_of, steps)  # type: ignore[attr-defined]


def _raise(found: Sequence[_Due], at: datetime) -> int:
    """Write down what came: a row each, an entry for each that tells somebody, and the work of telling."""
    engagements = Engagement.objects.in_bulk({d.clock.engagement_id for d in found if d.clock.engagement_id})
    acknowledged = set(
        Escalation.objects.filter(
            clock_id__in={d.clock.id for d in found}, acknowledged_at__isnull=False
        ).values_list("clock_id", "party_id", "is_warning")
    )
    rows: list[tuple[Escalation, Seat, _Due, EscalationTerm]] = []
    for due in found:
        engagement = engagements.get(due.clock.engagement_id) if due.clock.engagement_id else None
        for when, step, in_hours in due.steps:
            seat, other = _seat(due, step, engagement)
            spared = (due.clock.id, seat.party_id, step.is_warning) in acknowledged
            row = Escalation(
                id=new_id(),
                ticket_id=due.clock.ticket_id,
                clock=due.clock,
                step=step.number,
                state=_state(in_hours=in_hours, spared=spared),
                notify=step.notify,
                is_warning=step.is_warning,
                due_at=when,
                raised_at=at,
                party_id=seat.party_id,
                other_party_id=other,
            )
            rows.append((row, seat, due, step))
    _write(rows, engagements, at)
    return len(rows)


def _seat(due: _Due, step: EscalationTerm, engagement: Engagement | None) -> tuple[Seat, UUID | None]:
    """Return who is told, and the other party where it reads along: the one that owes, or by the step its counterpart."""
    owing = due.clock.owed_by_id or due.owner_id
    party, other = owing, None
    if step.notify == OTHER_PARTY and engagement is not None:
        party = engagement.client_id if owing == engagement.partner_id else engagement.partner_id
        other = owing
    is_partner = engagement is not None and party == engagement.partner_id
    seat = Seat(
        ticket_id=due.clock.ticket_id,
        party_id=party,
        engagement_id=due.clock.engagement_id,
        service_id=due.service_id,
        is_partner=is_partner,
        kind=due.kind,
        priority=due.clock.priority,
    )
    return seat, other


def _state(*, in_hours: bool, spared: bool) -> Escalation.State:
    if not in_hours:
        return Escalation.State.OFF_HOURS
    return Escalation.State.SPARED if spared else Escalation.State.RAISED


def _write(
    rows: Sequence[tuple[Escalation, Seat, _Due, EscalationTerm]],
    engagements: dict[UUID, Engagement],
    at: datetime,
) -> None:
    raised = [row for row in rows if row[0].state == Escalation.State.RAISED]
    people = People((seat for _row, seat, _due, _step in raised), at)
    streams = dict(
        Organization.objects.filter(id__in={row.party_id for row, *_ in raised}).values_list(
            "id", "own_stream_id"
        )
    )
    drafts: dict[UUID, list[Draft]] = defaultdict(list)
    for row, seat, due, step in raised:
        row.told = [person.hex for person in people.of(seat, step.notify)]
        shared = (
            engagements[due.clock.engagement_id].stream_id
            if row.other_party_id and due.clock.engagement_id
            else None
        )
        row.audience_id = audience_intern([shared or streams[row.party_id]])
        row.entry_id = new_id()
        drafts[row.party_id].append(_draft(row, due.clock, step, at))
    insert_all(row for row, *_ in rows)
    for party_id, group in drafts.items():
        author = system_actor(reason="a step of the agreed escalation", organization_id=party_id)
        append_many(group, actor=author, at=at)
    tell_enqueue((row for row, *_ in raised), at=at)


def entry_key(clock_id: UUID, step: int) -> str:
    """Return the key by which the ledger takes a step's entry once."""
    return f"escalation:{clock_id.hex}:{step}"


def _draft(row: Escalation, clock: Clock, step: EscalationTerm, at: datetime) -> Draft:
    if row.entry_id is None or row.audience_id is None:
        raise ValueError("an escalation that is raised has an entry and readers")
    return Draft(
        id=row.entry_id,
        kind="escalation.raised/1",
        subject_kind="ticket",
        subject_id=row.ticket_id,
        audience_id=row.audience_id,
        occurred_at=at,
        facts={
            "escalation": row.id.hex,
            "clock": clock.id.hex,
            "clock_kind": clock.kind,
            "engagement": clock.engagement_id.hex if clock.engagement_id else None,
            "step": step.number,
            "when": step.when,
            "notify": step.notify,
            "party": row.party_id.hex,
            "told": list(row.told),
            "due_at": instant_text(row.due_at),
            **computed_with(),
        },
        key=entry_key(clock.id, step.number),
    )
