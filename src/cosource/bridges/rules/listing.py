"""Which problems of a file are listed one by one when there are more than a person can look through.

Each outcome has its own room, filled in the order of the file, so that no number of notes keeps a refused row off the list.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from cosource.bridges.rules.problems import Problem

LISTED_OF_EACH = 50_000
LEFT_OUT = "too-many-problems"


@dataclass(slots=True)
class Listing:
    """`codes`: how often each kind of problem occurred, and under `LEFT_OUT` how many of them are not listed.

    `listed`: how many are listed, by outcome.
    """

    codes: Counter[str] = field(default_factory=Counter)
    listed: Counter[str] = field(default_factory=Counter)

    def take(self, problems: Iterable[Problem]) -> list[Problem]:
        """Count problems, and return those to list; the first that finds no room is replaced by one that says so."""
        chosen = []
        for problem in problems:
            self.codes[problem.code] += 1
            if self.listed[problem.outcome] < LISTED_OF_EACH:
                self.listed[problem.outcome] += 1
                chosen.append(problem)
                continue
            if not self.codes[LEFT_OUT]:
                chosen.append(Problem(problem.file, None, None, LEFT_OUT))
            self.codes[LEFT_OUT] += 1
        return chosen
