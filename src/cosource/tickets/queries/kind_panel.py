"""What a request, problem or change has besides its conversation, as one reader sees it: plan, approvals, cause, workaround.

An incident has none of it, and its page asks for none.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from cosource.foundation.pages import PartyBadge
from cosource.foundation.sight import Actor
from cosource.tickets.models import Approval, ChangePlan, Freeze
from cosource.tickets.queries.approvals import approvals_of
from cosource.tickets.queries.changes import Collision, collisions_of, freezes_over, plan_of
from cosource.tickets.queries.conversation import Conversation
from cosource.tickets.queries.record import Record
from cosource.tickets.rules.change_words import APPROVAL_STATES, OUTCOMES, RISKS, TYPES
from cosource.tickets.rules.sayings import LABELS, PLAN, ROLLBACK, ROOT_CAUSE, WORKAROUND
from cosource.tickets.rules.states import TicketKind

# What stands at the side of each kind, the latest of its kind.
_HELD_UP = (ROOT_CAUSE, WORKAROUND, PLAN, ROLLBACK)


@dataclass(frozen=True, slots=True)
class Held:
    """A text that holds: the latest of its kind."""

    label: str
    html: SafeString
    at: datetime
    entry_id: UUID


@dataclass(frozen=True, slots=True)
class ApprovalLine:
    """What one party said, or has yet to say."""

    badge: PartyBadge
    state: str
    words: str
    at: datetime | None
    by: str


@dataclass(frozen=True, slots=True)
class PlanView:
    """The plan of a change in words, and what stands in its way."""

    row: ChangePlan
    type: str
    risk: str
    outcome: str
    collisions: list[Collision]
    freezes: list[Freeze]


@dataclass(slots=True)
class KindPanel:
    """What the page shows beside the conversation for this kind of ticket."""

    held: list[Held] = field(default_factory=list)
    approvals: list[ApprovalLine] = field(default_factory=list)
    plan: PlanView | None = None

    @property
    def is_empty(self) -> bool:
        """Tell whether there is nothing to show."""
        return not (self.held or self.approvals or self.plan)


def held_of(talk: Conversation) -> list[Held]:
    """Return the texts that hold, among those that the reader reads. No query."""
    found = {line.says: line for line in talk.messages if line.says in _HELD_UP and line.html}
    return [
        Held(_(LABELS[says]), line.html, line.at, line.id)
        for says in _HELD_UP
        if (line := found.get(says)) is not None and line.html is not None
    ]


def kind_panel(
    record: Record, actor: Actor, badges: Mapping[UUID, PartyBadge], talk: Conversation
) -> KindPanel:
    """Return what this kind of ticket has; at most four queries, for a change."""
    panel = KindPanel(held=held_of(talk))
    if record.ticket.kind in (TicketKind.REQUEST, TicketKind.CHANGE):
        panel.approvals = _approvals(record, badges)
    if record.ticket.kind == TicketKind.CHANGE:
        panel.plan = _plan(record, actor)
    return panel


def _approvals(record: Record, badges: Mapping[UUID, PartyBadge]) -> list[ApprovalLine]:
    """Return the approvals of the last round, as far as the reader knows of the parties."""
    rows = approvals_of(ticket_id=record.ticket.id)
    last = max((a.round for a in rows), default=0)
    return [
        ApprovalLine(
            badge=badges[a.organization_id],
            state=a.state,
            words=_(APPROVAL_STATES[a.state]),
            at=a.decided_at or (a.asked_at if a.state == Approval.State.ASKED else None),
            by=a.decided_by.name if a.decided_by is not None else "",
        )
        for a in rows
        if a.round == last and a.organization_id in badges
    ]


def _plan(record: Record, actor: Actor) -> PlanView | None:
    plan = plan_of(record.ticket.id)
    if plan is None:
        return None
    is_ahead = record.ticket.category == "open" and plan.starts_at is not None and plan.ends_at is not None
    freezes: list[Freeze] = []
    if is_ahead and plan.starts_at and plan.ends_at:
        seen = Freeze.objects.visible_to(actor).values("id")
        freezes = list(freezes_over(record.ticket, plan.starts_at, plan.ends_at).filter(id__in=seen))
    return PlanView(
        row=plan,
        type=_(TYPES[plan.type]),
        risk=_(RISKS[plan.risk]),
        outcome=_(OUTCOMES[plan.outcome]) if plan.outcome else "",
        collisions=collisions_of(record, actor, plan) if is_ahead else [],
        freezes=freezes,
    )
