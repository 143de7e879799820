"""Questions about figures, as the two parties of a desk read them, and who may ask and answer. Not here: asking (`services`)."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext as _

from cosource.agreements.rules.rights import Level, level_on
from cosource.foundation.models import Entry, Payload
from cosource.foundation.notices import SubjectLine
from cosource.foundation.queries.paging import key_page
from cosource.foundation.sight import MANAGER, SERVICE_OWNER, TECHNICIAN, Actor
from cosource.foundation.today import TodayItem
from cosource.metrics.models import FigureQuestion
from cosource.metrics.queries.scopes import Scope
from cosource.metrics.rules.catalogue import BY_ID
from cosource.parties.models import Engagement, Grant
from cosource.parties.queries.sight import live

SHOWN = 50
# More open questions than this nobody answers in a day.
_OWED = 20


@dataclass(frozen=True, slots=True)
class Words:
    """What somebody wrote: None where it was erased."""

    text: str | None
    author: str
    organization_id: UUID
    organization: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Question:
    """A question about a figure. `value`, `n`: what it said then. `asked_of`: who is to answer. `may_answer`: the reader, now."""

    id: UUID
    engagement_id: UUID
    desk: str
    figure: str
    from_on: date | None
    until_on: date | None
    by: str
    by_value: str | None
    group: str
    value: str
    n: int
    asked: Words
    asked_of_id: UUID
    asked_of: str
    answer: Words | None
    may_answer: bool


def may_ask(actor: Actor, scope: Scope | None) -> bool:
    """Tell whether an actor may question the figures of a scope: one engagement, all of it in sight, both parties present."""
    if scope is None or scope.is_own or scope.is_limited or scope.absent:
        return False
    return asks_on(actor, scope.id, scope.client_id, scope.partner_id)


def asks_on(actor: Actor, engagement_id: UUID, client_id: UUID | None, partner_id: UUID | None) -> bool:
    """Tell whether an actor may ask at an engagement: who leads either side, and the client's technicians."""
    if client_id is None:
        return False
    level = level_on(actor, owner_id=client_id, engagement_id=engagement_id, partner_id=partner_id)
    roles = actor.sight.roles_on(None) | actor.sight.roles_on(engagement_id)
    works_for_client = actor.organization_id == client_id and TECHNICIAN in roles
    return level is Level.LEAD or (level is Level.READ and works_for_client)


def leads_on(actor: Actor, engagement: Engagement) -> bool:
    """Tell whether an actor leads its side of an engagement."""
    level = level_on(
        actor, owner_id=engagement.client_id, engagement_id=engagement.id, partner_id=engagement.partner_id
    )
    return level is Level.LEAD


def question_list(
    actor: Actor,
    *,
    desks: Collection[UUID] | None = None,
    figure: str = "",
    is_open: bool = False,
    cursor: str = "",
    limit: int = SHOWN,
) -> tuple[list[Question], str]:
    """Return the questions in sight, the newest first, and where the next page begins. One query.

    `desks`: of these engagements alone. `figure`: about this one alone. `is_open`: not answered yet. Raises: Invalid.
    """
    rows = FigureQuestion.objects.visible_to(actor).select_related(
        "engagement__client", "engagement__partner", "asked_entry__payload", "answered_entry__payload"
    )
    if desks is not None:
        rows = rows.filter(engagement_id__in=desks)
    if figure:
        rows = rows.filter(figure=figure)
    if is_open:
        rows = rows.filter(answered_at__isnull=True)
    page = key_page(rows, order=("-asked_at", "-id"), cursor=cursor, limit=limit)
    return [_question(actor, row) for row in page.items], page.next_cursor


def _question(actor: Actor, row: FigureQuestion) -> Question:
    engagement = row.engagement
    asker, other = engagement.client, engagement.partner
    if row.asked_by_organization_id == other.id:
        asker, other = other, asker
    asked = _payload(row.asked_entry)
    answered = _payload(row.answered_entry) if row.answered_entry is not None else {}
    answer = None
    if row.answered_at is not None:
        answer = Words(
            answered.get("text"), answered.get("author", ""), other.id, other.name, row.answered_at
        )
    return Question(
        row.id,
        engagement.id,
        engagement.name,
        row.figure,
        row.from_on,
        row.until_on,
        row.by,
        row.by_value,
        asked.get("group", ""),
        row.value,
        row.n,
        Words(asked.get("text"), asked.get("author", ""), asker.id, asker.name, row.asked_at),
        other.id,
        other.name,
        answer,
        answer is None and other.id == actor.organization_id and leads_on(actor, engagement),
    )


def _payload(entry: Entry) -> dict[str, Any]:
    """Return what an entry says; nothing where it was erased."""
    try:
        return dict(entry.payload.body)
    except Payload.DoesNotExist:
        return {}


def leads_of(organization_id: UUID, engagement_id: UUID, at: datetime) -> set[UUID]:
    """Return the people who lead a party at an engagement."""
    rows = Grant.objects.filter(
        live(at),
        Q(engagement_id=engagement_id) | Q(engagement__isnull=True),
        organization_id=organization_id,
        role__in=(MANAGER, SERVICE_OWNER),
        person__is_active=True,
    )
    return {person_id for person_id in rows.values_list("person_id", flat=True) if person_id is not None}


def question_lines(actor: Actor, ids: Collection[UUID]) -> dict[UUID, SubjectLine]:
    """Return what the questions among `ids` that the actor sees are called in notices."""
    rows = FigureQuestion.objects.visible_to(actor).filter(id__in=ids)
    return {
        question_id: SubjectLine(name, _(BY_ID[figure].title) if figure in BY_ID else figure)
        for question_id, name, figure in rows.values_list("id", "engagement__name", "figure")
    }


def answers_owed(actor: Actor, at: datetime, for_teams: bool) -> list[TodayItem]:
    """Return the questions about figures that the actor's side has not answered, where the actor may. One query."""
    rows = (
        FigureQuestion.objects.visible_to(actor)
        .filter(answered_at__isnull=True)
        .exclude(asked_by_organization_id=actor.organization_id)
        .select_related("engagement", "asked_by_organization")
        .order_by("asked_at", "id")
    )
    return [
        TodayItem(
            id=row.id,
            icon="gavel",
            title=_("A question about “%(figure)s”") % {"figure": _(BY_ID[row.figure].title)},
            reference=row.engagement.name,
            why=_("%(party)s asks about a figure of your desk") % {"party": row.asked_by_organization.name},
            url=reverse("scoreboard:question", args=[row.id]),
            action=_("Answer"),
        )
        for row in rows[:_OWED]
        if row.figure in BY_ID and leads_on(actor, row.engagement)
    ]
