"""A run over a foreign inventory, and what becomes of its rows."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from cosource.bridges.models import Import
from cosource.bridges.rules.asset_mapping import AssetMapping
from cosource.bridges.rules.listing import Listing
from cosource.bridges.rules.problems import Problem
from cosource.bridges.services.asset_book import Book
from cosource.bridges.services.import_run import problems_write
from cosource.foundation.errors import Conflict
from cosource.foundation.sight import Actor
from cosource.parties.models import Organization

NEW, CHANGED, UNCHANGED, REFUSED = "new", "changed", "unchanged", "refused"
MADE_SITES, RELATED, UNRELATED = "sites", "related", "unrelated"
COUNTED = (NEW, CHANGED, UNCHANGED, REFUSED, MADE_SITES, RELATED, UNRELATED)
# So many rows that would do something are shown with what they would do.
SHOWN = 200


@dataclass(frozen=True, slots=True)
class RowResult:
    """What becomes of a row. `changed`: the fields that it changes."""

    row_number: int
    outcome: str
    name: str
    changed: tuple[str, ...] = ()


@dataclass(slots=True)
class Outcome:
    """What became of a file, row by row and in numbers.

    `counts`: rows by what became of them, and what was made for them (`COUNTED`); `fields`: how many assets change in each;
    `rows` and `problems`: those of this run, without what an earlier one did before it was stopped; `listed`: the problems that a
    dry run would list.
    """

    rows: list[RowResult] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)
    fields: Counter[str] = field(default_factory=Counter)
    repaired: int = 0
    listing: Listing = field(default_factory=Listing)
    shown: list[list[Any]] = field(default_factory=list)
    listed: list[Problem] = field(default_factory=list)

    def add(self, row_number: int, outcome: str, name: str, changed: Sequence[str] = ()) -> None:
        """Note what becomes of a row."""
        self.rows.append(RowResult(row_number, outcome, name, tuple(changed)))
        self.counts[outcome] += 1
        self.fields.update(changed)
        if outcome in (NEW, CHANGED) and len(self.shown) < SHOWN:
            self.shown.append([row_number, outcome, name, list(changed)])

    def take(self, problems: Sequence[Problem]) -> list[Problem]:
        """Note problems, and return those that are listed."""
        self.problems += problems
        self.repaired += len({p.row for p in problems if p.outcome == "repaired"})
        return self.listing.take(problems)

    @property
    def figures(self) -> dict[str, Any]:
        """Return what an import's row says of it."""
        counts = self.counts
        return {
            "rows_read": sum(counts[name] for name in (NEW, CHANGED, UNCHANGED, REFUSED)),
            "rows_kept": counts[NEW] + counts[CHANGED],
            "rows_known": counts[UNCHANGED],
            "rows_repaired": self.repaired,
            "rows_refused": counts[REFUSED],
            "report": {
                **{name: counts[name] for name in COUNTED},
                "codes": dict(self.listing.codes),
                "listed_of": dict(self.listing.listed),
                "fields": dict(self.fields),
                "rows": self.shown,
            },
        }


def outcome_so_far(row: Import) -> Outcome:
    """Return what an import has done until now, so that going on with it adds to that."""
    told = row.report
    return Outcome(
        counts=Counter({name: told[name] for name in COUNTED if name in told}),
        fields=Counter(told.get("fields", {})),
        repaired=row.rows_repaired,
        listing=Listing(Counter(told.get("codes", {})), Counter(told.get("listed_of", {}))),
        shown=list(told.get("rows", [])),
    )


@dataclass(slots=True)
class Run:
    """One run over a file. `row`: the import; none only looks. `problems`: those of the portion in hand."""

    owner: Organization
    mapping: AssetMapping
    book: Book
    actor: Actor
    file: str
    row: Import | None
    outcome: Outcome = field(default_factory=Outcome)
    relations: list[tuple[int, UUID, Mapping[str, str]]] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)

    def note(self, row_number: int, column: str, code: str, **values: str | int) -> None:
        """Report a problem of a row, in the column that holds a field."""
        heading = getattr(self.mapping.columns, column, "") or None
        self.problems.append(Problem(self.file, row_number, heading, code, values))


def advance(run: Run, *, step: int = 0) -> None:
    """Note, in the caller's transaction, how far the import is, what became of its rows and what was wrong with them.

    Raises: Conflict when another process has it, or it was stopped.
    """
    row, listed = run.row, run.outcome.take(run.problems)
    run.problems.clear()
    if row is None:
        run.outcome.listed += listed
        return
    mine = Import.objects.filter(pk=row.pk, position=row.position, state=Import.State.RUNNING, dry_run=False)
    figures = run.outcome.figures
    if not mine.update(position=row.position + step, **figures):
        raise Conflict(_("Another process goes on with this import, or it was stopped."), code="taken_over")
    problems_write(row.id, listed)
    row.position += step
    for name, value in figures.items():
        setattr(row, name, value)
