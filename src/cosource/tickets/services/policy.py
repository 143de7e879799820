"""Who may take which step on a ticket that they see.

Sight is decided before (`Participation.visible_to`); this decides rights: each action names the capacities that may take it.
Which capacities an actor has is found in `queries.capacities`.
"""

from dataclasses import replace
from enum import StrEnum
from uuid import UUID

from cosource.foundation.errors import NotAllowed
from cosource.foundation.sight import SERVICE_OWNER, Actor
from cosource.tickets.queries.approvals import may_approve
from cosource.tickets.queries.capacities import (
    WRITE,
    capacities,
    holds,
    is_requester,
    keeps,
    may_write,
    roles_on,
)
from cosource.tickets.queries.major import may_declare
from cosource.tickets.queries.record import Record
from cosource.tickets.rules.states import Who

__all__ = [
    "WRITE",
    "Action",
    "acting_for",
    "capacities",
    "holds",
    "is_requester",
    "keeps",
    "may_write",
    "require",
    "roles_on",
]


class Action(StrEnum):
    """A step on a ticket."""

    OPEN = "ticket.open"
    UPDATE = "ticket.update"
    MOVE = "ticket.move"
    REPLY = "ticket.reply"
    ASK_REQUESTER_SIDE = "ticket.reply_requester"
    ASSIGN = "ticket.assign"
    HAND_OVER = "ticket.hand_over"
    ANSWER_HANDOVER = "ticket.answer_handover"
    SHARE = "ticket.share"
    PLAN = "ticket.plan"
    SAY = "ticket.say"
    ASK_APPROVAL = "ticket.ask_approval"
    APPROVE = "ticket.approve"
    REVIEW = "ticket.review"
    LEAD = "ticket.lead"
    REVIEW_MAJOR = "ticket.review_major"
    USE_ARTICLE = "ticket.use_article"


def acting_for(actor: Actor, record: Record, party_id: UUID | None) -> Actor:
    """Return the actor as the keeper of a stand-in, when the step is that party's; else the actor as is.

    The record then says on whose behalf it was kept.
    """
    part = record.part_of(party_id)
    if part is None or part.organization_id == record.mine.organization_id or not keeps(actor, part):
        return actor
    return replace(actor, on_behalf_of=part.organization_id)


def require(actor: Actor, action: Action, record: Record) -> None:
    """Refuse a step that the actor's capacities do not cover. Raises: NotAllowed."""
    have = capacities(actor, record)
    if action is Action.REPLY:
        allowed = Who.ANY in have or Who.REQUESTER in have
    elif action in (Action.HAND_OVER, Action.ASSIGN):
        allowed = Who.HOLDER in have or (Who.OWNER in have and SERVICE_OWNER in roles_on(actor, record.mine))
    elif action is Action.LEAD:
        allowed = may_declare(actor, record)
    elif action is Action.APPROVE:
        allowed = may_approve(actor, record.mine)
    elif action in (
        Action.UPDATE,
        Action.PLAN,
        Action.SAY,
        Action.ASK_APPROVAL,
        Action.REVIEW,
        Action.REVIEW_MAJOR,
    ):
        allowed = Who.HOLDER in have or Who.OWNER in have
    elif action is Action.SHARE:
        allowed = Who.OWNER in have
    else:
        allowed = Who.ANY in have
    if not allowed:
        raise NotAllowed("You may read this ticket, but not do that with it.", action=action.value)
