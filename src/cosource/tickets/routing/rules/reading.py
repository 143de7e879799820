"""Rules from a document, as a program or a form gives them, and back. Each fault is named with its place and what to do.

A document is a list of rules:

    {"name": "Printers", "when": {"service": ["…"], "priority": [1, 2], "words": ["toner", "print*"],
      "hours": {"zone": "Europe/Berlin", "days": ["mon", "fri"], "from": "08:00", "until": "18:00", "outside": false}},
     "then": {"teams": ["…"], "person": {"skill": "…", "level": 2, "on_duty": true, "language": false}, "note": "…"}}

Not here: whether there is such a team or service (`services.rule_sets`).
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import count
from typing import Any

from cosource.calendars.rules.weekly import WeeklyHours
from cosource.calendars.rules.weekly_text import BadHours, read_hours, write_hours
from cosource.tickets.routing.rules.matching import folded, in_words
from cosource.tickets.routing.rules.rule import NAMED, Need, Rule
from cosource.tickets.rules.wording import Phrase, gettext_lazy

MOST_RULES, MOST_VALUES, MOST_TEAMS = 200, 50, 10
_NAME_LIMIT, _TEXT_LIMIT, _NOTE_LIMIT = 120, 120, 2_000
_IDS = frozenset({"service", "site", "team"})
_HEX = re.compile(r"[0-9a-f]{32}")


class BadRules(ValueError):
    """A document that cannot be read as rules; `place` and `fix` say where and what to do."""

    def __init__(self, place: str, fix: str | Phrase) -> None:
        super().__init__(f"{place}: {fix}")
        self.place = place
        self.fix = fix


def read_rules(document: object) -> tuple[Rule, ...]:
    """Read rules in their order. Raises: BadRules.

    >>> [rule.name for rule in read_rules([{"name": "All", "then": {"teams": ["0" * 32]}}])]
    ['All']
    """
    if not isinstance(document, list):
        raise BadRules("rules", "give a list of rules")
    if len(document) > MOST_RULES:
        raise BadRules(
            "rules",
            gettext_lazy(
                "at most %(most)s rules; these are %(length)s", most=MOST_RULES, length=len(document)
            ),
        )
    taken = {value.get("id") for value in document if isinstance(value, Mapping)}
    free = (own for number in count(1) if (own := f"r{number}") not in taken)
    rules = tuple(_rule(f"rule {place}", value, free) for place, value in enumerate(document, start=1))
    seen: set[str] = set()
    for place, rule in enumerate(rules, start=1):
        if rule.id in seen:
            raise BadRules(f"rule {place}, id", "another rule has this id; leave it out for a new one")
        seen.add(rule.id)
    return rules


def _rule(place: str, value: object, free: Iterator[str]) -> Rule:
    fields = _mapping(place, value, {"id", "name", "when", "then"})
    when = _mapping(f"{place}, when", fields.get("when") or {}, {*NAMED, "words", "hours"})
    then = _mapping(f"{place}, then", fields.get("then") or {}, {"teams", "person", "note"})
    own = fields.get("id") or next(free)
    if not isinstance(own, str) or not re.fullmatch(r"[a-z0-9]{1,32}", own):
        raise BadRules(f"{place}, id", "small letters and digits, at most 32")
    teams = tuple(dict.fromkeys(_listed(f"{place}, teams", then.get("teams"), "team", MOST_TEAMS)))
    need = _need(f"{place}, person", then.get("person"))
    if not teams and need is None:
        raise BadRules(f"{place}, then", "name a team, or whom of the present team the ticket goes to")
    return Rule(
        id=own,
        name=_text(f"{place}, name", fields.get("name"), _NAME_LIMIT),
        when=tuple(
            (name, frozenset(found))
            for name in NAMED
            if (found := _listed(f"{place}, {name}", when.get(name), name, MOST_VALUES))
        ),
        words=_words(f"{place}, words", when.get("words")),
        hours=_hours(f"{place}, hours", when.get("hours")),
        teams=teams,
        need=need,
        note=_text(f"{place}, note", then.get("note") or "", _NOTE_LIMIT, optional=True),
    )


def _mapping(place: str, value: object, known: set[str]) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise BadRules(place, "give keys with values")
    unknown = sorted(str(key) for key in value if key not in known)
    if unknown:
        raise BadRules(
            place,
            gettext_lazy(
                "“%(given)s” is unknown; the keys are %(choices)s",
                given=unknown[0][:80],
                choices=", ".join(sorted(known)),
            ),
        )
    return value


def _text(place: str, value: object, limit: int, *, optional: bool = False) -> str:
    if not isinstance(value, str) or "\x00" in value:
        raise BadRules(place, "give a text")
    text = value.strip()
    if not text and not optional:
        raise BadRules(place, "give it a name that says what the rule is for")
    if len(text) > limit:
        raise BadRules(
            place,
            gettext_lazy("at most %(limit)s characters; this has %(length)s", limit=limit, length=len(text)),
        )
    return text


def _listed(place: str, value: object, name: str, most: int) -> list[str]:
    if value is None:
        return []
    if not isinstance(value, Sequence) or isinstance(value, str) or len(value) > most:
        raise BadRules(place, gettext_lazy("give a list of at most %(most)s", most=most))
    return [_value(place, name, item) for item in value]


def _value(place: str, name: str, item: object) -> str:
    if name == "priority":
        if isinstance(item, bool) or str(item) not in {"1", "2", "3", "4", "5"}:
            raise BadRules(place, "priorities are 1 to 5")
        return str(item)
    if not isinstance(item, str):
        raise BadRules(place, "give texts")
    if name in _IDS:
        found = item.lower().replace("-", "")
        if not _HEX.fullmatch(found):
            raise BadRules(place, "give ids as the API lists them")
        return found
    text = folded(_text(place, item, _TEXT_LIMIT))
    return text.partition("-")[0] if name == "language" else text


def _words(place: str, value: object) -> tuple[str, ...]:
    if value is None:
        return ()
    if not isinstance(value, Sequence) or isinstance(value, str) or len(value) > MOST_VALUES:
        raise BadRules(place, gettext_lazy("give a list of at most %(most)s words", most=MOST_VALUES))
    words = tuple(folded(_text(place, item, _TEXT_LIMIT)) for item in value)
    if any(not in_words(word).strip() for word in words):
        raise BadRules(place, "a word has letters or digits")
    return tuple(dict.fromkeys(words))


def _need(place: str, value: object) -> Need | None:
    if value is None:
        return None
    fields = _mapping(place, value, {"skill", "level", "on_duty", "language"})
    skill = fields.get("skill") or ""
    if skill:
        skill = _value(f"{place}, skill", "team", skill)
    level = fields.get("level", 1)
    if isinstance(level, bool) or level not in {1, 2, 3, 4}:
        raise BadRules(f"{place}, level", "a level is 1 to 4")
    flags = {name: fields.get(name, False) for name in ("on_duty", "language")}
    for name, flag in flags.items():
        if not isinstance(flag, bool):
            raise BadRules(f"{place}, {name}", "true or false")
    return Need(skill=skill, level=level, **flags)


def _hours(place: str, value: object) -> WeeklyHours | None:
    if value is None:
        return None
    try:
        return read_hours(value)
    except BadHours as fault:
        raise BadRules(f"{place}, {fault.place}" if fault.place else place, fault.fix) from None


def write_rules(rules: Sequence[Rule]) -> list[dict[str, Any]]:
    """Return rules as the document that `read_rules` reads to the same rules."""
    return [_document(rule) for rule in rules]


def _document(rule: Rule) -> dict[str, Any]:
    when: dict[str, Any] = {name: sorted(values) for name, values in rule.when}
    if "priority" in when:
        when["priority"] = [int(value) for value in when["priority"]]
    if rule.words:
        when["words"] = list(rule.words)
    if rule.hours is not None:
        when["hours"] = write_hours(rule.hours)
    then: dict[str, Any] = {"teams": list(rule.teams), "note": rule.note}
    if rule.need is not None:
        need = rule.need
        then["person"] = {
            "skill": need.skill,
            "level": need.level,
            "on_duty": need.on_duty,
            "language": need.language,
        }
    return {"id": rule.id, "name": rule.name, "when": when, "then": then}
