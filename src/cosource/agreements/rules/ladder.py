"""The section `escalation` of an agreement's text: who is told when a clock has come so far.

Each reader notes its faults in the document and returns what could be read. Not here: what a step does when it comes.
"""

import re
from collections.abc import Collection, Sequence

from cosource.agreements.rules.document import Document
from cosource.agreements.rules.problems import gettext_noop, not_among, shortened
from cosource.agreements.rules.sections import PRIORITIES, TargetText
from cosource.agreements.rules.terms import (
    ACCEPT,
    NOTIFIED,
    OBLIGATIONS,
    TARGET_KINDS,
    EscalationTerm,
)
from cosource.agreements.rules.yaml_nodes import Node

STEP_KEYS = ("clock", "priorities", "at", "notify", "hours")
MAX_STEPS = 40
_MAX_MINUTES = 525_600
EVERY_PRIORITY = frozenset(range(PRIORITIES[0], PRIORITIES[1] + 1))
_PERCENT = re.compile(r"([1-9]\d?) ?%", re.ASCII)
_FROM_DUE = re.compile(r"due(?: ?([+-]) ?(?:(\d{1,5})h)? ?(?:(\d{1,6})m)?)?", re.ASCII)


def read_escalation(
    document: Document,
    top: dict[str, Node],
    root: Node,
    calendars: Collection[str],
    targets: Sequence[TargetText],
) -> tuple[EscalationTerm, ...]:
    """Read the ladder; without one nobody is told. `calendars`: the names of all; `targets`: those that could be read."""
    if "escalation" not in top:
        return ()
    steps: list[tuple[Node, EscalationTerm]] = []
    for number, node in enumerate(document.items(top, "escalation", root, MAX_STEPS), start=1):
        step = _step(document, node, number, calendars)
        if step is None:
            continue
        repeated = next((n for n, s in steps if _is_repeated(s, step)), None)
        if repeated is not None:
            document.refuse(
                node.line,
                f"escalation.{number}",
                gettext_noop("repeats line %(first)s: same clock, time, hours and receiver"),
                first=repeated.line,
            )
        steps.append((node, step))
    if not document.count:
        _refuse_gaps(document, steps, targets)
    return tuple(step for _node, step in steps)


def _step(document: Document, node: Node, number: int, calendars: Collection[str]) -> EscalationTerm | None:
    path = f"escalation.{number}"
    before = document.count
    given = document.mapping(node, path, STEP_KEYS)
    if document.count > before:
        return None
    clock = document.choice(given, "clock", node, TARGET_KINDS, path=path)
    notify = document.choice(given, "notify", node, NOTIFIED, path=path)
    priorities = _priorities(document, given["priorities"], path) if "priorities" in given else EVERY_PRIORITY
    hours = document.optional_text(given, "hours", limit=60, path=path)
    if hours is not None and hours not in calendars:
        document.problems.append(not_among(given["hours"].line, f"{path}.hours", hours, calendars))
    when = _when(document, given, node, path)
    if document.count > before or when is None:
        return None
    return EscalationTerm(number, clock, priorities, when[0], when[1], notify, hours)


def _priorities(document: Document, node: Node, path: str) -> frozenset[int]:
    written = node.value if isinstance(node.value, list) else [node]
    return frozenset(document.whole_number(one, f"{path}.priorities", *PRIORITIES) for one in written)


def _when(document: Document, given: dict[str, Node], node: Node, path: str) -> tuple[int | None, int] | None:
    """Read the time of a step: a percentage of the target, or minutes from the due time on."""
    written = document.text(given, "at", node, path=path)
    if not written:
        return None
    if share := _PERCENT.fullmatch(written):
        return int(share[1]), 0
    found = _FROM_DUE.fullmatch(written)
    if found is not None:
        sign, hours, minutes = found.groups()
        amount = int(hours or 0) * 60 + int(minutes or 0)
        if bool(sign) == bool(amount) and amount <= _MAX_MINUTES:
            return None, -amount if sign == "-" else amount
    document.refuse(
        given["at"].line,
        f"{path}.at",
        gettext_noop("“%(value)s” is no time of a step; write it like 75%%, due, due+30m or due-1h"),
        value=shortened(written),
    )
    return None


def _is_repeated(one: EscalationTerm, other: EscalationTerm) -> bool:
    same = (one.clock, one.percent, one.after_due, one.notify, one.hours)
    return same == (other.clock, other.percent, other.after_due, other.notify, other.hours) and bool(
        one.priorities & other.priorities
    )


def _refuse_gaps(
    document: Document, steps: Sequence[tuple[Node, EscalationTerm]], targets: Sequence[TargetText]
) -> None:
    """Refuse a step that could never come, and a ladder on which at some hours nobody would ever be told."""
    promised = {(t.kind, t.priority) for t in targets}
    promised |= {(ACCEPT, t.priority) for t in targets if t.kind not in OBLIGATIONS}
    at_any_time = {(s.clock, p) for _node, s in steps if s.hours is None for p in s.priorities}
    for node, step in steps:
        path = f"escalation.{step.number}"
        known = {p for p in step.priorities if (step.clock, p) in promised}
        if not known:
            document.refuse(
                node.line,
                path,
                gettext_noop(
                    "no target of the kind %(kind)s has one of these priorities, so the step never comes"
                ),
                kind=step.clock,
            )
        unwatched = sorted(p for p in known if (step.clock, p) not in at_any_time)
        if unwatched:
            document.refuse(
                node.line,
                path,
                gettext_noop(
                    "outside these hours nobody would be told (priority %(priorities)s); add a step without hours"
                ),
                priorities=", ".join(map(str, unwatched)),
            )
