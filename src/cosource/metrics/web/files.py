"""Tables of the scoreboard as CSV, and the line of a figure as SVG and PNG, each at an address of its own.

Values are as they are printed, with a point, whatever the reader's language. Not here: the pages.
"""

import csv
from collections.abc import Callable, Iterable, Sequence
from io import StringIO
from typing import Any

from django.http import HttpResponse
from django.template.loader import render_to_string
from django.utils.translation import gettext as _

from cosource.foundation import clock
from cosource.foundation.doors import PageRequest
from cosource.foundation.errors import NotFound
from cosource.metrics.queries.answers import FirstAnswers, answers_get
from cosource.metrics.queries.board import recent, trends_of
from cosource.metrics.queries.drill import MOST, tickets_behind
from cosource.metrics.queries.figures import figures
from cosource.metrics.queries.matrix import Way, handovers_between
from cosource.metrics.queries.typesetting import TYPEFACE, png_of
from cosource.metrics.queries.words import period_words
from cosource.metrics.rules.board import COLUMNS, SIZE
from cosource.metrics.rules.catalogue import BY_ID
from cosource.metrics.rules.cells import defused
from cosource.metrics.rules.drawing import trend_line
from cosource.metrics.rules.figure import Figure
from cosource.metrics.rules.periods import Period
from cosource.metrics.rules.verdicts import TOLD
from cosource.metrics.web.asking import Asking, asking
from cosource.metrics.web.drawn import trend_of
from cosource.metrics.web.pages import figures_page

_FIGURE = ("id", "by", "group", "value", "unit", "n", "numerator", "denominator", "excluded", "cohort")
_WAY = ("from", "to", "handovers", "tickets", "returns", "direct_returns", "hours_away")
# More tickets than this are for the API, page by page.
_TICKETS_MOST = 2_000
CHART_SIZE = (720, 240)


@figures_page
def table(request: PageRequest, name: str) -> HttpResponse:
    """Give a table of the scoreboard as CSV: figures, groups (`by`), teams, or parties; or one of the first answers."""
    asked, of = _of(request)
    by = request.GET.get("by", "party")
    if name == "figures":
        return _csv(request, name, asked, _FIGURE, map(_figure_row, figures(request.actor, **of)))
    if name == "groups":
        wanted = list(dict.fromkeys([SIZE, *(i for i, _title in COLUMNS)]))
        found = figures(request.actor, by=by, only=wanted, **of)
        return _csv(request, f"by-{by}", asked, _FIGURE, map(_figure_row, found))
    if name in ("teams", "parties"):
        matrix = handovers_between(request.actor, **of)
        ways = matrix.teams if name == "teams" else matrix.parties
        return _csv(request, f"handovers-{name}", asked, _WAY, map(_way_row, ways))
    if name in _ANSWERS:
        head, rows_of = _ANSWERS[name]
        return _csv(request, name, asked, head, rows_of(answers_get(request.actor, **of)))
    raise NotFound


@figures_page
def figure_table(request: PageRequest, figure_id: str, name: str) -> HttpResponse:
    """Give a table of a figure's page as CSV: its months, or the tickets behind it that are in sight."""
    if figure_id not in BY_ID:
        raise NotFound
    asked, of = _of(request)
    if name == "months":
        points = trends_of(request.actor, [figure_id], scope=asked.scope, at=of["at"])[figure_id]
        rows = [(f"{p.on:%Y-%m}", p.value, p.n) for p in points]
        return _csv(request, f"{figure_id}-months", asked, ("month", "value", "n"), rows)
    if name == "tickets":
        return _csv(
            request,
            f"{figure_id}-tickets",
            asked,
            ("ticket", "title", "opened_at", "value", "left_out"),
            _tickets(request, figure_id, of),
        )
    raise NotFound


@figures_page
def chart(request: PageRequest, figure_id: str, form: str) -> HttpResponse:
    """Give the line of a figure's months as a picture that stands alone: `svg` or `png`."""
    metric = BY_ID.get(figure_id)
    if metric is None:
        raise NotFound
    asked, of = _of(request)
    points = recent(
        trends_of(request.actor, [figure_id], scope=asked.scope, at=of["at"])[figure_id],
        asked.period or Period(),
    )
    trend = trend_of(points, metric.unit)
    if trend is None:
        raise NotFound
    width, height = CHART_SIZE
    drawn = render_to_string(
        "scoreboard/chart.svg",
        {
            "title": _(metric.title),
            "under": ", ".join([*(s.name for s in asked.asked), period_words(asked.period or Period())]),
            "line": trend_line(
                [float(p.value) for p in points if p.value is not None], width - 40, height - 104
            ),
            "words": trend.words,
            "family": TYPEFACE if form == "png" else "Inter, Arial, sans-serif",
        },
    )
    if form == "png":
        response = HttpResponse(png_of(drawn, width=width, height=height), content_type="image/png")
    else:
        response = HttpResponse(drawn, content_type="image/svg+xml; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{figure_id}.{form}"'
    return response


def _of(request: PageRequest) -> tuple[Asking, dict[str, Any]]:
    asked = asking(request)
    period = asked.period or Period()
    of = {"scope": asked.scope, "from_on": period.from_on, "until_on": period.until_on, "at": clock.now()}
    return asked, of


def _figure_row(figure: Figure) -> Sequence[object]:
    by = figure.by
    return (
        figure.id,
        by.field if by else "",
        by.label if by else "",
        figure.value,
        figure.unit,
        figure.n,
        figure.numerator,
        figure.denominator,
        "; ".join(f"{count} {reason}" for reason, count in figure.excluded),
        figure.cohort,
    )


def _way_row(way: Way) -> Sequence[object]:
    return (
        way.from_name,
        way.to_name,
        way.handovers,
        way.tickets,
        way.returns,
        way.direct_returns,
        way.hours_away,
    )


def _cause_rows(answers: FirstAnswers) -> Iterable[Sequence[object]]:
    for row in answers.verdicts.causes:
        yield row.cause, _(TOLD[row.cause].title), row.n, row.met_late, row.missed_in_time, row.no_verdict


def _bounce_rows(answers: FirstAnswers) -> Iterable[Sequence[object]]:
    for bounces in answers.bounces:
        for pair in bounces.pairs:
            counts = (pair.returns, pair.direct_returns, pair.tickets, pair.mutual, pair.hours_away)
            yield bounces.level, pair.one, pair.other, *counts


def _wait_rows(answers: FirstAnswers) -> Iterable[Sequence[object]]:
    for wait in answers.waits.turns:
        yield wait.label, wait.hours, wait.tickets, wait.share


_ANSWERS: dict[str, tuple[Sequence[str], Callable[[FirstAnswers], Iterable[Sequence[object]]]]] = {
    "causes": (("cause", "title", "n", "met_late", "missed_in_time", "no_verdict"), _cause_rows),
    "bounces": (
        ("level", "one", "other", "returns", "direct_returns", "tickets", "mutual", "hours_away"),
        _bounce_rows,
    ),
    "waits": (("turn", "hours", "tickets", "share"), _wait_rows),
}


def _tickets(request: PageRequest, figure_id: str, of: dict[str, Any]) -> Iterable[Sequence[object]]:
    cursor, given = "", 0
    while True:
        page = tickets_behind(
            request.actor,
            figure_id,
            by=request.GET.get("by") or None,
            by_value=request.GET.get("value") or None,
            left_out="out" in request.GET,
            cursor=cursor,
            limit=MOST,
            **of,
        )
        for row in page.rows:
            yield row.reference, row.title, row.opened_at.isoformat(), row.value, row.reason
        given, cursor = given + len(page.rows), page.next_cursor
        if not cursor or given >= _TICKETS_MOST:
            return


def _csv(
    request: PageRequest, name: str, asked: Asking, head: Sequence[str], rows: Iterable[Sequence[object]]
) -> HttpResponse:
    written = StringIO()
    writer = csv.writer(written)
    writer.writerow(head)
    for row in rows:
        writer.writerow([defused(cell) for cell in row])
    response = HttpResponse(written.getvalue(), content_type="text/csv; charset=utf-8")
    period = period_words(asked.period or Period()).replace(" ", "-")
    kept = "".join(c for c in f"{name}-{period}" if c.isascii() and (c.isalnum() or c in "-_."))
    response["Content-Disposition"] = f'attachment; filename="{kept}.csv"'
    return response
