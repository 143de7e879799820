"""The page of the first answers.

Not here: what is counted (`queries.answers`), what is said of it (`queries.answer_words`), and the tickets (`answer_tickets`).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from cosource.bridges.services.preparing import may_import
from cosource.foundation import clock
from cosource.foundation.doors import PageRequest
from cosource.foundation.pages import PartyBadge
from cosource.foundation.sight import Actor
from cosource.metrics.queries.answer_words import (
    bounce_rule,
    bounce_words,
    count_words,
    verdict_words,
    wait_words,
)
from cosource.metrics.queries.answers import (
    FirstAnswers,
    answers_get,
)
from cosource.metrics.queries.board import months_get
from cosource.metrics.queries.bounces import Bounce, Bounces
from cosource.metrics.queries.parties import badges_of
from cosource.metrics.queries.verdicts import CauseRow, Verdicts
from cosource.metrics.queries.words import day_words, value_words
from cosource.metrics.rules.drawing import bar_width
from cosource.metrics.rules.metric import Unit
from cosource.metrics.rules.periods import Period
from cosource.metrics.rules.verdicts import TOLD, Verdict
from cosource.metrics.web.asking import Asking, asking
from cosource.metrics.web.drawn import figure_url
from cosource.metrics.web.pages import figures_page, frame

PAIRS_SHOWN = 10


@figures_page
def answers(request: PageRequest) -> HttpResponse:
    """Show the first answers of a scope; without a period, of all time."""
    at = clock.now()
    asked = asking(request)
    period = asked.period or Period()
    asked = asked.within(period)
    months = months_get(request.actor, scope=asked.scope, at=at)
    if not months:
        return render(request, "scoreboard/answers_empty.html", {"import_url": _import_url(request.actor)})
    found = answers_get(
        request.actor, scope=asked.scope, from_on=period.from_on, until_on=period.until_on, at=at
    )
    badges = badges_of(asked.scopes)
    every = "rows" in request.GET
    context = {
        **frame(asked, period, months),
        "badges": badges,
        "found": found,
        "tickets": count_words(found.tickets),
        "verdict_words": verdict_words(found.verdicts),
        "said": _said(found.verdicts),
        "causes": [_cause(row, found.verdicts, asked) for row in found.verdicts.causes],
        "differ": _differ(found.verdicts),
        "judged": count_words(found.verdicts.n),
        "same": count_words(found.verdicts.same),
        "terms": [
            (
                used.name,
                day_words(used.starts_on),
                used.before,
                count_words(used.before),
            )
            for used in found.verdicts.terms
        ],
        "in_time_url": figure_url(asked, "sla_met"),
        "levels": [_level(one, asked, badges, most=None if every else PAIRS_SHOWN) for one in found.bounces],
        "every_url": asked.query(rows="all"),
        "bounce_rule": bounce_rule(),
        "wait_words": wait_words(found.waits),
        "waits": _waits(found, asked),
        "import_url": _import_url(request.actor),
        "withheld": any(one.withheld for one in found.bounces),
        "waits_url": figure_url(asked, "pause_share"),
    }
    return render(request, "scoreboard/answers.html", context)


def _import_url(actor: Actor) -> str:
    return reverse("imports:list") if may_import(actor) else ""


@dataclass(frozen=True, slots=True)
class Said:
    """What the source says in one way, and how the terms have it. `parts`: class, width and place of each bar, in percent."""

    title: str
    n: str
    cells: tuple[str, str, str]
    parts: tuple[tuple[str, str, str], ...]
    words: str


_LOOKS = {Verdict.IN_TIME: "ok", Verdict.LATE: "late", Verdict.NONE: "none"}


def _said(verdicts: Verdicts) -> list[Said]:
    titles = ((_("met"), verdicts.met), (_("missed"), verdicts.missed))
    most = max(sum(split.values()) for _title, split in titles)
    return [_one_said(title, split, most) for title, split in titles if sum(split.values())]


def _one_said(title: str, split: Mapping[Verdict, int], most: int) -> Said:
    parts, x = [], 0.0
    for verdict, count in split.items():
        width = 100 * count / most
        parts.append((_LOOKS[verdict], f"{x:.2f}", f"{width:.2f}"))
        x += width
    counts = [count_words(count) for count in split.values()]
    words = _("%(in_time)s in time, %(late)s late, %(none)s without a verdict by your terms") % {
        "in_time": counts[0],
        "late": counts[1],
        "none": counts[2],
    }
    return Said(
        title, count_words(sum(split.values())), (counts[0], counts[1], counts[2]), tuple(parts), words
    )


@dataclass(frozen=True, slots=True)
class DrawnCause:
    """A cause with its counts: all, then met but late, missed but in time, no verdict, each with its tickets' address."""

    title: str
    rule: str
    n: str
    bar: str
    url: str
    cells: tuple[tuple[str, str], ...]


def _cause(row: CauseRow, verdicts: Verdicts, asked: Asking) -> DrawnCause:
    told, most = TOLD[row.cause], verdicts.causes[0].n
    url = _tickets_url(asked, "verdicts", cause=row.cause)
    cells = (
        (count_words(row.met_late) if row.met_late else "", f"{url}&says=met"),
        (count_words(row.missed_in_time) if row.missed_in_time else "", f"{url}&says=missed"),
        (count_words(row.no_verdict) if row.no_verdict else "", url),
    )
    return DrawnCause(_(told.title), _(told.rule), count_words(row.n), bar_width(row.n, most), url, cells)


def _differ(verdicts: Verdicts) -> tuple[str, ...]:
    """Return how many differ: all, met but late, missed but in time, without a verdict."""
    met, missed = verdicts.met, verdicts.missed
    parts = (met[Verdict.LATE], missed[Verdict.IN_TIME], met[Verdict.NONE] + missed[Verdict.NONE])
    return tuple(map(count_words, (verdicts.differ, *parts)))


def _tickets_url(asked: Asking, name: str, **of: str) -> str:
    return f"{reverse('scoreboard:answer_tickets', args=[name])}?{asked.query(**of)}"


@dataclass(frozen=True, slots=True)
class Counts:
    """How often tickets came back, and for how many hours they were away; `each`: hours of a return, on average."""

    tickets: str
    returns: str
    direct: str
    mutual: str
    hours: str
    each: str


@dataclass(frozen=True, slots=True)
class DrawnPair:
    """A pair between which tickets came back. `badges`: of the two, where they are parties."""

    one: str
    other: str
    badges: tuple[PartyBadge | None, PartyBadge | None]
    counts: Counts
    bar: str
    url: str


@dataclass(frozen=True, slots=True)
class DrawnLevel:
    """The bounces between teams, or between parties. `hidden`: how many pairs are not shown."""

    level: str
    words: str
    pairs: tuple[DrawnPair, ...]
    hidden: int
    all: Counts


def _level(
    bounces: Bounces, asked: Asking, badges: Mapping[UUID, PartyBadge], *, most: int | None
) -> DrawnLevel:
    longest = max((pair.hours_away for pair in bounces.pairs), default=0)
    pairs = []
    for pair in bounces.pairs[:most]:
        ids = [UUID(one) for one in pair.value.split("/")] if bounces.level == "party" else []
        drawn = (badges.get(ids[0]), badges.get(ids[1])) if ids else (None, None)
        pairs.append(
            DrawnPair(
                pair.one,
                pair.other,
                drawn,
                _counts(pair),
                bar_width(pair.hours_away, longest),
                _tickets_url(asked, "bounces", level=bounces.level, pair=pair.value),
            )
        )
    return DrawnLevel(
        bounces.level,
        bounce_words(bounces),
        tuple(pairs),
        len(bounces.pairs) - len(pairs),
        _counts(bounces),
    )


def _counts(of: Bounce | Bounces) -> Counts:
    each = of.hours_away / of.returns if of.returns else None
    return Counts(
        count_words(of.tickets),
        count_words(of.returns),
        count_words(of.direct_returns),
        count_words(of.mutual),
        count_words(of.hours_away),
        value_words(None if each is None else round(each, 2), Unit.HOURS),
    )


def _waits(found: FirstAnswers, asked: Asking) -> list[tuple[str, str, str, str, str, str]]:
    """Return of each turn its name, hours, tickets, share and bar, and the address of its tickets."""
    longest = max((wait.hours for wait in found.waits.turns), default=0)
    return [
        (
            wait.label,
            count_words(wait.hours),
            count_words(wait.tickets),
            "" if wait.share is None else value_words(wait.share, Unit.SHARE),
            bar_width(wait.hours, longest),
            figure_url(asked, "wait_by_turn", by="turn", value=wait.turn) + "#tickets",
        )
        for wait in found.waits.turns
    ]
