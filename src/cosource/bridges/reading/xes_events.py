"""Events of an XES log (IEEE 1849).

Here: the log as one row per event, read as it streams by, with no document type, no entity and no outside
reference allowed. Not here: what attributes mean; a mapping names them like columns: an attribute of the
event by its key ("time:timestamp"), one of its trace with "case:" before it ("case:concept:name").
"""

import io
from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, cast
from xml.etree.ElementTree import ParseError  # the error type only; parsing is defusedxml's

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import iterparse

from cosource.bridges.reading.heading import missing_column
from cosource.bridges.reading.source import LIMITS, ByteSource, Limits
from cosource.bridges.rules.events import SourceRow
from cosource.bridges.rules.mapping import Mapping
from cosource.bridges.rules.problems import Problem, UnreadableSource, shown

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

DEEPEST = 64
MOST_ATTRIBUTES = 10_000
LONGEST_PIECE_BYTES = 8 * 1024**2
CASE = "case:"


class _Guarded(io.RawIOBase):
    """Will pass the source on, but refuse one piece of XML that would have to be held whole."""

    def __init__(self, source: ByteSource) -> None:
        self._source = source
        self._since_mark = 0

    def read(self, size: int = -1) -> bytes:
        data = self._source.read(size) or b""
        mark = data.rfind(b"<")
        self._since_mark = self._since_mark + len(data) if mark < 0 else len(data) - mark
        if self._since_mark > LONGEST_PIECE_BYTES:
            raise UnreadableSource(Problem(self._source.file, None, None, "xml-shape"))
        return data


def xes_rows(source: ByteSource, mapping: Mapping, limits: Limits = LIMITS) -> Iterator[SourceRow | Problem]:
    """Yield one row per event in file order; events count from 1.

    A log that breaks off ends with that problem, at the event that was cut.
    Raises: UnreadableSource when it is not XES, or unsafe.
    """
    del limits  # the source keeps them; the parts of XML have their own bounds here
    number = 0
    seen: set[str] = set()
    try:
        for values in _events(_Guarded(source), source.file):
            number += 1
            if len(seen) < MOST_ATTRIBUTES:
                seen.update(values)
            yield SourceRow(number, values)
    except DefusedXmlException:
        raise UnreadableSource(Problem(source.file, None, None, "xml-entities")) from None
    except (ParseError, ValueError, LookupError) as error:
        if not number:
            raise UnreadableSource(
                source.break_problem or Problem(source.file, None, None, "not-text")
            ) from None
        problem = source.break_problem
        if problem is None:
            problem = Problem(source.file, None, None, "corrupt", {"reason": shown(str(error))})
        yield replace(problem, row=number + 1)
    if not number:
        raise UnreadableSource(Problem(source.file, None, None, "empty"))
    columns = mapping.columns
    for name in (columns.ticket, columns.state, columns.event_time):
        if name is not None and name not in seen:
            yield missing_column(source.file, name, sorted(seen), row=None)


def _events(stream: _Guarded, file: str) -> Iterator[dict[str, str]]:
    path: list[Element] = []
    case: dict[str, str] = {}
    for what, element in iterparse(cast("io.BufferedIOBase", stream), ("start", "end"), forbid_dtd=True):
        if what == "start":
            path.append(element)
            if len(path) == 1 and _tag(element) != "log":
                found = {"found": shown(_tag(element))}
                raise UnreadableSource(Problem(file, None, None, "not-xes", found))
            if len(path) > DEEPEST or (len(path) > 1 and len(path[-2]) > MOST_ATTRIBUTES):
                raise UnreadableSource(Problem(file, None, None, "xml-shape"))
            continue
        path.pop()
        parent = path[-1] if path else None
        if len(path) == 2 and parent is not None and _tag(parent) == "trace":
            if _tag(element) == "event":
                yield case | _attributes(element)
            elif "key" in element.attrib:
                case[CASE + element.attrib["key"]] = element.attrib.get("value", "").strip()
        if len(path) == 1:
            case = {}
        if parent is not None and len(path) <= 2:
            # What has been read is let go, so that a log of any length takes the same memory.
            parent.clear()


def _attributes(element: "Element") -> dict[str, str]:
    return {
        child.attrib["key"]: child.attrib.get("value", "").strip()
        for child in element
        if "key" in child.attrib
    }


def _tag(element: "Element") -> str:
    return element.tag.rpartition("}")[2]
