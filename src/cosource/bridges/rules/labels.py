"""A few words for each kind of problem, as a report counts them. Not here: the whole sentence and the advice (`wordings`)."""

from collections.abc import Mapping
from types import MappingProxyType

from cosource.bridges.rules.wordings import gettext_noop

LABELS: Mapping[str, str] = MappingProxyType(
    {
        "not-found": gettext_noop("no such file"),
        "not-a-file": gettext_noop("cannot be opened"),
        "empty": gettext_noop("no rows"),
        "too-big": gettext_noop("file too large"),
        "bomb": gettext_noop("unpacks to far too much"),
        "looks-utf-16": gettext_noop("looks like UTF-16"),
        "not-text": gettext_noop("no format that is known"),
        "wrong-format": gettext_noop("another format than the mapping's"),
        "wrong-delimiter": gettext_noop("other delimiter"),
        "missing-column": gettext_noop("column missing"),
        "doubled-column": gettext_noop("column named twice"),
        "no-sheet": gettext_noop("sheet missing"),
        "broken-workbook": gettext_noop("damaged workbook"),
        "xml-entities": gettext_noop("XML with entities"),
        "xml-shape": gettext_noop("XML nested too deeply"),
        "not-xes": gettext_noop("no XES log"),
        "truncated": gettext_noop("file breaks off"),
        "corrupt": gettext_noop("damaged file"),
        "short-row": gettext_noop("too few cells"),
        "long-row": gettext_noop("too many cells"),
        "long-line": gettext_noop("row too long"),
        "open-quote": gettext_noop("quotation mark not closed"),
        "unreadable-row": gettext_noop("row cannot be read"),
        "undecodable": gettext_noop("bytes of another encoding"),
        "fallback-encoding": gettext_noop("read by the other encoding"),
        "control-character": gettext_noop("zero byte left out"),
        "formula": gettext_noop("formula kept as text"),
        "no-ticket": gettext_noop("no ticket named"),
        "crowded-ticket": gettext_noop("too many rows of one ticket"),
        "long-ticket": gettext_noop("ticket number too long"),
        "no-time": gettext_noop("no time given"),
        "bad-time": gettext_noop("not a time"),
        "bad-date": gettext_noop("time in a cell left out"),
        "time-twice": gettext_noop("time that occurs twice"),
        "time-skipped": gettext_noop("time that does not exist"),
        "time-back": gettext_noop("time goes back"),
        "before-opening": gettext_noop("dated before the opening"),
        "same-moment": gettext_noop("same time and number"),
        "same-row": gettext_noop("row repeated"),
        "no-state": gettext_noop("no state named"),
        "unknown-state": gettext_noop("state not in the mapping"),
        "no-group": gettext_noop("no group named"),
        "unknown-group": gettext_noop("group not in the mapping"),
        "unknown-level": gettext_noop("word not in the mapping"),
        "bad-number": gettext_noop("not a number"),
        "worked-here": gettext_noop("worked on here meanwhile"),
        "too-many-problems": gettext_noop("more than are listed"),
        "bad-flag": gettext_noop("neither yes nor no"),
    }
)
