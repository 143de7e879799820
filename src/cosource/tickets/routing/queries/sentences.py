"""Rules in plain sentences, in the reader's language, with the names of what they mention.

Not here: reading and changing rules.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cosource.calendars.rules.weekly import WeeklyHours
from cosource.parties.queries.duty import week_in_words
from cosource.tickets.routing.queries.rule_sets import Nameable
from cosource.tickets.routing.rules.rule import Need, Rule
from cosource.tickets.rules.states import KIND_LABELS, TicketKind

_IS = {
    "kind": gettext_lazy("kind is %(values)s"),
    "topic": gettext_lazy("topic is %(values)s"),
    "subtopic": gettext_lazy("subtopic is %(values)s"),
    "service": gettext_lazy("service is %(values)s"),
    "site": gettext_lazy("place is %(values)s"),
    "priority": gettext_lazy("priority is %(values)s"),
    "language": gettext_lazy("the requester reads %(values)s"),
    "team": gettext_lazy("it is with %(values)s"),
}


@dataclass(frozen=True, slots=True)
class Sentence:
    """A rule in words: what it asks, and where the ticket then goes. `gone`: it names something that is not there any more."""

    id: str
    name: str
    asks: tuple[str, ...]
    goes: str
    gone: bool


def sentences_of(rules: tuple[Rule, ...], known: Nameable) -> list[Sentence]:
    """Return the rules in words, in their order."""
    return [_sentence(rule, known) for rule in rules]


def _sentence(rule: Rule, known: Nameable) -> Sentence:
    gone: list[str] = []
    asks = [
        str(_IS[name]) % {"values": _either([_named(name, v, known, gone) for v in _sorted(values)])}
        for name, values in rule.when
    ]
    if rule.words:
        asks.append(_("the title has %(words)s") % {"words": _either([f"“{w}”" for w in rule.words])})
    if rule.hours is not None:
        asks.append(hours_in_words(rule.hours))
    teams = [_name(known.teams, team, gone) for team in rule.teams]
    goes = _goes(teams)
    if rule.need is not None:
        goes = _("%(team)s, to %(person)s") % {
            "team": goes,
            "person": _whom(rule.need, known, gone),
        }
    return Sentence(rule.id, rule.name, tuple(asks), goes, bool(gone))


def _sorted(values: frozenset[str]) -> list[str]:
    return sorted(values)


def _goes(teams: list[str]) -> str:
    if not teams:
        return _("stays with its team")
    if len(teams) == 1:
        return _("to %(team)s") % {"team": teams[0]}
    return _("to the first on duty of %(teams)s") % {"teams": _either(teams)}


def _whom(need: Need, known: Nameable, gone: list[str]) -> str:
    parts = []
    if need.skill:
        skill = _name(known.skills, need.skill, gone)
        parts.append(_("with %(skill)s at level %(level)s or above") % {"skill": skill, "level": need.level})
    if need.on_duty:
        parts.append(_("on duty"))
    if need.language:
        parts.append(_("who reads the requester’s language"))
    who = ", ".join(parts)
    return (
        _("whoever %(who)s has fewest open tickets") % {"who": who}
        if who
        else _("whoever has fewest open tickets")
    )


def hours_in_words(hours: WeeklyHours) -> str:
    """Return a time of day in words."""
    said = week_in_words(hours)
    return (
        _("it comes outside %(hours)s") % {"hours": said}
        if hours.outside
        else _("it comes %(hours)s") % {"hours": said}
    )


def _named(name: str, value: str, known: Nameable, gone: list[str]) -> str:
    if name in {"team", "service", "site"}:
        return _name(known.of(name), value, gone)
    if name == "kind" and value in KIND_LABELS:
        return _(KIND_LABELS[TicketKind(value)])
    return value


def _name(names: Mapping[UUID, str], value: str, gone: list[str]) -> str:
    found = names.get(UUID(value))
    if found is None:
        gone.append(value)
        return _("(gone)")
    return found


def _either(values: list[str]) -> str:
    """Return values joined by "or"."""
    if len(values) < 2:
        return "".join(values)
    return _("%(first)s or %(last)s") % {"first": ", ".join(values[:-1]), "last": values[-1]}
