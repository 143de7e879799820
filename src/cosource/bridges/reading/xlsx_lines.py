"""Rows of a workbook's sheet.

Here: the checks that make a foreign workbook safe to open, and its cells as text; a formula is text too. Not
here: what cells mean. The workbook is read row by row; only its table of shared texts is held at once.
"""

import warnings
import zipfile
from collections.abc import Iterator
from contextlib import closing
from datetime import date, datetime, time
from itertools import islice
from pathlib import Path
from typing import Any

from cosource.bridges.reading.heading import checked_heading
from cosource.bridges.reading.source import LIMITS, Limits
from cosource.bridges.rules.events import SourceRow
from cosource.bridges.rules.mapping import TableMapping
from cosource.bridges.rules.problems import Problem, UnreadableSource, shown

MOST_PARTS = 10_000
MOST_ROWS, MOST_COLUMNS = 1_048_576, 2_000
_HEAD = 4096
_BATCH = 500


def xlsx_rows(path: Path, mapping: TableMapping, limits: Limits = LIMITS) -> Iterator[SourceRow | Problem]:
    """Yield the rows of the sheet that the mapping names, and a note for each formula.

    Dates become ISO text, whole numbers lose their ".0", yes and no become "true" and "false".
    Raises: UnreadableSource when the workbook is unsafe or damaged, or its heading does not fit.
    """
    from openpyxl import load_workbook  # noqa: PLC0415 - a third of a second that every process and command would wait for

    _check_parts(path, limits)
    # The library judges a path by its ending; given an open file it looks at what is in it.
    with path.open("rb") as stream:
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                book = load_workbook(stream, read_only=True, data_only=False, keep_links=False)
            with closing(book):
                yield from _rows(_sheet(book, mapping, path.name), mapping, path.name)
        except UnreadableSource:
            raise
        except Exception as error:  # noqa: BLE001 - a damaged workbook makes the library raise anything at all
            raise _broken(path.name, error) from None


def _rows(sheet: Any, mapping: TableMapping, file: str) -> Iterator[SourceRow | Problem]:
    heading = next(sheet.iter_rows(max_row=1, max_col=MOST_COLUMNS), ())
    cells = [_text(cell.value) for cell in heading]
    while cells and not cells[-1].strip():
        cells.pop()
    if not cells:
        raise UnreadableSource(Problem(file, None, None, "empty"))
    names = checked_heading(cells, mapping, file)
    width = len(names)
    rows = sheet.iter_rows(min_row=2, max_row=MOST_ROWS, max_col=width + 1)
    number = 1
    while batch := _quiet(rows):
        for row in batch:
            number += 1
            texts = [_text(cell.value).strip() for cell in row]
            if not any(texts):
                continue
            if len(texts) > width and texts[width]:
                yield Problem(file, number, None, "long-row", {"found": len(texts), "wanted": width})
                continue
            for name, cell in zip(names, row, strict=False):
                if cell.data_type == "f":
                    yield Problem(file, number, name, "formula")
            texts = (texts + [""] * width)[:width]
            yield SourceRow(number, dict(zip(names, texts, strict=True)))


def _quiet(rows: Iterator[Any]) -> list[Any]:
    """Return the next rows without the library's warnings, which must not be muted while others run."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return list(islice(rows, _BATCH))


def _text(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    if not isinstance(value, str | int | float):
        # Array and table formulas come as objects that carry their text.
        value = getattr(value, "text", None) or getattr(value, "ref", "")
    return str(value).replace("\0", "")


def _sheet(book: Any, mapping: TableMapping, file: str) -> Any:
    names = [sheet.title for sheet in book.worksheets]
    wanted = mapping.source.sheet
    if not names or (wanted is not None and wanted not in names):
        values = {"sheet": wanted or "", "sheets": shown(", ".join(names)) or "–"}
        raise UnreadableSource(Problem(file, None, None, "no-sheet", values))
    sheet = book.worksheets[0 if wanted is None else names.index(wanted)]
    # A sheet may claim a size it does not have; what it holds is what counts.
    sheet.reset_dimensions()
    return sheet


def _check_parts(path: Path, limits: Limits) -> None:
    """Refuse a workbook that unpacks without measure or declares entities, before any of it is parsed."""
    try:
        with zipfile.ZipFile(path) as archive:
            problem = _unsafe(archive, path, limits)
    except Exception as error:  # noqa: BLE001 - a damaged archive makes the library raise anything at all
        raise _broken(path.name, error) from None
    if problem is not None:
        raise problem


def _unsafe(archive: zipfile.ZipFile, path: Path, limits: Limits) -> UnreadableSource | None:
    parts = archive.infolist()
    unpacked = sum(part.file_size for part in parts)
    if unpacked > limits.max_bytes or len(parts) > MOST_PARTS:
        return _refused(path.name, "too-big", limit=limits.max_bytes)
    if unpacked > limits.ratio_from_bytes and unpacked > limits.max_ratio * path.stat().st_size:
        return _refused(path.name, "bomb", ratio=limits.max_ratio)
    for part in parts:
        if part.filename.endswith("haredStrings.xml") and part.file_size > limits.text_part_bytes:
            return _refused(path.name, "too-big", limit=limits.text_part_bytes)
        if part.filename.endswith((".xml", ".rels")):
            with archive.open(part) as stream:
                head = stream.read(_HEAD).replace(b"\0", b"").upper()
            if b"<!DOCTYPE" in head or b"<!ENTITY" in head:
                return _refused(path.name, "xml-entities")
    return None


def _refused(file: str, code: str, **values: str | int) -> UnreadableSource:
    return UnreadableSource(Problem(file, None, None, code, values))


def _broken(file: str, error: Exception) -> UnreadableSource:
    # The entity guard inside the library raises its own kind of error; its name is all that tells it.
    if type(error).__name__ in {"EntitiesForbidden", "DTDForbidden", "ExternalReferenceForbidden"}:
        return _refused(file, "xml-entities")
    return _refused(file, "broken-workbook", reason=shown(str(error) or type(error).__name__))
