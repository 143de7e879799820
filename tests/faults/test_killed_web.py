"""Web and worker are killed at any moment while programs write: nothing acknowledged is lost, halved or doubled."""

import random
import time
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from cosource.foundation import clock
from tests.faults.installation import KINDS, installed
from tests.faults.writers import Writers
from tests.proof import count
from tests.worlds import two_clients_three_partners

pytestmark = pytest.mark.usefixtures("local_network")


def killed_while_writing(
    folder: Path, url: str, *, kinds: list[str], clients: int, writes: int, pause: float = 0
) -> dict[str, Any]:
    """Kill each of `kinds` in turn, spread evenly over the writes; start again what does not by itself.

    Returns figures, after everything that is to hold was checked.
    """
    world = two_clients_three_partners(at=clock.now())
    noise = random.Random(11)
    began = time.monotonic()
    killed: Counter[str] = Counter()
    with installed(folder, url) as place:
        writers = Writers(world, place.port, clients=clients, writes=writes, pause=pause)
        writers.start()
        # Who writes fast may be done before the last is killed: what they were told holds then as well.
        while not writers.are_done() or killed.total() < len(kinds):
            if place.has_ended():
                place.start()
            number = killed.total()
            if number < len(kinds) and writers.acknowledged() >= writes * (number + 0.5) / (len(kinds) + 1):
                time.sleep(noise.uniform(0, 0.4))
                # A worker that ended just now is not there again at once; the process that answers is.
                kind = (
                    kinds[number] if place.kill(kinds[number]) else "server" if place.kill("server") else ""
                )
                killed.update([kind] if kind else [])
                if kind == "all":
                    place.process.wait(60)
            time.sleep(0.02)
        if place.has_ended():
            place.start()
        writers.join(60)
        seconds = time.monotonic() - began
    writers.check()
    return {
        "killed": dict(killed),
        "acknowledged": writers.acknowledged(),
        "repeated": writers.repeated,
        "broken": writers.broken,
        "answers": dict(writers.statuses),
        "started by hand": place.starts,
        "longest wait": round(writers.longest_wait, 1),
        "seconds": round(seconds),
    }


def test_nothing_acknowledged_is_lost_halved_or_doubled(tmp_path: Path, database_url: str) -> None:
    done = killed_while_writing(
        tmp_path, database_url, kinds=["server", "worker", "all"], clients=4, writes=60, pause=0.05
    )
    assert done["acknowledged"] == 60
    assert sum(done["killed"].values()) == 3
    assert done["broken"] > 0


@pytest.mark.proof
def test_two_hundred_kills_over_ten_thousand_writes(tmp_path: Path, database_url: str) -> None:
    """Smaller by COSOURCE_PROOF_WRITES; a kill for every fifty writes."""
    writes = count("WRITES", sample=100, full=10_000)
    noise = random.Random(5)
    kinds = noise.choices(KINDS, weights=(8, 1, 5, 1), k=writes // 50)
    done = killed_while_writing(tmp_path, database_url, kinds=kinds, clients=16, writes=writes, pause=0.5)
    print(done)
    assert done["acknowledged"] == writes
    assert sum(done["killed"].values()) == len(kinds)
    assert set(done["answers"]) <= {201, 503}
