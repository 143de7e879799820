"""Which steps of the ladder a reader's party was told of on a ticket, ready to show. Not here: raising and acknowledging."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from cosource.agreements.queries.terms import terms_of
from cosource.foundation.prepared import Prepared
from cosource.foundation.sight import WORKERS, Actor
from cosource.parties.models import Person
from cosource.tickets.models import Clock, Escalation
from cosource.tickets.queries.record import Record, load
from cosource.tickets.rules.wording import Phrase, gettext_lazy

_TOLD = {
    "team": gettext_lazy("the team"),
    "manager": gettext_lazy("the manager"),
    "deputy": gettext_lazy("the deputy"),
    "other_party": gettext_lazy("the other side"),
}
WARNED, ESCALATED = "warned", "escalated"


@dataclass(frozen=True, slots=True)
class EscalationLine:
    """A step that was raised. `told`: who, in a word; `names`: the people of the reader's own party among them."""

    id: UUID
    is_warning: bool
    told: Phrase
    names: str
    raised_at: datetime
    acknowledged_at: datetime | None
    acknowledged_by: str
    may_acknowledge: bool


def mark_of(version_id: UUID, raised: int) -> str:
    """Say from what a clock remembers whether a warning came, or a step at the due time or after; empty for neither."""
    if not raised:
        return ""
    came = [s for s in terms_of(version_id).escalation if raised >> s.number & 1]
    return WARNED if all(s.is_warning for s in came) else ESCALATED


def escalation_lines(
    record: Record, actor: Actor, clocks: Sequence[Clock]
) -> dict[UUID, tuple[EscalationLine, ...]]:
    """Return by clock what the reader's party was told of; at most two queries, and none where nothing came."""
    if not any(c.raised for c in clocks):
        return {}
    mine = record.mine.organization_id
    rows = [r for r in _raised(ticket_id=record.ticket.id) if mine in {r.party_id, r.other_party_id}]
    own = [r for r in rows if r.party_id == mine]
    ids = {UUID(p) for r in own for p in r.told} | {r.acknowledged_by_id for r in own if r.acknowledged_by_id}
    names = dict(Person.objects.filter(id__in=ids).values_list("id", "name")) if ids else {}
    works = actor.person_id is not None and bool(actor.sight.roles_on(record.mine.engagement_id) & WORKERS)
    running = {c.id for c in clocks if c.met_at is None and c.stopped_at is None}
    found: dict[UUID, list[EscalationLine]] = defaultdict(list)
    for row in rows:
        by = row.acknowledged_by_id
        found[row.clock_id].append(
            EscalationLine(
                id=row.id,
                is_warning=row.is_warning,
                told=_TOLD[row.notify],
                names=", ".join(
                    names[UUID(p)] for p in row.told if row.party_id == mine and UUID(p) in names
                ),
                raised_at=row.raised_at,
                acknowledged_at=row.acknowledged_at,
                acknowledged_by=names.get(by, "") if by is not None else "",
                may_acknowledge=works
                and row.party_id == mine
                and row.acknowledged_at is None
                and row.clock_id in running,
            )
        )
    return {clock_id: tuple(lines) for clock_id, lines in found.items()}


_raised = Prepared[Escalation](
    lambda ticket_id: Escalation.objects.filter(ticket_id=ticket_id, state=Escalation.State.RAISED).order_by(
        "raised_at", "step"
    ),
    ticket_id=UUID,
)


def escalations_of(*, actor: Actor, ticket_id: UUID) -> list[dict[str, Any]]:
    """Return the steps that the actor's party was told of, in the order in which they came. Raises: NotFound."""
    record = load(ticket_id, actor)
    rows = Escalation.objects.visible_to(actor).filter(ticket_id=ticket_id).select_related("clock")
    mine = record.mine.organization_id
    return [
        {
            "id": row.id,
            "clock_id": row.clock_id,
            "clock_kind": row.clock.kind,
            "step": row.step,
            "notify": row.notify,
            "is_warning": row.is_warning,
            "party_id": row.party_id,
            "person_ids": [UUID(p) for p in row.told] if row.party_id == mine else [],
            "due_at": row.due_at,
            "raised_at": row.raised_at,
            "acknowledged_at": row.acknowledged_at,
            "acknowledged_by_id": row.acknowledged_by_id if row.party_id == mine else None,
        }
        for row in rows.order_by("raised_at", "step", "id")
    ]
