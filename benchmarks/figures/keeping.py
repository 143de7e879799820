"""Backup of a world, and its restore into an empty installation of the same kind, with the digests of both.

`python -m benchmarks.figures.keeping TICKETS FOLDER DATA_DIR URL`, in the environment of the world. FOLDER takes the backup;
DATA_DIR and URL are the empty installation. Both are done by the commands, each a process of its own, as an operator would.
"""

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

from benchmarks.measuring import Figure, hand_in

# Of both together, for 100,000 tickets.
LIMIT_SECONDS = 15 * 60
LIMIT_TICKETS = 100_000


def main() -> None:
    tickets, folder, data_dir, url = int(sys.argv[1]), Path(sys.argv[2]), sys.argv[3], sys.argv[4]
    empty = {**os.environ, "COSOURCE_DATA_DIR": data_dir, "COSOURCE_DATABASE_URL": url}
    taken, first = _timed(["backup", str(folder)], dict(os.environ))
    size = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
    brought, second = _timed(["restore", str(folder)], empty)
    copy = folder.with_name("again")
    _, third = _timed(["backup", str(copy)], empty)
    shutil.rmtree(copy)
    on = f"{'SQLite' if url.startswith('sqlite') else 'PostgreSQL'}, {tickets:,}"
    hand_in(
        [
            Figure("backup", round(taken, 1), "s", on=on),
            Figure("size of the backup", round(size / 2**20, 1), "MB", on=on),
            Figure("restore", round(brought, 1), "s", on=on),
            Figure(
                "backup and restore together",
                round(taken + brought, 1),
                "s",
                LIMIT_SECONDS * tickets / LIMIT_TICKETS,
                on=on,
            ),
            Figure(
                "tables and files that differ afterwards",
                int(not first == second == third),
                "digests",
                0,
                on=on,
            ),
        ]
    )


def _timed(words: list[str], environ: dict[str, str]) -> tuple[float, str]:
    """Run a command and return its seconds and the digest that it prints."""
    began = time.monotonic()
    done = subprocess.run(
        [sys.executable, "-m", "cosource", *words], env=environ, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise RuntimeError(f"cosource {' '.join(words)}: {done.stderr}")
    return time.monotonic() - began, done.stdout.splitlines()[1]


if __name__ == "__main__":
    main()
