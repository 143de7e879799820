"""The memory of one web process after ten thousand requests for pages: `python -m benchmarks.figures.memory PATTERN TICKETS`."""

import pickle
import sys
from pathlib import Path

import psutil

from benchmarks.figures.pages import pages_of_tickets
from benchmarks.figures.setting import Reader, set_up
from benchmarks.measuring import Figure, hand_in

LIMIT_MB = 250
REQUESTS = 10_000


def main(pattern_file: Path, tickets: int) -> None:
    set_up()
    from django.db import connection

    from cosource.config.wsgi import application
    from cosource.parties.models import Person

    pattern = pickle.loads(pattern_file.read_bytes())
    process = psutil.Process()
    readers = [
        Reader(application, Person.objects.get(pk=pattern.world.people[k].pk)) for k in ("c1.ct", "p1.pm")
    ]
    ticket = pages_of_tickets(pattern)[0][1]
    paths = ("/", "/tickets/", "/tickets/?order=priority", f"/tickets/{ticket}/", "/tickets/?due=overdue")
    half = 0.0
    for number in range(REQUESTS):
        readers[number % 2].get(paths[number % len(paths)])
        if number == REQUESTS // 2:
            half = process.memory_info().rss / 2**20
    whole = process.memory_info().rss / 2**20
    sort = "SQLite" if connection.vendor == "sqlite" else "PostgreSQL"
    hand_in(
        [
            Figure(
                f"memory of a web process after {REQUESTS:,} requests",
                round(whole),
                "MB",
                LIMIT_MB,
                on=f"{sort}, {tickets:,}",
                note=f"{half:.0f} MB after half of them",
            )
        ]
    )


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
