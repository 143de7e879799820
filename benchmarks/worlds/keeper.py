"""Keeping worlds: found by a digest of what made them, built where they are missing.

A world of an older schema is migrated like an installation that upgrades; it isn't made anew for every table that is added.
"""

import contextlib
import hashlib
import json
import pickle
import shutil
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit
from uuid import UUID

from benchmarks.places import ROOT, cache_dir, environment_for, run_python
from benchmarks.postgres import Server

if TYPE_CHECKING:
    from benchmarks.worlds.copying import Group

SIZES = (10_000, 100_000, 1_000_000)
# One ticket in fifty is open.
OPEN_SHARE = 50


@dataclass(frozen=True)
class Kept:
    """A world that is there: how to reach it, and what it holds."""

    tickets: int
    database: str
    url: str
    data_dir: Path
    size_bytes: int
    facts: dict[str, Any]


def groups_for(over: Sequence[UUID], opened: Sequence[UUID], tickets: int) -> "list[Group]":
    """Return how often each group is copied for a world of so many tickets, the originals counted."""
    from benchmarks.worlds.copying import Group

    open_copies = round(tickets / OPEN_SHARE / len(opened)) - 1
    over_copies = round((tickets - len(opened) * (open_copies + 1)) / len(over)) - 1
    return [
        # Three years back, evenly; the weeks before the agreement began are history all the same.
        Group("over", over, over_copies, lambda k: 1 + (over_copies - k) * 155 // max(1, over_copies)),
        Group("open", opened, open_copies, lambda k: 1 + k % 8 if k % 3 else 0),
    ]


def world_digest() -> str:
    """Digest how worlds are made."""
    sources = [
        *(Path(__file__).parent / name for name in ("pattern.py", "copying.py", "dialects.py")),
        ROOT / "tests" / "worlds.py",
    ]
    digest = hashlib.sha256()
    for source in sorted(sources):
        digest.update(source.name.encode() + b"\0" + source.read_bytes())
    return digest.hexdigest()[:12]


def sqlite_world(tickets: int) -> Kept:
    """Return a world in a file, building it where it is missing."""
    place = _place("sqlite")
    file = place / f"{tickets}.sqlite3"
    facts = place / f"{tickets}.json"
    if not facts.exists():
        pattern = place / "pattern.sqlite3"
        if not (place / "pattern.pickle").exists():
            _tell("playing the pattern on SQLite")
            pattern.unlink(missing_ok=True)
            _forget(place)
            _build(place, f"sqlite:///{pattern}", "pattern", place / "pattern.pickle")
        _upgrade(place, f"sqlite:///{pattern}")
        _tell(f"copying {tickets:,} tickets on SQLite")
        shutil.copyfile(pattern, file)
        facts.write_text(_build(place, f"sqlite:///{file}", "world", place / "pattern.pickle", tickets))
    _upgrade(place, f"sqlite:///{file}")
    return Kept(tickets, "SQLite", f"sqlite:///{file}", place, file.stat().st_size, _facts(facts))


def postgresql_world(server: Server, tickets: int) -> Kept:
    """Return a world in a database of the server, building it where it is missing."""
    # What is known of a world goes with the server that has it.
    place = _place("postgresql" if server.data else f"given-{urlsplit(server.url).netloc.rpartition('@')[2]}")
    name, pattern = (f"world_{place.name.rpartition('-')[2]}_{part}" for part in (tickets, "pattern"))
    facts = place / f"{tickets}.json"
    there = server.databases()
    if pattern not in there or not (place / "pattern.pickle").exists():
        _tell("playing the pattern on PostgreSQL")
        server.tell(f'DROP DATABASE IF EXISTS "{pattern}" WITH (FORCE)')
        server.tell(f'CREATE DATABASE "{pattern}"')
        _forget(place)
        _build(place, server.database_url(pattern), "pattern", place / "pattern.pickle")
    if name not in there or not facts.exists():
        _upgrade(place, server.database_url(pattern))
        _tell(f"copying {tickets:,} tickets on PostgreSQL")
        server.tell(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
        server.tell(f'CREATE DATABASE "{name}" TEMPLATE "{pattern}"')
        made = _build(place, server.database_url(name), "world", place / "pattern.pickle", tickets)
        facts.write_text(made)
    _upgrade(place, server.database_url(name))
    return Kept(
        tickets, "PostgreSQL", server.database_url(name), place, server.databases()[name], _facts(facts)
    )


def pattern_of(kept: Kept) -> Any:
    """Return what is known of a world's pattern: its parties and the tickets that it was copied from. Needs Django."""
    return pickle.loads((kept.data_dir / "pattern.pickle").read_bytes())


def _place(kind: str) -> Path:
    place = cache_dir() / "worlds" / f"{kind}-{world_digest()}"
    for old in place.parent.glob(f"{kind}-*"):
        if old != place:
            # Made in another way, and never looked at again.
            with contextlib.suppress(OSError):
                shutil.rmtree(old)
    place.mkdir(parents=True, exist_ok=True)
    return place


def _forget(place: Path) -> None:
    """Have the worlds made anew: they were copied from a pattern that is no longer there."""
    for facts in place.glob("*.json"):
        if facts.stem.isdigit():
            facts.unlink()


def _build(place: Path, url: str, *arguments: object) -> str:
    return run_python(
        "benchmarks.worlds.build", [str(a) for a in arguments], environment_for(place, url), timeout=7200
    )


def _upgrade(place: Path, url: str) -> None:
    _build(place, url, "upgrade")


def _facts(file: Path) -> dict[str, Any]:
    facts: dict[str, Any] = json.loads(file.read_text())
    if facts["differences"]:
        raise RuntimeError(f"copied tickets differ from what the services write: {facts['differences']}")
    return facts


def _tell(what: str) -> None:
    print(f"benchmarks: {what}", file=sys.stderr, flush=True)
