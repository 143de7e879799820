"""A run over a foreign inventory, and what becomes of its rows."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from uuid import UUID

from cosource.bridges.models import Import
from cosource.bridges.rules.asset_mapping import AssetMapping
from cosource.bridges.rules.problems import Problem
from cosource.bridges.services.asset_book import Book
from cosource.foundation.sight import Actor
from cosource.parties.models import Organization

NEW, CHANGED, UNCHANGED, REFUSED = "new", "changed", "unchanged", "refused"


@dataclass(frozen=True, slots=True)
class RowResult:
    """What becomes of a row. `changed`: the fields that it changes."""

    row_number: int
    outcome: str
    name: str
    changed: tuple[str, ...] = ()


@dataclass(slots=True)
class Outcome:
    """What became of a file, row by row and in numbers. `made`: sites that were made for it; `related`: relations made."""

    rows: list[RowResult] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    made: int = 0
    related: int = 0
    unrelated: int = 0

    @property
    def counts(self) -> Counter[str]:
        """Return how many rows became what."""
        return Counter(row.outcome for row in self.rows)


@dataclass(slots=True)
class Run:
    """One run over a file. `row`: the import; none only looks."""

    owner: Organization
    mapping: AssetMapping
    book: Book
    actor: Actor
    file: str
    row: Import | None
    outcome: Outcome = field(default_factory=Outcome)
    relations: list[tuple[int, UUID, Mapping[str, str]]] = field(default_factory=list)

    @property
    def write(self) -> bool:
        """Tell whether anything is written, rather than looked at."""
        return self.row is not None

    def note(self, row_number: int, column: str, code: str, **values: str | int) -> Problem:
        """Report a problem of a row, in the column that holds a field; return it."""
        heading = getattr(self.mapping.columns, column, "") or None
        problem = Problem(self.file, row_number, heading, code, values)
        self.outcome.problems.append(problem)
        return problem
