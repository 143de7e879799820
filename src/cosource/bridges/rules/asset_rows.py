"""One row of a foreign inventory as what it says of an asset. Not here: which asset it is about (services)."""

from collections.abc import Mapping
from datetime import date
from typing import NamedTuple

from cosource.bridges.rules.asset_mapping import CHOSEN, NAMED, RELATIONS, AssetMapping
from cosource.bridges.rules.dates import DateReader
from cosource.bridges.rules.events import SourceRow
from cosource.bridges.rules.problems import Problem, shown

TEXTS = {"name": 120, "model": 120, "serial": 120, "inventory_number": 60, "place": 120, "support_with": 120}
DAYS = ("state_since", "bought_on", "ends_on", "support_until")
_KEY = 120


class AssetReading(NamedTuple):
    """What a row says.

    `values`: texts, choices and days by field; `named`: site, service and person as the source calls them, empty for none;
    `relations`: what other assets are called, by kind, empty for none. `problems`: cells that were mended, or why it is refused.
    """

    row_number: int
    key: str
    values: Mapping[str, str | date | None]
    named: Mapping[str, str]
    relations: Mapping[str, str]
    problems: tuple[Problem, ...]

    @property
    def is_refused(self) -> bool:
        """Tell whether nothing can be made of the row."""
        return any(problem.outcome == "refused" for problem in self.problems)


class AssetReader:
    """Reads the rows of one file under one mapping."""

    def __init__(self, mapping: AssetMapping, file: str) -> None:
        self._mapping = mapping
        self._file = file
        self._days = DateReader(mapping.source.dates, mapping.source.zone)

    def read(self, row: SourceRow) -> AssetReading:
        """Return what a row says."""
        problems: list[Problem] = []
        row = self._printable(row, problems)
        values: dict[str, str | date | None] = {}
        for name, limit in TEXTS.items():
            cell = self._cell(row, name)
            if cell is not None:
                values[name] = self._cut(row, name, cell, limit, problems)
        for name in CHOSEN:
            cell = self._cell(row, name)
            meant = None if cell is None else self._meant(name, cell)
            # A blank cell that means nothing leaves a choice as it is; without a kind there is no asset.
            if meant or (meant is not None and name == "kind"):
                values[name] = meant
        for name in DAYS:
            cell = self._cell(row, name)
            if cell is not None:
                values[name] = self._day(row, name, cell, problems)
        if not values.get("name"):
            problems.append(self._problem(row, "name", "asset-no-name"))
        return AssetReading(
            row_number=row.row_number,
            key=self._cut(row, "key", self._cell(row, "key") or "", _KEY, problems),
            values=values,
            named={
                n: cell or self._mapping.defaults.get(n, "")
                for n in NAMED
                if (cell := self._cell(row, n)) is not None
            },
            relations={name: cell for name in RELATIONS if (cell := self._cell(row, name)) is not None},
            problems=tuple(problems),
        )

    def _printable(self, row: SourceRow, problems: list[Problem]) -> SourceRow:
        """Return the row with blanks as one, and without what cannot be shown or stored."""
        cells = {}
        for heading in self._mapping.columns.needed:
            cells[heading] = cell = " ".join(row.values.get(heading, "").split())
            if not cell.isprintable():
                cells[heading] = "".join(c for c in cell if c.isprintable()).strip()
                problems.append(Problem(self._file, row.row_number, heading, "control-character"))
        return SourceRow(row.row_number, cells)

    def _cell(self, row: SourceRow, name: str) -> str | None:
        """Return a cell, empty for one that means that; None where the file has no such column."""
        heading = getattr(self._mapping.columns, name)
        if not heading:
            return None
        cell = row.values[heading]
        return "" if cell in self._mapping.source.missing else cell

    def _meant(self, name: str, cell: str) -> str:
        folded = cell.casefold()
        listed = self._mapping.words.get(name, {}).get(folded)
        return listed if listed is not None else self._mapping.defaults.get(name, folded)

    def _cut(self, row: SourceRow, name: str, cell: str, limit: int, problems: list[Problem]) -> str:
        if len(cell) <= limit:
            return cell
        problems.append(self._problem(row, name, "asset-long", limit=limit))
        return cell[: limit - 1].rstrip() + "…"

    def _day(self, row: SourceRow, name: str, cell: str, problems: list[Problem]) -> date | None:
        if not cell:
            return None
        try:
            return date.fromisoformat(cell)
        except ValueError:
            instant, _code = self._days.read(cell)
        if instant is None:
            problems.append(
                self._problem(
                    row, name, "bad-date", value=shown(cell), formats=", ".join(self._mapping.source.dates)
                )
            )
            return None
        return instant.date()

    def _problem(self, row: SourceRow, name: str, code: str, **values: str | int) -> Problem:
        return Problem(self._file, row.row_number, getattr(self._mapping.columns, name) or None, code, values)
