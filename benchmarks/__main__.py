"""`python -m benchmarks`: build what lacks, measure, print the table, keep it as a dated file."""

import argparse
import shutil
import socket
import sys
import tempfile
from collections.abc import Iterable
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

from benchmarks import report
from benchmarks.figures import demo
from benchmarks.measuring import Figure, taken_from, yardstick
from benchmarks.places import cache_dir, environment_for, run_python
from benchmarks.postgres import Server, start_server
from benchmarks.worlds.keeper import SIZES, Kept, postgresql_world, sqlite_world

SUBJECTS = (
    "pages",
    "search",
    "services",
    "rights",
    "memory",
    "metrics",
    "routing",
    "http",
    "importing",
    "outbox",
    "sweep",
    "live",
    "demo",
    "calendars",
    "keeping",
    "load",
    "allocation",
)
# Worlds of this size are backed up and restored, and put under load; smaller ones where only those are asked for.
KEEPING_TICKETS = 100_000
# A page may cost so much more at the largest world than at the smallest.
GROWTH = 1.3


def main() -> int:
    """Measure what was asked for; 1 when a limit is not kept."""
    options = _options()
    at = datetime.now(UTC)  # noqa: TID251 - the date of the results, not of the product
    figures: list[Figure] = []
    by_subject: dict[str, list[Figure]] = {}
    parts: list[tuple[str, str]] = []
    with ExitStack() as stack:
        server = None
        if "postgresql" in options.databases:
            server = start_server(cache_dir() / "postgresql")
            if server is None:
                print("benchmarks: PostgreSQL is not installed; its figures are left out", file=sys.stderr)
            else:
                stack.enter_context(server)
        pace = yardstick()
        parts.append(("Machine", report.machine(server.version() if server else None, pace)))
        databases = [name for name in options.databases if name == "sqlite" or server]
        worlds = (
            _worlds(options, databases, server)
            if set(options.only) & {"pages", "search", "services", "rights", "metrics", "routing"}
            else []
        )
        if worlds:
            parts.append(("Worlds", _described(worlds)))
        for subject in SUBJECTS:
            if subject in options.only:
                measured = list(_measured(subject, options, databases, worlds, server))
                figures += measured
                by_subject[subject] = measured
                parts.append((TITLES[subject], report.table(measured)))
                print(f"\n{TITLES[subject]}\n\n{report.table(measured)}", flush=True)
    text = report.page(f"Figures of {at:%d %B %Y}", parts)
    if options.keep:
        print(f"\nkept as {report.keep(text, at, options.name)}")
        report.keep_latest(TITLES, by_subject, at)
    missed = [f for f in figures if f.is_met is False]
    print(f"\n{len(figures)} figures, {len(missed)} limits not kept")
    return 1 if missed else 0


TITLES = {
    "pages": "Pages: processor time of a request",
    "search": "Finding by words: processor time of a request",
    "services": "Steps on a ticket, committed and durable",
    "rights": "Rights",
    "memory": "Memory",
    "metrics": "Figures on tickets",
    "routing": "Routing: replay of past tickets, and what is learned from texts",
    "http": "Creating over HTTP",
    "importing": "Import",
    "outbox": "Outbox",
    "sweep": "Steps of the ladder that are due",
    "live": "Pages that bring themselves up to date",
    "demo": "Demo",
    "calendars": "Business time: evaluations of a core",
    "keeping": "Backup and restore",
    "load": "Under load",
    "allocation": "Who does what: plans beside the relaxation alone",
}


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument(
        "--only", nargs="+", choices=SUBJECTS, default=list(SUBJECTS), help="subjects to measure"
    )
    parser.add_argument(
        "--databases", nargs="+", choices=("sqlite", "postgresql"), default=["sqlite", "postgresql"]
    )
    parser.add_argument(
        "--sizes",
        nargs="+",
        type=int,
        choices=SIZES,
        default=[SIZES[0], SIZES[-1]],
        help="tickets of the worlds",
    )
    parser.add_argument(
        "--no-keep", dest="keep", action="store_false", help="print only; write no dated file"
    )
    parser.add_argument(
        "--texts",
        default="",
        help="texts with their topics (CSV, xz), for learning; without it that is left out",
    )
    parser.add_argument("--name", default="", help="added to the date in the file's name")
    return parser.parse_args()


def _worlds(options: argparse.Namespace, databases: Iterable[str], server: Server | None) -> list[Kept]:
    worlds = []
    for size in sorted(options.sizes):
        if "sqlite" in databases:
            worlds.append(sqlite_world(size))
        if "postgresql" in databases and server is not None:
            worlds.append(postgresql_world(server, size))
    return worlds


def _described(worlds: Iterable[Kept]) -> str:
    lines = ["| world | on | on disk | made in | rows |", "|---:|---|---:|---:|---|"]
    for world in worlds:
        rows = ", ".join(f"{name.partition('_')[2]} {count:,}" for name, count in world.facts["rows"].items())
        lines.append(
            f"| {world.tickets:,} | {world.database} | {world.size_bytes / 2**30:.1f} GB"
            f" | {world.facts['seconds']:.0f} s | {rows} |"
        )
    return "\n".join(lines)


def _measured(
    subject: str,
    options: argparse.Namespace,
    databases: Iterable[str],
    worlds: Iterable[Kept],
    server: Server | None,
) -> Iterable[Figure]:
    if subject == "demo":
        with _empty_place() as place:
            yield from demo.measure(place, _free_port())
    elif subject in ("calendars", "allocation"):
        with _empty_place() as place:
            env = environment_for(place, f"sqlite:///{place / 'none.sqlite3'}")
            yield from taken_from(run_python(f"benchmarks.figures.{subject}", [], env))
    elif subject in ("http", "importing", "outbox", "sweep", "live"):
        for database in databases:
            with _empty_installation(database, server) as env:
                yield from taken_from(run_python(f"benchmarks.figures.{subject}", [], env))
    elif subject in ("load", "memory"):
        yield from _loaded(subject, min(max(options.sizes), KEEPING_TICKETS), databases, server)
    elif subject == "keeping":
        yield from _kept(min(max(options.sizes), KEEPING_TICKETS), databases, server)
    else:
        figures = []
        for world in worlds:
            facts = world.data_dir / f"facts-{world.tickets}"
            env = environment_for(world.data_dir, world.url, COSOURCE_FACTS_DIR=str(facts))
            pattern = str(world.data_dir / "pattern.pickle")
            arguments = [pattern, str(world.tickets)]
            if subject == "routing" and options.texts and not figures:
                arguments.append(str(Path(options.texts).absolute()))
            figures += taken_from(run_python(f"benchmarks.figures.{subject}", arguments, env))
        yield from figures
        if subject == "pages":
            yield from _growth(figures, sorted({w.tickets for w in worlds}))


def _kept(tickets: int, databases: Iterable[str], server: Server | None) -> Iterable[Figure]:
    for database in databases:
        if database == "sqlite":
            world = sqlite_world(tickets)
        elif server is not None:
            world = postgresql_world(server, tickets)
        else:
            continue
        with _empty_place() as place, _empty_installation(database, server) as empty:
            arguments = [
                str(tickets),
                str(place / "backup"),
                empty["COSOURCE_DATA_DIR"],
                empty["COSOURCE_DATABASE_URL"],
            ]
            # The world's own folder holds other worlds: it has no files of its own to back up.
            env = environment_for(place / "data", world.url)
            yield from taken_from(run_python("benchmarks.figures.keeping", arguments, env))


def _loaded(subject: str, tickets: int, databases: Iterable[str], server: Server | None) -> Iterable[Figure]:
    for database in databases:
        world = (
            sqlite_world(tickets)
            if database == "sqlite" or server is None
            else postgresql_world(server, tickets)
        )
        with _empty_installation(database, server, like=world) as env:
            pattern = str(world.data_dir / "pattern.pickle")
            yield from taken_from(run_python(f"benchmarks.figures.{subject}", [pattern, str(tickets)], env))


def _growth(figures: list[Figure], sizes: list[int]) -> Iterable[Figure]:
    """Set each page in the largest world beside the same page in the smallest."""
    if len(sizes) < 2:
        return
    value = {(f.name, f.on): f.value for f in figures if f.unit == "ms" and f.limit is not None}
    for (name, on), most in value.items():
        kind, _, size = on.partition(", ")
        least = value.get((name, f"{kind}, {sizes[0]:,}"))
        if size == f"{sizes[-1]:,}" and least:
            yield Figure(
                f"{name}: {sizes[-1]:,} to {sizes[0]:,}", round(most / least, 2), "times", GROWTH, on=kind
            )


class _empty_place:  # noqa: N801 - reads as a phrase
    """A directory for the time of one measurement."""

    def __enter__(self) -> Path:
        self.path = Path(tempfile.mkdtemp(prefix="run-", dir=cache_dir()))
        return self.path

    def __exit__(self, *_: object) -> None:
        shutil.rmtree(self.path, ignore_errors=True)


class _empty_installation:  # noqa: N801 - reads as a phrase
    """The environment of an installation that is empty, or `like` a world, and gone afterwards."""

    def __init__(self, database: str, server: Server | None, *, like: Kept | None = None) -> None:
        self.place, self.server = _empty_place(), server if database == "postgresql" else None
        self.like = like

    def __enter__(self) -> dict[str, str]:
        path = self.place.__enter__()
        url = f"sqlite:///{path / 'run.sqlite3'}"
        if self.server is not None:
            self.name = path.name.replace("-", "_").lower()
            template = f' TEMPLATE "{urlsplit(self.like.url).path[1:]}"' if self.like else ""
            self.server.tell(f'CREATE DATABASE "{self.name}"{template}')
            url = self.server.database_url(self.name)
        elif self.like:
            shutil.copyfile(self.like.url.removeprefix("sqlite:///"), path / "run.sqlite3")
        if self.like:
            shutil.copyfile(self.like.data_dir / "secrets.json", path / "secrets.json")
        return environment_for(
            path,
            url,
            COSOURCE_BIND=f"127.0.0.1:{_free_port()}",
            COSOURCE_WORKERS="2",
            COSOURCE_API_PER_MINUTE="1000000",
        )

    def __exit__(self, *_: object) -> None:
        if self.server is not None:
            self.server.tell(f'DROP DATABASE "{self.name}" WITH (FORCE)')
        self.place.__exit__()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


if __name__ == "__main__":
    sys.exit(main())
