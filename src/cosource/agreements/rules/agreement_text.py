"""The text of an agreement: what its keys mean, and what is refused.

The text says everything that its terms need, so that two parties who confirm one text confirm one meaning. Names of sites and
services stay names here; the services know whose they are. Not here: reading YAML (`yaml_nodes`) and terms at work (`terms`).
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

from cosource.agreements.rules.document import Document
from cosource.agreements.rules.ladder import read_escalation
from cosource.agreements.rules.problems import Problem, gettext_noop, shortened
from cosource.agreements.rules.sections import (
    TargetText,
    read_calendars,
    read_matrix,
    read_pause_reasons,
    read_targets,
)
from cosource.agreements.rules.terms import OBLIGATIONS, OTHER_PARTY, EscalationTerm, PauseTerm
from cosource.agreements.rules.yaml_nodes import Node, read_yaml
from cosource.calendars.rules.business_time import Calendar

TOP_KEYS = (
    "name",
    "starts_on",
    "timezone",
    "calendars",
    "targets",
    "pause_reasons",
    "priority_matrix",
    "return_limit",
    "warning_percent",
    "accept_minutes",
    "unchallenged_minutes",
    "in_time_percent",
    "allowed_misses",
    "escalation",
)
_NAME = 120
_YEARS = (1970, 2200)
_MAX_ACCEPT_MINUTES = 525_600
_MAX_UNCHALLENGED_MINUTES = 10_080
_MAX_ALLOWED_MISSES = 100


@dataclass(frozen=True, slots=True)
class AgreementText:
    """An agreement as read from its text.

    `definitions`: name → the calendar as it is kept, each with its own zone; `calendars`: the same, parsed.
    """

    name: str
    starts_on: date
    time_zone: str
    definitions: Mapping[str, dict[str, object]]
    calendars: Mapping[str, Calendar]
    targets: tuple[TargetText, ...]
    pause_reasons: tuple[PauseTerm, ...]
    priority_matrix: tuple[tuple[int, ...], ...] | None
    return_limit: int
    warning_percent: int
    accept_minutes: int
    unchallenged_minutes: int
    in_time_percent: int
    allowed_misses: int
    escalation: tuple[EscalationTerm, ...]
    escalation_lines: tuple[int, ...] = ()

    @property
    def starts_at(self) -> datetime:
        """Give the instant at which the first day begins in the agreement's zone, in UTC."""
        return datetime.combine(self.starts_on, time(), ZoneInfo(self.time_zone)).astimezone(UTC)


def settled_text(text: str) -> str:
    r"""Write line ends one way and end with one, so that a file and a form give the same digest.

    >>> settled_text("name: Desk\r\n")
    'name: Desk\n'
    """
    lines = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
    return lines.rstrip("\n") + "\n"


def text_digest(text: str) -> str:
    """Give the SHA-256 of a text, which a confirmation names.

    >>> text_digest("name: Desk")[:12]
    'e6c7bd92b656'
    """
    return hashlib.sha256(text.encode()).hexdigest()


def parse_agreement(text: str) -> AgreementText:
    """Read the text of an agreement.

    Raises: BadAgreement with every fault found.

    >>> from cosource.agreements.rules.quick_start import quick_start_text
    >>> read = parse_agreement(quick_start_text("Own desk", date(2026, 3, 1), "Europe/Berlin"))
    >>> read.starts_at.isoformat(), len(read.targets), read.targets[6].minutes
    ('2026-02-28T23:00:00+00:00', 8, 1080)
    """
    root = read_yaml(text)
    document = Document()
    top = document.mapping(root, "", TOP_KEYS)
    if not isinstance(root.value, dict):
        document.stop_if_refused()
    name = document.text(top, "name", root, limit=_NAME)
    starts_on = _date(document, top, root)
    zone = _zone(document, top)
    definitions, calendars = read_calendars(document, top, root, zone)
    targets = read_targets(document, top, root, definitions, calendars)
    pause_reasons = read_pause_reasons(document, top)
    matrix = read_matrix(document, top)
    return_limit = document.number(top, "return_limit", 1, 50, default=3)
    warning_percent = document.number(top, "warning_percent", 1, 99, default=75)
    accept_minutes = document.number(top, "accept_minutes", 1, _MAX_ACCEPT_MINUTES, default=30)
    unchallenged = document.number(top, "unchallenged_minutes", 0, _MAX_UNCHALLENGED_MINUTES, default=0)
    in_time = document.number(top, "in_time_percent", 1, 100, default=0)
    misses = document.number(top, "allowed_misses", 0, _MAX_ALLOWED_MISSES, default=0)
    if "allowed_misses" in top and "in_time_percent" not in top:
        document.refuse(
            top["allowed_misses"].line,
            "allowed_misses",
            gettext_noop("goes with in_time_percent, which is not given"),
        )
    escalation = read_escalation(document, top, root, definitions, targets)
    document.stop_if_refused()
    return AgreementText(
        name=name,
        starts_on=starts_on,
        time_zone=zone,
        definitions=definitions,
        calendars=calendars,
        targets=targets,
        pause_reasons=pause_reasons,
        priority_matrix=matrix,
        return_limit=return_limit,
        warning_percent=warning_percent,
        accept_minutes=accept_minutes,
        unchallenged_minutes=unchallenged,
        in_time_percent=in_time,
        allowed_misses=misses,
        escalation=escalation,
        escalation_lines=_lines(top, "escalation"),
    )


def _lines(top: dict[str, Node], key: str) -> tuple[int, ...]:
    found = top[key].value if key in top else ()
    return tuple(node.line for node in found) if isinstance(found, list) else ()


def own_desk_problems(read: AgreementText) -> list[Problem]:
    """Name what an own desk's agreement can't promise: it has one party only, which owes nothing to itself.

    >>> from cosource.agreements.rules.quick_start import quick_start_text
    >>> own_desk_problems(parse_agreement(quick_start_text("Own desk", date(2026, 3, 1), "UTC")))
    []
    """
    found = [
        Problem(t.line, f"{t.path}.kind", gettext_noop("an own desk has no client who owes this"))
        for t in read.targets
        if t.kind in OBLIGATIONS
    ]
    found += [
        Problem(
            read.escalation_lines[s.number - 1],
            f"escalation.{s.number}.notify",
            gettext_noop("an own desk has no other party"),
        )
        for s in read.escalation
        if s.notify == OTHER_PARTY
    ]
    return found


def _date(document: Document, top: dict[str, Node], root: Node) -> date:
    written = document.text(top, "starts_on", root)
    try:
        found = date.fromisoformat(written)
    except ValueError:
        found = date.min
    # The standard library also reads 20261224 and 2026-W52-4; one way to write a date is enough.
    if written and (found.isoformat() != written or not _YEARS[0] <= found.year < _YEARS[1]):
        document.refuse(
            top["starts_on"].line,
            "starts_on",
            gettext_noop("“%(value)s” is not a date of the years 1970 to 2199; write it like 2026-12-24"),
            value=shortened(written),
        )
    return found


def _zone(document: Document, top: dict[str, Node]) -> str:
    if "timezone" not in top:
        return "UTC"
    zone = document.text(top, "timezone", top["timezone"])
    try:
        ZoneInfo(zone)
    except (OSError, ValueError, KeyError):
        if zone:
            document.refuse(
                top["timezone"].line,
                "timezone",
                gettext_noop(
                    "“%(value)s” is not a zone of the time zone database; write it like Europe/Berlin"
                ),
                value=shortened(zone),
            )
        return "UTC"
    return zone
