"""Memory of web processes that served no figures: `python -m benchmarks.figures.memory PATTERN TICKETS`, in a copy of a world.

`cosource web` with two processes, asked for pages and by the API as `load` asks, tickets opened, answered and moved among them.
Of each process what is resident, which counts what it shares with the others, and its share of all (PSS), which does not.
"""

import asyncio
import pickle
import subprocess
import sys
from pathlib import Path

import psutil

from benchmarks.figures.http import wait_for
from benchmarks.figures.load import load_in, sizes_of
from benchmarks.figures.setting import set_up
from benchmarks.measuring import Figure, hand_in
from benchmarks.places import ROOT

LIMIT_MB = 250
SECONDS = 120


def main(pattern_file: Path, tickets: int) -> None:
    set_up(in_the_world=False)
    from django.db import connection

    on = f"{'SQLite' if connection.vendor == 'sqlite' else 'PostgreSQL'}, {tickets:,}"
    load = load_in(pickle.loads(pattern_file.read_bytes()))
    connection.close()
    server = subprocess.Popen([sys.executable, "-m", "cosource", "web"], cwd=ROOT)
    try:
        wait_for(f"http://{load.host}/health")
        asyncio.run(load.run(SECONDS / 2))
        half = max(sizes_of(server.pid).values())
        asyncio.run(load.run(SECONDS / 2))
        resident = sorted(sizes_of(server.pid).values())
        shares = sorted(
            one.memory_full_info().pss for one in psutil.Process(server.pid).children(recursive=True)
        )
    finally:
        server.terminate()
        server.wait(60)
    refused = sum(load.statuses.values())
    hand_in(
        [
            Figure(
                "the largest web process that served no figures",
                round(resident[-1] / 2**20),
                "MB",
                LIMIT_MB,
                on=on,
                note=f"after {len(load.taken):,} requests, {refused} of them refused; {half / 2**20:.0f} MB after half of them; "
                f"each {_all(resident)} MB, of which its share of all {_all(shares)} MB",
            )
        ]
    )


def _all(sizes: list[int]) -> str:
    return " ".join(f"{size / 2**20:.0f}" for size in sizes)


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
