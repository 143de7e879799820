"""The steps that only some kinds of ticket have: plan, approval, cause, workaround, review."""

from typing import Any
from uuid import UUID

from cosource.foundation.doors import PageRequest
from cosource.tickets.rules.states import KNOWN_ERROR
from cosource.tickets.services.approving import approval_ask, approval_decide
from cosource.tickets.services.changes import change_review, plan_set
from cosource.tickets.services.major import (
    major_declare,
    major_end,
    major_review,
    major_review_close,
    major_update,
)
from cosource.tickets.services.moving import ticket_move
from cosource.tickets.services.sayings import saying_add
from cosource.tickets.web.kind_forms import moment_in
from cosource.tickets.web.parsing import level_in, one_uuid, text_in
from cosource.tickets.web.ticket import Common, step


@step("plan")
def plan(request: PageRequest, common: Common) -> None:
    """Set type, risk and window of a change."""
    changes: dict[str, Any] = {
        "type": text_in(request, "type"),
        "risk": level_in(request, "risk"),
        "starts_at": moment_in(request, "starts_at"),
        "ends_at": moment_in(request, "ends_at"),
    }
    plan_set(changes=changes, **common)


@step("ask-approval")
def ask_approval(request: PageRequest, common: Common) -> None:
    """Ask for the approvals that it needs."""
    approval_ask(text=text_in(request, "text"), **common)


@step("decide")
def decide(request: PageRequest, common: Common) -> None:
    """Approve, send back or reject."""
    approval_decide(decision=text_in(request, "decision"), text=text_in(request, "text"), **common)


@step("known-error")
def known_error(request: PageRequest, common: Common) -> None:
    """Name the cause of a problem."""
    ticket_move(to_state=KNOWN_ERROR, text=text_in(request, "text"), **common)


@step("say")
def say(request: PageRequest, common: Common) -> None:
    """Write a workaround, a plan, the way back."""
    saying_add(says=text_in(request, "says"), text=text_in(request, "text"), **common)


@step("declare")
def declare(request: PageRequest, common: Common) -> None:
    """Lead an incident as a major one."""

    def person(name: str) -> UUID | None:
        chosen = text_in(request, name)
        return one_uuid(chosen, name) if chosen else None

    major_declare(
        text=text_in(request, "text"),
        commander_id=person("commander_id"),
        communicator_id=person("communicator_id"),
        **common,
    )


@step("major-update")
def update_all(request: PageRequest, common: Common) -> None:
    """Tell everybody how a major incident stands."""
    major_update(text=text_in(request, "text"), **common)


@step("major-end")
def end_major(request: PageRequest, common: Common) -> None:
    """Say that a major incident is over."""
    major_end(text=text_in(request, "text"), **common)


@step("major-review")
def review_part(request: PageRequest, common: Common) -> None:
    """Write one side's part of the review."""
    major_review(text=text_in(request, "text"), **common)


@step("")
def review_close(request: PageRequest, common: Common) -> None:
    """Close the review of a major incident."""
    major_review_close(**common)


@step("review")
def review(request: PageRequest, common: Common) -> None:
    """Say what became of a change, and close it."""
    change_review(outcome=text_in(request, "outcome"), text=text_in(request, "text"), **common)
