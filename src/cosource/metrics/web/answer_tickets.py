"""The tickets behind the first answers: of a cause, or those that came back between a pair.

Not here: the answers (`answers`).
"""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from cosource.foundation import clock
from cosource.foundation.doors import PageRequest
from cosource.foundation.errors import NotFound
from cosource.metrics.queries.answer_words import bounce_rule, count_words
from cosource.metrics.queries.answers import (
    Bounced,
    Differing,
    bounced_list,
    differing_list,
)
from cosource.metrics.queries.words import number_words, period_words
from cosource.metrics.rules.metric import Unit
from cosource.metrics.rules.periods import Period
from cosource.metrics.rules.verdicts import TOLD, Cause, Verdict
from cosource.metrics.web.asking import asking
from cosource.metrics.web.pages import figures_page

ROWS = 50
_HOUR_MINUTES = 60


@figures_page
def answer_tickets(request: PageRequest, name: str) -> HttpResponse:
    """List the tickets behind an answer: of a cause (`verdicts`), or between a pair (`bounces`)."""
    asked = asking(request)
    period = asked.period or Period()
    asked = asked.within(period)
    of: dict[str, Any] = {
        "scope": asked.scope,
        "from_on": period.from_on,
        "until_on": period.until_on,
        "cursor": request.GET.get("after", ""),
        "limit": ROWS,
        "at": clock.now(),
    }
    rows: list[tuple[Differing | Bounced, tuple[tuple[str, str], ...]]]
    if name == "verdicts":
        cause, says = request.GET.get("cause", ""), request.GET.get("says", "")
        met = {"met": True, "missed": False}.get(says)
        found, next_cursor = differing_list(request.actor, cause, met=met, **of)
        told = TOLD[Cause(cause)]
        title, rule = _(told.title), _(told.rule)
        heads: tuple[str, ...] = (_("The source says"), _("By your terms"), _("Counted"))
        rows = [(row, tuple(zip(heads, _differing_cells(row), strict=True))) for row in found]
    elif name == "bounces":
        pair, level = request.GET.get("pair", ""), request.GET.get("level", "")
        bounced, next_cursor = bounced_list(request.actor, pair, level, **of)
        title, rule = _("Tickets that came back"), bounce_rule()
        heads = (_("Returns"), _("Hours away"))
        rows = [(row, tuple(zip(heads, _bounced_cells(row), strict=True))) for row in bounced]
    else:
        raise NotFound
    context = {
        "title": title,
        "rule": rule,
        "heads": heads,
        "rows": rows,
        "next_cursor": next_cursor,
        "is_later": bool(of["cursor"]),
        "period": period_words(period),
        "scope_names": [scope.name for scope in asked.asked],
        "answers_query": asked.query(),
    }
    return render(request, "scoreboard/answer_tickets.html", context)


def _bounced_cells(row: Bounced) -> tuple[str, ...]:
    return count_words(row.returns), number_words(row.hours_away, Unit.HOURS)


def _differing_cells(row: Differing) -> tuple[str, ...]:
    by_terms = {
        Verdict.IN_TIME: _("in time"),
        Verdict.LATE: _("late"),
        Verdict.NONE: _("no verdict"),
    }[row.verdict]
    counted = ""
    if row.minutes is not None and row.target is not None:
        counted = _("%(taken)s of %(target)s h") % {
            "taken": _hours(row.minutes),
            "target": _hours(row.target),
        }
    return _("met") if row.met else _("missed"), by_terms, counted


def _hours(minutes: int) -> str:
    return number_words(round(minutes / _HOUR_MINUTES, 1), Unit.HOURS)
