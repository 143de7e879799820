"""The steps that only some kinds of ticket have: plan, approval, cause, workaround, review."""

from typing import Any

from cosource.foundation.doors import PageRequest
from cosource.tickets.rules.states import KNOWN_ERROR
from cosource.tickets.services.approving import approval_ask, approval_decide
from cosource.tickets.services.changes import change_review, plan_set
from cosource.tickets.services.moving import ticket_move
from cosource.tickets.services.sayings import saying_add
from cosource.tickets.web.kind_forms import moment_in
from cosource.tickets.web.parsing import level_in, text_in
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


@step("review")
def review(request: PageRequest, common: Common) -> None:
    """Say what became of a change, and close it."""
    change_review(outcome=text_in(request, "outcome"), text=text_in(request, "text"), **common)
