"""A foreign file, ticket by ticket: what an import and its dry run call.

Here: choosing the reader by what the file is, a first pass that measures it, and the second that reads it.
Not here: writing anything. Both passes take constant memory, whatever the size of the file.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from cosource.bridges.reading.csv_lines import csv_rows
from cosource.bridges.reading.source import LIMITS, ZIP, ByteSource, Limits, file_digest
from cosource.bridges.reading.spool import side_by_side, spooled
from cosource.bridges.reading.xes_events import xes_rows
from cosource.bridges.reading.xlsx_lines import xlsx_rows
from cosource.bridges.rules.events import SourceRow, TicketReading
from cosource.bridges.rules.interpret import Interpreter
from cosource.bridges.rules.mapping import Mapping
from cosource.bridges.rules.problems import Problem, UnreadableSource

REMEMBERED_TICKETS = 200_000
TOLD_EVERY_ROWS = 20_000
_FORMATS = {"event-log": "a CSV or XLSX table", "ticket-list": "a CSV or XLSX table", "xes": "an XES log"}


@dataclass(frozen=True, slots=True)
class Survey:
    """What the first pass found: `digest` is the file's SHA-256, `rows` its rows of data, readable or not.

    `is_side_by_side`: each ticket's rows lie together, so that the second pass needs no spool. A file with
    more tickets than are remembered counts as scattered, which costs time and is always right.
    """

    file: str
    digest: str
    size_bytes: int
    rows: int
    is_side_by_side: bool


def survey(
    path: Path, mapping: Mapping, limits: Limits = LIMITS, *, tell: Callable[[int], None] | None = None
) -> Survey:
    """Read the file once to its end and measure it.

    `tell` is called with the number of rows now and then; what it raises stops the reading.
    Raises: UnreadableSource when it cannot be read under this mapping at all.
    """
    key_of = Interpreter(mapping, path.name).ticket_key
    rows = 0
    together = True
    done: set[int] = set()
    current: str | None = None
    for item in read_rows(path, mapping, limits, only=mapping.columns.ticket):
        if isinstance(item, Problem):
            rows += item.outcome == "refused"
            continue
        rows += 1
        if tell is not None and rows % TOLD_EVERY_ROWS == 0:
            tell(rows)
        key = key_of(item)
        if together and key != current:
            if current is not None:
                done.add(hash(current))
            together = (key is None or hash(key) not in done) and len(done) <= REMEMBERED_TICKETS
            current = key
    return Survey(path.name, file_digest(path), path.stat().st_size, rows, together)


def read_tickets(
    path: Path, mapping: Mapping, found: Survey, spool_directory: Path, limits: Limits = LIMITS
) -> Iterator[TicketReading | Problem]:
    """Yield one reading per ticket, and the problems of rows that belong to none as they come up.

    Every row counted by the survey ends up in exactly one place: an event of a reading, a refused row of a
    reading (with its problem), or a problem yielded here with the outcome `refused`.
    Raises: UnreadableSource.
    """
    interpreter = Interpreter(mapping, path.name)
    aside: list[Problem] = []
    rows = _rows_only(read_rows(path, mapping, limits), aside)
    key_of = interpreter.ticket_key
    groups = side_by_side(rows, key_of) if found.is_side_by_side else spooled(rows, key_of, spool_directory)
    for key, members in groups:
        if key is None:
            for row in members:
                yield Problem(path.name, row.row_number, mapping.columns.ticket, "no-ticket")
        else:
            kept = list(islice(members, limits.rows_per_ticket))
            yield interpreter.ticket(key, kept)
            values: dict[str, str | int] = {"ticket": key[:80], "limit": limits.rows_per_ticket}
            for row in members:
                yield Problem(path.name, row.row_number, mapping.columns.ticket, "crowded-ticket", values)
        yield from aside
        aside.clear()
    yield from aside


def read_rows(
    path: Path, mapping: Mapping, limits: Limits = LIMITS, *, only: str | None = None
) -> Iterator[SourceRow | Problem]:
    """Yield the file's rows and problems in file order, by what the file is rather than by its name.

    `only`: the one column that the caller looks at; the others may then be left out, which is quicker.

    Raises: UnreadableSource.
    """
    with ByteSource(path, limits) as source:
        head = source.peek()
        is_workbook = head.startswith(ZIP)
        is_xml = head.replace(b"\0", b"").lstrip(b"\xef\xbb\xbf\xff\xfe \t\r\n").startswith(b"<")
        found = "a workbook" if is_workbook else "an XML document" if is_xml else "a text"
        wants_xes = mapping.source.kind == "xes"
        if wants_xes != is_xml or (is_workbook and source.is_packed):
            values = {"found": found, "wanted": _FORMATS[mapping.source.kind]}
            raise UnreadableSource(
                source.break_problem
                or Problem(source.file, None, None, "wrong-format" if head else "empty", values)
            )
        if is_xml:
            yield from xes_rows(source, mapping, limits)
        elif is_workbook:
            yield from xlsx_rows(path, mapping, limits)
        else:
            yield from csv_rows(source, mapping, limits, only=only)


def _rows_only(items: Iterator[SourceRow | Problem], aside: list[Problem]) -> Iterator[SourceRow]:
    """Pass the rows on and put the problems aside, where the caller picks them up between tickets."""
    for item in items:
        if isinstance(item, Problem):
            aside.append(item)
        else:
            yield item
