"""The page of one figure: what it says, how it is counted, its months, its groups, and the tickets behind it.

Asking about it and answering are done here, in place. Not here: the scoreboard (`pages`), the list of questions (`questions`).
"""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from cosource.foundation import clock
from cosource.foundation.doors import PageRequest, signed_in
from cosource.foundation.errors import Conflict, Invalid, NotFound
from cosource.metrics.models import FigureQuestion
from cosource.metrics.queries.board import recent, trends_of
from cosource.metrics.queries.drill import Behind, tickets_behind
from cosource.metrics.queries.figures import figures
from cosource.metrics.queries.parties import badges_of
from cosource.metrics.queries.promises import outcome
from cosource.metrics.queries.questions import may_ask, question_list
from cosource.metrics.queries.words import month_words, number_words, period_words, value_words
from cosource.metrics.rules.catalogue import BY_ID
from cosource.metrics.rules.drawing import bar_width
from cosource.metrics.rules.figure import Figure
from cosource.metrics.rules.metric import Cohort, Fold, Metric, Unit
from cosource.metrics.rules.periods import Period
from cosource.metrics.services.questions import figure_question_answer, figure_question_ask
from cosource.metrics.web.asking import Asking, asking
from cosource.metrics.web.drawn import figure_url, head_of, promise_of, trend_of
from cosource.metrics.web.pages import figures_page, while_gathering
from cosource.metrics.web.questions import drawn, first_fault, home_of

ROWS = 50


@dataclass(frozen=True, slots=True)
class Draft:
    """What somebody wrote and what is wrong with it: a question, or the answer to one (`question_id`)."""

    text: str
    fault: str
    question_id: UUID | None = None


@figures_page
def figure_page(request: PageRequest, figure_id: str) -> HttpResponse:
    """Show a figure, or that of one of its groups (`by` and `value`); `out` lists the tickets that were left out."""
    return _page(request, figure_id, request.GET)


def _page(request: PageRequest, figure_id: str, given: QueryDict, draft: Draft | None = None) -> HttpResponse:
    metric = BY_ID.get(figure_id)
    if metric is None:
        raise NotFound
    at = clock.now()
    asked = asking(request, given)
    period = asked.period or Period()
    asked = asked.within(period)
    by = given.get("by", "")
    value = given.get("value", "") or None
    left_out = "out" in given
    of: dict[str, Any] = {"from_on": period.from_on, "until_on": period.until_on, "at": at}
    shown = figure_of_group(request, asked, metric, by=by, value=value, **of)
    kept = outcome(request.actor, shown, scopes=asked.asked, period=period, at=at)
    group = {"by": by, "value": value or ""} if by else {}
    page = tickets_behind(
        request.actor,
        figure_id,
        scope=asked.scope,
        by=by or None,
        by_value=value,
        left_out=left_out,
        cursor=given.get("after", ""),
        limit=ROWS,
        **of,
    )
    points = trends_of(request.actor, [figure_id], scope=asked.scope, at=at)[figure_id] if not by else []
    points = recent(points, period)
    most = max((float(p.value or 0) for p in points), default=0)
    context = {
        "asking": asked,
        "metric": metric,
        "head": head_of(shown, asked, **group),
        "promise": promise_of(kept) if kept else None,
        "group": shown.by.label if shown.by else "",
        "period": period_words(period),
        "scope_names": [scope.name for scope in asked.asked],
        "left_out": left_out,
        "counted_url": figure_url(asked, figure_id, **group),
        "left_out_url": figure_url(asked, figure_id, **group, out="1"),
        "trend": trend_of(points, metric.unit),
        "months": [
            (
                month_words(p.on),
                value_words(p.value, metric.unit),
                number_words(p.n, Unit.TICKETS),
                bar_width(float(p.value or 0), most),
            )
            for p in reversed(points)
        ],
        "page": page,
        "rows": [(row, _gave(metric, row)) for row in page.rows],
        "is_later": bool(given.get("after")),
        "board_query": asked.query(),
        "all_query": figure_url(asked, figure_id),
        "questions": [drawn(q) for q in question_list(request.actor, desks=asked.scope, figure=figure_id)[0]],
        "may_ask": may_ask(request.actor, asked.desk),
        "ask_query": asked.query(**group),
        "badges": badges_of(asked.scopes),
        "draft": draft,
        "question_draft": draft if draft and draft.question_id is None else None,
    }
    return render(request, "scoreboard/figure.html", context, status=422 if draft else 200)


@require_POST
@signed_in
@while_gathering
def ask(request: PageRequest, figure_id: str) -> HttpResponse:
    """Question the figure that the page shows; a text that is refused stands there again, with what is wrong."""
    asked = asking(request)
    if figure_id not in BY_ID or asked.desk is None:
        raise NotFound
    period = asked.period or Period()
    text = request.POST.get("text", "")
    try:
        row = figure_question_ask(
            engagement_id=asked.desk.id,
            figure=figure_id,
            from_on=period.from_on,
            until_on=period.until_on,
            by=request.GET.get("by", ""),
            by_value=request.GET.get("value", "") or None,
            text=text,
            actor=request.actor,
            at=clock.now(),
        )
    except Invalid as refused:
        return _page(request, figure_id, request.GET, Draft(text, first_fault(refused)))
    messages.success(request, _("The other party is asked. Question and answer stand here for both."))
    return HttpResponseRedirect(home_of(row))


@require_POST
@signed_in
@while_gathering
def answer(request: PageRequest, question_id: UUID) -> HttpResponse:
    """Answer a question in place; a text that is refused stands there again, with what is wrong."""
    row = FigureQuestion.objects.visible_to(request.actor).filter(pk=question_id).first()
    if row is None:
        raise NotFound
    text = request.POST.get("text", "")
    try:
        row = figure_question_answer(question_id=question_id, text=text, actor=request.actor, at=clock.now())
        messages.success(request, _("Answered. Both parties read it here."))
    except Invalid as refused:
        draft = Draft(text, first_fault(refused), question_id)
        return _page(request, row.figure, QueryDict(home_of(row).partition("?")[2].partition("#")[0]), draft)
    except Conflict as refused:
        messages.error(request, refused.message)
    return HttpResponseRedirect(home_of(row))


def figure_of_group(
    request: PageRequest, asked: Asking, metric: Metric, *, by: str, value: str | None, **of: Any
) -> Figure:
    """Return the figure of all, or of one group. Raises: NotFound for a group that there is not; Invalid; NoFacts."""
    found = figures(request.actor, scope=asked.scope, by=by or None, only=[metric.id], **of)
    for figure in found:
        if not by or (figure.by is not None and figure.by.value == value):
            return figure
    raise NotFound


def _gave(metric: Metric, row: Behind) -> str:
    """Return what a ticket gave to the figure, in words."""
    if row.reason:
        return _(row.reason)
    if metric.cohort is Cohort.DUE:
        return _("met") if row.value else _("missed")
    if metric.fold is Fold.SHARE:
        return _("yes") if row.value else _("no")
    if metric.fold is Fold.COUNT:
        return ""
    unit = Unit.HOURS if metric.unit is Unit.SHARE else metric.unit
    if metric.unit is Unit.TIMES and row.value is not None:
        return number_words(int(row.value), Unit.TICKETS)
    return value_words(row.value, unit)
