"""What is said on the page for a board, in the reader's language: who it is about, what changed, what is asked of whom.

Not here: the numbers (`paper`) and how they lie on the page (`paper_page`).
"""

import re

from django.conf import settings
from django.urls import reverse
from django.utils.formats import number_format
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from cosource.metrics.queries.paper import Asked, Paper
from cosource.metrics.queries.words import day_words, number_words, value_words
from cosource.metrics.rules.changes import FEW, Change, Verdict
from cosource.metrics.rules.figure import Figure
from cosource.metrics.rules.metric import Unit
from cosource.metrics.rules.periods import period_query

_NAME_MOST = 48
# A word without an end would run out of its column.
_ENDLESS = re.compile(r"\S{22}(?=\S)")


def file_name(paper: Paper) -> str:
    """Return what the file is called: letters and digits of its first scope, and the period."""
    period = "-".join(period_query(paper.period).values())
    name = "-".join(re.findall(r"[A-Za-z0-9]+", paper.scopes[0].name)) or "board"
    return f"{name[:60]}-{period}.pdf"


def live_url(paper: Paper) -> str:
    """Return the address of the scoreboard that shows the same."""
    return address("scoreboard:board", paper)


def title_words(paper: Paper) -> str:
    """Return who it is about: both parties of an engagement, or whose desk it is."""
    if len(paper.scopes) > 1:
        partners = dict.fromkeys(s.partner or s.name for s in paper.scopes)
        clients = dict.fromkeys(s.client for s in paper.scopes)
        few, many = sorted((list(clients), list(partners)), key=len)
        return _("%(party)s with %(others)s") % {
            "party": cut(", ".join(few)),
            "others": cut(", ".join(many), 60),
        }
    scope = paper.scopes[0]
    if scope.is_own:
        return cut(scope.name)
    return _("%(client)s and %(partner)s") % {"client": cut(scope.client), "partner": cut(scope.partner)}


def lead_words(paper: Paper) -> str:
    """Return in a sentence or two what changed, or that nothing did that can be told from chance."""
    said = _changed_words(paper)
    if paper.is_running:
        day = day_words(paper.made_at.date())
        said += " " + _("The period is not over: it is counted up to %(day)s.") % {"day": day}
    return said


def _changed_words(paper: Paper) -> str:
    if not paper.lines:
        return _("Nothing counts in this period.")
    if paper.previous is None:
        return _("There is no period before this one to compare it with.")
    sure = [
        f"{_(line.tile.figure.title)} {by_words(line.tile.figure, line.change)}"
        for line in paper.lines
        if line.change.verdict is Verdict.CERTAIN
    ]
    if sure:
        return _("More than chance: %(changes)s.") % {"changes": "; ".join(sure)}
    verdicts = {line.change.verdict for line in paper.lines if line.tile.figure.unit is Unit.SHARE}
    if verdicts & {Verdict.CHANCE, Verdict.SAME}:
        return _("No share changed by more than chance explains.")
    if Verdict.TOO_FEW in verdicts:
        return _("There are too few tickets to tell a change of the shares.")
    return _("There is no share to compare with the period before.")


def sentences(paper: Paper) -> list[str]:
    """Return a line for each figure, with what changed, for a mail."""
    return [_sentence(line.tile.figure, line.change) for line in paper.lines]


def _sentence(figure: Figure, change: Change) -> str:
    said = value_words(figure.value, figure.unit)
    n = number_words(figure.n, Unit.TICKETS)
    return f"{_(figure.title)}: {said} (n {n}) – {change_words(figure, change)}"


def asked_sentences(paper: Paper) -> list[str]:
    """Return what is asked of each party, a line for each."""
    return [f"{party_words(asked)}: {asked_words(asked)}" for asked in paper.asked if asked_words(asked)]


def change_words(figure: Figure, change: Change) -> str:
    """Return what changed, in words."""
    said = {
        Verdict.NO_BEFORE: _("no period before"),
        Verdict.NOTHING_NOW: _("nothing counts now"),
        Verdict.NOTHING_BEFORE: _("nothing counted before"),
        Verdict.TOO_FEW: _("fewer than %(n)s tickets: too few to compare") % {"n": FEW},
        Verdict.SAME: _("as before"),
    }.get(change.verdict)
    if said is not None:
        return said
    by = by_words(figure, change)
    bounds = bounds_words(change)
    return f"{by} ({bounds})" if bounds else by


def bounds_words(change: Change) -> str:
    """Return in which bounds the change of a share lies, and whether it may be chance; nothing where there are none."""
    if change.interval is None:
        return ""
    low, high = (_signed(bound) for bound in change.interval)
    bounds = _("95 %%: %(low)s to %(high)s") % {"low": low, "high": high}
    if change.verdict is Verdict.CHANCE:
        return _("may be chance; %(bounds)s") % {"bounds": bounds}
    return bounds


def by_words(figure: Figure, change: Change) -> str:
    """Return by how much and which way."""
    amount = number_words(abs(change.by), figure.unit)
    is_up = change.by > 0
    if figure.unit is Unit.SHARE:
        text = _("%(by)s points higher") if is_up else _("%(by)s points lower")
    elif figure.unit is Unit.HOURS:
        text = _("%(by)s h longer") if is_up else _("%(by)s h shorter")
    elif figure.unit is Unit.SECONDS:
        text = _("%(by)s s longer") if is_up else _("%(by)s s shorter")
    elif figure.unit in (Unit.TICKETS, Unit.CALLS):
        text = _("%(by)s more") if is_up else _("%(by)s fewer")
    else:
        text = _("%(by)s higher") if is_up else _("%(by)s lower")
    said = text % {"by": amount}
    if change.part is None:
        return said
    part = number_format(round(100 * change.part), decimal_pos=0, force_grouping=True)
    return f"{said} ({'+' if is_up else ''}{part} %)".replace("-", "−")


def _signed(value: float) -> str:
    said = number_words(abs(value), Unit.SHARE)
    return f"{'+' if value > 0 else '−' if value < 0 else '±'}{said}"


def asked_words(asked: Asked) -> str:
    """Return what is asked of a party, as one sentence; nothing where nothing is."""
    parts = []
    if asked.overdue:
        parts.append(
            ngettext("settle %(n)s overdue ticket", "settle %(n)s overdue tickets", asked.overdue)
            % {"n": number_words(asked.overdue, Unit.TICKETS)}
        )
    if asked.missed:
        parts.append(
            ngettext(
                "account for %(n)s promise that was missed",
                "account for %(n)s promises that were missed",
                asked.missed,
            )
            % {"n": number_words(asked.missed, Unit.TICKETS)}
        )
    if asked.questions:
        n = len(asked.questions)
        parts.append(ngettext("answer %(n)s question", "answer %(n)s questions", n) % {"n": n})
    if asked.unnamed:
        parts.append(
            ngettext(
                "put a name on %(n)s ticket that has none (seen by this party alone)",
                "put a name on %(n)s tickets that have none (seen by this party alone)",
                asked.unnamed,
            )
            % {"n": number_words(asked.unnamed, Unit.TICKETS)}
        )
    return "; ".join(parts)


def cut(text: str, most: int = _NAME_MOST) -> str:
    """Return a text of at most so many letters, with places to break what has none."""
    kept = text if len(text) <= most else text[: most - 1].rstrip() + "…"
    return _ENDLESS.sub(lambda m: m[0] + "\u200b", kept)


def address(name: str, paper: Paper, *args: str, **more: str) -> str:
    """Return the address of a page of figures for the same question."""
    asked = [("scope", str(s.id)) for s in paper.scopes]
    query = urlencode([*asked, *period_query(paper.period).items(), *more.items()])
    return f"{settings.BASE_URL}{reverse(name, args=args)}?{query}"


def party_words(asked: Asked) -> str:
    """Return what a party is called."""
    return cut(asked.party) or _("none recorded")
