"""Rows of a telephone system's export, read as calls; what cannot be used is named by row and column, and the others are kept.

One documented heading, in any order and with further columns that are passed over. Not here: which calls are there already.
"""

import csv
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from cosource.tickets.rules.wording import Phrase, gettext_lazy

NEEDED = ("id", "offered_at", "answered_at", "abandoned_at")
COLUMNS = (*NEEDED, "ended_at", "queue", "caller", "technician")
LONGEST = {"id": 80, "queue": 80, "caller": 40, "technician": 120}
_TIMES = ("offered_at", "answered_at", "abandoned_at", "ended_at")


@dataclass(frozen=True, slots=True)
class CallRow:
    """A call as it was read; times in UTC."""

    outside_id: str
    offered_at: datetime
    answered_at: datetime | None = None
    abandoned_at: datetime | None = None
    ended_at: datetime | None = None
    queue: str = ""
    caller: str = ""
    technician: str = ""


@dataclass(frozen=True, slots=True)
class CallProblem:
    """Why a row cannot be used. `row`: counted from 1 with the heading; 0 for the file. `column`: of the heading, or empty."""

    row: int
    column: str
    said: Phrase


class BadCell(Exception):
    """A cell that cannot be used: its column and why."""

    def __init__(self, column: str, said: Phrase) -> None:
        super().__init__(str(said))
        self.column = column
        self.said = said


class NoHeading(Exception):
    """The file does not begin with the heading; `said` names what is missing."""

    def __init__(self, said: Phrase) -> None:
        super().__init__(str(said))
        self.said = said


def rows_read(lines: Iterable[str], zone: str, at: datetime) -> Iterator[CallRow | CallProblem]:
    """Read the lines of a file, its heading first; commas or semicolons between cells.

    `zone`: of times that name none. `at`: nothing happened later. Raises: NoHeading.
    """
    lines = iter(lines)
    first = next(lines, "").lstrip("\ufeff")
    delimiter = ";" if first.count(";") > first.count(",") else ","
    try:
        heading = next(csv.reader([first], delimiter=delimiter), [])
    except csv.Error as trouble:
        raise NoHeading(gettext_lazy("The row cannot be read: %(why)s.", why=str(trouble))) from None
    names = [cell.strip().casefold().replace(" ", "_") for cell in heading]
    missing = [name for name in NEEDED if name not in names]
    if missing:
        raise NoHeading(gettext_lazy("The heading lacks: %(names)s.", names=", ".join(missing)))
    if len(set(names)) < len(names):
        raise NoHeading(gettext_lazy("A column is named twice in the heading."))
    reader = csv.reader(lines, delimiter=delimiter)
    number = 1
    while True:
        number += 1
        try:
            cells = next(reader, None)
        except csv.Error as trouble:
            yield CallProblem(number, "", gettext_lazy("The row cannot be read: %(why)s.", why=str(trouble)))
            continue
        if cells is None:
            return
        if not any(cells):
            continue
        if len(cells) != len(names):
            words = gettext_lazy(
                "The row has %(found)s cells, the heading %(wanted)s.", found=len(cells), wanted=len(names)
            )
            yield CallProblem(number, "", words)
            continue
        try:
            yield row_of(dict(zip(names, cells, strict=True)), zone, at)
        except BadCell as bad:
            yield CallProblem(number, bad.column, bad.said)


def row_of(cells: Mapping[str, str], zone: str, at: datetime) -> CallRow:
    """Return the call of a row's cells, by their columns. Raises: BadCell.

    >>> row_of({"id": "7", "offered_at": "2026-03-02 09:00:00", "answered_at": "2026-03-02 09:00:12", "abandoned_at": ""},
    ...     "Europe/Berlin", datetime(2027, 1, 1, tzinfo=UTC)).answered_at.isoformat()
    '2026-03-02T08:00:12+00:00'
    """
    texts = {name: _text(name, cells.get(name, "")) for name in LONGEST}
    if not texts["id"]:
        raise BadCell("id", gettext_lazy("Each call needs the name that its source gave it."))
    times = {name: _time(name, cells.get(name, "").strip(), zone) for name in _TIMES}
    offered = times["offered_at"]
    if offered is None:
        raise BadCell("offered_at", gettext_lazy("When was it offered?"))
    for name in _TIMES:
        if (then := times[name]) is not None and then > at:
            raise BadCell(name, gettext_lazy("This is yet to come."))
    answered, abandoned, ended = times["answered_at"], times["abandoned_at"], times["ended_at"]
    if (answered is None) == (abandoned is None):
        words = gettext_lazy("A call was either answered or given up: one of the two times is needed.")
        raise BadCell("answered_at", words)
    for name in ("answered_at", "abandoned_at"):
        if (then := times[name]) is not None and then < offered:
            raise BadCell(name, gettext_lazy("This is before the call was offered."))
    if ended is not None and ended < (answered or abandoned or offered):
        raise BadCell("ended_at", gettext_lazy("This is before the call was answered or given up."))
    return CallRow(
        texts["id"], offered, answered, abandoned, ended, texts["queue"], texts["caller"], texts["technician"]
    )


def _text(name: str, cell: str) -> str:
    text = " ".join(cell.split())
    if len(text) > LONGEST[name]:
        raise BadCell(name, gettext_lazy("At most %(limit)s characters.", limit=LONGEST[name]))
    if not text.isprintable() or "\ufffd" in text:
        raise BadCell(name, gettext_lazy("This holds a character that cannot be read; files are UTF-8."))
    return text


def _time(name: str, cell: str, zone: str) -> datetime | None:
    if not cell:
        return None
    try:
        read = datetime.fromisoformat(cell)
        if read.tzinfo is not None:
            return read.astimezone(UTC)
        here = ZoneInfo(zone)
        found = read.replace(tzinfo=here).astimezone(UTC)
        skipped = found.astimezone(here).replace(tzinfo=None) != read
    except (ValueError, OverflowError):
        words = gettext_lazy("“%(cell)s” is no time; write it as 2026-03-02 09:00:12.", cell=cell[:40])
        raise BadCell(name, words) from None
    if skipped:
        words = gettext_lazy(
            "%(cell)s does not exist in %(zone)s: the clocks were put forward.", cell=cell, zone=zone
        )
        raise BadCell(name, words)
    if read.replace(tzinfo=here, fold=1).astimezone(UTC) != found:
        words = gettext_lazy(
            "%(cell)s came twice in %(zone)s: write it with its offset.", cell=cell, zone=zone
        )
        raise BadCell(name, words)
    return found
