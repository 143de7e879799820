"""Which rule holds for a ticket: the first of which everything holds. The same ticket and the same rules give the same answer.

Not here: whom of the team it then chooses (`choosing`).
"""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from operator import attrgetter

from cosource.tickets.routing.rules.rule import Rule

_WORD = re.compile(r"\w+")
# Why a rule did not decide although all it asks holds: none of its teams can take the ticket.
NO_TEAM = "no_team"


@dataclass(frozen=True, slots=True)
class Case:
    """A ticket as rules see it. Texts are `folded`; `title` is `in_words`; `at`: when it is decided, in UTC."""

    at: datetime
    kind: str = "incident"
    topic: str = ""
    subtopic: str = ""
    service: str = ""
    site: str = ""
    priority: str = ""
    language: str = ""
    team: str = ""
    title: str = ""


def folded(text: str) -> str:
    """Return a text as it is compared: without case, with single blanks.

    >>> folded("  Network  Printers")
    'network printers'
    """
    return " ".join(text.casefold().split())


def in_words(text: str) -> str:
    """Return a title as its words, with a blank around each.

    >>> in_words("Toner: printer-2 (Ward B)")
    ' toner printer 2 ward b '
    """
    return f" {' '.join(_WORD.findall(text.casefold()))} "


def word_pattern(word: str) -> str:
    """Return what to look for in a title as words; a star at the end stands for any ending.

    >>> word_pattern("print*") in in_words("Two printers down"), word_pattern("print") in in_words("Two printers down")
    (True, False)
    """
    pattern = in_words(word)
    return pattern.rstrip() if word.rstrip().endswith("*") else pattern


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the rules say of a ticket.

    `place`: of the rule in the list, from 1; 0 when none holds. `word`: of its words the one that was found. `teams`: those of
    the rule that can take it, in order. `passed`: for each rule before, its place and what did not hold.
    """

    rule: Rule | None = None
    place: int = 0
    word: str = ""
    teams: tuple[str, ...] = ()
    passed: tuple[tuple[int, str], ...] = ()


type _Test = tuple[str, Callable[[Case], bool]]


class RuleBook:
    """Rules made ready to be asked often."""

    def __init__(self, rules: Sequence[Rule]) -> None:
        self.rules = tuple(rules)
        self._tests = [_tests_of(rule) for rule in rules]
        self.asks = frozenset(name for tests in self._tests for name, _test in tests)

    def decide(self, case: Case, can_take: frozenset[str]) -> Outcome:
        """Return which rule decides. `can_take`: the teams that may be given or offered the ticket now."""
        passed: list[tuple[int, str]] = []
        for place, (rule, tests) in enumerate(zip(self.rules, self._tests, strict=True), start=1):
            failing = next((name for name, test in tests if not test(case)), "")
            teams = tuple(t for t in rule.teams if t in can_take)
            if not failing and not teams:
                # A rule without teams is for tickets that a team has already.
                failing = NO_TEAM if rule.teams else "" if case.team else "team"
            if not failing:
                return Outcome(rule, place, _word_in(rule, case), teams, tuple(passed))
            passed.append((place, failing))
        return Outcome(passed=tuple(passed))


def _tests_of(rule: Rule) -> list[_Test]:
    tests: list[_Test] = [(name, _one_of(name, values)) for name, values in rule.when]
    if rule.words:
        tests.append(("words", _has_one(tuple(word_pattern(w) for w in rule.words))))
    if rule.hours is not None:
        hours = rule.hours
        tests.append(("hours", lambda case: hours.holds(case.at)))
    return tests


def _one_of(name: str, values: frozenset[str]) -> Callable[[Case], bool]:
    get = attrgetter(name)
    return lambda case: get(case) in values


def _has_one(patterns: Iterable[str]) -> Callable[[Case], bool]:
    return lambda case: any(pattern in case.title for pattern in patterns)


def _word_in(rule: Rule, case: Case) -> str:
    return next((word for word in rule.words if word_pattern(word) in case.title), "")
