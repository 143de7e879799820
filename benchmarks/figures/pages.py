"""What pages cost the server in one world: `python -m benchmarks.figures.pages PATTERN TICKETS`.

Of each page the median processor time of the whole stack, from the WSGI call to the last byte, and the number of queries. On
PostgreSQL the processor time of its backend is added. A bare Django table of fifty rows is measured in between.
"""

import itertools
import os
import pickle
import sys
import time
from pathlib import Path
from typing import Any

from benchmarks.figures.setting import Reader, set_up
from benchmarks.measuring import Figure, hand_in, repeat

LIMIT_MS = 25
QUERIES = 15
TIMES = 40
TIMES_OF_A_PAIR = 10

# Named filters: ranges of indexes over open tickets. `mine` is what the reader's own team or person has.
NAMED = {
    "turn": ("mine", "client", "partner", "requester"),
    "due": ("overdue", "hour", "today"),
    "priority": ("1", "2", "3", "4"),
    "team": ("mine",),
    "assignee": ("mine",),
    "flag": ("unanswered", "came_back"),
}
READERS = {"technician": "c1.ct", "partner’s manager": "p1.pm", "partner’s technician": "p1.pt"}


class Backend:
    """The processor time of this connection's backend on PostgreSQL; nothing on SQLite, which is in this process."""

    def __init__(self) -> None:
        from django.db import connection

        self.stat = None
        if connection.vendor == "postgresql":
            connection.ensure_connection()
            self.stat = Path(f"/proc/{connection.connection.info.backend_pid}/stat")

    def milliseconds(self) -> float:
        if self.stat is None:
            return 0.0
        user, system = self.stat.read_text().rsplit(")", 1)[1].split()[11:13]
        return (int(user) + int(system)) * 1000 / os.sysconf("SC_CLK_TCK")


def cost(reader: Reader, path: str, backend: Backend, times: int = TIMES) -> float:
    """Return the processor milliseconds of one request, the database's included."""
    for _ in range(3):
        reader.get(path)
    before = backend.milliseconds()
    costs = repeat(lambda: reader.get(path), times=times, warm=0)
    return costs.median_processor + (backend.milliseconds() - before) / times


def queries(reader: Reader, path: str) -> int:
    """Return how many queries a request makes."""
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    with CaptureQueriesContext(connection) as captured:
        reader.get(path)
    return len(captured)


def main(pattern_file: Path, tickets: int) -> None:
    set_up()
    from cosource.config.wsgi import application
    from cosource.parties.models import Person

    pattern = pickle.loads(pattern_file.read_bytes())
    backend = Backend()
    from django.db import connection

    on = f"{'SQLite' if connection.vendor == 'sqlite' else 'PostgreSQL'}, {tickets:,}"
    figures: list[Figure] = []
    readers = {
        name: Reader(application, Person.objects.get(pk=pattern.world.people[key].pk))
        for name, key in READERS.items()
    }

    def measured(name: str, reader: Reader, path: str, *, limit: float | None = LIMIT_MS) -> None:
        figures.append(Figure(name, round(cost(reader, path, backend), 1), "ms", limit, on=on))
        count = queries(reader, path)
        figures.append(
            Figure(
                f"{name}: queries",
                count,
                "queries",
                QUERIES if name.startswith(("queue", "ticket page")) else None,
                on=on,
            )
        )

    from benchmarks.figures.bare import bare_application

    bare = Reader(bare_application())
    figures.append(
        Figure("bare Django table of 50 rows", round(cost(bare, "/bare/", backend), 1), "ms", on=on)
    )
    for name, reader in readers.items():
        measured(f"queue of 50, {name}", reader, "/tickets/")
        measured(f"Today, {name}", reader, "/", limit=None)
    technician = readers["technician"]
    for order in ("priority", "newest"):
        measured(f"queue of 50 by {order}", technician, f"/tickets/?order={order}")
    for name, ticket_id in pages_of_tickets(pattern):
        measured(f"ticket page, {name}", technician, f"/tickets/{ticket_id}/")
    figures += filters(technician, backend, on)
    figures.append(
        Figure("bare Django table of 50 rows, again", round(cost(bare, "/bare/", backend), 1), "ms", on=on)
    )
    hand_in(figures)


def pages_of_tickets(pattern: Any) -> list[tuple[str, Any]]:
    """Return an open ticket of the middling sort, and the one with the most entries."""
    from django.db.models import Count

    from cosource.foundation.models import Entry

    def by_length(ids: Any) -> list[Any]:
        counted = Entry.objects.filter(subject_id__in=ids).values_list("subject_id").annotate(n=Count("id"))
        return [row[0] for row in sorted(counted, key=lambda row: (row[1], str(row[0])))]

    opened, over = by_length(pattern.open), by_length(pattern.over)
    return [("an open ticket", opened[len(opened) // 2]), ("the longest", over[-1])]


def filters(reader: Reader, backend: Backend, on: str) -> list[Figure]:
    """Measure every named filter and every pair of two; tell the dearest of each."""
    single = [{name: value} for name, values in NAMED.items() for value in values]
    pairs = [a | b for a, b in itertools.combinations(single, 2) if a.keys() != b.keys()]
    found = []
    for name, wanted in (("a named filter", single), ("two named filters", pairs)):
        taken = {}
        for chosen in wanted:
            query = "&".join(f"{key}={value}" for key, value in chosen.items())
            taken[query] = cost(reader, f"/tickets/?{query}", backend, TIMES_OF_A_PAIR)
        dearest = sorted(taken, key=lambda query: -taken[query])[:3]
        again = {query: cost(reader, f"/tickets/?{query}", backend, TIMES) for query in dearest}
        worst = max(again, key=lambda query: again[query])
        found.append(
            Figure(
                f"queue with {name}, the dearest of {len(wanted)}",
                round(again[worst], 1),
                "ms",
                LIMIT_MS,
                on=on,
                note=worst,
            )
        )
        most = max(dearest, key=lambda query: queries(reader, f"/tickets/?{query}"))
        found.append(
            Figure(
                f"queue with {name}, the dearest: queries",
                queries(reader, f"/tickets/?{most}"),
                "queries",
                QUERIES,
                on=on,
            )
        )
    return found


if __name__ == "__main__":
    started = time.monotonic()
    main(Path(sys.argv[1]), int(sys.argv[2]))
    print(f"pages: {time.monotonic() - started:.0f} s", file=sys.stderr)
