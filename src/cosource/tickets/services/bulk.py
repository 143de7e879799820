"""One step with many tickets: the ordinary services, one ticket after the other, each with its own rights and refusals.

A refused ticket stays as it is and the others go on. Each ticket's step and the note of it are one transaction, so that a run
that was broken off goes on where it was. Not here: what can be done (`rules.bulk`), and the worker's part (`jobs.bulk`).
"""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from cosource.foundation.errors import Conflict, CosourceError, Invalid, NotAllowed, NotFound
from cosource.foundation.services.duework import work_enqueue
from cosource.foundation.sight import Actor
from cosource.tickets.models import BulkRun
from cosource.tickets.models.bulk import UNDO_FOR
from cosource.tickets.rules import bulk as rules
from cosource.tickets.rules.links import PARENT
from cosource.tickets.rules.states import RESOLVED
from cosource.tickets.services.changing import ticket_assign, ticket_update
from cosource.tickets.services.handover import ticket_hand_over
from cosource.tickets.services.links import ticket_link, ticket_unlink
from cosource.tickets.services.merging import ticket_merge
from cosource.tickets.services.moving import ticket_move
from cosource.tickets.services.record import load

WORK = "tickets.bulk"
_KEPT_FOR = timedelta(days=1)
# No request lives so long: what it has not done by then it will not do.
_LEFT_BEHIND = timedelta(minutes=5)

type Given = dict[str, Any]
# What a step needs to be taken back; empty where that is nothing or cannot be.
type Back = dict[str, Any]


def bulk_start(
    *, action: str, ticket_ids: Sequence[UUID], given: Given, actor: Actor, at: datetime
) -> BulkRun:
    """Take a step with several tickets and return the run; beyond fifty it goes on in the background.

    `given`: as `rules.bulk.ACTIONS` wants it, ids as text. Raises: Invalid, NotAllowed.
    """
    known = rules.ACTIONS.get(action)
    if known is None:
        raise Invalid(
            "That is no step.",
            fields={"action": _("One of: %(choices)s.") % {"choices": ", ".join(rules.ACTIONS)}},
        )
    lacking = [name for name in known.wants if given.get(name) in (None, "")]
    if lacking:
        raise Invalid("Something is missing.", fields=dict.fromkeys(lacking, "This step wants it."))
    ids = list(dict.fromkeys(ticket_ids))
    if not 1 <= len(ids) <= rules.MOST:
        raise Invalid(
            "Choose tickets.", fields={"ticket_ids": _("Name 1 to %(most)s tickets.") % {"most": rules.MOST}}
        )
    if actor.id is None or actor.organization_id is None:
        raise NotAllowed("Only somebody of a party takes steps with tickets.")
    with transaction.atomic():
        BulkRun.objects.filter(by_id=actor.id, created_at__lt=at - _KEPT_FOR).delete()
        run = BulkRun.objects.create(
            organization_id=actor.organization_id,
            by_id=actor.id,
            by_token=actor.kind == "token",
            action=action,
            given=given,
            ticket_ids=[i.hex for i in ids],
            created_at=at,
        )
        later = len(ids) > rules.AT_ONCE
        _enqueue(run, at, due_at=at if later else at + _LEFT_BEHIND)
    if later:
        return run
    bulk_go_on(run, actor=actor, at=lambda: at)
    return run


def bulk_undo(*, run_id: UUID, actor: Actor, at: datetime) -> BulkRun:
    """Take a whole run back within a minute, ticket by ticket; what was changed since stays. Raises: NotFound, Conflict."""
    run = BulkRun.objects.visible_to(actor).filter(id=run_id).first()
    if run is None:
        raise NotFound
    if not rules.ACTIONS[run.action].undoable:
        raise Conflict("This step cannot be taken back in one go.", code="not_undoable")
    if run.state != BulkRun.State.DONE or run.finished_at is None:
        raise Conflict("There is nothing to take back.", code="nothing_to_undo")
    if at > run.finished_at + UNDO_FOR:
        raise Conflict("It can be taken back for a minute only.", code="too_late")
    with transaction.atomic():
        fresh = BulkRun.objects.filter(id=run.id, state=BulkRun.State.DONE)
        if not fresh.update(state=BulkRun.State.UNDOING):
            raise Conflict("It is being taken back already.", code="nothing_to_undo")
        run.state = BulkRun.State.UNDOING
        later = len(run.results) > rules.AT_ONCE
        _enqueue(run, at, due_at=at if later else at + _LEFT_BEHIND)
    if later:
        return run
    bulk_go_on(run, actor=actor, at=lambda: at)
    return run


def _enqueue(run: BulkRun, at: datetime, *, due_at: datetime) -> None:
    """Leave the run to the worker: at once, or to finish what a request that died leaves behind."""
    work_enqueue(
        kind=WORK,
        args={"run": run.id.hex},
        due_at=due_at,
        at=at,
        key=f"bulk:{run.id.hex}:{run.state}",
        fair_key=run.organization_id,
        owner_organization_id=run.organization_id,
    )


def bulk_go_on(
    run: BulkRun,
    *,
    actor: Actor,
    at: Callable[[], datetime],
    tell: Callable[[int, int], None] = lambda _done, _total: None,
) -> None:
    """Go on with a run to its end: forwards, or back. `tell`: is told how far it is of how many."""
    total = len(run.ticket_ids)
    if run.state == BulkRun.State.RUNNING:
        for place in range(len(run.results), total):
            _forwards(run, UUID(run.ticket_ids[place]), actor, at())
            tell(place + 1, total)
        run.state, run.given, run.finished_at = BulkRun.State.DONE, {}, at()
        run.save(update_fields=["state", "given", "finished_at"])
    elif run.state == BulkRun.State.UNDOING:
        for place, result in enumerate(run.results):
            if result[1] == "done":
                _back(run, place, actor, at())
            tell(place + 1, total)
        run.state = BulkRun.State.UNDONE
        run.save(update_fields=["state"])


def _forwards(run: BulkRun, ticket_id: UUID, actor: Actor, at: datetime) -> None:
    with transaction.atomic():
        try:
            with transaction.atomic():
                back = _STEPS[run.action](ticket_id, run.given, actor, at)
            run.results.append([ticket_id.hex, "done", "", back])
        except CosourceError as refusal:
            run.results.append([ticket_id.hex, "refused", _words(refusal), {}])
        run.save(update_fields=["results"])


def _back(run: BulkRun, place: int, actor: Actor, at: datetime) -> None:
    hexadecimal, _outcome, _said, back = run.results[place]
    with transaction.atomic():
        try:
            with transaction.atomic():
                if back:
                    _BACK[run.action](UUID(hexadecimal), back, actor, at)
            run.results[place] = [hexadecimal, "undone", "", {}]
        except CosourceError as refusal:
            run.results[place] = [hexadecimal, "kept", _words(refusal), {}]
        run.save(update_fields=["results"])


def _words(refusal: CosourceError) -> str:
    """Return the refusal, and what would fit: in English, for pages to translate."""
    return refusal.message


def _assign(ticket_id: UUID, given: Given, actor: Actor, at: datetime) -> Back:
    ticket = load(ticket_id, actor).ticket
    chosen = given.get("person_id") or None
    before = ticket.assignee_id.hex if ticket.assignee_id else None
    ticket_assign(ticket_id=ticket_id, person_id=UUID(chosen) if chosen else None, actor=actor, at=at)
    return {"before": before, "after": UUID(chosen).hex if chosen else None}


def _assign_back(ticket_id: UUID, back: Back, actor: Actor, at: datetime) -> None:
    ticket = load(ticket_id, actor).ticket
    _require_same(ticket.assignee_id.hex if ticket.assignee_id else None, back["after"])
    before = back["before"]
    ticket_assign(ticket_id=ticket_id, person_id=UUID(before) if before else None, actor=actor, at=at)


def _priority(ticket_id: UUID, given: Given, actor: Actor, at: datetime) -> Back:
    ticket = load(ticket_id, actor).ticket
    before = [ticket.impact, ticket.urgency]
    after = [int(given["impact"]), int(given["urgency"])]
    changes = {"impact": after[0], "urgency": after[1]}
    ticket_update(ticket_id=ticket_id, changes=changes, actor=actor, at=at)
    return {"before": before, "after": after}


def _priority_back(ticket_id: UUID, back: Back, actor: Actor, at: datetime) -> None:
    ticket = load(ticket_id, actor).ticket
    _require_same([ticket.impact, ticket.urgency], back["after"])
    impact, urgency = back["before"]
    ticket_update(ticket_id=ticket_id, changes={"impact": impact, "urgency": urgency}, actor=actor, at=at)


def _hand_over(ticket_id: UUID, given: Given, actor: Actor, at: datetime) -> Back:
    ticket_hand_over(
        ticket_id=ticket_id,
        to_team_id=UUID(given["to_team_id"]),
        reason=given["reason"],
        text=given["text"],
        actor=actor,
        at=at,
    )
    return {}


def _pause(ticket_id: UUID, given: Given, actor: Actor, at: datetime) -> Back:
    ticket_move(
        ticket_id=ticket_id,
        to_state=given["to_state"],
        reason=given.get("reason", ""),
        text=given["text"],
        actor=actor,
        at=at,
    )
    return {}


def _resolve(ticket_id: UUID, given: Given, actor: Actor, at: datetime) -> Back:
    ticket_move(ticket_id=ticket_id, to_state=RESOLVED, text=given["text"], actor=actor, at=at)
    return {}


def _merge(ticket_id: UUID, given: Given, actor: Actor, at: datetime) -> Back:
    ticket_merge(
        ticket_id=ticket_id, into_id=UUID(given["into_id"]), text=given.get("text", ""), actor=actor, at=at
    )
    return {}


def _parent(ticket_id: UUID, given: Given, actor: Actor, at: datetime) -> Back:
    made = ticket_link(
        ticket_id=ticket_id, other_id=UUID(given["parent_id"]), kind=PARENT, actor=actor, at=at
    )
    return {"link": made.hex}


def _parent_back(ticket_id: UUID, back: Back, actor: Actor, at: datetime) -> None:
    ticket_unlink(ticket_id=ticket_id, link_id=UUID(back["link"]), actor=actor, at=at)


def _require_same(now: object, then: object) -> None:
    if now != then:
        raise Conflict("Somebody changed it since; it stays as it is.", code="changed_since")


_STEPS: dict[str, Callable[[UUID, Given, Actor, datetime], Back]] = {
    rules.ASSIGN: _assign,
    rules.HAND_OVER: _hand_over,
    rules.PRIORITY: _priority,
    rules.PAUSE: _pause,
    rules.RESOLVE: _resolve,
    rules.MERGE: _merge,
    rules.PARENT: _parent,
}
_BACK: dict[str, Callable[[UUID, Back, Actor, datetime], None]] = {
    rules.ASSIGN: _assign_back,
    rules.PRIORITY: _priority_back,
    rules.PARENT: _parent_back,
}
