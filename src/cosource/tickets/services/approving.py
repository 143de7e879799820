"""Approvals: a party's word that a change may be carried out, or that a request may be met.

One party is asked after the other, the owner last, as it bears the risk. Who asked does not decide. Not here: the plan of a
change (`services.changes`).
"""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from cosource.foundation.bulk import insert_all
from cosource.foundation.errors import Conflict, Invalid, NotAllowed
from cosource.foundation.sight import Actor, system_actor
from cosource.tickets.models import Approval, ChangePlan, Participation
from cosource.tickets.models.participation import Kind
from cosource.tickets.queries.approvals import approvals_of
from cosource.tickets.queries.changes import lacking_of, plan_of
from cosource.tickets.rules.clock_kinds import Happening
from cosource.tickets.rules.states import (
    AWAITING_APPROVAL,
    IN_PROGRESS,
    NEW,
    REJECTED,
    SCHEDULED,
    TicketKind,
    may_move,
)
from cosource.tickets.services import policy
from cosource.tickets.services.clocks import clock_of_approval, clocks_happen
from cosource.tickets.services.listkeys import sync
from cosource.tickets.services.moving import state_set
from cosource.tickets.services.policy import Action
from cosource.tickets.services.record import Record, load, note, readers_with, require_text
from cosource.tickets.services.telling import approval_asked_tell, approval_decided_tell

State = Approval.State
APPROVE, SEND_BACK, REJECT = "approve", "send_back", "reject"
DECISIONS = {APPROVE: State.APPROVED, SEND_BACK: State.SENT_BACK, REJECT: State.REJECTED}


@transaction.atomic
def approval_ask(
    *, ticket_id: UUID, actor: Actor, at: datetime, text: str = "", expected_version: int | None = None
) -> None:
    """Ask the parties that answer for a change or a request for their approval.

    A request asks its owner. A normal change asks each partner that works on it and then the owner, an emergency the owner
    alone; a standard change was approved once for all and is scheduled at once. Appends `ticket.state_changed/1` and
    `ticket.approval_asked/1`.
    Raises: NotFound, NotAllowed, Conflict (not this kind, or not now), Invalid naming what the plan lacks, StaleVersion.
    """
    record = load(ticket_id, actor, expected_version=expected_version)
    policy.require(actor, Action.ASK_APPROVAL, record)
    ticket = record.ticket
    if not may_move(ticket.state, AWAITING_APPROVAL, kind=ticket.kind):
        raise Conflict("Nothing is to be approved on this ticket now.", code="no_approval_now")
    body = require_text(text, "text", limit=20_000, optional=True)
    plan = _ready_plan(record, actor)
    if plan is not None and plan.type == ChangePlan.Type.STANDARD:
        state_set(record, SCHEDULED, actor=actor, at=at, text=body)
        sync(record, at=at)
        return
    _begin(record, plan, actor=actor, at=at, text=body)


def approval_begin(record: Record, *, actor: Actor, at: datetime) -> None:
    """Ask the owner's approval of a request that was just opened, whoever opened it."""
    _begin(record, None, actor=actor, at=at, text="")


def _begin(record: Record, plan: ChangePlan | None, *, actor: Actor, at: datetime, text: str) -> None:
    ticket = record.ticket
    asked = _asked(record, plan)
    number = max((a.round for a in approvals_of(ticket_id=ticket.id)), default=0) + 1
    insert_all(
        Approval(
            ticket=ticket,
            round=number,
            sequence=place,
            organization=part.organization,
            asked_at=at,
            asked_by_id=actor.person_id,
        )
        for place, part in enumerate(asked, 1)
    )
    state_set(record, AWAITING_APPROVAL, actor=actor, at=at, text=text, asked_id=asked[0].organization_id)
    _turn_to(record, asked[0], actor=actor, at=at, number=number)


@transaction.atomic
def approval_decide(
    *,
    ticket_id: UUID,
    decision: str,
    text: str,
    actor: Actor,
    at: datetime,
    expected_version: int | None = None,
) -> None:
    """Approve, send back to be mended, or reject, for the party whose turn it is.

    After the last approval a change is scheduled and a request goes on. Sending back and rejecting need a word. Appends
    `ticket.approval_decided/1`.
    Raises: NotFound, NotAllowed (no such right; who asked), Conflict (nothing waits for this party), Invalid, StaleVersion.
    """
    record = load(ticket_id, actor, expected_version=expected_version)
    policy.require(actor, Action.APPROVE, record)
    if actor.person_id is None:
        raise NotAllowed("A person approves.", code="no_person")
    if decision not in DECISIONS:
        raise Invalid(
            "There is no such decision.",
            fields={"decision": _("One of %(choices)s.") % {"choices": ", ".join(sorted(DECISIONS))}},
        )
    ticket = record.ticket
    rounds = [a for a in approvals_of(ticket_id=ticket.id) if a.state == State.ASKED]
    mine = next(iter(rounds), None)
    if (
        ticket.state != AWAITING_APPROVAL
        or mine is None
        or mine.organization_id != record.mine.organization_id
    ):
        raise Conflict("Nothing waits for your party’s approval here.", code="nothing_to_approve")
    if mine.asked_by_id == actor.person_id:
        raise NotAllowed("Whoever asks for an approval does not give it.", code="asked_by_yourself")
    body = require_text(text, "text", limit=20_000, optional=decision == APPROVE)
    mine.state, mine.decided_at, mine.decided_by_id = DECISIONS[decision], at, actor.person_id
    mine.save(update_fields=["state", "decided_at", "decided_by_id"])
    _say(record, mine.organization_id, "ticket.approval_decided/1", actor, at, decision=mine.state)
    if mine.organization_id == ticket.owner_id:
        clocks_happen(record, Happening.ANSWERED, at=at, owed_by={ticket.owner_id})
    rest = rounds[1:]
    if decision == APPROVE and rest:
        part = record.part_of(rest[0].organization_id)
        if part is not None:
            state_set(
                record, AWAITING_APPROVAL, actor=actor, at=at, text=body, asked_id=rest[0].organization_id
            )
            _turn_to(record, part, actor=actor, at=at, number=mine.round)
            return
    state_set(record, _after(decision, ticket.kind), actor=actor, at=at, text=body)
    sync(record, at=at)
    approval_decided_tell(record, number=mine.round, state=mine.state, actor=actor, at=at)


def _after(decision: str, kind: str) -> str:
    if decision == REJECT:
        return REJECTED
    if decision == SEND_BACK:
        return NEW
    return SCHEDULED if kind == TicketKind.CHANGE else IN_PROGRESS


def _ready_plan(record: Record, actor: Actor) -> ChangePlan | None:
    """Return the plan of a change that has all an approval needs. Raises: Invalid, naming what is missing."""
    if record.ticket.kind != TicketKind.CHANGE:
        return None
    plan = plan_of(record.ticket.id)
    lacking = lacking_of(record.ticket, plan, actor)
    if plan is None or lacking:
        raise Invalid("The plan is not complete yet.", fields=lacking, code="plan_incomplete")
    return plan


def _asked(record: Record, plan: ChangePlan | None) -> Sequence[Participation]:
    """Return whose approval is needed, in turn: partners that work on it and can answer for themselves, the owner last."""
    partners: list[Participation] = []
    if plan is not None and plan.type == ChangePlan.Type.NORMAL:
        partners = [p for p in record.parts if p.kind == Kind.WORKER and not p.organization.stand_in]
        holder = record.ticket.holder_organization_id
        partners.sort(key=lambda p: (p.organization_id != holder, p.opened_at, p.id))
    return [*partners, record.owner_part]


def _turn_to(record: Record, part: Participation, *, actor: Actor, at: datetime, number: int) -> None:
    """Say whose approval it waits for now, and tell those who answer for that party."""
    _say(record, part.organization_id, "ticket.approval_asked/1", actor, at, round=number)
    if part.kind == Kind.OWNER:
        clock_of_approval(record, at=at)
    sync(record, at=at)
    approval_asked_tell(record, part, number=number, actor=actor, at=at)


def _say(record: Record, party_id: UUID, kind: str, actor: Actor, at: datetime, **facts: object) -> None:
    """Append an entry about a party's approval, for it, the owner, and those that work jointly with it.

    Of the owner's own the holder learns. Who is not known there is not named: the step then comes from the owner.
    """
    owner_id = record.ticket.owner_id
    around = record.part_of(party_id if party_id != owner_id else record.ticket.holder_organization_id)
    readers = {owner_id, party_id}
    if around is not None:
        readers |= readers_with(record, system_actor(reason="who reads along"), around.organization_id)
    if actor.organization_id not in readers:
        actor = system_actor(reason="a step of a party that is not named here", organization_id=owner_id)
    note(record, kind=kind, actor=actor, at=at, readers=readers, facts={"party": party_id.hex, **facts})
