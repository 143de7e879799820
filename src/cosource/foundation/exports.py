"""What a party can take out, kind by kind, as rooms register it, and how it comes into an empty installation.

A kind of record gives what its actor may read, always within `visible_to`, in one order. A view shows the same in the form of
another program. Not here: writing the folder (`services.exporting`) and reading it (`services.export_import`).
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum
from itertools import batched
from typing import Any, TextIO
from uuid import UUID

from django.db import models

from cosource.foundation.bulk import insert_all
from cosource.foundation.sight import Actor

_AT_ONCE = 4_000

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


@dataclass(frozen=True, slots=True)
class Incoming:
    """An export that fills an empty installation: whose it is, when it was taken, and its records, by the name of their kind.

    `contents`: under which name the content of each file is kept here, by the file's id.
    """

    organization_id: UUID
    taken_at: datetime
    records: Callable[[str], Records]
    contents: Mapping[UUID, str]


class Layer(IntEnum):
    """What a record is about, in the order in which records are taken in: each finds what it builds on."""

    WHO = 1
    RECORD = 2
    ASSETS = 3
    TERMS = 4
    KNOWLEDGE = 5
    WORK = 6
    FIGURES = 7
    FILES = 8


_kinds: dict[str, ExportKind] = {}
_views: dict[str, ExportView] = {}
_intakes: dict[Layer, Callable[[Incoming], None]] = {}


def register_export(name: str, records: Callable[[Actor, datetime], Records]) -> None:
    """Let a room give a kind of record."""
    _kinds[name] = ExportKind(name, records)


def register_export_view(name: str, write: Callable[[Actor, datetime, TextIO], None]) -> None:
    """Let a room give a view, such as `tickets.csv`."""
    _views[name] = ExportView(name, write)


def register_intake(room: Layer, take_in: Callable[[Incoming], None]) -> None:
    """Let a room write the rows of its records, inside the transaction that fills the installation."""
    _intakes[room] = take_in


def intakes() -> list[Callable[[Incoming], None]]:
    """Return what takes records in, in order."""
    return [_intakes[room] for room in sorted(_intakes)]


def row_of[M: models.Model](
    model: type[M], record: Mapping[str, Any], names: Iterable[str], **more: Any
) -> M:
    """Return an unsaved row with the named columns as a record has them, and `more`.

    Raises: KeyError, ValueError, TypeError or ValidationError for a record that is none.
    """
    fields: Any = model._meta  # noqa: SLF001 - Django's own way to ask
    return model(**{name: fields.get_field(name).to_python(record[name]) for name in names}, **more)


def insert_in_turn(rows: Iterable[models.Model]) -> None:
    """Insert many rows, some thousands at once. Rows of one batch may be of several tables."""
    for some in batched(rows, _AT_ONCE):
        insert_all(some)


def export_kinds() -> list[ExportKind]:
    """Return all kinds, by name."""
    return [_kinds[name] for name in sorted(_kinds)]


def export_views() -> list[ExportView]:
    """Return all views, by name."""
    return [_views[name] for name in sorted(_views)]
