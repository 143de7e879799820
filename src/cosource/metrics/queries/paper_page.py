"""The page for a board: what is said, put where it belongs, cut to what one page holds. What is left out is counted.

Not here: the words (`paper_words`), and the page's markup (`typeset/board.typ`).
"""

from collections.abc import Callable, Sequence
from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils.formats import number_format
from django.utils.translation import get_language, ngettext, pgettext
from django.utils.translation import gettext as _

from cosource.metrics.queries.paper import Asked, Line, Paper
from cosource.metrics.queries.paper_words import (
    address,
    asked_words,
    bounds_words,
    by_words,
    change_words,
    cut,
    lead_words,
    live_url,
    party_words,
    title_words,
)
from cosource.metrics.queries.questions import Question
from cosource.metrics.queries.typesetting import pdf_of
from cosource.metrics.queries.words import day_words, number_words, period_words, rough_words, value_words
from cosource.metrics.rules.board import TILE_IDS
from cosource.metrics.rules.catalogue import BY_ID
from cosource.metrics.rules.drawing import trend_line
from cosource.metrics.rules.figure import Figure
from cosource.metrics.rules.metric import Cohort, Fold, Unit
from cosource.metrics.rules.periods import Period

TEMPLATE = "board.typ"
PARTIES_SHOWN, QUESTIONS_SHOWN = 6, 6
_TEXT_MOST = 150
_SPARK = (100.0, 20.0)


def board_pdf(paper: Paper) -> bytes:
    """Return the one page as PDF, in the language in use."""
    return pdf_of(TEMPLATE, page_words(paper), at=paper.made_at)


def page_words(paper: Paper) -> dict[str, Any]:
    """Return all that the page says, as its template takes it; nothing in it is markup."""
    questions = paper.questions
    return {
        "language": (get_language() or settings.LANGUAGE_CODE).partition("-")[0],
        "file_title": f"{title_words(paper)}, {period_words(paper.period)}",
        "title": title_words(paper),
        "period": period_words(paper.period),
        "scope": _scope_words(paper),
        "terms": _terms_words(paper),
        "url": live_url(paper),
        "lead": lead_words(paper),
        "heads": [
            _("Figure"), period_words(paper.period), _("Before"), _("What changed"),
        ],
        "before": period_words(paper.previous) if paper.previous else "",
        "lines": [_line(paper, line) for line in paper.lines],
        "silent": _("Nothing to count: %(figures)s.")
        % {"figures": cut(", ".join(_(f.title) for f in paper.silent), 200)}
        if paper.silent
        else "",
        "asked_title": _("What is asked of whom"),
        "asked_heads": [
            _("Party"), _("Asked to"), _("Missed"), _("Overdue"), pgettext("tickets", "Open"), _("Median age"),
        ],
        "asked": [_asked(paper, asked) for asked in paper.asked[:PARTIES_SHOWN]],
        "asked_more": _more(len(paper.asked), PARTIES_SHOWN, _and_parties),
        "asked_none": _("Nothing is open, missed or asked."),
        "nothing": _("nothing"),
        "questions_title": _("Questions about figures that are not answered"),
        "questions": [_question(q) for q in questions[:QUESTIONS_SHOWN]],
        "questions_more": _more(len(questions), QUESTIONS_SHOWN, _and_questions, more=paper.more_questions),
        "questions_none": _("No question is open."),
        "waits": _waits_words(paper.waits),
        "foot": _foot(paper),
        "live": _("Live, with the tickets behind each figure:"),
        "url_words": cut(live_url(paper).partition("?")[0], 120),
    }  # fmt: skip


def _scope_words(paper: Paper) -> str:
    names = [
        _("%(organization)s, all") % {"organization": cut(s.name)} if s.is_own else cut(s.name)
        for s in paper.scopes
    ]
    shown = ", ".join(names[:3])
    rest = len(names) - 3
    if rest > 0:
        shown = _("%(names)s and %(n)s more") % {"names": shown, "n": rest}
    return shown


def _terms_words(paper: Paper) -> str:
    if len(paper.scopes) > 1:
        return ""
    terms = paper.terms
    if terms is None:
        return _("No terms were in force, or none that you may read.")
    number = terms.number if terms.number is not None else "–"
    return _("Terms: %(name)s, version %(number)s, since %(day)s") % {
        "name": cut(terms.name),
        "number": number,
        "day": day_words(terms.starts_at.date()),
    }


def _line(paper: Paper, line: Line) -> dict[str, Any]:
    figure, was = line.tile.figure, line.before
    values = [float(p.value) for p in line.tile.points if p.value is not None]
    spark = trend_line(values, *_SPARK)
    left_out = "; ".join(f"{number_words(n, Unit.TICKETS)} {_(reason)}" for reason, n in figure.excluded)
    return {
        "title": _title(figure),
        "url": address("scoreboard:figure", paper, figure.id),
        "left_out": _("left out: %(what)s") % {"what": cut(left_out, 90)} if left_out else "",
        "spark": [[float(x) for x in point.split(",")] for point in spark.line.split()] if spark else [],
        "value": value_words(figure.value, figure.unit),
        "about": rough_words(figure) or _interval(figure),
        "n": _n(figure),
        "before": value_words(was.value, was.unit) if was else "–",
        "before_n": _n(was) if was else "",
        "change": by_words(figure, line.change) if line.change.by else change_words(figure, line.change),
        "bounds": bounds_words(line.change),
        "verdict": str(line.change.verdict),
    }


def _n(figure: Figure) -> str:
    """Return of how many it is; nothing of what is itself a count."""
    if BY_ID[figure.id].fold is Fold.COUNT:
        return ""
    return _("n %(n)s") % {"n": number_words(figure.n, Unit.TICKETS)}


def _title(figure: Figure) -> str:
    """Return what a figure is called; of a duration, which value it is."""
    kinds = {Fold.MEDIAN: _("median"), Fold.P90: _("p90"), Fold.MEAN: _("mean")}
    metric = BY_ID[figure.id]
    kind = kinds.get(metric.fold) if metric.unit is Unit.HOURS and figure.id in TILE_IDS else None
    return f"{_(figure.title)}, {kind}" if kind else _(figure.title)


def _interval(figure: Figure) -> str:
    if figure.unit is not Unit.SHARE or figure.interval is None or figure.cohort_key is Cohort.DUE:
        return ""
    low, high = (number_words(bound, Unit.SHARE) for bound in figure.interval)
    return f"{low} – {high} %"


def _asked(paper: Paper, asked: Asked) -> dict[str, str]:
    of = _("%(missed)s of %(due)s") % {
        "missed": number_words(asked.missed, Unit.TICKETS),
        "due": number_words(asked.due, Unit.TICKETS),
    }
    group = {"by": "party", "value": str(asked.party_id)} if asked.party_id else {}
    return {
        "party": party_words(asked),
        "words": asked_words(asked),
        "missed": of if asked.due else "–",
        "overdue": number_words(asked.overdue, Unit.TICKETS),
        "open": number_words(asked.open, Unit.TICKETS),
        "age": _days(asked.age_hours),
        "url": address("scoreboard:figure", paper, "backlog" if asked.open else "sla_met", **group),
    }


def _days(hours: float | None) -> str:
    if hours is None:
        return "–"
    return _("%(days)s days") % {
        "days": number_format(round(hours / 24, 1), decimal_pos=1, force_grouping=True)
    }


def _question(question: Question) -> dict[str, str]:
    metric = BY_ID.get(question.figure)
    period = period_words(Period(question.from_on, question.until_on))
    text = question.asked.text
    return {
        "who": _("%(asker)s asks %(asked)s") % {
            "asker": cut(question.asked.organization), "asked": cut(question.asked_of),
        },
        "day": day_words(question.asked.at.date()),
        "about": f"{_(metric.title) if metric else question.figure}, {period}",
        "text": cut(" ".join(text.split()), _TEXT_MOST) if text else _("This text was erased."),
        "url": settings.BASE_URL + reverse("scoreboard:question", args=[question.id]),
    }  # fmt: skip


def _waits_words(waits: Sequence[Figure]) -> str:
    if not waits:
        return ""
    said = "; ".join(
        _("%(turn)s %(hours)s h")
        % {"turn": f.by.label if f.by else "", "hours": number_words(round(f.value or 0), Unit.TICKETS)}
        for f in waits
    )
    return _("Tickets that ended had waited for: %(turns)s.") % {"turns": said}


def _foot(paper: Paper) -> str:
    said = _("Computed once for all parties of this desk, from the record. Days are UTC.")
    said += " " + _("Made on %(day)s.") % {"day": day_words(paper.made_at.date())}
    if any(s.is_limited for s in paper.scopes):
        said += " " + _("Your role reaches a part of this desk; others may see figures of all of it.")
    absent = next((s.absent for s in paper.scopes if s.absent), "")
    if absent:
        said += " " + _("%(name)s has nobody here yet: these figures are kept by one side.") % {
            "name": cut(absent)
        }
    return said


def _more(total: int, shown: int, words: Callable[[int], str], *, more: bool = False) -> list[str]:
    """Return what is said of the rest, by how many are shown: from none on to as many as there is room for."""
    return [words(total - n) if total - n or more else "" for n in range(min(total, shown) + 1)]


def _and_parties(n: int) -> str:
    return ngettext("and %(n)s more party", "and %(n)s more parties", n) % {"n": n}


def _and_questions(n: int) -> str:
    return ngettext("and %(n)s more question", "and %(n)s more questions", n) % {"n": n}
