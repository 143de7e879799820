"""Bringing the carried incident log in: 59,354 events, by the same calls as the command line.

`python -m benchmarks.figures.importing`, in an empty installation that the environment names. Beside it the same number of
bare rows with indexes, by the standard library's sqlite3 alone.
"""

import resource
import sqlite3
import sys
import tempfile
import time
from pathlib import Path
from uuid import uuid4

from benchmarks.figures.setting import set_up
from benchmarks.measuring import Figure, hand_in
from benchmarks.places import ROOT

LOG = ROOT / "examples" / "servicenow-incidents.csv.xz"
MAPPING = LOG.with_name("servicenow-incidents.toml")
EVENTS = 59_354
LIMIT_SECONDS = 15
LIMIT_MB = 500


def main() -> None:
    set_up(in_the_world=False)
    from django.conf import settings
    from django.core.management import call_command
    from django.db import connection, transaction

    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    call_command("migrate", verbosity=0, interactive=False)
    from cosource.bridges.reading.tickets import survey
    from cosource.bridges.services.import_run import import_run, import_start
    from cosource.bridges.services.preparing import import_plan
    from cosource.bridges.services.sealing_along import seal_along, seal_leave
    from cosource.config.demo_world import world_build
    from cosource.foundation import clock
    from cosource.foundation.duework import worker_name
    from cosource.foundation.models import Entry
    from cosource.tickets.models import Ticket

    with transaction.atomic():
        world = world_build(clock.now())
    before = Entry.objects.count()
    actor = world.actor("ruth", clock.now())
    began, processor = time.monotonic(), time.process_time()
    plan = import_plan(actor=actor, mapping_text=MAPPING.read_text(), mapping_name=MAPPING.name)
    found = survey(LOG, plan.mapping)
    row = import_start(plan=plan, survey=found, file_name=LOG.name, actor=actor, at=clock.now())
    import_run(
        row=row,
        plan=plan,
        survey=found,
        path=LOG,
        spool_directory=settings.SPOOL_DIR,
        actor=actor,
        clock=clock.now,
        tell=lambda *_: None,
    )
    seconds, used = time.monotonic() - began, time.process_time() - processor
    holder = worker_name()
    seal_along(holder=holder, clock=clock.now)
    seal_leave(holder=holder, at=clock.now())
    sealed = time.monotonic() - began
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    sort = "SQLite" if connection.vendor == "sqlite" else "PostgreSQL"
    came = f"{Entry.objects.count() - before:,} entries, {Ticket.objects.count():,} tickets"
    hand_in(
        [
            Figure(f"import of {EVENTS:,} events", round(seconds, 1), "s", LIMIT_SECONDS, on=sort, note=came),
            Figure("import, processor time of the process", round(used, 1), "s", on=sort),
            Figure("import, until all of it is sealed", round(sealed, 1), "s", on=sort),
            Figure("import, peak memory", round(peak), "MB", LIMIT_MB, on=sort),
            Figure("bare sqlite3 inserts with indexes", round(bare_rows(EVENTS)), "rows/s", on="SQLite"),
        ]
    )


def bare_rows(count: int) -> float:
    """Return how many rows a second bare sqlite3 takes with indexes as an entry has, a commit every thousand."""
    with tempfile.TemporaryDirectory() as place:
        database = sqlite3.connect(Path(place) / "bare.sqlite3")
        database.executescript(
            "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;"
            "CREATE TABLE entry (id char(32) PRIMARY KEY, subject char(32), at text, seq int, facts text, key text UNIQUE);"
            "CREATE INDEX of_subject ON entry (subject, at, seq, id);"
        )
        began = time.monotonic()
        for start in range(0, count, 1000):
            with database:
                database.executemany(
                    "INSERT INTO entry VALUES (?, ?, ?, ?, ?, ?)",
                    [
                        (
                            uuid4().hex,
                            uuid4().hex,
                            "2026-03-01 08:00:00",
                            n,
                            '{"state": "new"}' * 10,
                            uuid4().hex * 2,
                        )
                        for n in range(start, min(count, start + 1000))
                    ],
                )
        seconds = time.monotonic() - began
        database.close()
    return count / seconds


if __name__ == "__main__":
    sys.exit(main())
