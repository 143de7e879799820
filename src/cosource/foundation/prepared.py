"""Queries of one shape that are asked with every request, put into SQL once instead of each time.

To the ORM every query is a new one: for a wide row it takes longer to write the statement than the database takes to answer
it. A `Prepared` is built like any other queryset, with named values instead of given ones. It keeps the statement for each
connection and from then on only puts the values in their places. Rows come out as the queryset would give them.

A query whose shape depends on who asks, such as one within `visible_to`, is prepared once for each sight (`BySight`): what a
person may see changes far less often than they ask. Only statements are kept, never an answer.
"""

import re
from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID, uuid4
from weakref import WeakKeyDictionary

from django.core.exceptions import EmptyResultSet
from django.db import DEFAULT_DB_ALIAS, connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import QuerySet
from django.db.models.query import ModelIterable, get_related_populators

from cosource.foundation.ids import NIL
from cosource.foundation.sight import Actor, Sight

# An instant that no row has stands for one that is not known yet; what was computed from it is of about that time.
_LONG_AGO = datetime(1000, 1, 1, tzinfo=UTC)
_FROM_A_MARK = re.compile(r"(0999|1000)-")


@dataclass(frozen=True, slots=True)
class _Ready:
    """A statement as one connection takes it; `places`: the name of the value for each parameter, None for a constant."""

    queryset: "QuerySet[Any]"
    compiler: Any
    sql: str
    constants: tuple[Any, ...]
    places: tuple[str | None, ...]
    instances: "_Instances | None"


class Prepared[T]:
    """A queryset that is compiled once for each connection.

    `build`: makes the queryset from the named values; `kinds`: their types: UUID, datetime or str. A value may stand in several
    places, but `build` must do nothing with it than hand it to the queryset.

    >>> from cosource.foundation.models import Stream
    >>> opened = Prepared[UUID](lambda at: Stream.objects.filter(created_at=at).values_list("id", flat=True), at=datetime)
    """

    def __init__(
        self, build: "Callable[..., QuerySet[Any, Any]]", **kinds: type[UUID] | type[datetime] | type[str]
    ) -> None:
        self._build = build
        self._kinds = kinds
        self._may_lack: frozenset[str] = frozenset()

    def __call__(self, **values: UUID | datetime | str) -> list[T]:
        """Return all rows for these values."""
        connection = connections[DEFAULT_DB_ALIAS]
        # A statement goes with its query, where that one is forgotten.
        kept: WeakKeyDictionary[Prepared[Any], _Ready | None] = connection.__dict__.setdefault(
            "prepared", WeakKeyDictionary()
        )
        if self not in kept:
            kept[self] = self._ready(connection)
        ready = kept[self]
        if ready is None:
            return []
        written = {name: _written(value, connection) for name, value in values.items()}
        params = tuple(
            constant if name is None else written[name]
            for constant, name in zip(ready.constants, ready.places, strict=True)
        )
        if ready.instances is not None:
            return ready.instances.of(ready.sql, params, connection)
        ready.compiler.__dict__["as_sql"] = lambda *_args, **_options: (ready.sql, params)
        # What the queryset itself would do, had it no memory of the rows before.
        rows: Any = ready.queryset
        return [*rows._iterable_class(rows)]  # noqa: SLF001 - there is no public way past that memory

    def first(self, **values: UUID | datetime | str) -> T | None:
        """Return the first row for these values; None when there is none."""
        return next(iter(self(**values)), None)

    def _ready(self, connection: BaseDatabaseWrapper) -> _Ready | None:
        """Compile for a connection; None where no row can ever match."""
        marks = {name: _mark(kind, number) for number, (name, kind) in enumerate(self._kinds.items())}
        queryset = self._build(**marks)
        compiler = queryset.query.get_compiler(connection=connection)
        try:
            sql, params = compiler.as_sql()
        except EmptyResultSet:
            return None
        names = {_written(mark, connection): name for name, mark in marks.items()}
        places = tuple(names.get(p) if isinstance(p, str | UUID | datetime) else None for p in params)
        if missing := set(self._kinds) - set(places) - self._may_lack:
            raise TypeError(f"The query does not ask for {', '.join(sorted(missing))}.")
        if any(name is None and _FROM_A_MARK.match(str(p)) for p, name in zip(params, places, strict=True)):
            raise TypeError("The query computes with a value that it is to be given.")
        converters = compiler.get_converters([column[0] for column in compiler.select[: compiler.col_count]])
        compiler.__dict__["get_converters"] = lambda _columns: converters
        values: Any = partial(compiler.apply_converters, converters=converters) if converters else iter
        if connection.vendor == "sqlite":
            values = _Values(connection, converters)
            compiler.__dict__["apply_converters"] = lambda rows, _converters: values(rows)
        queryset.query.__dict__["get_compiler"] = lambda *_args, **_options: compiler
        instances = _Instances(queryset, compiler, values) if _gives_instances(queryset) else None
        return _Ready(queryset, compiler, sql, tuple(params), places, instances)


def _gives_instances(queryset: "QuerySet[Any, Any]") -> bool:
    """Whether rows come out as instances of the model, with nothing else that the queryset would add to them."""
    state: Any = queryset
    return (
        state._iterable_class is ModelIterable  # noqa: SLF001 - there is no public way to ask
        and not state._known_related_objects  # noqa: SLF001
        and not state._prefetch_related_lookups  # noqa: SLF001
        and not state._fetch_mode.track_peers  # noqa: SLF001
    )


class _Instances:
    """What `ModelIterable` looks up before each first row, looked up once: for one row that is most of its time."""

    def __init__(
        self,
        queryset: "QuerySet[Any, Any]",
        compiler: Any,
        values: Callable[[Iterable[Any]], Iterable[Any]],
    ) -> None:
        klass, mode = compiler.klass_info, queryset._fetch_mode  # type: ignore[attr-defined]  # noqa: SLF001
        first, last = klass["select_fields"][0], klass["select_fields"][-1] + 1
        self.columns = slice(first, last)
        self.names = [column[0].target.attname for column in compiler.select[first:last]]
        self.from_db = partial(klass["model"].from_db, fetch_mode=mode)
        self.related = get_related_populators(klass, compiler.select, queryset.db, mode)
        self.annotations = tuple((compiler.annotation_col_map or {}).items())
        self.width = compiler.col_count if compiler.has_extra_select else None
        self.values = values

    def of(self, sql: str, params: tuple[Any, ...], connection: BaseDatabaseWrapper) -> list[Any]:
        """Ask, and return the instances."""
        with connection.cursor() as cursor:
            cursor.execute(sql, params)
            rows: Iterable[Any] = cursor.fetchall()
        if self.width is not None:
            rows = [row[: self.width] for row in rows]
        found = []
        for row in self.values(rows):
            instance = self.from_db(connection.alias, self.names, row[self.columns])
            for related in self.related:
                related.populate(row, instance)
            for name, place in self.annotations:
                setattr(instance, name, row[place])
            found.append(instance)
        return found


class _Values:
    """Reads rows of SQLite, which keeps ids and instants as text, into the same values as the compiler's own way gives."""

    def __init__(self, connection: BaseDatabaseWrapper, converters: Mapping[int, Any]) -> None:
        self.connection = connection
        own: dict[str, Callable[[Any], Any]] = {
            "convert_datetimefield_value": _instant_of,
            "convert_booleanfield_value": bool,
        }
        self.ids: list[int] = []
        self.short: list[tuple[int, Callable[[Any], Any]]] = []
        self.long = []
        for place, (chain, expression) in converters.items():
            name = chain[0].__name__ if len(chain) == 1 else ""
            if name == "convert_uuidfield_value":
                self.ids.append(place)
            elif name in own:
                self.short.append((place, own[name]))
            else:
                self.long.append((place, chain, expression))

    def __call__(self, rows: Iterable[Sequence[Any]]) -> Iterator[list[Any]]:
        """Yield the values of each row. The same few parties stand in every row of a page: each id is read once."""
        known: dict[str, UUID] = {}
        for given in rows:
            row = list(given)
            for place in self.ids:
                if (text := row[place]) is not None:
                    found = known.get(text)
                    if found is None:
                        found = known[text] = UUID(text)
                    row[place] = found
            for place, read in self.short:
                if (value := row[place]) is not None:
                    row[place] = read(value)
            for place, chain, expression in self.long:
                for convert in chain:
                    row[place] = convert(row[place], expression, self.connection)
            yield row


def _instant_of(value: datetime | str) -> datetime:
    # A column comes as an instant already, without its zone; what a statement computes comes as text.
    return (datetime.fromisoformat(value) if isinstance(value, str) else value).replace(tzinfo=UTC)


# A page of so many rows is read by statements that are kept ready; a longer one by statements of its own.
_MANY = 50


class OfMany[T]:
    """A query for the rows that have one of many ids, kept ready for any number of them up to a page.

    `build`: makes the queryset from the ids, and from further named values whose types are `kinds`, as for a `Prepared`.
    """

    def __init__(
        self, build: "Callable[..., QuerySet[Any, Any]]", **kinds: type[UUID] | type[datetime]
    ) -> None:
        self._build = build
        self._names = [f"id{i}" for i in range(_MANY)]

        def of_page(**values: UUID | datetime) -> "QuerySet[Any, Any]":
            return build([values.pop(name) for name in self._names], **values)

        self._ready = Prepared[T](of_page, **dict.fromkeys(self._names, UUID), **kinds)

    def __call__(self, ids: Sequence[UUID], **values: UUID | datetime) -> list[T]:
        """Return the rows for these ids and values."""
        if not ids:
            return []
        if len(ids) > _MANY:
            return list(self._build(list(ids), **values))
        page = {name: ids[i] if i < len(ids) else NIL for i, name in enumerate(self._names)}
        return self._ready(**page, **values)


# So many sights are remembered by each query: those of the people who work at the same time.
_SIGHTS = 256


class BySight[T]:
    """A queryset that is compiled once for each sight, on each connection.

    `build`: makes the queryset for an actor who has nothing but that sight, and for what else is asked (`asked`), of which each
    kind has its own statement too. What differs from one request to the next is the instant for which the sight was found, and
    the named values, whose types are `kinds`, as for a `Prepared`.
    """

    def __init__(
        self, build: "Callable[..., QuerySet[Any, Any]]", **kinds: type[UUID] | type[datetime]
    ) -> None:
        self._build = build
        self._kinds = kinds
        self._ready: OrderedDict[tuple[Hashable, ...], Prepared[T]] = OrderedDict()

    def __call__(self, actor: Actor, *asked: Hashable, **values: UUID | datetime) -> list[T]:
        """Return all rows for what the actor sees, and these values."""
        at = actor.sight.resolved_at
        sight, timeless = replace(actor.sight, resolved_at=None), at is None
        key = sight, timeless, *asked
        ready = self._ready.get(key)
        if ready is None:
            ready = self._ready[key] = self._prepared(sight, timeless, *asked)
            while len(self._ready) > _SIGHTS:
                self._ready.popitem(last=False)
        return ready(**values) if at is None else ready(**values, at=at)

    def _prepared(self, sight: Sight, timeless: bool, *asked: Hashable) -> Prepared[T]:
        def build(at: datetime | None = None, **values: UUID | datetime) -> "QuerySet[Any, Any]":
            reader = Actor(kind="person", id=NIL, sight=replace(sight, resolved_at=at))
            return self._build(reader, *asked, **values)

        if timeless:
            return Prepared[T](build, **self._kinds)
        ready = Prepared[T](build, at=datetime, **self._kinds)
        ready._may_lack = frozenset({"at"})  # noqa: SLF001 - most queries within sight ask for no instant
        return ready


def _mark(kind: type[UUID] | type[datetime] | type[str], number: int) -> UUID | datetime | str:
    if kind is str:
        return str(uuid4())
    return uuid4() if kind is UUID else _LONG_AGO + timedelta(microseconds=number)


def _written(value: UUID | datetime | str, connection: BaseDatabaseWrapper) -> Any:
    """Return a value as this database takes it in a parameter."""
    if isinstance(value, str):
        return value
    if isinstance(value, UUID):
        return value if connection.features.has_native_uuid_field else value.hex
    return connection.ops.adapt_datetimefield_value(value)
