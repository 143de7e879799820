"""Proving that no step of a ladder was missed and none raised twice: from clocks, rows and ledger, each against the others.

What should have come is worked out anew from each clock's start, pauses and agreement. Not here: raising steps.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db import DatabaseError
from django.db.models import Q

from cosource.agreements.queries.terms import terms_of
from cosource.foundation.models import Entry
from cosource.tickets.models import Clock, Escalation, Pause
from cosource.tickets.queries.standing_still import ran_until, step_at
from cosource.tickets.rules.ladder import bit

GRACE = timedelta(seconds=60)
_PAGE = 1_000
_ENTRY = "escalation.raised/1"


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that does not hold: at which clock and step, and what."""

    clock_id: UUID
    step: int | None
    what: str


@dataclass(frozen=True, slots=True)
class Audit:
    """What an audit looked at and found. `last_id`: the last clock that it looked at; none when it came to the end."""

    clocks: int
    steps: int
    findings: tuple[Finding, ...]
    last_id: UUID | None


def escalations_audit(
    *, at: datetime, since: datetime | None = None, after: UUID | None = None, limit: int | None = None
) -> Audit:
    """Check clocks with a ladder as they stand at `at`: those that run, in order of their ids, and those that ended.

    `since`: leaves out what ended, and what was raised, before. `after`, `limit`: of the running clocks only so many, after
    this one. A step counts as missed when it was to come more than a minute ago.
    """
    running = Q(met_at__isnull=True, stopped_at__isnull=True)
    ended = ~running if since is None else Q(met_at__gte=since) | Q(stopped_at__gte=since)
    findings: list[Finding] = []
    clocks, last_id = 0, None
    for page in _pages(Clock.objects.filter(running), after, limit):
        findings += _check(page, at)
        clocks += len(page)
        last_id = page[-1].id
    if limit is None or clocks < limit:
        last_id = None
    for page in _pages(Clock.objects.filter(ended), None, None):
        findings += _check(page, at)
        clocks += len(page)
    steps, wrong = _entries(since)
    return Audit(clocks, steps, (*findings, *wrong), last_id)


def _pages(rows: "Iterable[Clock]", after: UUID | None, limit: int | None) -> Iterator[list[Clock]]:
    left = limit
    while left is None or left > 0:
        found = rows.order_by("id")  # type: ignore[attr-defined]
        if after is not None:
            found = found.filter(id__gt=after)
        page = list(found[: _PAGE if left is None else min(_PAGE, left)])
        if not page:
            return
        yield page
        after = page[-1].id
        left = None if left is None else left - len(page)


def _check(clocks: list[Clock], at: datetime) -> Iterator[Finding]:
    """Compare what should have come with what the clock remembers, and that with the rows."""
    laddered = [c for c in clocks if c.raised or terms_of(c.version_id).escalation]
    if not laddered:
        return
    pauses: dict[UUID, list[Pause]] = defaultdict(list)
    for pause in Pause.objects.filter(ticket_id__in={c.ticket_id for c in laddered}, version__isnull=False):
        pauses[pause.ticket_id].append(pause)
    rows: dict[UUID, set[int]] = defaultdict(set)
    for clock_id, step in Escalation.objects.filter(clock_id__in=[c.id for c in laddered]).values_list(
        "clock_id", "step"
    ):
        rows[clock_id].add(step)
    for clock in laddered:
        try:
            yield from _missed(clock, pauses[clock.ticket_id], at)
        except DatabaseError:
            raise
        except Exception as wrong:  # noqa: BLE001 - whatever is wrong with one clock is a finding, and the others are looked at
            yield Finding(clock.id, None, f"cannot be worked out: {wrong!r}")
        kept = {n for n in range(1, clock.raised.bit_length()) if clock.raised >> n & 1}
        for step in sorted(kept ^ rows[clock.id]):
            what = "remembered without a row" if step in kept else "a row that its clock does not remember"
            yield Finding(clock.id, step, what)


def _missed(clock: Clock, pauses: list[Pause], at: datetime) -> Iterator[Finding]:
    until = ran_until(clock, pauses, at - GRACE)
    ladder = terms_of(clock.version_id).ladder(clock.kind, clock.priority, clock.target_minutes)
    for minutes, step in ladder:
        if clock.raised & bit(step):
            continue
        when = step_at(clock, pauses, minutes)
        if when is not None and when <= until:
            yield Finding(clock.id, step.number, f"was to come at {when.isoformat()} and did not")


def _entries(since: datetime | None) -> tuple[int, list[Finding]]:
    """Compare raised rows with ledger entries: exactly one for each."""
    rows = Escalation.objects.filter(state=Escalation.State.RAISED)
    entries = Entry.objects.filter(kind=_ENTRY)
    if since is not None:
        rows, entries = rows.filter(raised_at__gte=since), entries.filter(recorded_at__gte=since)
    raised = Counter(rows.values_list("clock_id", "step").iterator())
    told = Counter(
        (UUID(f["clock"]), int(f["step"])) for f in entries.values_list("facts", flat=True).iterator()
    )
    wrong = [Finding(c, s, "raised, and the ledger has no entry") for c, s in sorted((raised - told).keys())]
    for key in sorted((told - raised).keys()):
        what = "entered in the ledger twice" if raised[key] else "entered in the ledger, and not raised"
        wrong.append(Finding(*key, what))
    return sum(raised.values()), wrong
