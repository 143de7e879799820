"""What a board is told of a period on one page: the scoreboard's figures beside those of the period before, and what is asked of
whom. Values only; the words are in `paper_words`.

Each number is one of the scoreboard's, by the same computation. One line differs between readers and says so: how many tickets
of the reader's own party have nobody's name on them.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from cosource.foundation.errors import Conflict
from cosource.foundation.sight import Actor
from cosource.metrics.queries.board import Tile, board_get
from cosource.metrics.queries.cohorts import cohort_sql, naive
from cosource.metrics.queries.engine import Facts
from cosource.metrics.queries.figures import asked_of, figures
from cosource.metrics.queries.naming import values_named
from cosource.metrics.queries.promises import version_at_end
from cosource.metrics.queries.questions import Question, question_list
from cosource.metrics.queries.scopes import OpenedScope, Scope, compares, scopes_opened
from cosource.metrics.rules.board import HEADLINES
from cosource.metrics.rules.changes import Change, change_of
from cosource.metrics.rules.figure import Figure
from cosource.metrics.rules.metric import Cohort
from cosource.metrics.rules.periods import Period, before
from cosource.tickets.models import Participation

# Who has no name on it is known of now alone: beside an older period it would say nothing.
RECENT = timedelta(days=45)
_QUESTIONS_READ = 50


@dataclass(frozen=True, slots=True)
class Line:
    """A figure with its trend, that of the period before (None: there is no such period), and what changed."""

    tile: Tile
    before: Figure | None
    change: Change


@dataclass(slots=True)
class Asked:
    """What is asked of one party (no id: of nobody known). `missed` of `due` resolve times in the period; the rest at its end.

    `overdue`: tickets whose time to resolve was over by then. `unnamed`: open now with nobody assigned; None: not known to the
    reader, or not of this time. `age_hours`: of the open tickets, median.
    """

    party_id: UUID | None
    party: str
    due: int = 0
    missed: int = 0
    overdue: int = 0
    open: int = 0
    age_hours: float | None = None
    unnamed: int | None = None
    questions: list[Question] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Terms:
    """The version that was in force when the period ended, as far as the reader may read it."""

    name: str
    number: int | None
    starts_at: datetime


@dataclass(frozen=True, slots=True)
class Paper:
    """All that is told. `silent`: figures in which nothing counts; `waits`: hours of waiting by whose turn it was.

    `more_questions`: there are more open ones than were read.
    """

    scopes: tuple[Scope, ...]
    period: Period
    previous: Period | None
    terms: Terms | None
    lines: tuple[Line, ...]
    silent: tuple[Figure, ...]
    asked: tuple[Asked, ...]
    waits: tuple[Figure, ...]
    made_at: datetime
    more_questions: bool

    @property
    def is_running(self) -> bool:
        """Tell whether the period is not over."""
        return self.period.until_at is None or self.period.until_at > self.made_at

    @property
    def questions(self) -> list[Question]:
        """Return the open questions, those asked first first."""
        found = [question for asked in self.asked for question in asked.questions]
        return sorted(found, key=lambda q: (q.asked.at, q.id))


def paper_get(actor: Actor, *, desk_ids: Sequence[UUID] | None, period: Period | None, at: datetime) -> Paper:
    """Return what is told of desks (None: the actor's usual scope) in a period (None: that with which the scoreboard opens).

    Raises: NotFound, Invalid, NoFacts, Conflict while there are no tickets.
    """
    scopes, scope = scopes_opened(actor, desk_ids)
    board = board_get(actor, scope=scope, period=period, at=at)
    if board is None:
        raise Conflict(_("There are no figures yet: they begin with the first ticket."), code="no_figures")
    period = board.period
    previous = before(period)
    earlier: dict[str, Figure] = {}
    if previous is not None:
        days: dict[str, Any] = {"from_on": previous.from_on, "until_on": previous.until_on}
        earlier = {f.id: f for f in figures(actor, scope=scope, only=HEADLINES, **days, at=at)}
    tiles = {tile.figure.id: tile for tile in board.tiles}
    lines = []
    for figure_id in HEADLINES:
        if tile := tiles.get(figure_id):
            was = earlier.get(figure_id)
            lines.append(Line(tile, was, change_of(tile.figure, was)))
    shown = tuple(s for s in scopes if s.id in scope)
    desks = _engagements(scopes, shown)
    asked, more = _asked(actor, scopes=shown, scope=scope, period=period, desks=desks, at=at)
    return Paper(
        scopes=shown,
        period=period,
        previous=previous,
        terms=_terms(actor, shown, period, at),
        lines=tuple(lines),
        silent=tuple(f for f in board.silent if f.id in HEADLINES),
        asked=asked,
        waits=_waits(actor, scope, period, at),
        made_at=at,
        more_questions=more,
    )


def _engagements(scopes: Sequence[Scope], shown: Sequence[Scope]) -> list[UUID]:
    """Return the engagements whose questions belong to what is shown: with the own desk all in which it is the client."""
    own = {s.id for s in shown if s.is_own}
    asked = {s.id for s in shown}
    return [s.id for s in scopes if not s.is_own and (s.id in asked or s.client_id in own)]


def _asked(
    actor: Actor,
    *,
    scopes: tuple[Scope, ...],
    scope: OpenedScope,
    period: Period,
    desks: Sequence[UUID],
    at: datetime,
) -> tuple[tuple[Asked, ...], bool]:
    """Return what is asked of each party, of those first of whom most is overdue, missed and open.

    Who may not set parties beside each other is told of all of them together.
    """
    found: dict[UUID | None, Asked] = {}
    by = "party" if compares(actor, scope.granted) else None
    together = _("All parties together")

    def row_of(value: str | None, label: str) -> Asked:
        party_id = UUID(value) if by and value else None
        return found.setdefault(party_id, Asked(party_id, label if by else together))

    for figure in figures(
        actor, scope=scope, from_on=period.from_on, until_on=period.until_on, by=by,
        only=["sla_met", "backlog", "backlog_age"], at=at,
    ):  # fmt: skip
        if not figure.n:
            continue
        row = row_of(figure.by.value, figure.by.label) if figure.by else row_of(None, together)
        if figure.id == "sla_met":
            row.due = int(figure.denominator or 0)
            row.missed = row.due - int(figure.numerator or 0)
        elif figure.id == "backlog":
            row.open = figure.n
        else:
            row.age_hours = figure.value
    for value, label, n in _overdue(actor, scope, period, by=by, at=at):
        row_of(value, label).overdue = n
    questions, cursor = question_list(actor, desks=desks, is_open=True, limit=_QUESTIONS_READ)
    for question in questions:
        row_of(str(question.asked_of_id), question.asked_of).questions.append(question)
    if unnamed := _unnamed(actor, scopes, period, at):
        sides = (
            (i, n) for s in scopes for i, n in ((s.client_id or s.id, s.client), (s.partner_id, s.partner))
        )
        own = next((name for i, name in sides if i == actor.organization_id), "")
        row_of(str(actor.organization_id), own).unnamed = unnamed
    rows = sorted(found.values(), key=lambda r: (-r.overdue, -r.missed, -len(r.questions), -r.open, r.party))
    return tuple(rows), bool(cursor)


def _overdue(
    actor: Actor, scope: OpenedScope, period: Period, *, by: str | None, at: datetime
) -> list[tuple[str | None, str, int]]:
    """Return how many tickets of each group were overdue when the period ended: not resolved by then, and not standing still."""
    facts = Facts()
    asked = asked_of(facts, actor, scope=scope, from_on=None, until_on=period.until_on, by=by, at=at)
    head, values = cohort_sql(facts, asked, Cohort.DUE)
    end = naive(period.ends_by(at))
    rows = facts.ask(
        f"{head} SELECT {'by_value' if by else 'NULL'} AS of_group, count(DISTINCT ticket) AS n FROM cohort WHERE due_at < ? "
        f"AND (met_at IS NULL OR met_at >= ?) AND (stopped_at IS NULL OR stopped_at >= ?) "
        f"AND NOT stands_still AND (ended_at IS NULL OR ended_at >= ?) GROUP BY of_group ORDER BY n DESC, of_group",
        [*values, end, end, end, end],
    )
    named = values_named(asked, [row["of_group"] for row in rows])
    return [(row["of_group"], named[row["of_group"]].label, int(row["n"])) for row in rows if row["n"]]


def _unnamed(actor: Actor, scopes: tuple[Scope, ...], period: Period, at: datetime) -> int:
    """Return how many tickets the reader's own party holds now that nobody is assigned to; 0 for a period long over."""
    if period.until_at is not None and at - period.until_at > RECENT:
        return 0
    parts = Participation.objects.visible_to(actor).filter(open=True, holds=True, assignee_id__isnull=True)
    if not any(s.is_own for s in scopes):
        shared = Participation.objects.filter(engagement_id__in=[s.id for s in scopes], open=True)
        parts = parts.filter(ticket_id__in=shared.values("ticket_id"))
    return parts.count()


def _terms(actor: Actor, scopes: tuple[Scope, ...], period: Period, at: datetime) -> Terms | None:
    version = version_at_end(actor, scopes, period, at)
    return None if version is None else Terms(version.name, version.number, version.starts_at)


def _waits(actor: Actor, scope: OpenedScope, period: Period, at: datetime) -> tuple[Figure, ...]:
    found = figures(
        actor, scope=scope, from_on=period.from_on, until_on=period.until_on, by="turn", only=["wait_by_turn"], at=at
    )  # fmt: skip
    return tuple(f for f in found if f.value)
