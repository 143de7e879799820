"""The scoreboard: tiles, a breakdown and the ways of tickets, for a scope and a period that stand in the address.

Not here: the page of one figure (`figure`), and asking about one (`questions`).
"""

from collections.abc import Callable, Sequence
from functools import wraps
from typing import Any, Concatenate
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from cosource.foundation import clock
from cosource.foundation.doors import PageRequest, signed_in
from cosource.foundation.errors import Invalid
from cosource.metrics.queries.board import Month, board_get, split_get, ways_get
from cosource.metrics.queries.board_mail import is_mailed, may_have_mailed
from cosource.metrics.queries.engine import NoFacts
from cosource.metrics.queries.parties import badges_of
from cosource.metrics.queries.promises import outcome
from cosource.metrics.queries.questions import may_ask, question_list
from cosource.metrics.queries.scopes import compares
from cosource.metrics.queries.words import month_words, number_words, period_words
from cosource.metrics.rules.board import SPLITS
from cosource.metrics.rules.drawing import bar_width
from cosource.metrics.rules.fields import COMPARING, FIELDS
from cosource.metrics.rules.metric import Unit
from cosource.metrics.rules.periods import Period, month_of, opening_month, quarter_of
from cosource.metrics.web.asking import Asking, asking, neighbours
from cosource.metrics.web.drawn import head_of, matrix_of, split_of, tile_of
from cosource.metrics.web.questions import drawn

GROUPS_SHOWN = 12
_QUESTIONS = 3
_ALL = 10_000


def while_gathering[**P](
    view: Callable[Concatenate[PageRequest, P], HttpResponse],
) -> Callable[Concatenate[PageRequest, P], HttpResponse]:
    """Say that the figures are still being gathered, where a view finds none; the page then looks again by itself."""

    @wraps(view)
    def shown(request: PageRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        try:
            return view(request, *args, **kwargs)
        except NoFacts:
            response = render(
                request, "scoreboard/gathering.html", {"here": request.get_full_path()}, status=NoFacts.status
            )
            response["Retry-After"] = "5"
            return response

    return shown


def figures_page[**P](
    view: Callable[Concatenate[PageRequest, P], HttpResponse],
) -> Callable[Concatenate[HttpRequest, P], HttpResponseBase]:
    """Let signed-in people read a page of figures."""
    return require_safe(signed_in(while_gathering(view)))


@figures_page
def board(request: PageRequest) -> HttpResponse:
    """Show the figures of a scope in a period."""
    at = clock.now()
    asked = asking(request)
    may_compare = compares(request.actor, asked.scope.granted)
    splits = [name for name in SPLITS if may_compare or name not in COMPARING]
    by = request.GET.get("by", splits[0])
    if by not in SPLITS:
        raise Invalid(
            _("There is no breakdown “%(given)s” here.") % {"given": by[:40]},
            fields={"by": ", ".join(splits)},
            code="unknown_field",
        )
    found = board_get(request.actor, scope=asked.scope, period=asked.period, at=at)
    if found is None:
        return render(request, "scoreboard/empty.html", {"asking": asked})
    asked = asked.within(found.period)
    badges = badges_of(asked.scopes)
    of: dict[str, Any] = {"scope": asked.scope, "period": found.period, "at": at}
    split = split_get(request.actor, by=by, **of)
    ways = ways_get(request.actor, **of) if may_compare else None
    every = "rows" in request.GET
    context = {
        **frame(asked, found.period, found.months),
        "badges": badges,
        "tiles": [
            tile_of(
                tile,
                asked,
                outcome(request.actor, tile.figure, scopes=asked.asked, period=found.period, at=at),
            )
            for tile in found.tiles
        ],
        "silent": [_(figure.title) for figure in found.silent],
        "figures": [head_of(figure, asked) for figure in found.figures],
        "split": split_of(
            split, asked, by=by, named=FIELDS[by].named, badges=badges, most=_ALL if every else GROUPS_SHOWN
        ),
        "splits": [(name, _(FIELDS[name].title), asked.query(by=name)) for name in splits],
        "every_url": asked.query(by=by, rows="all"),
        "matrices": [
            m for t in (True, False) if ways and (m := matrix_of(ways, asked, badges, teams=t)).rows
        ],
        "by": by,
        "may_ask": may_ask(request.actor, asked.desk),
        "may_mail": may_have_mailed(request.actor, asked.desk),
        "is_mailed": asked.desk is not None and is_mailed(request.actor, asked.desk.id),
        "questions": [
            drawn(q) for q in question_list(request.actor, desks=_shared(asked), limit=_QUESTIONS)[0]
        ],
    }
    return render(request, "scoreboard/board.html", context)


def _shared(asked: Asking) -> list[UUID] | None:
    """Return the engagements whose questions stand beside these figures; beside those of an own desk, all in sight."""
    return None if any(s.is_own for s in asked.asked) else [s.id for s in asked.asked]


def frame(asked: Asking, period: Period, months: Sequence[Month]) -> dict[str, Any]:
    """Return what the choice of scope and period shows."""
    around = neighbours(period)
    return {
        "asking": asked,
        "query": asked.query(),
        "period": period_words(period),
        "scopes": _scopes(asked),
        "periods": _periods(asked, period, months),
        "months": _months(asked, period, months),
        "before": asked.within(around[0]).query() if around else "",
        "after": asked.within(around[1]).query() if around else "",
    }


def _scopes(asked: Asking) -> list[tuple[str, str, bool, Any]]:
    """Return the choices of scope: what it is called, its address, whether it is shown, and the scope itself."""
    usual = [s for s in asked.scopes if s.is_default]
    choices: list[tuple[str, str, bool, Any]] = []
    if len(usual) > 1:
        together = asked.with_scope([s.id for s in usual])
        choices.append((_("All clients"), together.query(), set(asked.scope) == {s.id for s in usual}, None))
    for scope in asked.scopes:
        name = _("%(organization)s, all") % {"organization": scope.name} if scope.is_own else scope.name
        choices.append((name, asked.with_scope([scope.id]).query(), list(asked.scope) == [scope.id], scope))
    return choices


def _periods(asked: Asking, period: Period, months: Sequence[Month]) -> list[tuple[str, str, bool]]:
    """Return the kinds of period; from all time one comes back to the month with which the page opens."""
    opening = opening_month([(month.on, month.n) for month in months])
    day = period.from_on or (opening.from_on if opening else None)
    kinds = [(_("Month"), month_of(day)), (_("Quarter"), quarter_of(day))] if day else []
    kinds.append((_("All time"), Period()))
    return [(name, asked.within(kind).query(), kind == period) for name, kind in kinds]


def _months(asked: Asking, period: Period, months: Sequence[Month]) -> list[tuple[str, str, str, str, bool]]:
    most = max((month.n for month in months), default=0)
    return [
        (
            month_words(month.on),
            number_words(month.n, Unit.TICKETS),
            bar_width(month.n, most),
            asked.within(month_of(month.on)).query(),
            month_of(month.on) == period,
        )
        for month in reversed(months)
    ]
