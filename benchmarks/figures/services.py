"""What the steps on a ticket take in one world, committed and durable: `python -m benchmarks.figures.services PATTERN TICKETS`.

Beside them the same number of rows by bare SQL, one INSERT and one COMMIT each: what the disk alone takes.
"""

import pickle
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

from benchmarks.figures.setting import set_up
from benchmarks.measuring import Figure, hand_in, repeat

LIMIT_MS = 10
TIMES = 120


def main(pattern_file: Path, tickets: int) -> None:
    set_up()
    from django.db import connection

    world = pickle.loads(pattern_file.read_bytes()).world
    sort = "SQLite" if connection.vendor == "sqlite" else "PostgreSQL"
    figures = []
    for name, step in steps(world).items():
        costs = repeat(step, times=TIMES, warm=10)
        on = f"{sort}, {tickets:,}"
        figures += [
            Figure(f"{name}, median", round(costs.median_elapsed, 1), "ms", LIMIT_MS, on=on),
            Figure(f"{name}, 95th percentile", round(costs.p95_elapsed, 1), "ms", on=on),
            Figure(f"{name}, processor time", round(costs.median_processor, 1), "ms", on=on),
        ]
    bare = repeat(bare_insert(), times=TIMES, warm=10)
    figures.append(Figure("one bare INSERT and COMMIT, median", round(bare.median_elapsed, 2), "ms", on=on))
    hand_in(figures)


def steps(world: Any) -> dict[str, Callable[[], Any]]:
    """Return the steps: each call takes one, on a ticket of its own where it needs one."""
    from cosource.foundation import clock
    from cosource.tickets.services.conversation import ticket_reply
    from cosource.tickets.services.handover import handover_accept, ticket_hand_over
    from cosource.tickets.services.opening import ticket_open

    at = clock.now()
    technician, partner = world.actor("c1.ct", at=at), world.actor("p1.pt", at=at)
    printing, desk, alder = (
        world.services["c1.printing"].id,
        world.teams["c1.desk"].id,
        world.teams["p1.alder"].id,
    )

    def create() -> Any:
        return ticket_open(
            actor=technician,
            at=clock.now(),
            title="Printer on ward 7 prints blank pages",
            text="It began this morning after the weekly restart. Two colleagues see the same. " * 3,
            service_id=printing,
            team_id=desk,
        )

    def fresh() -> Iterator[Any]:
        made = [create().id for _ in range(TIMES + 10)]
        yield from made

    replied, offered = fresh(), fresh()
    handed: list[Any] = []

    def reply() -> None:
        ticket_reply(
            ticket_id=next(replied),
            text="Please switch it off for ten minutes, then try again. " * 2,
            party_ids=[world.organizations["p1"].id],
            with_requester=False,
            wider_confirmed=True,
            actor=technician,
            at=clock.now(),
        )

    def hand_over() -> None:
        ticket_id = next(offered)
        ticket_hand_over(
            ticket_id=ticket_id,
            to_team_id=alder,
            reason="skill",
            text="Please look at the fuser.",
            actor=technician,
            at=clock.now(),
        )
        handed.append(ticket_id)

    def accept() -> None:
        handover_accept(ticket_id=handed.pop(0), actor=partner, at=clock.now())

    return {"create": create, "reply": reply, "hand over": hand_over, "accept a handover": accept}


def bare_insert() -> Callable[[], None]:
    """Return a step that writes one small row by bare SQL and commits it."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS bare_insert")
        cursor.execute("CREATE TABLE bare_insert (id varchar(32) PRIMARY KEY, title varchar(200))")

    def insert() -> None:
        with connection.cursor() as cursor:
            cursor.execute("INSERT INTO bare_insert VALUES (%s, %s)", [uuid4().hex, "a title"])

    return insert


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
