"""Multiplying a pattern inside the database: INSERT … SELECT, table by table, with the indexes made again afterwards.

The k-th copy of a row has the id of its original with the first 24 bits replaced, so that ids still rise with time as version 7
does; references, positions in streams and numbers of search rows go on counting; times move back by whole weeks.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import connection, models

from benchmarks.worlds.dialects import Dialect, Postgresql, Sqlite
from cosource.foundation.models import Entry, Payload, Seal, SearchText
from cosource.tickets.models import (
    Clock,
    Handover,
    Message,
    Participation,
    Pause,
    Possession,
    Ticket,
    TicketReference,
)


@dataclass(frozen=True)
class Table:
    """How the rows of a table are copied.

    `rows`: which rows belong to the chosen tickets. `ids`: columns whose ids are new in a copy. `series`: within what the
    rows are counted; `last`: the count so far; `counted`, `named`: the columns that hold the count, and a text that ends with it.
    """

    model: type[models.Model]
    rows: str
    ids: tuple[str, ...]
    series: str = "1"
    last: str = "0"
    counted: str = ""
    named: str = ""

    @property
    def name(self) -> str:
        return self.model._meta.db_table  # noqa: SLF001 - the table's name has no other public form

    @property
    def fields(self) -> list[Any]:
        every = self.model._meta.concrete_fields  # noqa: SLF001 - as above
        return [f for f in every if f.column and not getattr(f, "generated", False)]


_OF_TICKET = "ticket_id IN (SELECT id FROM chosen)"
_OF_SUBJECT = "subject_id IN (SELECT id FROM chosen)"
_OF_ENTRY = f"entry_id IN (SELECT id FROM foundation_entry WHERE {_OF_SUBJECT})"
_LAST_NUMBER = "SELECT max(number) FROM tickets_ticketreference WHERE series_id = series"
TABLES = (
    Table(Ticket, "id IN (SELECT id FROM chosen)", ("id",)),
    Table(TicketReference, _OF_TICKET, ("id", "ticket_id"), "series_id", _LAST_NUMBER, "number", "text"),
    Table(
        Participation,
        _OF_TICKET,
        ("id", "ticket_id"),
        "coalesce(engagement_id, organization_id)",
        _LAST_NUMBER,
        named="reference",
    ),
    Table(Possession, _OF_TICKET, ("id", "ticket_id")),
    Table(Pause, _OF_TICKET, ("id", "ticket_id")),
    Table(Clock, _OF_TICKET, ("id", "ticket_id")),
    Table(Handover, _OF_TICKET, ("id", "ticket_id", "entry_id")),
    Table(Message, _OF_TICKET, ("id", "ticket_id")),
    Table(Entry, _OF_SUBJECT, ("id", "subject_id")),
    Table(Payload, _OF_ENTRY, ("entry_id",)),
    Table(
        Seal,
        _OF_ENTRY,
        ("entry_id",),
        "stream_id",
        "SELECT max(position) FROM foundation_seal WHERE stream_id = series",
        "position",
    ),
    Table(
        SearchText,
        _OF_SUBJECT,
        ("subject_id", "entry_id"),
        "1",
        "SELECT max(id) FROM foundation_searchtext",
        "id",
    ),
)


@dataclass(frozen=True)
class Group:
    """Tickets that are copied together: `copies` times, the k-th one `weeks(k)` weeks earlier."""

    name: str
    ids: Sequence[UUID]
    copies: int
    weeks: Callable[[int], int]


def prefixes_of(groups: Sequence[Group]) -> list[tuple[Group, list[str]]]:
    """Return for each group the first 24 bits, as text, of the ids of its copies.

    Each copy stands a step of 4.7 hours after the one before it, and the last one before the originals.
    """
    first = min(i for group in groups for i in group.ids).int >> 104
    steps = iter(range(first - sum(group.copies for group in groups), first))
    return [(group, [f"{next(steps):06x}" for _ in range(group.copies)]) for group in groups]


def copy_groups(groups: Sequence[Group], say: Callable[[str], None]) -> None:
    """Copy the groups one after the other; indexes and constraints are as before when this returns."""
    dialect: Dialect = Sqlite() if connection.vendor == "sqlite" else Postgresql()
    with connection.cursor() as cursor, dialect.without_indexes(cursor, [t.name for t in TABLES], say):
        cursor.execute(f"CREATE TEMPORARY TABLE copies (k integer, prefix {dialect.text}, days integer)")
        cursor.execute(f"CREATE TEMPORARY TABLE chosen (id {dialect.uuid} PRIMARY KEY)")
        # The small group first: what is laid aside is looked for without indexes.
        for group, prefixes in sorted(prefixes_of(groups), key=lambda pair: pair[0].copies):
            cursor.execute("DELETE FROM copies")
            cursor.execute("DELETE FROM chosen")
            cursor.executemany(
                "INSERT INTO copies VALUES (%s, %s, %s)",
                [(k, prefix, 7 * group.weeks(k)) for k, prefix in enumerate(prefixes, 1)],
            )
            cursor.executemany(
                "INSERT INTO chosen VALUES (%s)",
                [(i.hex if dialect.text == "text" else i,) for i in group.ids],
            )
            for table in TABLES:
                cursor.execute(_pattern(table))
            for table in TABLES:
                cursor.execute(_copies(table, dialect))
                say(f"{group.name}: {table.name}")
            dialect.copy_words(cursor)
            say(f"{group.name}: words")
            for table in TABLES:
                cursor.execute(f"DROP TABLE pattern_{table.name}")
        cursor.execute(
            "UPDATE tickets_seriescounter SET last = (SELECT max(number) FROM tickets_ticketreference r"
            " WHERE r.series_id = tickets_seriescounter.series_id)"
        )


def _pattern(table: Table) -> str:
    """Lay the group's rows aside: with their rank in their series, how many it has, and where its count stands."""
    order = "ticket_id" if table.named else table.counted or table.ids[0]
    return (
        f"CREATE TEMPORARY TABLE pattern_{table.name} AS"
        f" SELECT *, ({table.last}) AS last FROM (SELECT *, {table.series} AS series,"
        f" row_number() OVER (PARTITION BY {table.series} ORDER BY {order}) AS rank,"
        f" count(*) OVER (PARTITION BY {table.series}) AS step"
        f" FROM {table.name} WHERE {table.rows}) ranked ORDER BY {table.ids[0]}"
    )


def _copies(table: Table, dialect: Dialect) -> str:
    count = "p.last + p.step * (c.k - 1) + p.rank"
    written = {}
    for field in table.fields:
        column = field.column
        if column in table.ids:
            written[column] = dialect.new_id(f"p.{column}")
        elif column == table.counted:
            written[column] = count
        elif column == table.named:
            written[column] = f"rtrim(p.{column}, '0123456789') || ({count})"
        elif isinstance(field, models.DateTimeField):
            written[column] = dialect.earlier(f"p.{column}")
        elif (table.model, column) == (Entry, "key"):
            written[column] = "NULL"
        else:
            written[column] = f'p."{column}"'
    written |= {column: f"p.{column}" for column in dialect.hidden.get(table.name, ())}
    columns = ", ".join(f'"{column}"' for column in written)
    return (
        f"INSERT INTO {table.name} ({columns}) SELECT {', '.join(written.values())}"
        f" FROM copies c CROSS JOIN pattern_{table.name} p ORDER BY {dialect.order}"
    )
