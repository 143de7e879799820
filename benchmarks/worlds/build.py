"""Builds one world in the database that the environment names; run as a process of its own by `keeper`.

`python -m benchmarks.worlds.build pattern FILE` plays the pattern and keeps what is known of it in FILE;
`python -m benchmarks.worlds.build world FILE TICKETS` copies it to that many tickets, and prints what came of it as JSON;
`python -m benchmarks.worlds.build upgrade` migrates the database.
"""

import json
import os
import pickle
import sys
import time
from pathlib import Path

import django
from django.conf import settings

SAMPLE = 500


def pattern(file: Path) -> None:
    """Play the pattern and keep it."""
    from django.core.management import call_command

    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    call_command("migrate", verbosity=0, interactive=False)
    from benchmarks.worlds.pattern import play_pattern

    file.write_bytes(pickle.dumps(play_pattern()))
    _settle()


def world(file: Path, tickets: int) -> None:
    """Copy the pattern and tell what there is now."""
    from django.db import connection

    from benchmarks.worlds.copying import copy_groups
    from benchmarks.worlds.keeper import groups_for
    from benchmarks.worlds.sample import differences, numbers

    known = pickle.loads(file.read_bytes())
    groups = groups_for(known.over, known.open, tickets)
    began = time.monotonic()

    def say(what: str) -> None:
        if os.environ.get("TELL"):
            print(f"{time.monotonic() - began:7.1f} s  {what}", file=sys.stderr, flush=True)

    copy_groups(groups, say)
    copied = time.monotonic() - began
    wrong = differences(groups, SAMPLE)
    say("sample")
    if connection.vendor == "sqlite":
        connection.check_constraints(table_names=["tickets_participation", "foundation_seal"])
        say("foreign keys")
    rows = numbers()
    _settle()
    say("settled")
    print(json.dumps({"rows": rows, "seconds": round(copied, 1), "differences": wrong[:20]}))


def upgrade() -> None:
    """Bring a kept world to the schema of the present code, as an installation's upgrade does."""
    from django.core.management import call_command

    call_command("migrate", verbosity=0, interactive=False)


def _settle() -> None:
    from django.db import connection

    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        else:
            cursor.execute("VACUUM ANALYZE")
            cursor.execute("CHECKPOINT")


if __name__ == "__main__":
    django.setup()
    if sys.argv[1] == "pattern":
        pattern(Path(sys.argv[2]))
    elif sys.argv[1] == "upgrade":
        upgrade()
    else:
        world(Path(sys.argv[2]), int(sys.argv[3]))
