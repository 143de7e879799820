"""The first answers in sentences that can be said aloud: one or two for each, with the numbers that count.

Not here: the numbers (`queries.answers`).
"""

from collections.abc import Iterator

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from cosource.metrics.queries.answers import FirstAnswers, Waits
from cosource.metrics.queries.bounces import Bounces
from cosource.metrics.queries.verdicts import Verdicts
from cosource.metrics.queries.words import number_words, value_words
from cosource.metrics.rules.metric import Unit
from cosource.metrics.rules.verdicts import SILENT, TOLD, Verdict


def count_words(count: float) -> str:
    """Return a number without decimals."""
    return number_words(round(count), Unit.TICKETS)


def _counted(words: str, count: float) -> str:
    return words % {"n": count_words(count)}


def tickets_words(count: int) -> str:
    """Return how many tickets."""
    return _counted(ngettext("%(n)s ticket", "%(n)s tickets", count), count)


def hours_words(hours: float) -> str:
    """Return how many hours, without decimals."""
    return _counted(ngettext("%(n)s hour", "%(n)s hours", round(hours)), hours)


def verdict_words(verdicts: Verdicts) -> str:
    """Return what is to be said of the verdicts."""
    if not verdicts.n:
        return _(
            "No source states a verdict on these tickets, so there is nothing to hold against your terms."
        )
    return " ".join(_verdict_words(verdicts))


def _verdict_words(verdicts: Verdicts) -> Iterator[str]:
    met, missed = verdicts.met, verdicts.missed
    silent = met[Verdict.NONE] + missed[Verdict.NONE]
    if verdicts.is_silent:
        judged_all = ngettext(
            "The source judged %(n)s ticket.", "The source judged %(n)s tickets.", verdicts.n
        )
        yield judged_all % {"n": count_words(verdicts.n)}
    else:
        if of := sum(met.values()):
            late = met[Verdict.LATE]
            yield ngettext(
                "Of %(of)s that the source calls met, %(n)s was late by your terms.",
                "Of %(of)s that the source calls met, %(n)s were late by your terms.",
                late,
            ) % {"of": tickets_words(of), "n": count_words(late)}
        if of := sum(missed.values()):
            in_time = missed[Verdict.IN_TIME]
            yield ngettext(
                "Of %(of)s that it calls missed, %(n)s was in time.",
                "Of %(of)s that it calls missed, %(n)s were in time.",
                in_time,
            ) % {"of": count_words(of), "n": count_words(in_time)}
        judged = [row for row in verdicts.causes if row.cause not in SILENT]
        if judged:
            yield _("The most frequent reason, for %(k)s of these %(n)s: %(because)s.") % {
                "because": _(TOLD[judged[0].cause].because),
                "k": count_words(judged[0].n),
                "n": count_words(verdicts.differ - silent),
            }
    if silent:
        first = next(row for row in verdicts.causes if row.cause in SILENT)
        yield _("Of %(n)s your terms say nothing, most often since %(because)s.") % {
            "n": count_words(silent),
            "because": _(TOLD[first.cause].because),
        }


def bounce_words(bounces: Bounces) -> str:
    """Return what is to be said of the bounces between teams, or between parties."""
    if not bounces.returns:
        return (
            _("No ticket came back to a team that had it before.")
            if bounces.level == "team"
            else _("No ticket came back to a party that had it before.")
        )
    say = (
        _("Of %(of)s that changed teams, %(n)s came back to an earlier team: %(times)s, after %(hours)s away.")
        if bounces.level == "team"
        else _("Of %(of)s that changed parties, %(n)s came back to an earlier party: %(times)s, after %(hours)s away.")
    )  # fmt: skip
    counts = {
        "n": count_words(bounces.tickets),
        "of": tickets_words(bounces.of),
        "times": _counted(ngettext("%(n)s time", "%(n)s times", bounces.returns), bounces.returns),
        "hours": hours_words(bounces.hours_away),
    }
    if not bounces.pairs:
        return say % counts
    first = bounces.pairs[0]
    most = _("The most hours went by between %(one)s and %(other)s: %(hours)s, in %(returns)s.")
    pair = {
        "one": first.one,
        "other": first.other,
        "hours": hours_words(first.hours_away),
        "returns": _counted(ngettext("%(n)s return", "%(n)s returns", first.returns), first.returns),
    }
    return f"{say % counts} {most % pair}"


def bounce_rule() -> str:
    """Return what a bounce is and how its hours are counted."""
    return _(
        "A ticket bounced where a team, or a party, got it back after it had given it away. It counts with the two between which "
        "it came back. Hours away are all hours from losing it to getting it back, nights and weekends too; returns that lie in "
        "one another count their own hours each. Some returns are agreed: read the reasons of the handovers before you blame "
        "anybody."
    )


def wait_words(waits: Waits) -> str:
    """Return what is to be said of the waiting."""
    if not waits.hours:
        return _("These tickets waited for nobody, as far as the record says.")
    said = _("From opening to end, these tickets waited for %(share)s of their time: %(hours)s of %(of)s hours.") % {
        "share": value_words(waits.share, Unit.SHARE),
        "hours": count_words(waits.hours),
        "of": count_words(waits.of_hours),
    }  # fmt: skip
    told = [wait for wait in waits.turns if wait.share is not None]
    if not told:
        return said
    most = _("%(share)s of that was on the turn of %(whom)s.") % {
        "share": value_words(told[0].share, Unit.SHARE),
        "whom": told[0].label,
    }
    return f"{said} {most}"


def answers_lines(answers: FirstAnswers) -> Iterator[str]:
    """Yield the first answers as lines of plain text, each answer with its table."""
    yield verdict_words(answers.verdicts)
    for row in answers.verdicts.causes:
        yield f"  {count_words(row.n):>9}  {_(TOLD[row.cause].title)}"
    for bounces in answers.bounces:
        yield bounce_words(bounces)
        for pair in bounces.pairs[:10]:
            hours = value_words(round(pair.hours_away), Unit.HOURS)
            yield f"  {hours:>11}  {count_words(pair.returns):>6} ×  {pair.one} ⇄ {pair.other}"
    yield wait_words(answers.waits)
    for wait in answers.waits.turns:
        yield f"  {value_words(round(wait.hours), Unit.HOURS):>11}  {wait.label}"
