"""The endpoints on figures: parse, call one query, answer."""

from datetime import date
from typing import Annotated, Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from ninja import Query

from cosource.foundation import clock
from cosource.foundation.api import ListOut
from cosource.foundation.api import router as room_router
from cosource.foundation.doors import actor_of
from cosource.metrics.api.schemas import (
    BehindOut,
    FiguresOut,
    FirstAnswersOut,
    MailedOut,
    MetricOut,
    ScopeOut,
)
from cosource.metrics.queries.answers import FirstAnswers, answers_get
from cosource.metrics.queries.board_mail import Mailed, mailed_list
from cosource.metrics.queries.drill import tickets_behind
from cosource.metrics.queries.figures import figures
from cosource.metrics.queries.paper import paper_get
from cosource.metrics.queries.paper_page import board_pdf
from cosource.metrics.queries.paper_words import file_name
from cosource.metrics.queries.scopes import Scope, scopes_for
from cosource.metrics.rules.catalogue import METRICS
from cosource.metrics.rules.figure import Figure
from cosource.metrics.rules.metric import COHORTS
from cosource.metrics.rules.periods import Period
from cosource.parties.queries.sight import actor_on_notices

router = room_router(tag="metrics")

From = Annotated[date | None, Query(alias="from", description="First day, in UTC.")]
Until = Annotated[date | None, Query(alias="until", description="First day after the period, in UTC.")]
Desks = Annotated[
    list[UUID], Query(description="Desks, as /metrics/scopes lists them; else the usual scope.")
]


@router.get("/metrics", response=ListOut[MetricOut], summary="List the metrics with their definitions")
def metrics_list(request: HttpRequest) -> dict[str, Any]:
    """Return what each figure is made of; the same for everybody."""
    items = [
        {
            "id": metric.id,
            "title": _(metric.title),
            "unit": metric.unit,
            "cohort": _(COHORTS[metric.cohort]),
            "left_out": [_(exclusion.reason) for exclusion in metric.exclusions],
            "source": metric.source,
            "pitfalls": metric.pitfalls,
            "parts": metric.parts,
        }
        for metric in METRICS
    ]
    return {"items": items}


@router.get("/metrics/scopes", response=ListOut[ScopeOut], summary="List the scopes of figures in sight")
def metrics_scopes_list(request: HttpRequest) -> dict[str, list[Scope]]:
    """Return the desks whose figures the caller may ask for."""
    return {"items": scopes_for(actor_of(request))}


@router.get("/metrics/figures", response=FiguresOut, summary="Read the figures of a scope in a period")
def metrics_figures_list(  # noqa: PLR0917 - each is a query parameter of its own
    request: HttpRequest,
    from_on: From = None,
    until_on: Until = None,
    by: str = "",
    scope: Desks = [],  # noqa: B006 - read only, and what the framework asks for
    only: Annotated[list[str], Query(description="Ids of metrics; else all.")] = [],  # noqa: B006 - as above
) -> dict[str, Any]:
    """Return the figures; with `by` one for each value of a field. Both parties of an engagement get the same."""
    found = figures(
        actor_of(request),
        scope=scope or None,
        from_on=from_on,
        until_on=until_on,
        by=by or None,
        only=only or None,
        at=clock.now(),
    )
    return {"items": [_shown(figure) for figure in found]}


_PDF = {
    "description": "The page",
    "content": {"application/pdf": {"schema": {"type": "string", "format": "binary"}}},
}


@router.get(
    "/metrics/board.pdf",
    summary="Read a scope and period as one page for a board",
    openapi_extra={"responses": {200: _PDF}},
)
def metrics_board_read(
    request: HttpRequest,
    from_on: From = None,
    until_on: Until = None,
    scope: Desks = [],  # noqa: B006 - as above
) -> HttpResponse:
    """Return the figures with those of the period before, and what is asked of whom; without days the last full month."""
    period = Period(from_on, until_on) if from_on or until_on else None
    found = paper_get(actor_of(request), desk_ids=scope or None, period=period, at=clock.now())
    response = HttpResponse(board_pdf(found), content_type="application/pdf")
    response["Content-Disposition"] = f'attachment; filename="{file_name(found)}"'
    return response


@router.get(
    "/metrics/first-answers",
    response=FirstAnswersOut,
    summary="Read the first answers of a scope in a period",
)
def metrics_first_answers_get(
    request: HttpRequest,
    from_on: From = None,
    until_on: Until = None,
    scope: Desks = [],  # noqa: B006 - as above
) -> FirstAnswers:
    """Return where the source's verdict and the terms differ, where tickets bounced, and what they waited for."""
    return answers_get(
        actor_of(request), scope=scope or None, from_on=from_on, until_on=until_on, at=clock.now()
    )


@router.get(
    "/metrics/mails", response=ListOut[MailedOut], summary="List the desks that one has mailed each month"
)
def metrics_mails_list(request: HttpRequest) -> dict[str, list[Mailed]]:
    """Return what the token’s maker has mailed, where the token was made to act on their notices."""
    return {"items": mailed_list(actor_on_notices(actor_of(request), at=clock.now()))}


@router.get("/metrics/tickets", response=ListOut[BehindOut], summary="List the tickets behind a figure")
def metrics_tickets_list(  # noqa: PLR0917 - as above
    request: HttpRequest,
    metric: str,
    from_on: From = None,
    until_on: Until = None,
    by: str = "",
    value: Annotated[str | None, Query(description="The group’s value; absent: those without one.")] = None,
    scope: Desks = [],  # noqa: B006 - as above
    left_out: bool = False,
    cursor: str = "",
    limit: int = 50,
) -> dict[str, Any]:
    """Return the tickets in the caller's sight that a figure counts, or leaves out."""
    page = tickets_behind(
        actor_of(request),
        metric,
        scope=scope or None,
        from_on=from_on,
        until_on=until_on,
        by=by or None,
        by_value=value,
        left_out=left_out,
        cursor=cursor,
        limit=limit,
        at=clock.now(),
    )
    return {"items": page.rows, "next_cursor": page.next_cursor or None}


def _shown(figure: Figure) -> dict[str, Any]:
    names = ("id", "unit", "value", "n", "numerator", "denominator", "by", "interval")
    return {name: getattr(figure, name) for name in names} | {
        "title": _(figure.title),
        "cohort": _(figure.cohort),
        "excluded": [{"reason": _(reason), "count": count} for reason, count in figure.excluded],
    }
