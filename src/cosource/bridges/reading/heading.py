"""The first row of a table: does it hold the columns that the mapping speaks of?

Here: finding the columns, and naming what is missing with what was probably meant. Not here: the data rows.
"""

import csv
import difflib
from collections import Counter
from collections.abc import Sequence

from cosource.bridges.rules.mapping import TableMapping
from cosource.bridges.rules.problems import Problem, UnreadableSource, shown

DELIMITERS = (",", ";", "\t", "|")
_NAMES = {",": '"," (comma)', ";": '";" (semicolon)', "\t": '"\\t" (tab)', "|": '"|" (bar)'}


def checked_heading(
    cells: Sequence[str], mapping: TableMapping, file: str, line: str | None = None
) -> list[str]:
    """Return the headings, stripped; a blank one is named after its place.

    `line`: the raw first line of a CSV, to tell a wrong delimiter from missing columns.
    Raises: UnreadableSource.
    """
    names = [cell.strip() or f"(column {number})" for number, cell in enumerate(cells, start=1)]
    wanted = mapping.columns.needed
    missing = [name for name in wanted if name not in names]
    if missing:
        if line is not None:
            _judge_delimiter(line, mapping, file, found=len(wanted) - len(missing))
        raise UnreadableSource(*(missing_column(file, name, names) for name in missing))
    doubled = [name for name, count in Counter(names).items() if count > 1]
    if doubled:
        raise UnreadableSource(*(Problem(file, 1, shown(name), "doubled-column") for name in doubled))
    return names


def missing_column(file: str, name: str, names: Sequence[str], row: int | None = 1) -> Problem:
    """Return the problem that names the missing column and the nearest one that is there."""
    folded = {each.casefold(): each for each in reversed(names)}
    close = difflib.get_close_matches(name.casefold(), folded, n=1, cutoff=0)
    return Problem(file, row, name, "missing-column", {"nearest": shown(folded[close[0]]) if close else "–"})


def _judge_delimiter(line: str, mapping: TableMapping, file: str, *, found: int) -> None:
    """Raise UnreadableSource if another delimiter would find more of the columns."""
    best, most = "", found
    for delimiter in DELIMITERS:
        if delimiter != mapping.source.delimiter:
            cells = {cell.strip() for cell in next(csv.reader([line], delimiter=delimiter), [])}
            fitting = sum(name in cells for name in mapping.columns.needed)
            if fitting > most:
                best, most = delimiter, fitting
    if best:
        given = mapping.source.delimiter
        values = {"delimiter": _NAMES.get(given, f'"{given}"'), "better": _NAMES[best]}
        raise UnreadableSource(Problem(file, 1, None, "wrong-delimiter", values))
