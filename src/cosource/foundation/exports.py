"""What a party can take out, kind by kind, as rooms register it.

A kind of record gives what its actor may read, always within `visible_to`, in one order. A view shows the same in the form of
another program. Not here: writing the folder (`services.exporting`).
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TextIO

from cosource.foundation.sight import Actor

type Records = Iterator[Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class ExportKind:
    """One kind of record: the name of its file, and what gives the records that an actor reads at an instant."""

    name: str
    records: Callable[[Actor, datetime], Records]


@dataclass(frozen=True, slots=True)
class ExportView:
    """One view: the name of its file with its ending, and what writes it."""

    name: str
    write: Callable[[Actor, datetime, TextIO], None]


_kinds: dict[str, ExportKind] = {}
_views: dict[str, ExportView] = {}


def register_export(name: str, records: Callable[[Actor, datetime], Records]) -> None:
    """Let a room give a kind of record."""
    _kinds[name] = ExportKind(name, records)


def register_export_view(name: str, write: Callable[[Actor, datetime, TextIO], None]) -> None:
    """Let a room give a view, such as `tickets.csv`."""
    _views[name] = ExportView(name, write)


def export_kinds() -> list[ExportKind]:
    """Return all kinds, by name."""
    return [_kinds[name] for name in sorted(_kinds)]


def export_views() -> list[ExportView]:
    """Return all views, by name."""
    return [_views[name] for name in sorted(_views)]
