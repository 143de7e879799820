"""Showing figures as a table, and keeping them as a dated file."""

import json
import os
import platform
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any

from benchmarks.measuring import Figure

RESULTS = Path(__file__).parent / "results"
_MARKS = {True: "met", False: "NOT MET", None: ""}


def table(figures: Sequence[Figure]) -> str:
    """Return the figures as a Markdown table, each beside its limit."""
    lines = ["| figure | on | value | limit | |", "|---|---|---:|---:|---|"]
    for figure in figures:
        limit = ""
        if figure.limit is not None:
            limit = f"{'≥' if figure.at_least else '≤'} {figure.limit:g}"
        name = f"{figure.name} ({figure.note})" if figure.note else figure.name
        unit = "" if figure.unit == "queries" else f" {figure.unit}"
        lines.append(f"| {name} | {figure.on} | {figure.value:g}{unit} | {limit} | {_MARKS[figure.is_met]} |")
    return "\n".join(lines)


def page(title: str, parts: Sequence[tuple[str, str]]) -> str:
    """Return a page of results: a heading and text for each part."""
    return "\n\n".join([f"# {title}", *(f"## {heading}\n\n{text}" for heading, text in parts)]) + "\n"


def keep(text: str, at: datetime, name: str = "") -> Path:
    """Write the results of a run to its dated file and return where."""
    RESULTS.mkdir(exist_ok=True)
    path = RESULTS / f"{at:%Y-%m-%d}{f'-{name}' if name else ''}.md"
    path.write_text(text)
    return path


def keep_latest(titles: Mapping[str, str], measured: Mapping[str, Sequence[Figure]], at: datetime) -> None:
    """Put what a run measured in place of what was known of the same subject and world, and write the page of all of it."""
    file = RESULTS / "latest.json"
    known: dict[str, Any] = json.loads(file.read_text()) if file.exists() else {}
    for subject, figures in measured.items():
        worlds = known.setdefault(subject, {})
        for world in dict.fromkeys(f.on for f in figures):
            of = [asdict(f) for f in figures if f.on == world]
            worlds[world] = {
                "on": f"{at:%Y-%m-%d}",
                "revision": _revision(),
                "load": round(os.getloadavg()[1], 1),
                "figures": of,
            }
    file.write_text(json.dumps(known, indent=1, ensure_ascii=False) + "\n")
    parts = [("How", _HOW)]
    for subject, title in titles.items():
        if subject in known:
            worlds = known[subject]
            days = ", ".join(sorted({_taken(world) for world in worlds.values()}))
            figures = [Figure(**f) for w in worlds.values() for f in w["figures"]]
            parts.append(
                (title, f"`python -m benchmarks --only {subject}`, measured {days}\n\n{table(figures)}")
            )
    (RESULTS.parent / "RESULTS.md").write_text(page("Figures", parts))


def _taken(world: Mapping[str, Any]) -> str:
    busy = f" under a load of {world['load']}" if world.get("load", 0) > (os.cpu_count() or 1) else ""
    return f"{world['on']} at {world['revision']}{busy}"


_HOW = """The last measurement of every figure beside its limit, with the command that takes it again. Whole runs, with
the machine and how busy it was, are kept as dated files in `benchmarks/results`. A figure without a limit stands there
to compare with. Processor time is that of the whole request, the database's included; the machine's own speed moves by
half within minutes, and the bare table that is measured among the pages moves with it. Durations and what is done in a second
say little where others were at work on the machine: a load above the number of cores stands beside them."""


def machine(postgresql: str | None, yardstick: float) -> str:
    """Say on what the figures were measured."""
    import sqlite3

    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return "\n".join(
        [
            f"- {os.cpu_count()} cores, {memory:.0f} GB",
            f"- Python {platform.python_version()}, SQLite {sqlite3.sqlite_version}, PostgreSQL {postgresql or 'not installed'}",
            f"- revision {_revision()}",
            f"- load when the run began: {os.getloadavg()[0]:.1f}; yardstick {yardstick:.1f} ms (a fixed piece of plain Python)",
        ]
    )


def _revision() -> str:
    done = subprocess.run(
        ["git", "describe", "--always", "--dirty"],
        capture_output=True,
        text=True,
        check=False,
        cwd=RESULTS.parent,
    )
    return done.stdout.strip() or "unknown"
