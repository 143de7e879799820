"""A step with many tickets: what can be chosen for those that are marked, and how far a run is.

Not here: taking it (`services.bulk`).
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from django.utils.translation import gettext as _

from cosource.foundation.errors import NotFound
from cosource.foundation.sight import Actor
from cosource.parties.models import Membership
from cosource.parties.queries.sight import live
from cosource.tickets.models import BulkRun, Participation
from cosource.tickets.models.bulk import UNDO_FOR
from cosource.tickets.queries.badges import badges_of
from cosource.tickets.queries.receivers import handover_teams
from cosource.tickets.queries.record import load
from cosource.tickets.queries.steps import WAITING, PauseChoice, pause_choices
from cosource.tickets.rules import bulk as rules


@dataclass(frozen=True, slots=True)
class Chosen:
    """A ticket that is marked."""

    id: UUID
    reference: str
    title: str


@dataclass(slots=True)
class Choices:
    """The marked tickets in sight, and what the steps can be given."""

    tickets: list[Chosen] = field(default_factory=list)
    people: list[tuple[UUID, str]] = field(default_factory=list)
    teams: list[tuple[UUID, str, str]] = field(default_factory=list)
    pauses: list[PauseChoice] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Line:
    """What became of one ticket. `reference`, `title` empty where it is out of sight."""

    ticket_id: UUID
    reference: str
    title: str
    outcome: str
    said: str


@dataclass(frozen=True, slots=True)
class RunView:
    """A run as who started it sees it. `undo_seconds`: for how much longer it can be taken back."""

    id: UUID
    action: str
    label: str
    state: str
    total: int
    lines: list[Line]
    undoable: bool
    undo_seconds: int

    @property
    def count(self) -> dict[str, int]:
        """Return how many there are of each outcome."""
        outcomes = [line.outcome for line in self.lines]
        return {name: outcomes.count(name) for name in ("done", "refused", "undone", "kept")}

    @property
    def refused(self) -> list[Line]:
        """Return those that stayed as they were, with the reason."""
        return [line for line in self.lines if line.said]

    @property
    def is_over(self) -> bool:
        """Tell whether nothing more happens by itself."""
        return self.state in (BulkRun.State.DONE, BulkRun.State.UNDONE)


def bulk_choices(*, actor: Actor, ticket_ids: Sequence[UUID], at: datetime) -> Choices:
    """Return the tickets that are in sight, in the order given, and the choices of the steps, as the first of them has them."""
    named = _named(actor, ticket_ids)
    choices = Choices([Chosen(i, *named[i]) for i in ticket_ids if i in named])
    if not choices.tickets:
        return choices
    held = Participation.objects.visible_to(actor).filter(ticket_id__in=list(named), holds=True)
    teams = {i for i in held.values_list("team_id", flat=True) if i is not None}
    found = Membership.objects.filter(live(at), team_id__in=teams).order_by("person__name", "person_id")
    choices.people = list(dict.fromkeys(found.values_list("person_id", "person__name")))
    record = load(choices.tickets[0].id, actor)
    choices.teams = [(t.id, t.name, t.organization.name) for t in handover_teams(record, at)]
    choices.pauses = pause_choices(record, badges_of(record), list(WAITING))
    return choices


def bulk_get(*, actor: Actor, run_id: UUID, at: datetime) -> RunView:
    """Return a run of the actor's own. Raises: NotFound."""
    run = BulkRun.objects.visible_to(actor).filter(id=run_id).first()
    if run is None:
        raise NotFound
    named = _named(actor, [UUID(result[0]) for result in run.results])
    action = rules.ACTIONS[run.action]
    lines = [
        Line(UUID(i), *named.get(UUID(i), ("", "")), outcome, _(said) if said else "")
        for i, outcome, said, _back in run.results
    ]
    left = 0.0
    if action.undoable and run.state == BulkRun.State.DONE and run.finished_at is not None:
        left = (run.finished_at + UNDO_FOR - at).total_seconds()
    return RunView(
        id=run.id,
        action=run.action,
        label=_(action.label),
        state=run.state,
        total=len(run.ticket_ids),
        lines=lines,
        undoable=action.undoable,
        undo_seconds=max(int(left), 0) if any(line.outcome == "done" for line in lines) else 0,
    )


def _named(actor: Actor, ticket_ids: Sequence[UUID]) -> dict[UUID, tuple[str, str]]:
    rows = Participation.objects.visible_to(actor).filter(ticket_id__in=list(ticket_ids))
    return {
        i: (reference, title)
        for i, reference, title in rows.values_list("ticket_id", "reference", "ticket__title")
    }
