"""What can be wrong with a foreign file, in words a person can act on.

Here: the `Problem` value and the error for a file that cannot be read at all. Not here: the words
(`wordings`), who finds problems (`reading`, `interpret`) and how a page shows them.

Messages are identifiers for translation: a page renders `gettext(problem.message_id) % problem.values`;
`problem.message` is the English of the same.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from cosource.bridges.rules.wordings import WORDINGS, Outcome, Wording

SHOWN_CHARACTERS = 80


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that was wrong, at one place.

    `row` counts records from 1 with the heading as row 1, as a spreadsheet shows them; None speaks of the
    whole file. `column` is the heading. `values` fill the wording.
    """

    file: str
    row: int | None
    column: str | None
    code: str
    values: Mapping[str, str | int] = field(default_factory=dict)

    @property
    def wording(self) -> Wording:
        """The catalogue's words for this kind of problem."""
        return WORDINGS[self.code]

    @property
    def outcome(self) -> Outcome:
        """What became of the row."""
        return self.wording.outcome

    @property
    def message_id(self) -> str:
        """The message before its values are filled in; translate this one."""
        return self.wording.message_id

    @property
    def fix_id(self) -> str:
        """The advice before its values are filled in; translate this one."""
        return self.wording.fix_id

    @property
    def message(self) -> str:
        """What is wrong, in English."""
        return self.message_id % self.values

    @property
    def fix(self) -> str:
        """What to do about it, in English."""
        return self.fix_id % self.values

    def __str__(self) -> str:
        place = self.file if self.row is None else f"{self.file}, row {self.row}"
        if self.column is not None:
            place += f", column {self.column}"
        return f"{place}: {self.message} {self.fix}"


class UnreadableSource(Exception):
    """The file as a whole cannot be read. Carries the `problems` that say why and what to do."""

    def __init__(self, *problems: Problem) -> None:
        super().__init__("\n".join(str(problem) for problem in problems))
        self.problems = problems

    @property
    def problem(self) -> Problem:
        """The first of the problems."""
        return self.problems[0]


def shown(text: str) -> str:
    r"""Shorten a foreign value for a message, and make its control characters visible.

    >>> shown("a" + chr(7) + "b")
    'a\\x07b'
    """
    cut = text[:SHOWN_CHARACTERS]
    safe = "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in cut)
    return safe + "…" if len(text) > SHOWN_CHARACTERS else safe
