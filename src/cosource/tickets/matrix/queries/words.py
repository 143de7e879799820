"""A line and what follows from it in words, in the reader's language."""

from collections.abc import Iterable

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cosource.calendars.rules.weekly import WeeklyHours
from cosource.parties.queries.duty import week_in_words
from cosource.tickets.matrix.rules import matrix
from cosource.tickets.matrix.rules.line import AUTHORITIES, DUTY, KINDS, LEAD, Authority, Line
from cosource.tickets.matrix.rules.matrix import Reached
from cosource.tickets.rules.priority import PRIORITIES
from cosource.tickets.rules.states import KIND_LABELS, TicketKind

WHY = {
    matrix.OFF_HOURS: gettext_lazy("not in these hours"),
    matrix.HOLIDAY: gettext_lazy("a public holiday"),
    matrix.LEFT: gettext_lazy("does not work there any more"),
    matrix.ABSENT: gettext_lazy("away"),
    matrix.UNREACHED: gettext_lazy("cannot be asked then"),
    matrix.INACTIVE: gettext_lazy("may not sign in any more"),
    matrix.NO_REACH: gettext_lazy("no telephone number"),
    matrix.NO_ROSTER: gettext_lazy("the team keeps no roster"),
    matrix.NOBODY_ON_DUTY: gettext_lazy("nobody of the team is on duty"),
    matrix.NO_LEAD: gettext_lazy("nobody leads the team"),
    matrix.TEAM_ENDED: gettext_lazy("the team has ended"),
    matrix.UNKNOWN: gettext_lazy("not known here"),
}


def kinds_in_words(kinds: Iterable[str]) -> str:
    """Return kinds of ticket in words; none for any."""
    return ", ".join(_(KIND_LABELS[TicketKind(kind)]) for kind in KINDS if kind in set(kinds)) or _(
        "every kind"
    )


def priorities_in_words(priorities: Iterable[int]) -> str:
    """Return priorities in words; none for any."""
    listed = sorted(set(priorities))
    return _("priority %(list)s") % {"list": ", ".join(map(str, listed))} if listed else _("every priority")


def tickets_in_words(tickets: Iterable[tuple[str, int]]) -> str:
    """Return kinds with their priorities: those that share priorities stand together."""
    by_kind: dict[str, set[int]] = {}
    for kind, priority in tickets:
        by_kind.setdefault(kind, set()).add(priority)
    by_priorities: dict[tuple[int, ...], list[str]] = {}
    for kind, found in by_kind.items():
        by_priorities.setdefault(tuple(sorted(found)), []).append(kind)
    return "; ".join(
        f"{kinds_in_words(() if len(kinds) == len(KINDS) else kinds)}, "
        f"{priorities_in_words(() if len(priorities) == len(PRIORITIES) else priorities)}"
        for priorities, kinds in by_priorities.items()
    )


def hours_in_words(hours: WeeklyHours | None) -> str:
    """Return hours in words; none for always."""
    if hours is None:
        return _("always")
    said = week_in_words(hours)
    if hours.country:
        said = _("%(hours)s, not on public holidays (%(region)s)") % {
            "hours": said,
            "region": "-".join(filter(None, (hours.country, hours.subdivision))),
        }
    return _("outside %(hours)s") % {"hours": said} if hours.outside else said


def may_in_words(may: Iterable[Authority]) -> list[str]:
    """Return what somebody may decide, each in a few words."""
    return [
        _(AUTHORITIES[one.what]) % {"amount": one.amount, "currency": one.currency, "text": one.text}
        for one in may
    ]


def why_in_words(reached: Reached) -> str:
    """Say why somebody is the one to be reached."""
    if reached.via == DUTY:
        said = _("on duty at %(team)s") % {"team": reached.team}
    elif reached.via == LEAD:
        said = _("leads %(team)s") % {"team": reached.team}
    else:
        said = ""
    if reached.turn and reached.deputy_of:
        deputy = _("deputy of %(name)s") % {"name": reached.deputy_of}
        said = f"{said}, {deputy}" if said else deputy
    return said


def level_in_words(direction: str, level: int) -> str:
    """Name a level."""
    return (
        _("hierarchical, level %(level)s") % {"level": level}
        if direction == "hierarchical"
        else _("functional, level %(level)s") % {"level": level}
    )


def line_in_words(line: Line) -> str:
    """Name a line by its level, tickets and hours."""
    return ", ".join(
        (kinds_in_words(line.kinds), priorities_in_words(line.priorities), hours_in_words(line.hours))
    )
