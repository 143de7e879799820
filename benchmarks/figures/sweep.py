"""Ten thousand steps of the ladder that are due at once, among a million clocks that run.

`python -m benchmarks.figures.sweep`, in an empty installation that the environment names. One ticket is opened by the services;
the others are copies of it, with their parties' parts. What the sweep leaves behind is counted: each step once, with its entry.
Beside it one bare statement that finds and changes the same ten thousand rows.
"""

import time
from collections.abc import Iterator
from copy import copy
from datetime import datetime, timedelta
from itertools import islice
from typing import Any

from benchmarks.figures.setting import set_up
from benchmarks.measuring import Figure, hand_in

DUE, CLOCKS = 10_000, 1_000_000
LIMIT_SECONDS = 10
_AT_ONCE = 20_000


def main() -> None:
    set_up(in_the_world=False)
    from django.core.management import call_command
    from django.db import connection

    from benchmarks.worlds.pattern import play_pattern
    from cosource.foundation.models import Entry
    from cosource.tickets.models import Clock, Escalation
    from cosource.tickets.services.escalation import escalations_sweep

    call_command("migrate", verbosity=0, interactive=False)
    pattern = play_pattern()
    first = (
        Clock.objects.filter(ticket__in=pattern.open, ticket__pauses=None, next_step_at__isnull=False)
        .order_by("next_step_at")
        .first()
    )
    if first is None or first.next_step_at is None:
        raise RuntimeError("No ticket of the pattern waits for a step.")
    at = first.next_step_at
    Clock.objects.update(next_step_at=None)
    multiply(first, at)
    bare = bare_seconds(connection, at)
    steps, entries = Escalation.objects.count(), Entry.objects.filter(kind="escalation.raised/1").count()

    began = time.perf_counter()
    came = escalations_sweep(at=at)
    seconds = time.perf_counter() - began
    left = (
        came,
        Escalation.objects.count() - steps,
        Entry.objects.filter(kind="escalation.raised/1").count() - entries,
        escalations_sweep(at=at),
    )
    if left != (DUE, DUE, DUE, 0):
        raise RuntimeError(f"{DUE} steps were due; raised, rows, entries and raised again: {left}")
    on = f"{'SQLite' if connection.vendor == 'sqlite' else 'PostgreSQL'}, {Clock.objects.count():,} clocks"
    hand_in(
        [
            Figure(f"raising {DUE:,} steps that are due", round(seconds, 1), "s", LIMIT_SECONDS, on=on),
            Figure("the same rows found and changed by one bare statement", round(bare, 2), "s", on=on),
        ]
    )


def multiply(first: Any, at: datetime) -> None:
    """Copy a ticket, its parts and one clock of it: every copy due once, and with rounds that come a month later."""
    from cosource.foundation.bulk import insert_all
    from cosource.foundation.ids import new_id
    from cosource.tickets.models import Participation, Ticket

    def another(row: Any, **changes: Any) -> Any:
        made = copy(row)
        made._state = copy(row._state)  # noqa: SLF001 - a copy of a row has a state of its own
        for name, value in ({"id": new_id()} | changes).items():
            setattr(made, name, value)
        return made

    ticket = Ticket.objects.get(pk=first.ticket_id)
    parts = list(Participation.objects.filter(ticket=ticket))
    ids = [new_id() for _ in range(DUE)]
    insert_all([another(ticket, id=i) for i in ids])
    insert_all([another(part, ticket_id=i) for i in ids for part in parts])
    rounds = CLOCKS // DUE
    rows: Iterator[Any] = (
        another(first, ticket_id=i, round=n, next_step_at=at if n == 1 else at + timedelta(days=30))
        for n in range(1, rounds + 1)
        for i in ids
    )
    while some := list(islice(rows, _AT_ONCE)):
        insert_all(some)


def bare_seconds(connection: Any, at: datetime) -> float:
    """Return what it takes to find and change the clocks that are due, and to undo it."""
    from django.db import transaction

    from cosource.tickets.models import Clock

    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    began = time.perf_counter()
    with transaction.atomic():
        changed = Clock.objects.filter(next_step_at__lte=at).update(next_step_at=None)
        seconds = time.perf_counter() - began
        transaction.set_rollback(True)
    if changed != DUE:
        raise RuntimeError(f"{changed} clocks were due, not {DUE}")
    return seconds


if __name__ == "__main__":
    main()
