"""Every kind of bad file, and what is to be said of it: the place by row and column, what became of the row, what is kept."""

import gzip
import lzma
import zlib
from dataclasses import dataclass

from tests.integration.bridges.log import HEADING, MAPPING, line, story

GOOD = story("T1", "Desk W1")
MANY = HEADING + "".join(story(f"T{n}", "Desk W1") for n in range(400))


@dataclass(frozen=True)
class BadFile:
    """`said`: row, column, outcome and first words of each problem, all there are. `tickets` and `rows`: what is kept.

    Of a file that cannot be read at all nothing is kept, and all that is said has the outcome "stopped".
    """

    data: bytes
    said: tuple[tuple[int | None, str | None, str, str], ...]
    tickets: int = 0
    rows: int = 0
    mapping: str = MAPPING

    @property
    def unreadable(self) -> bool:
        return not self.rows


def _more(text: str) -> bytes:
    return (HEADING + GOOD + text).encode()


def _second(**cells: str | int) -> bytes:
    """The good ticket, and another with one row, the fifth."""
    return _more(line(**{"id": "T2", "state": "New", "at": "2024-03-01 09:00", "group": "Desk", **cells}))


def _row_5(column: str | None, outcome: str, words: str) -> tuple[tuple[int, str | None, str, str]]:
    return ((5, column, outcome, words),)


def _cut(packed: bytes, unpacker: "lzma.LZMADecompressor | zlib._Decompress") -> BadFile:
    """A packed file without its end, and what a plain unpacker still gets out of it."""
    there = packed[:-400]
    lines = unpacker.decompress(there).decode().splitlines(keepends=True)
    whole = [line for line in lines[1:] if line.endswith("\n")]
    said = (len(whole) + 2, None, "stopped", "The file breaks off here; it was not copied to its end.")
    return BadFile(there, (said,), len({line.split(",")[0] for line in whole}), len(whole))


CASES = {
    "another delimiter": BadFile(
        (HEADING + GOOD).replace(",", ";").encode(),
        ((1, None, "stopped", 'The columns are not separated by "," (comma); with ";" (semicolon)'),),
    ),
    "a missing column": BadFile(
        (HEADING.replace("state", "stage") + GOOD).encode(),
        ((1, "state", "stopped", "The heading has no such column; the nearest is stage."),),
    ),
    "another encoding": BadFile(
        _second(title="Dr@cker").replace(b"@", b"\xfc"),
        _row_5("title", "repaired", "Some bytes are not utf-8"),
        2,
        4,
    ),
    "another encoding, named as a second choice": BadFile(
        _second(title="Dr@cker").replace(b"@", b"\xfc"),
        _row_5("title", "repaired", "Some bytes are not utf-8; they were read as cp1252."),
        2,
        4,
        MAPPING.replace('zone = "UTC"', 'zone = "UTC"\nfallback_encoding = "cp1252"'),
    ),
    "UTF-16 without a mark": BadFile(
        (HEADING + GOOD).encode("utf-16-le"),
        ((None, None, "stopped", "The file looks like UTF-16, not utf-8."),),
    ),
    "a date of another form": BadFile(
        _second(at="1 March"),
        _row_5("at", "refused", "“1 March” is not a time in the form %Y-%m-%d %H:%M."),
        1,
        3,
    ),
    "no date": BadFile(
        _second(at="?"), _row_5("at", "refused", "The row does not say when it happened."), 1, 3
    ),
    "an hour that never was": BadFile(
        _second(at="2024-03-31 02:30"),
        _row_5("at", "repaired", "2024-03-31 02:30 does not exist on that day in Europe/Berlin"),
        2,
        4,
        MAPPING.replace('zone = "UTC"', 'zone = "Europe/Berlin"'),
    ),
    "time going back": BadFile(
        _more(line(id="T1", state="Active", at="2024-03-01 08:30", seq=9, group="Desk")),
        _row_5("at", "noted", "The time goes back from the row before (row 4)"),
        1,
        4,
    ),
    "equal times": BadFile(
        _more(line(id="T1", state="Closed", at="2024-03-01 10:30", seq=2, group="Desk")),
        _row_5("at", "noted", "Time and sequence number are those of row 4"),
        1,
        4,
    ),
    "an unknown state": BadFile(
        _second(state="Odd"),
        _row_5("state", "refused", "The mapping does not know the state “Odd”; the nearest is"),
        1,
        3,
    ),
    "no state": BadFile(_second(state="?"), _row_5("state", "refused", "The row names no state."), 1, 3),
    "an unknown group": BadFile(
        _second(group="X9"),
        _row_5(
            "group",
            "repaired",
            "The mapping does not know the group “X9”; it was counted as Alder Hospitals.",
        ),
        2,
        4,
    ),
    "a blank group": BadFile(_second(group="?"), _row_5("group", "noted", "The row names no group;"), 2, 4),
    "no ticket": BadFile(_second(id="?"), _row_5("id", "refused", "The row names no ticket."), 1, 3),
    "a repeated row": BadFile(
        _more(GOOD.splitlines(keepends=True)[-1]),
        _row_5(None, "noted", "The row repeats row 4 word for word; both are kept."),
        1,
        4,
    ),
    "a short row": BadFile(
        _more("T2,New\n"), _row_5(None, "refused", "The row has 2 cells instead of 20."), 1, 3
    ),
    "an open quotation mark": BadFile(
        _more('T2,"New,2024-03-01 09:00\n'),
        _row_5(None, "refused", "A quotation mark opens here and is not closed"),
        1,
        3,
    ),
    "a formula": BadFile(
        _second(title="=HYPERLINK(1)"),
        _row_5("title", "noted", "The cell holds a formula; its text is kept and nothing is calculated."),
        2,
        4,
    ),
    "a zero byte": BadFile(
        _second(title="Prin@ter").replace(b"@", b"\0"),
        _row_5("title", "repaired", "A character that cannot be shown, such as a zero byte, was left out."),
        2,
        4,
    ),
    "a truncated xz": _cut(lzma.compress(MANY.encode()), lzma.LZMADecompressor()),
    "a truncated gz": _cut(gzip.compress(MANY.encode(), mtime=0), zlib.decompressobj(wbits=31)),
    "a bomb": BadFile(
        lzma.compress((HEADING + GOOD + "T2,").encode() + b"N" * 80_000_000, preset=0),
        ((None, None, "stopped", "The file unpacks to more than 250 times its size"),),
    ),
    "no text": BadFile(
        b"\x00\x00\x07\x89PNG\x00" * 400,
        ((None, None, "stopped", "The file is neither text nor a format that can be read here."),),
    ),
    "a heading and no row": BadFile(HEADING.encode(), ()),
}
