"""Rows of a CSV file.

Here: lines of bounded length, ragged rows, open quotes, bytes that do not belong, files that break off; each
named by its row, and the rows around it kept. Not here: what cells mean.
"""

import csv
import io
from collections.abc import Iterator
from dataclasses import replace

from cosource.bridges.reading.heading import checked_heading
from cosource.bridges.reading.source import LIMITS, ByteSource, Limits, open_text
from cosource.bridges.rules.events import SourceRow
from cosource.bridges.rules.mapping import TableMapping
from cosource.bridges.rules.problems import Problem, UnreadableSource

REPLACEMENT = "\ufffd"


class LineTooLong(Exception):
    """A line passed the limit; what is left of it was skipped."""


class LineFeed:
    """Will hand lines to the CSV reader and remember what was odd about them."""

    def __init__(self, source: ByteSource, text: io.TextIOWrapper, limit: int) -> None:
        self._source = source
        self._readline = text.readline
        self._limit = limit
        self._is_utf_16 = text.encoding == "utf-16"
        self.is_ended = False
        self.has_bad_bytes = False
        self.has_nul = False
        self.may_have_formula = False
        self.line = ""

    def __iter__(self) -> "LineFeed":
        return self

    def __next__(self) -> str:
        line = self.line = self._readline(self._limit)
        if not line.endswith(("\n", "\r")):
            if len(line) >= self._limit:
                while (rest := self._readline(self._limit)) and not rest.endswith(("\n", "\r")):
                    pass
                raise LineTooLong
            # Without a line end this is the last line, and if the file breaks off here, only a part of it.
            if not line or self._source.break_problem is not None:
                self.is_ended = True
                raise StopIteration
        if not line.isascii():
            self.has_bad_bytes |= _has_bad_bytes(line, self._is_utf_16)
        if "\0" in line:
            self.has_nul = True
        if "=" in line:
            self.may_have_formula = True
        return line

    @property
    def is_odd(self) -> bool:
        """Tell whether the row's cells want a closer look."""
        return self.has_bad_bytes or self.has_nul or self.may_have_formula

    def forget(self) -> None:
        """Start anew for the next row."""
        self.has_bad_bytes = self.has_nul = self.may_have_formula = False


def _has_bad_bytes(line: str, is_utf_16: bool) -> bool:
    if is_utf_16:
        return REPLACEMENT in line
    try:
        line.encode("utf-8")
    except UnicodeEncodeError:
        return True
    return False


def csv_rows(
    source: ByteSource, mapping: TableMapping, limits: Limits = LIMITS, *, only: str | None = None
) -> Iterator[SourceRow | Problem]:
    """Yield the rows in file order, and a problem where a row was left out or repaired.

    `only`: the one column that the rows need to hold.

    A file that breaks off ends with that problem, at the row that was cut.
    Raises: UnreadableSource when the heading does not fit or the file is not text.
    """
    text = open_text(source, mapping.source.encoding)
    feed = LineFeed(source, text, limits.line_characters)
    reader = csv.reader(feed, delimiter=mapping.source.delimiter)
    names = _heading(source, feed, reader, mapping)
    width = len(names)
    place = 0 if only is None else names.index(only)
    number = 1
    while True:
        number += 1
        feed.forget()
        try:
            cells = next(reader, None)
        except LineTooLong:
            yield Problem(source.file, number, None, "long-line", {"limit": limits.line_characters})
            continue
        except csv.Error as error:
            yield Problem(source.file, number, None, "unreadable-row", {"reason": str(error)})
            continue
        if cells is None or feed.is_ended:
            break
        if len(cells) != width:
            if not any(cells):
                continue
            code = "short-row" if len(cells) < width else "long-row"
            yield Problem(source.file, number, None, code, {"found": len(cells), "wanted": width})
            continue
        if feed.is_odd:
            cells, problems = _repaired(cells, names, number, source.file, mapping)
            yield from problems
        if only is None:
            yield SourceRow(number, dict(zip(names, map(str.strip, cells), strict=True)))
        else:
            yield SourceRow(number, {only: cells[place].strip()})
    if source.break_problem is not None:
        yield replace(source.break_problem, row=number)
    elif cells is not None:
        yield Problem(source.file, number, None, "open-quote")


def _heading(
    source: ByteSource, feed: LineFeed, reader: "Iterator[list[str]]", mapping: TableMapping
) -> list[str]:
    try:
        cells = next(reader, None)
    except (LineTooLong, csv.Error):
        raise UnreadableSource(Problem(source.file, 1, None, "not-text")) from None
    if cells is None or feed.is_ended:
        problem = source.break_problem
        if problem is None:
            problem = Problem(source.file, None, None, "empty" if cells is None else "not-text")
        raise UnreadableSource(problem)
    if feed.has_nul or feed.has_bad_bytes:
        cells = [_plain(cell.replace("\0", "")) for cell in cells]
    return checked_heading(cells, mapping, source.file, _plain(feed.line))


def _plain(text: str) -> str:
    """Return the text with a replacement character for each byte that could not be decoded."""
    return text.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def _repaired(
    cells: list[str], names: list[str], row: int, file: str, mapping: TableMapping
) -> tuple[list[str], list[Problem]]:
    """Return the cells fit to be stored, with a problem for each cell that was changed or may be misread later."""
    encoding, fallback = mapping.source.encoding, mapping.source.fallback_encoding
    repaired: list[str] = []
    problems: list[Problem] = []
    for name, original in zip(names, cells, strict=True):
        cell = original.replace("\0", "")
        if cell != original:
            problems.append(Problem(file, row, name, "control-character"))
        if REPLACEMENT in cell or _has_bad_bytes(cell, is_utf_16=False):
            if fallback is not None and REPLACEMENT not in cell:
                raw = cell.encode(_plain_name(encoding), "surrogateescape")
                cell = raw.decode(fallback, "replace")
                values = {"encoding": encoding, "fallback": fallback}
                problems.append(Problem(file, row, name, "fallback-encoding", values))
            else:
                cell = _plain(cell)
                problems.append(Problem(file, row, name, "undecodable", {"encoding": encoding}))
        if cell.lstrip().startswith("="):
            problems.append(Problem(file, row, name, "formula"))
        repaired.append(cell)
    return repaired, problems


def _plain_name(encoding: str) -> str:
    return "utf-8" if encoding == "utf-8-sig" else encoding
