"""The access table, as it is written by hand, and its expansion to one line for each role and action."""

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from tests.access.reader import ROLES

PATH = Path(__file__).parent / "table.csv"
READS = ("read", "export")
EXPECTED = ("yes", "refused", "absent")


@dataclass(frozen=True)
class Cell:
    """Whether one role may do one thing with one object. `expected`: yes, refused (403), absent (404)."""

    row: int
    object: str
    state: str
    relation: str
    role: str
    action: str
    expected: str

    @property
    def key(self) -> tuple[str, str, str]:
        return self.object, self.state, self.relation


@lru_cache(maxsize=1)
def cells() -> tuple[Cell, ...]:
    """All cells, in the order of the file."""
    return tuple(_cells())


def _cells() -> Iterator[Cell]:
    lines = [line for line in PATH.read_text().splitlines() if line and not line.startswith("#")]
    for line in csv.DictReader(lines):
        for role in line["role"].split():
            for action in line["action"].split():
                yield Cell(
                    row=int(line["row"]),
                    object=line["object"],
                    state=line["state"],
                    relation=line["relation"],
                    role=role,
                    action=action,
                    expected=line["expected"],
                )


def cells_of(role: str) -> list[Cell]:
    """The cells of one role."""
    return [cell for cell in cells() if cell.role == role]


__all__ = ["EXPECTED", "PATH", "READS", "ROLES", "Cell", "cells", "cells_of"]
