"""Moving a ticket through its states, with the pauses and clocks that follow."""

from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import DateTimeField, Value
from django.db.models.functions import Greatest
from django.utils.translation import gettext as _

from cosource.agreements.queries.terms import terms_of
from cosource.foundation.errors import Conflict, Invalid
from cosource.foundation.rules.canonical import instant_text
from cosource.foundation.sight import Actor
from cosource.tickets.models import Approval, Handover, Pause, Possession
from cosource.tickets.queries.approvals import clearance_require
from cosource.tickets.queries.changes import window_require
from cosource.tickets.rules.clock_kinds import Happening
from cosource.tickets.rules.sayings import MESSAGE, ROOT_CAUSE
from cosource.tickets.rules.states import (
    AWAITING_APPROVAL,
    CANCELLED,
    IN_PROGRESS,
    KNOWN_ERROR,
    MERGED,
    RESOLVED,
    STATES,
    WAITING_CLIENT,
    WAITING_PARTNER,
    WAITING_REQUESTER,
    StateMoveRefused,
    UnknownState,
    move,
)
from cosource.tickets.services import policy
from cosource.tickets.services.clocks import clock_of_offer, clock_of_request, clocks_happen, word_count
from cosource.tickets.services.following import followers_tell
from cosource.tickets.services.listkeys import sync
from cosource.tickets.services.policy import Action
from cosource.tickets.services.record import (
    Record,
    load,
    note,
    parties_seen_by,
    readers_with,
    require_text,
    save,
    tell_others,
    text_say,
)
from cosource.tickets.services.surveys import survey_ask
from cosource.tickets.services.telling import duplicates_tell

WAITING = (WAITING_REQUESTER, WAITING_CLIENT, WAITING_PARTNER)


@transaction.atomic
def ticket_move(
    *,
    ticket_id: UUID,
    to_state: str,
    actor: Actor,
    at: datetime,
    reason: str = "",
    text: str = "",
    is_said: bool = False,
    expected_version: int | None = None,
) -> None:
    """Move a ticket to another state. `is_said`: what would be its text was said just now, in the same transaction.

    Waiting needs one of the agreement's pause reasons and the request itself, which is sent to the side whose turn it becomes.
    Resolving and reopening need a word as well. Appends `ticket.state_changed/1`, and `ticket.message_added/1` for the text.
    Raises: NotFound, NotAllowed, Conflict (no such move from here), Invalid, StaleVersion.
    """
    record = load(ticket_id, actor, expected_version=expected_version)
    have = policy.capacities(actor, record)
    if not have:
        policy.require(actor, Action.MOVE, record)
    try:
        move(record.ticket.state, to_state, have, kind=record.ticket.kind)
    except UnknownState as unknown:
        raise Invalid(str(unknown), fields={"to_state": str(unknown)}) from None
    except StateMoveRefused as refused:
        raise Conflict(str(refused), code="no_such_move", allowed=list(refused.allowed)) from None
    window_require(record, to_state, at)
    clearance_require(record, to_state)
    needs_text = (
        to_state in (*WAITING, KNOWN_ERROR, RESOLVED, CANCELLED) or record.ticket.category == "resolved"
    )
    optional = is_said or not needs_text or to_state == "closed"
    body = require_text(text, "text", limit=20_000, optional=optional)
    actor = policy.acting_for(actor, record, record.ticket.holder_organization_id)
    state_set(record, to_state, actor=actor, at=at, reason=reason, text=body)
    sync(record, at=at)


def state_set(
    record: Record,
    to_state: str,
    *,
    actor: Actor,
    at: datetime,
    reason: str = "",
    text: str = "",
    asked_id: UUID | None = None,
) -> None:
    """Write a permitted move: state, pause, clocks, entries. The caller syncs the list keys.

    `asked_id`: the party whose approval it waits for.
    """
    ticket = record.ticket
    came_from = ticket.state
    reopening = ticket.category == "resolved" and to_state == IN_PROGRESS
    changes: dict[str, object] = {"state": to_state, "category": STATES[to_state].category}
    turn, turn_organization_id, version_id = _turn_after(record, to_state, reason)
    if asked_id is not None:
        turn, turn_organization_id = "client" if asked_id == ticket.owner_id else "partner", asked_id
    changes |= {"turn": turn, "turn_organization_id": turn_organization_id}
    held = Possession.objects.filter(ticket=ticket, until_at__isnull=True)
    if STATES[to_state].category == "closed":
        # Not before the last stretch began, though a clock was set back meanwhile.
        changes["closed_at"] = closed_at = max(at, *held.values_list("from_at", flat=True), ticket.opened_at)
    if to_state == RESOLVED:
        changes["resolved_at"] = max(at, ticket.opened_at)
    elif reopening:
        changes["resolved_at"] = None
    answered = answered_by(record, actor)
    save(record, at=at, **changes)
    ended = pause_end(record, at=at, answered=answered)
    if STATES[to_state].category == "closed":
        held.update(until_at=closed_at)
        Handover.objects.filter(ticket=ticket, state=Handover.State.OFFERED).update(
            state=Handover.State.WITHDRAWN, answered_at=Greatest("offered_at", Value(at, DateTimeField()))
        )
        record.handovers = record.possessions = None
    _approvals_end(record, came_from, to_state)
    if to_state in WAITING:
        Pause.objects.create(
            ticket=ticket,
            sequence=Pause.objects.filter(ticket=ticket).count() + 1,
            turn=turn,
            turn_organization_id=turn_organization_id,
            reason=reason,
            version_id=version_id,
            asked_by_id=ticket.holder_organization_id,
            from_at=at,
        )
    if ended:
        clocks_happen(record, Happening.ANSWERED if answered else Happening.TAKEN_UP, at=at)
    if to_state == RESOLVED:
        clocks_happen(record, Happening.RESOLVED, at=at)
        duplicates_tell(record, actor=actor, at=at)
    elif reopening:
        clocks_happen(record, Happening.REOPENED, at=at)
        _expect_answer(record, at)
    elif STATES[to_state].category == "closed":
        clocks_happen(record, Happening.CLOSED, at=at)
    elif to_state == WAITING_CLIENT:
        clock_of_request(record, reason, at=at)
    _append(record, came_from, to_state, reason, text, actor, at)
    survey_ask(record, at=at)


def _approvals_end(record: Record, came_from: str, to_state: str) -> None:
    """Take back what was asked for and not decided, when the ticket no longer waits for it."""
    if came_from == AWAITING_APPROVAL and to_state != AWAITING_APPROVAL:
        asked = Approval.objects.filter(ticket=record.ticket, state=Approval.State.ASKED)
        asked.update(state=Approval.State.WITHDRAWN)


def _expect_answer(record: Record, at: datetime) -> None:
    """Let an offer that was open when the ticket was resolved be answered within its time again."""
    offer = Handover.objects.filter(ticket=record.ticket, state=Handover.State.OFFERED).first()
    part = record.part_of(offer.to_organization_id) if offer is not None else None
    if part is not None:
        clock_of_offer(record, part, at=at)


def answered_by(record: Record, actor: Actor) -> bool:
    """Tell whether the actor belongs to the side that a waiting ticket waits for."""
    ticket = record.ticket
    if ticket.category != "paused":
        return False
    if ticket.turn == "requester":
        return policy.is_requester(actor, record)
    return ticket.turn_organization_id is not None and ticket.turn_organization_id in (
        actor.organization_id,
        actor.on_behalf_of,
    )


def pause_end(record: Record, *, at: datetime, answered: bool) -> bool:
    """End the open pause; return whether there was one.

    An answer by the side that was asked ends it at once, and may be challenged for as long as the agreement says.
    """
    pause = Pause.objects.filter(ticket=record.ticket, until_at__isnull=True).first()
    if pause is None:
        return False
    minutes = terms_of(pause.version_id).unchallenged_minutes if answered and pause.version_id else 0
    pause.until_at = max(at, pause.from_at)
    pause.challenge_until = at + timedelta(minutes=minutes) if minutes else None
    pause.save(update_fields=["until_at", "challenge_until"])
    return True


def _append(  # noqa: PLR0917 - private, called once
    record: Record, came_from: str, to_state: str, reason: str, text: str, actor: Actor, at: datetime
) -> None:
    ticket = record.ticket
    asked = ticket.turn_organization_id if to_state in (*WAITING, AWAITING_APPROVAL) else None
    known = parties_seen_by(actor.on_behalf_of or actor.organization_id, record.parts)
    readers = readers_with(record, actor, asked if asked in known else None)
    turn_of = ticket.turn_organization_id
    if any(turn_of not in parties_seen_by(reader, record.parts) for reader in readers):
        turn_of = None
    to_requester = ticket.requester_id is not None and (
        to_state in (WAITING_REQUESTER, RESOLVED, MERGED) or policy.is_requester(actor, record)
    )
    facts: dict[str, object] = {
        "from": came_from,
        "to": to_state,
        "category": ticket.category,
        "turn": ticket.turn,
        "turn_organization": turn_of.hex if turn_of else None,
        "reason": reason,
    }
    moved_id = note(
        record,
        kind="ticket.state_changed/1",
        actor=actor,
        at=at,
        readers=readers,
        with_requester=to_requester,
        facts=facts,
    )
    followers_tell(
        record, entry_id=moved_id, readers=readers, with_requester=to_requester, actor=actor, at=at
    )
    tell_others(
        record,
        readers=readers,
        at=at,
        facts={"state": to_state, "category": ticket.category, "at": instant_text(at)},
    )
    if text:
        says = ROOT_CAUSE if to_state == KNOWN_ERROR else MESSAGE
        text_say(
            record, text=text, readers=readers, actor=actor, at=at, with_requester=to_requester, says=says
        )
        word_count(record, actor, readers=readers, with_requester=to_requester, at=at)


def _turn_after(record: Record, to_state: str, reason: str) -> tuple[str, UUID | None, UUID | None]:
    """Return whose turn it becomes: its name, the organization if it is a party, and the terms that name the reason."""
    ticket = record.ticket
    if to_state not in WAITING:
        turn = STATES[to_state].turn.value
        return turn, ticket.holder_organization_id if turn == "holder" else None, None
    expected = {
        WAITING_REQUESTER: ("requester",),
        WAITING_CLIENT: ("client",),
        WAITING_PARTNER: ("partner", "third_party"),
    }
    holder = record.part_of(ticket.holder_organization_id) or record.owner_part
    if holder.agreement_version_id is None:
        turn = expected[to_state][0]
        return turn, _asked(record, turn), None
    terms = terms_of(holder.agreement_version_id)
    fitting = [r for r in terms.pause_reasons if r.turn in expected[to_state]]
    chosen = next((r for r in fitting if r.key == reason), None)
    if chosen is None:
        keys = ", ".join(r.key for r in fitting) or "none for this turn"
        raise Invalid(
            "The agreement does not list that reason.",
            fields={"reason": _("Choose one of the agreed reasons: %(keys)s.") % {"keys": keys}},
        )
    return chosen.turn, _asked(record, chosen.turn), holder.agreement_version_id


def _asked(record: Record, turn: str) -> UUID | None:
    ticket = record.ticket
    if turn == "client":
        return ticket.owner_id
    if turn == "partner":
        known = parties_seen_by(ticket.holder_organization_id, record.parts)
        others = [p for p in known if p not in (ticket.owner_id, ticket.holder_organization_id)]
        return others[0] if len(others) == 1 else None
    return None
