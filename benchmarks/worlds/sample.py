"""Proof that a copy is what the services wrote: rows of copied tickets beside the rows of their originals.

Ids are led back to the original, times moved forward again, numbers taken off; what is left must be equal in every column.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from random import Random
from typing import Any
from uuid import UUID

from django.db import connection

from benchmarks.worlds.copying import TABLES, Group, Table, prefixes_of

type Row = dict[str, Any]


def differences(groups: Sequence[Group], tickets: int) -> list[str]:
    """Compare some copied tickets with their originals, row by row; return what differs."""
    random = Random(20260615)
    chosen: dict[UUID, tuple[UUID, str, timedelta]] = {}
    copies = sum(group.copies for group in groups)
    for group, prefixes in prefixes_of(groups):
        for _ in range(-(-tickets * group.copies // max(1, copies))):
            k = random.randint(1, group.copies)
            original = random.choice(group.ids)
            prefix = prefixes[k - 1]
            chosen[UUID(prefix + original.hex[6:])] = (original, prefix, timedelta(weeks=group.weeks(k)))
    found: list[str] = []
    for table in TABLES:
        copied = _rows(table, chosen)
        written = _rows(table, {original for original, _, _ in chosen.values()})
        for copy, (original, prefix, earlier) in chosen.items():
            rows, expected = copied.get(copy, []), written.get(original, [])
            if len(rows) != len(expected):
                found.append(f"{table.name} of {copy}: {len(rows)} rows instead of {len(expected)}")
                continue
            for was, now in zip(expected, rows, strict=True):
                found += [
                    f"{table.name}.{column} of {copy}: {now[column]} from {was[column]}"
                    for column in was
                    if not _agrees(table, column, (was[column], now[column]), prefix, earlier)
                ]
    return found


def _rows(table: Table, tickets: Any) -> dict[UUID, list[Row]]:
    """Return the rows of tickets, by ticket, in the order of the original's."""
    rows = table.model._default_manager  # noqa: SLF001 - the public name differs between models
    names = [f.attname for f in table.fields]
    key = next((c for c in table.ids if c in ("ticket_id", "subject_id")), "id")
    if table.ids[0] == "entry_id":
        key = "entry__subject_id"
    found: dict[UUID, list[Row]] = {}
    wanted = sorted(tickets)
    for start in range(0, len(wanted), 100):
        for row in rows.filter(**{f"{key}__in": wanted[start : start + 100]}).values(*{*names, key}):
            ticket = row.pop(key) if key not in names else row[key]
            found.setdefault(ticket, []).append(row)
    for group in found.values():
        # What comes after the prefix is the same in the copy; rows of one entry differ by their stream.
        group.sort(
            key=lambda row: (row[table.ids[-1]].hex[6:], row[table.ids[0]].hex[6:], str(row.get("stream_id")))
        )
    return found


def _agrees(table: Table, column: str, both: tuple[Any, Any], prefix: str, earlier: timedelta) -> bool:
    was, now = both
    if column in table.ids:
        return bool(now == UUID(prefix + was.hex[6:]))
    if column == table.counted:
        return bool(now > was)
    if column == table.named:
        return bool(now.rstrip("0123456789") == was.rstrip("0123456789"))
    if isinstance(was, datetime) and was.year < 9999:
        return bool(now == was - earlier)
    return bool(now == was)


def numbers() -> dict[str, int]:
    """Return how many rows each table has."""
    with connection.cursor() as cursor:
        counted = {}
        for table in TABLES:
            cursor.execute(f"SELECT count(*) FROM {table.name}")
            counted[table.name] = int(cursor.fetchone()[0])
        return counted
