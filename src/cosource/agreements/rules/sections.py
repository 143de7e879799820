"""The sections of an agreement's text: calendars, targets, pause reasons, priority matrix.

Each reader notes its faults in the document and returns what could be read. Not here: the keys with a single value, and whose
sites and services the names are.
"""

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from cosource.agreements.rules.document import Document
from cosource.agreements.rules.durations import BadDuration, minutes_of
from cosource.agreements.rules.problems import Problem, gettext_noop, not_among, shortened
from cosource.agreements.rules.terms import ANSWER, CLIENT, OBLIGATIONS, TARGET_KINDS, TURNS, PauseTerm
from cosource.agreements.rules.yaml_nodes import Node
from cosource.calendars.rules.business_time import BadCalendar, Calendar
from cosource.calendars.rules.parsing import parse_calendar

TARGET_KEYS = ("kind", "priority", "minutes", "within", "calendar", "site", "service")
PAUSE_KEYS = ("label", "turn", "asks")

PRIORITIES = (1, 5)
MAX_TARGETS = 500
MAX_CALENDARS = 20
MAX_PAUSE_REASONS = 40
MAX_MINUTES = 525_600

_NAME = 120
_VALUE = 140
_CALENDAR_NAME = 60
_LEVELS = 3
_SLUG = re.compile(r"[a-z][a-z0-9_]{0,39}", re.ASCII)


@dataclass(frozen=True, slots=True)
class TargetText:
    """A target as written; `site` and `service` are names, None for all. `line`, `path`: where it stands."""

    line: int
    path: str
    kind: str
    priority: int
    minutes: int
    calendar: str
    site: str | None = None
    service: str | None = None


def read_calendars(
    document: Document, top: dict[str, Node], root: Node, zone: str
) -> tuple[dict[str, dict[str, object]], dict[str, Calendar]]:
    """Read the calendars: the definitions of all, each with `zone` unless it names its own, and those that parse."""
    definitions: dict[str, dict[str, object]] = {}
    calendars: dict[str, Calendar] = {}
    given = document.section(top, "calendars", root, MAX_CALENDARS)
    for name, node in given.items():
        path = f"calendars.{shortened(name)}" if name else "calendars"
        if not name.strip() or len(name) > _CALENDAR_NAME:
            document.refuse(
                node.line, path, gettext_noop("a name has 1 to %(limit)s characters"), limit=_CALENDAR_NAME
            )
            continue
        plain = _plain(node)
        if not isinstance(plain, dict):
            document.refuse(node.line, path, gettext_noop("expected keys with values"))
            definitions[name] = {}
            continue
        definition = definitions[name] = {"timezone": zone, **plain}
        try:
            calendars[name] = parse_calendar(definition)
        except BadCalendar as error:
            where = f"{path}.{error.place}" if error.place != "calendar" else path
            values = {name: shortened(str(value), _VALUE) for name, value in error.values.items()}
            document.refuse(_line_of(node, error.place), where, error.pattern, **values)
    return definitions, calendars


def _line_of(node: Node, place: str) -> int:
    """Find the line of a place such as hours.mon within a node; the nearest one above it that exists."""
    line = node.line
    for key in place.split("."):
        if not isinstance(node.value, dict) or key not in node.value:
            break
        node = node.value[key]
        line = node.line
    return line


def _plain(node: Node) -> object:
    if isinstance(node.value, dict):
        return {key: _plain(value) for key, value in node.value.items()}
    if isinstance(node.value, list):
        return [_plain(value) for value in node.value]
    return node.value


def read_targets(
    document: Document,
    top: dict[str, Node],
    root: Node,
    known: Collection[str],
    calendars: Mapping[str, Calendar],
) -> tuple[TargetText, ...]:
    """Read the targets. `known`: the names of all calendars; `calendars`: those that could be parsed."""
    targets: dict[tuple[str, int, str | None, str | None], TargetText] = {}
    for number, node in enumerate(document.items(top, "targets", root, MAX_TARGETS), start=1):
        target = _target(document, node, f"targets.{number}", known, calendars)
        if target is None:
            continue
        key = (target.kind, target.priority, target.site, target.service)
        if key in targets:
            document.refuse(
                node.line,
                f"targets.{number}",
                gettext_noop("repeats line %(first)s: same kind, priority, site and service"),
                first=targets[key].line,
            )
        targets.setdefault(key, target)
    return tuple(targets.values())


def _target(
    document: Document, node: Node, path: str, known: Collection[str], calendars: Mapping[str, Calendar]
) -> TargetText | None:
    before = document.count
    given = document.mapping(node, path, TARGET_KEYS)
    if document.count > before:
        return None
    kind = document.choice(given, "kind", node, TARGET_KINDS, path=path)
    priority = document.number(given, "priority", *PRIORITIES, path=path, owner=node)
    calendar = document.choice(given, "calendar", node, known, path=path)
    site = document.optional_text(given, "site", limit=_NAME, path=path)
    service = document.optional_text(given, "service", limit=_NAME, path=path)
    minutes = _amount(document, given, node, path, calendars.get(calendar))
    if document.count > before:
        return None
    return TargetText(node.line, path, kind, priority, minutes, calendar, site, service)


def _amount(
    document: Document, given: dict[str, Node], node: Node, path: str, calendar: Calendar | None
) -> int:
    if ("minutes" in given) == ("within" in given):
        document.refuse(
            node.line, path, gettext_noop("give either minutes, such as 240, or within, such as 4h or 2d")
        )
        return 0
    if "minutes" in given:
        return document.number(given, "minutes", 1, MAX_MINUTES, path=path)
    written = document.text(given, "within", node, path=path)
    if not written or calendar is None:
        return 0
    line = given["within"].line
    try:
        minutes = minutes_of(written, calendar)
    except BadDuration as error:
        uneven = str(error) == "uneven days"
        document.refuse(
            line,
            f"{path}.within",
            gettext_noop("“%(value)s”: the working days of this calendar differ in length; write hours")
            if uneven
            else gettext_noop("“%(value)s” is not an amount of time; write it like 30m, 4h, 1h 30m or 2d"),
            value=shortened(written),
        )
        return 0
    if not 1 <= minutes <= MAX_MINUTES:
        document.refuse(
            line,
            f"{path}.within",
            gettext_noop("“%(value)s” is %(minutes)s minutes; it must be 1 to %(limit)s"),
            value=shortened(written),
            minutes=minutes,
            limit=MAX_MINUTES,
        )
    return minutes


def read_pause_reasons(document: Document, top: dict[str, Node]) -> tuple[PauseTerm, ...]:
    """Read the reasons for which a clock may stop; without any, none ever stops."""
    if "pause_reasons" not in top:
        return ()
    reasons = []
    for key, node in document.section(top, "pause_reasons", top["pause_reasons"], MAX_PAUSE_REASONS).items():
        path = f"pause_reasons.{shortened(key)}"
        if not _SLUG.fullmatch(key):
            document.refuse(
                node.line,
                path,
                gettext_noop("a key has up to 40 small letters, digits and underscores, a letter first"),
            )
        given = document.mapping(node, path, PAUSE_KEYS)
        label = document.text(given, "label", node, limit=_NAME, path=path)
        turn = document.choice(given, "turn", node, TURNS, path=path)
        asks: str = ANSWER
        if "asks" in given:
            asks = document.choice(given, "asks", node, OBLIGATIONS, path=path)
            if turn and turn != CLIENT:
                document.refuse(
                    given["asks"].line,
                    f"{path}.asks",
                    gettext_noop("only a reason on the client’s turn asks something of the client"),
                )
        reasons.append(PauseTerm(key, label, turn, asks))
    return tuple(reasons)


def read_matrix(document: Document, top: dict[str, Node]) -> tuple[tuple[int, ...], ...] | None:
    """Read the priorities by impact (rows) and urgency; None where the standard ones hold."""
    if "priority_matrix" not in top:
        return None
    node = top["priority_matrix"]
    rows = [row.value for row in node.value] if isinstance(node.value, list) else []
    if len(rows) != _LEVELS or not all(isinstance(row, list) and len(row) == _LEVELS for row in rows):
        document.refuse(
            node.line,
            "priority_matrix",
            gettext_noop("expected 3 rows (impact) of 3 priorities (urgency)"),
        )
        return None
    cells: dict[tuple[int, int], int] = {}
    for impact, row in enumerate(rows, start=1):
        for urgency, cell in enumerate(row, start=1):
            path = f"priority_matrix.{impact}.{urgency}"
            value = document.whole_number(cell, path, *PRIORITIES) if isinstance(cell, Node) else 0
            neighbours = (cells.get((impact - 1, urgency), 0), cells.get((impact, urgency - 1), 0))
            if value and value < max(neighbours):
                document.refuse(
                    node.line,
                    path,
                    gettext_noop("priority %(value)s is higher than that of a graver case, %(neighbour)s"),
                    value=value,
                    neighbour=max(neighbours),
                )
            cells[impact, urgency] = value
    levels = range(1, _LEVELS + 1)
    return tuple(tuple(cells[impact, urgency] for urgency in levels) for impact in levels)


def name_unknown(target: TargetText, key: str, name: str, allowed: Iterable[str]) -> Problem:
    """Say that a target names a site or service (`key`) that is not among those the agreement can speak of.

    >>> target = TargetText(9, "targets.1", "respond", 1, 15, "always", site="Nort")
    >>> print(name_unknown(target, "site", "Nort", ["North"]))
    line 9, targets.1.site: “Nort” is not known here; allowed: North; did you mean North?
    """
    return not_among(target.line, f"{target.path}.{key}", name, allowed)
