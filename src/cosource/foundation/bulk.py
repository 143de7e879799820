"""Writing rows by each database's own fast path, whether one or a million.

What the ORM works out anew for every statement is worked out once here: columns, converters, the statement itself. SQLite
takes prepared statements, PostgreSQL takes one statement for few rows and COPY for many. Constraints and triggers hold as for
any other write; defaults are applied only where model instances are given. Not here: anything that knows what the rows mean.
"""

import json
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import lru_cache
from itertools import chain, islice
from operator import attrgetter
from typing import Any
from uuid import UUID

from django.db import connections, models, router
from django.db.backends.base.base import BaseDatabaseWrapper

# Up to so many rows one statement is quicker than opening a COPY.
_FEW = 24

type _Converter = Callable[[Any], Any]


@lru_cache(maxsize=4096)
def _sqlite_instant(value: datetime) -> str:
    # Django's own text form, so that rows from both paths compare as text.
    return value.astimezone(UTC).isoformat(" ")[:-6]


def _sqlite_converter(field: "models.Field[Any, Any]") -> _Converter | None:
    if isinstance(field, models.ForeignKey):
        return _sqlite_converter(field.target_field)
    if isinstance(field, models.UUIDField):
        return lambda v: v.hex if isinstance(v, UUID) else v
    if isinstance(field, models.DateTimeField):
        return lambda v: None if v is None else _sqlite_instant(v)
    if isinstance(field, models.DateField):
        return lambda v: v.isoformat() if isinstance(v, date) else v
    if isinstance(field, models.JSONField):
        return lambda v: None if v is None else json.dumps(v)
    return None


def _postgresql_converter(field: "models.Field[Any, Any]") -> _Converter | None:
    if isinstance(field, models.JSONField):
        return lambda v: None if v is None else json.dumps(v)
    return None


@dataclass(frozen=True, slots=True)
class _Plan:
    """A table's named columns as one database takes them; `converters` by place in the row."""

    table: str
    columns: tuple[str, ...]
    converters: tuple[tuple[int, _Converter], ...]
    read: Callable[[Any], tuple[Any, ...]]

    def convert(self, row: Sequence[Any]) -> list[Any]:
        values = list(row)
        for place, converter in self.converters:
            values[place] = converter(values[place])
        return values


@lru_cache(maxsize=256)
def _plan(
    vendor: str, model: type[models.Model], names: tuple[str, ...], encoded: frozenset[str] = frozenset()
) -> _Plan:
    fields = {f.attname: f for f in model._meta.concrete_fields}
    chosen = [fields[name] for name in names]
    pick = _postgresql_converter if vendor == "postgresql" else _sqlite_converter
    return _Plan(
        table=f'"{model._meta.db_table}"',
        columns=tuple(f'"{f.column or f.name}"' for f in chosen),
        converters=tuple(
            (i, c) for i, f in enumerate(chosen) if f.attname not in encoded and (c := pick(f)) is not None
        ),
        read=attrgetter(*names) if len(names) > 1 else lambda row: (getattr(row, names[0]),),
    )


@dataclass(frozen=True, slots=True)
class Rows:
    """Rows of one table, as tuples in the order of the field `names` (attribute names, such as `ticket_id`).

    Defaults are not applied: every not-null column is named. `encoded`: JSON columns whose values are written down already.
    """

    model: type[models.Model]
    names: Sequence[str]
    rows: Iterable[Sequence[Any]]
    encoded: Collection[str] = ()


def insert_rows(
    model: type[models.Model],
    names: Sequence[str],
    rows: Iterable[Sequence[Any]],
    *,
    encoded: Collection[str] = (),
) -> None:
    """Insert rows of one table; the arguments are those of `Rows`. Raises: IntegrityError as any insert does."""
    insert_together([Rows(model, names, rows, encoded)])


def insert_together(tables: Sequence[Rows]) -> None:
    """Insert rows of several tables; where they are few, PostgreSQL takes them in one statement.

    Raises: IntegrityError as any insert does.
    """
    connection = connections[router.db_for_write(tables[0].model)]
    plans = [_plan(connection.vendor, t.model, tuple(t.names), frozenset(t.encoded)) for t in tables]
    _insert(
        connection, [(plan, map(plan.convert, table.rows)) for plan, table in zip(plans, tables, strict=True)]
    )


def insert_all(instances: Iterable[models.Model], *, known_too: bool = False) -> None:
    """Insert model instances, tables in the order in which they first occur, as `insert_together` does.

    As with `bulk_create` nothing is read back; the instances count as saved. `known_too`: those whose like is there already are
    passed over. Raises: IntegrityError as any insert does.
    """
    by_model: dict[type[models.Model], list[models.Model]] = {}
    for instance in instances:
        by_model.setdefault(type(instance), []).append(instance)
    if not by_model:
        return
    connection = connections[router.db_for_write(next(iter(by_model)))]
    plans = {model: _plan(connection.vendor, model, _own_names(model)) for model in by_model}
    _insert(
        connection,
        [
            (plan, [plan.convert(plan.read(instance)) for instance in by_model[model]])
            for model, plan in plans.items()
        ],
        known_too=known_too,
    )
    for instance in chain.from_iterable(by_model.values()):
        instance._state.adding = False
        instance._state.db = connection.alias


def insert_new(instance: models.Model) -> bool:
    """Insert one row unless its like is there; tell whether it went in. Waits for who is just inserting the like of it."""
    model = type(instance)
    connection = connections[router.db_for_write(model)]
    plan = _plan(connection.vendor, model, _own_names(model))
    marks = ", ".join(["%s"] * len(plan.columns))
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {plan.table} ({', '.join(plan.columns)}) VALUES ({marks}) ON CONFLICT DO NOTHING",
            plan.convert(plan.read(instance)),
        )
        return bool(cursor.rowcount)


def update_all(instances: Sequence[models.Model], names: Sequence[str]) -> None:
    """Write the named columns of model instances of one model that are in the database, as prepared statements.

    It compares nothing: the caller holds the row that guards them.
    """
    if not instances:
        return
    model = type(instances[0])
    connection = connections[router.db_for_write(model)]
    key = model._meta.pk.attname
    plan = _plan(connection.vendor, model, (*names, key))
    *columns, key_column = plan.columns
    assigned = ", ".join(f"{column} = %s" for column in columns)
    statement = f"UPDATE {plan.table} SET {assigned} WHERE {key_column} = %s"
    with connection.cursor() as cursor:
        for instance in instances:
            cursor.execute(statement, plan.convert(plan.read(instance)))


def update_guarded(instance: models.Model, changes: Mapping[str, Any], *, guard: str) -> bool:
    """Write columns of one row by compare-and-set: only while `guard` is what the instance has, which rises by one.

    Return whether it was. The instance itself is not changed.
    """
    model = type(instance)
    connection = connections[router.db_for_write(model)]
    key = model._meta.pk.attname
    plan = _plan(connection.vendor, model, (*changes, key, guard))
    *columns, key_column, guard_column = plan.columns
    assigned = ", ".join([*(f"{column} = %s" for column in columns), f"{guard_column} = {guard_column} + 1"])
    values = plan.convert((*changes.values(), getattr(instance, key), getattr(instance, guard)))
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE {plan.table} SET {assigned} WHERE {key_column} = %s AND {guard_column} = %s", values
        )
        return bool(cursor.rowcount)


def update_unchanged[M: models.Model](
    changes: Sequence[tuple[M, Sequence[Any]]], names: Sequence[str], *, guards: Sequence[str]
) -> list[M]:
    """Write the named columns of rows by compare-and-set, each only while its `guards` are what is given beside the instance.

    `changes`: instances of one model as they are to be, in one order for all who write them, each with the values that its
    guards must still have. Return those that were written.
    """
    if not changes:
        return []
    model = type(changes[0][0])
    connection = connections[router.db_for_write(model)]
    key = model._meta.pk.attname
    plan = _plan(connection.vendor, model, (*names, key))
    held = _plan(connection.vendor, model, tuple(guards))
    *columns, key_column = plan.columns
    assigned = ", ".join(f"{column} = %s" for column in columns)
    condition = " AND ".join(f"{column} = %s" for column in (key_column, *held.columns))
    written = []
    with connection.cursor() as cursor:
        for instance, values in changes:
            cursor.execute(
                f"UPDATE {plan.table} SET {assigned} WHERE {condition}",
                [*plan.convert(plan.read(instance)), *held.convert(values)],
            )
            if cursor.rowcount:
                written.append(instance)
    return written


def counters_advance[K](
    model: type[models.Model], key_name: str, value_name: str, keys: Collection[K]
) -> dict[K, int]:
    """Add one to the counter of each key, starting at nought, and return what each now says.

    One statement; the rows stay locked until the transaction ends, so that a number taken back leaves no gap.
    """
    connection = connections[router.db_for_write(model)]
    plan = _plan(connection.vendor, model, (key_name, value_name))
    key, value = plan.columns
    # In one order, so that two transactions that share counters wait for each other instead of standing crosswise.
    firsts = {k: plan.convert((k, 1)) for k in sorted(keys, key=str)}
    marks = ", ".join(["(%s, %s)"] * len(firsts))
    statement = (
        f"INSERT INTO {plan.table} ({key}, {value}) VALUES {marks} "
        f"ON CONFLICT ({key}) DO UPDATE SET {value} = {plan.table}.{value} + 1 RETURNING {key}, {value}"
    )
    with connection.cursor() as cursor:
        cursor.execute(statement, list(chain.from_iterable(firsts.values())))
        said = dict(cursor.fetchall())
    return {k: said[first[0]] for k, first in firsts.items()}


@lru_cache(maxsize=256)
def _own_names(model: type[models.Model]) -> tuple[str, ...]:
    # What the database gives a row by itself is left to it.
    return tuple(
        f.attname
        for f in model._meta.concrete_fields
        if not isinstance(f, models.AutoField | models.GeneratedField)
    )


def _insert(
    connection: BaseDatabaseWrapper,
    tables: Iterable[tuple[_Plan, Iterable[list[Any]]]],
    *,
    known_too: bool = False,
) -> None:
    # Both databases know this way of passing over what is there.
    end = " ON CONFLICT DO NOTHING" if known_too else ""
    together: list[tuple[str, list[Any]]] = []
    with connection.cursor() as cursor:
        for plan, rows in tables:
            into = f"INSERT INTO {plan.table} ({', '.join(plan.columns)})"
            marks = f"({', '.join(['%s'] * len(plan.columns))})"
            rest = iter(rows)
            few = list(islice(rest, _FEW))
            if not few:
                continue
            if connection.vendor != "postgresql":
                cursor.executemany(f"{into} VALUES {marks}{end}", list(chain(few, rest)))
            elif len(few) < _FEW:
                values = ", ".join([marks] * len(few))
                together.append((f"{into} VALUES {values}{end}", list(chain.from_iterable(few))))
            elif known_too:
                cursor.executemany(f"{into} VALUES {marks}{end}", list(chain(few, rest)))
            else:
                # What goes by the driver's own way fails in Django's words all the same.
                copying = cursor.copy(f"COPY {into[len('INSERT INTO ') :]} FROM STDIN")
                with connection.wrap_database_errors, copying as copy:
                    for row in chain(few, rest):
                        copy.write_row(row)
        if together:
            # Each statement is a journey. What one row says of another is looked at when all of them are there.
            *before, last = together
            parts = ", ".join(f"t{number} AS ({sql})" for number, (sql, _) in enumerate(before))
            cursor.execute(
                f"WITH {parts} {last[0]}" if before else last[0],
                list(chain.from_iterable(values for _, values in together)),
            )
