"""One party questions a figure of a shared desk, the other answers in place. The figure stays what it is.

Not here: what follows where an answer does not settle it.
"""

from collections.abc import Iterable
from datetime import date, datetime
from uuid import UUID

from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cosource.foundation.errors import Conflict, Invalid, NotAllowed, NotFound
from cosource.foundation.notices import register_notice_kind, register_notice_subject
from cosource.foundation.rules.notices import Said
from cosource.foundation.services.notices import notify
from cosource.foundation.sight import Actor
from cosource.foundation.today import register_today
from cosource.metrics.models import FigureQuestion
from cosource.metrics.queries.figures import figures
from cosource.metrics.queries.questions import answers_owed, asks_on, leads_of, leads_on, question_lines
from cosource.metrics.queries.scopes import Granted, scope_granted
from cosource.metrics.rules.figure import Figure
from cosource.metrics.rules.metric import gettext_noop
from cosource.parties.models import Engagement, Organization
from cosource.parties.services.checks import clean_note
from cosource.parties.services.policy import acting_person, require_running
from cosource.parties.services.record import append_shared

QUESTIONED, ANSWERED = "figure.questioned", "figure.answered"
SUBJECT = "figure_question"
_MOST = 2_000


@transaction.atomic
def figure_question_ask(
    *,
    engagement_id: UUID,
    figure: str,
    from_on: date | None,
    until_on: date | None,
    by: str,
    by_value: str | None,
    text: str,
    actor: Actor,
    at: datetime,
) -> FigureQuestion:
    """Question a figure of an engagement, or that of one of its groups (`by`, `by_value`; empty: of all).

    What it says is asked of the facts here, never taken from the page. Appends `figure.questioned/1` to the shared record, and
    tells who leads the other side. Raises: NotFound, NotAllowed, Conflict while the other side has nobody here, Invalid, NoFacts.
    """
    (granted,) = scope_granted(actor, [engagement_id])
    engagement = Engagement.objects.select_related("client", "partner").filter(pk=granted.desk.id).first()
    if engagement is None:
        raise Conflict(
            _("These are figures of your own desk: nobody else shares them."), code="nobody_to_ask"
        )
    _require_may_ask(actor, engagement, granted)
    require_running(engagement, at)
    other = _other_side(engagement, actor.organization_id)
    if other.stand_in:
        raise Conflict(
            _("%(name)s has nobody here yet who could answer.") % {"name": other.name}, code="absent"
        )
    said = clean_note("text", text, limit=_MOST)
    asked = _figure(
        figures(
            actor,
            scope=[engagement_id],
            from_on=from_on,
            until_on=until_on,
            by=by or None,
            only=[figure],
            at=at,
        ),
        by_value if by else None,
    )
    person = acting_person(actor)
    question = FigureQuestion(
        engagement=engagement,
        figure=figure,
        from_on=from_on,
        until_on=until_on,
        by=by,
        by_value=by_value if by else None,
        value="" if asked.value is None else str(asked.value),
        n=asked.n,
        asked_by_organization=_other_side(engagement, other.id),
        asked_by_id=person.id,
        asked_at=at,
    )
    question.asked_entry_id = append_shared(
        engagement,
        f"{QUESTIONED}/1",
        (SUBJECT, question.id),
        actor=actor,
        at=at,
        facts={
            "figure": figure,
            "from": from_on.isoformat() if from_on else "",
            "until": until_on.isoformat() if until_on else "",
            "by": by,
            "value": question.value,
            "n": question.n,
        },
        payload={"text": said, "author": person.name, "group": asked.by.label if asked.by else ""},
    )
    question.save(force_insert=True)
    _tell(
        question,
        QUESTIONED,
        other,
        gettext_noop("%(party)s questions a figure of %(desk)s"),
        actor=actor,
        at=at,
    )
    return question


@transaction.atomic
def figure_question_answer(*, question_id: UUID, text: str, actor: Actor, at: datetime) -> FigureQuestion:
    """Answer a question for the party that was asked. Appends `figure.answered/1`, and tells who leads the side that asked.

    Raises: NotFound, NotAllowed, Conflict when it was answered meanwhile, Invalid.
    """
    question = (
        FigureQuestion.objects.visible_to(actor)
        .select_related("engagement__client", "engagement__partner")
        .filter(pk=question_id)
        .first()
    )
    if question is None:
        raise NotFound
    engagement = question.engagement
    if not leads_on(actor, engagement):
        raise NotAllowed(_("Your role does not include this step."), action="figure.answer")
    if question.asked_by_organization_id == actor.organization_id:
        raise NotAllowed(_("That is for the other party to do."), code="other_party", action="figure.answer")
    person = acting_person(actor)
    said = clean_note("text", text, limit=_MOST)
    entry_id = append_shared(
        engagement,
        f"{ANSWERED}/1",
        (SUBJECT, question.id),
        actor=actor,
        at=at,
        facts={"figure": question.figure},
        payload={"text": said, "author": person.name},
    )
    if not FigureQuestion.objects.filter(pk=question.pk, answered_at__isnull=True).update(
        answered_by_id=person.id, answered_at=at, answered_entry_id=entry_id
    ):
        raise Conflict(_("This question was answered meanwhile."), code="answered")
    question.refresh_from_db()
    _tell(
        question,
        ANSWERED,
        _other_side(engagement, actor.organization_id),
        gettext_noop("%(party)s answers about a figure of %(desk)s"),
        also=[question.asked_by_id],
        actor=actor,
        at=at,
    )
    return question


def _require_may_ask(actor: Actor, engagement: Engagement, granted: Granted) -> None:
    if not asks_on(actor, engagement.id, engagement.client_id, engagement.partner_id):
        raise NotAllowed(_("Your role does not include this step."), action="figure.question")
    if not granted.is_whole:
        raise NotAllowed(
            _("You see a part of this desk: the other party could not find the figure that you see."),
            action="figure.question",
        )


def _figure(found: Iterable[Figure], by_value: str | None) -> Figure:
    for figure in found:
        if figure.by is None or figure.by.value == by_value:
            return figure
    raise Invalid(
        _("There is no such figure here."), fields={"value": _("give a group that has one")}, code="no_figure"
    )


def _other_side(engagement: Engagement, organization_id: UUID | None) -> Organization:
    return engagement.partner if engagement.client_id == organization_id else engagement.client


def _tell(
    question: FigureQuestion,
    kind: str,
    to: Organization,
    words: str,
    *,
    also: Iterable[UUID] = (),
    actor: Actor,
    at: datetime,
) -> None:
    engagement = question.engagement
    by = _other_side(engagement, to.id)
    notify(
        effect_key=f"{kind}:{question.id.hex}",
        person_ids=(leads_of(to.id, engagement.id, at) | set(also)) - {actor.person_id},
        kind=kind,
        subject_kind=SUBJECT,
        subject_id=question.id,
        url=reverse("scoreboard:question", args=[question.id]),
        words=Said(words, (("party", by.name), ("desk", engagement.name))),
        at=at,
        organization_id=to.id,
    )


def register() -> None:
    """Let people choose how they are told of questions, and show on the page Today what is to be answered."""
    register_notice_subject(SUBJECT, question_lines)
    register_notice_kind(QUESTIONED, gettext_lazy("The other party questions a figure"))
    register_notice_kind(ANSWERED, gettext_lazy("A question about a figure is answered"))
    register_today(answers_owed)
