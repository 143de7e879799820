"""The page of one figure: what it says, how it is counted, its months, its groups, and the tickets behind it.

Not here: the scoreboard (`pages`), and asking about a figure (`questions`).
"""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from cosource.foundation import clock
from cosource.foundation.doors import PageRequest
from cosource.foundation.errors import NotFound
from cosource.metrics.queries.board import recent, trends_of
from cosource.metrics.queries.drill import Behind, tickets_behind
from cosource.metrics.queries.figures import figures
from cosource.metrics.queries.parties import badges_of
from cosource.metrics.queries.questions import may_ask, question_list
from cosource.metrics.queries.words import month_words, number_words, period_words, value_words
from cosource.metrics.rules.catalogue import BY_ID
from cosource.metrics.rules.drawing import bar_width
from cosource.metrics.rules.figure import Figure
from cosource.metrics.rules.metric import Cohort, Fold, Metric, Unit
from cosource.metrics.rules.periods import Period
from cosource.metrics.web.asking import Asking, asking
from cosource.metrics.web.drawn import figure_url, head_of, trend_of
from cosource.metrics.web.pages import figures_page
from cosource.metrics.web.questions import drawn

ROWS = 50


@figures_page
def figure_page(request: PageRequest, figure_id: str) -> HttpResponse:
    """Show a figure, or that of one of its groups (`by` and `value`); `out` lists the tickets that were left out."""
    metric = BY_ID.get(figure_id)
    if metric is None:
        raise NotFound
    at = clock.now()
    asked = asking(request)
    period = asked.period or Period()
    asked = asked.within(period)
    by = request.GET.get("by", "")
    value = request.GET.get("value", "") or None
    left_out = "out" in request.GET
    of: dict[str, Any] = {"from_on": period.from_on, "until_on": period.until_on, "at": at}
    shown = figure_of_group(request, asked, metric, by=by, value=value, **of)
    group = {"by": by, "value": value or ""} if by else {}
    page = tickets_behind(
        request.actor,
        figure_id,
        scope=asked.scope,
        by=by or None,
        by_value=value,
        left_out=left_out,
        cursor=request.GET.get("after", ""),
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
        "is_later": bool(request.GET.get("after")),
        "board_query": asked.query(),
        "all_query": figure_url(asked, figure_id),
        "questions": [drawn(q) for q in question_list(request.actor, desks=asked.scope, figure=figure_id)[0]],
        "may_ask": may_ask(request.actor, asked.desk) and not shown.held_back,
        "ask_query": asked.query(**group),
        "badges": badges_of(asked.scopes),
    }
    return render(request, "scoreboard/figure.html", context)


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
