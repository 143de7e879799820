"""Questions about figures: as pages draw them, the list of them, and the way to the figure.

Not here: asking and answering, which is done on the page of the figure (`figure`).
"""

from dataclasses import dataclass
from uuid import UUID

from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from cosource.foundation.doors import PageRequest, signed_in
from cosource.foundation.errors import Invalid, NotFound
from cosource.foundation.pages import party_badges_for
from cosource.metrics.models import FigureQuestion
from cosource.metrics.queries.questions import Question, question_list
from cosource.metrics.queries.words import number_words, period_words, value_words
from cosource.metrics.rules.catalogue import BY_ID
from cosource.metrics.rules.metric import Unit
from cosource.metrics.rules.periods import Period, period_query
from cosource.metrics.web.asking import asking


@dataclass(frozen=True, slots=True)
class DrawnQuestion:
    """A question with the words of its figure, and where the figure is."""

    question: Question
    title: str
    period: str
    said: str
    n: str
    url: str


def drawn(question: Question) -> DrawnQuestion:
    """Return a question as pages draw it."""
    metric = BY_ID.get(question.figure)
    period = Period(question.from_on, question.until_on)
    unit = metric.unit if metric else Unit.TIMES
    value = float(question.value) if question.value else None
    if value is not None and "." not in question.value:
        value = int(value)
    return DrawnQuestion(
        question,
        _(metric.title) if metric else question.figure,
        period_words(period),
        value_words(value, unit),
        number_words(question.n, Unit.TICKETS),
        home_of(question),
    )


@require_safe
@signed_in
def questions(request: PageRequest) -> HttpResponse:
    """List the questions in sight, the newest first."""
    asking(request)
    found, cursor = question_list(request.actor, cursor=request.GET.get("after", ""))
    context = {
        "questions": [drawn(q) for q in found],
        "next_cursor": cursor,
        "badges": party_badges_for(request.actor),
    }
    return render(request, "scoreboard/questions.html", context)


@require_safe
@signed_in
def question(request: PageRequest, question_id: UUID) -> HttpResponse:
    """Lead to the figure that a question is about, where it stands."""
    row = FigureQuestion.objects.visible_to(request.actor).filter(pk=question_id).first()
    if row is None:
        raise NotFound
    return HttpResponseRedirect(home_of(row))


def first_fault(refused: Invalid) -> str:
    """Return the sentence about the field that was refused."""
    fields = refused.details.get("fields", {})
    told = next(iter(fields.values()), refused.message)
    return str(told[0] if isinstance(told, list) else told)


def home_of(row: FigureQuestion | Question) -> str:
    """Return the address of a question on the page of its figure."""
    of = {"scope": str(row.engagement_id), **period_query(Period(row.from_on, row.until_on))}
    if row.by:
        of |= {"by": row.by, "value": row.by_value or ""}
    return f"{reverse('scoreboard:figure', args=[row.figure])}?{urlencode(of)}#q-{row.id}"
