"""Replaying tickets by routing rules, and learning from texts: `python -m benchmarks.figures.routing PATTERN TICKETS [TEXTS]`.

The replay is of a client's whole desk in one world, by twenty rules that ask for every kind of thing, beside no rules. `TEXTS`
is a file of texts with their topics (CSV, plain or xz; columns `Document` and `Topic_group`): one row in five is held out.
"""

import csv
import lzma
import pickle
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from benchmarks.figures.setting import set_up
from benchmarks.measuring import Figure, hand_in

REPLAYED, REPLAY_SECONDS = 100_000, 60
LEARN_SECONDS, RIGHT = 60, 86
WORDS = ("print*", "toner", "vpn", "payroll", "login", "laptop", "screen", "mail*", "phone", "network")


def main(pattern_file: Path, tickets: int, texts: Path | None = None) -> None:
    set_up()
    hand_in([*replayed(pattern_file, tickets), *(learned(texts) if texts else ())])


def replayed(pattern_file: Path, tickets: int) -> Iterator[Figure]:
    """Route the client's past tickets, as a manager of it sees them."""
    from django.db import connection

    from cosource.foundation import clock
    from cosource.tickets.routing.queries.history import replay
    from cosource.tickets.routing.rules.matching import RuleBook
    from cosource.tickets.routing.rules.reading import read_rules

    world = pickle.loads(pattern_file.read_bytes()).world
    at = clock.now()
    book = RuleBook(read_rules(rules_for(world)))
    began = time.perf_counter()
    found = replay(actor=world.actor("c1.cso", at=at), book=book, before=RuleBook(()), at=at)
    seconds = time.perf_counter() - began
    on = f"{'SQLite' if connection.vendor == 'sqlite' else 'PostgreSQL'}, {tickets:,}"
    said = f"{found.tickets:,} tickets, {len(book.rules)} rules, {found.differing:,} routed differently"
    yield Figure(
        "replay of a desk, for a hundred thousand tickets",
        round(seconds * REPLAYED / found.tickets, 1),
        "s",
        REPLAY_SECONDS,
        on=on,
        note=f"{said}; {seconds:.1f} s",
    )


def rules_for(world: Any) -> list[dict[str, Any]]:
    """Return twenty rules, of which the last hold for most."""
    teams = [team.id.hex for key, team in sorted(world.teams.items()) if key.startswith(("c1.", "p1.alder"))]
    services = [service.id.hex for key, service in sorted(world.services.items()) if key.startswith("c1.")]
    office = {"zone": "Europe/Berlin", "days": ["mon", "tue", "wed", "thu", "fri"], "from": "08:00"}
    asked: list[dict[str, Any]] = [{"words": [word], "priority": [1, 2]} for word in WORDS]
    asked += [{"service": [service], "hours": office | {"until": "18:00"}} for service in services]
    asked += [{"topic": [f"topic {n}"], "language": ["de"]} for n in range(17 - len(asked))]
    asked += [{"hours": office | {"until": "17:00", "outside": True}}, {"priority": [1, 2, 3]}, {}]
    return [
        {"name": f"Rule {n}", "when": when, "then": {"teams": [teams[n % len(teams)]]}}
        for n, when in enumerate(asked)
    ]


def learned(texts: Path) -> Iterator[Figure]:
    """Learn topics from texts; time without reading the file, accuracy on rows that were held out."""
    from cosource.tickets.routing.rules.learned import to_bytes
    from cosource.tickets.routing.rules.learning import Sample, learn

    with lzma.open(texts, "rt") if texts.suffix == ".xz" else texts.open() as file:
        rows = list(csv.DictReader(file))
    samples = [
        Sample(f"{n:032x}", row["Document"], {"topic": row["Topic_group"]}) for n, row in enumerate(rows)
    ]
    began = time.perf_counter()
    found = learn(samples, ("topic",))
    seconds = time.perf_counter() - began
    if found is None:
        raise RuntimeError(f"{texts} has too few rows to learn from")
    kept, measured = found
    topic = measured["topic"]
    on = f"{len(samples):,} texts"
    note = f"{topic.right:,} of {topic.held_out:,}; always the most frequent: {topic.commonest / topic.held_out:.1%}"
    yield Figure(
        "topic right on rows held out",
        round(100 * topic.accuracy, 2),
        "%",
        RIGHT,
        at_least=True,
        on=on,
        note=note,
    )
    yield Figure("learning", round(seconds, 1), "s", LEARN_SECONDS, on=on)
    yield Figure("what is kept", round(len(to_bytes(kept)) / 2**20, 1), "MB", on=on)
    began = time.perf_counter()
    for row in rows[:200]:
        kept.guesses("topic", row["Document"])
    yield Figure("a suggestion", round((time.perf_counter() - began) * 5, 2), "ms", on=on)


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), Path(sys.argv[3]) if len(sys.argv) > 3 else None)
