"""Reading all there is, as one moment saw it: every table, row by row, in the form of a backup.

Tables are taken as the database has them, by the changes that were made to it, so that a backup can be taken before an upgrade
too. Not here: writing the folder (`services.backup`).
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from django.db import connection, models, transaction
from django.db.migrations.loader import MigrationLoader

from cosource.foundation.models import Stream
from cosource.foundation.queries.search import FTS
from cosource.foundation.queries.streams import stream_head
from cosource.foundation.queries.verification import HEADS_FORMAT

# Sessions end with a restore: a copy must not be a bunch of keys. The rest makes itself anew.
LEFT_OUT = frozenset(
    {
        "django_session",
        "usersessions_usersession",
        "django_content_type",
        "auth_permission",
        "auth_group",
        "auth_group_permissions",
        "foundation_restoration",
    }
)
SEARCH = "foundation_searchtext"
FILES = "foundation_storedfile"
# The words of the search index are no column of any model.
SEARCH_COLUMNS = (("words", "text"), ("readers", "text"))
_AT_ONCE = 2_000

_KINDS: "tuple[tuple[type[models.Field[Any, Any]], str], ...]" = (
    (models.UUIDField, "uuid"),
    (models.DateTimeField, "instant"),
    (models.DateField, "date"),
    (models.TimeField, "time"),
    (models.BooleanField, "bool"),
    (models.JSONField, "json"),
    (models.IntegerField, "number"),
    (models.DecimalField, "decimal"),
    (models.CharField, "text"),
    (models.TextField, "text"),
    (models.GenericIPAddressField, "text"),
)


@dataclass(frozen=True, slots=True)
class Table:
    """A table to copy: its columns with their kinds, and the columns that order its rows."""

    name: str
    columns: tuple[tuple[str, str], ...]
    order: tuple[str, ...]


@contextmanager
def one_moment() -> Iterator[None]:
    """Let everything that is read inside be of one moment, without keeping anybody from writing."""
    if connection.vendor == "postgresql":
        with transaction.atomic(durable=True), connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            # Files may be copied for long between two tables; who only reads holds nobody up.
            cursor.execute("SET LOCAL idle_in_transaction_session_timeout = 0")
            yield
        return
    # Django's own transactions on SQLite hold the one place that writes; a plain one only reads.
    with connection.cursor() as cursor:
        cursor.execute("BEGIN DEFERRED")
        try:
            cursor.execute("SELECT 1 FROM django_migrations LIMIT 1")
            yield
        finally:
            cursor.execute("ROLLBACK")


def tables_there() -> list[Table]:
    """Return the tables of the database as they are now, by name.

    Raises: TypeError for a column of a kind that a backup cannot hold.
    """
    loader = MigrationLoader(connection)
    made = [key for key in loader.applied_migrations or {} if key in loader.graph.nodes]
    apps = loader.project_state(made).apps
    found = [
        _table(model)
        for model in apps.get_models(include_auto_created=True)
        if model._meta.managed and not model._meta.proxy and model._meta.db_table not in LEFT_OUT
    ]
    return sorted(found, key=lambda table: table.name)


def _table(model: type[models.Model]) -> Table:
    meta = model._meta
    fields = [f for f in meta.concrete_fields if f.column and not isinstance(f, models.GeneratedField)]
    columns = tuple((str(f.column), _kind(f)) for f in fields)
    return Table(
        name=meta.db_table,
        columns=(*columns, *SEARCH_COLUMNS) if meta.db_table == SEARCH else columns,
        order=tuple(str(f.column) for f in meta.pk_fields),
    )


def _kind(field: "models.Field[Any, Any]") -> str:
    if isinstance(field, models.ForeignKey):
        return _kind(field.target_field)
    for kind_of_field, kind in _KINDS:
        if isinstance(field, kind_of_field):
            return kind
    raise TypeError(f"{field.model._meta.db_table}.{field.column}: a backup holds no {type(field).__name__}")


def rows_of(table: Table) -> Iterator[tuple[Any, ...]]:
    """Return the rows of a table in the order of its key, the same on both databases."""
    with connection.chunked_cursor() as cursor:
        cursor.execute(_select(table))
        while rows := cursor.fetchmany(_AT_ONCE):
            yield from map(_with_words, rows) if table.name == SEARCH else rows


def _select(table: Table) -> str:
    kinds = dict(table.columns)
    own = [
        f't."{name}"'
        for name, _ in table.columns
        if (name, "text") not in SEARCH_COLUMNS or table.name != SEARCH
    ]
    # By the letters' own numbers, as SQLite does, whatever the server's language.
    bytewise = ' COLLATE "C"' if connection.vendor == "postgresql" else ""
    order = ", ".join(f't."{name}"{bytewise if kinds[name] == "text" else ""}' for name in table.order)
    source = f'"{table.name}" t'
    if table.name == SEARCH:
        if connection.vendor == "postgresql":
            own += ["tsvector_to_array(t.words)", "NULL"]
        else:
            own += ["w.words", "w.readers"]
            source += f" LEFT JOIN {FTS} w ON w.rowid = t.id"
    return f"SELECT {', '.join(own)} FROM {source} ORDER BY {order}"  # noqa: S608 - names of our own tables


def _with_words(row: tuple[Any, ...]) -> tuple[Any, ...]:
    """Return a row of the search index with its words and its readers as two texts, sorted."""
    *own, words, readers = row
    if isinstance(words, str):
        return (*own, _sorted(words.split()), _sorted((readers or "").split()))
    marked = words or []
    return (
        *own,
        _sorted([w for w in marked if not w.startswith(":")]),
        _sorted([w[1:] for w in marked if w.startswith(":")]),
    )


def _sorted(words: list[str]) -> str:
    return " ".join(sorted(set(words)))


def files_attached() -> list[tuple[str, str]]:
    """Return under which name the content of each file lies, and its digest."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT content, sha256 FROM {FILES} WHERE erased_at IS NULL GROUP BY content, sha256 ORDER BY content"  # noqa: S608 - our own table
        )
        return [(str(content), str(sha256)) for content, sha256 in cursor.fetchall()]


def heads_there(taken_at: str) -> dict[str, Any]:
    """Return the head of every record, each with the organizations that read it."""
    heads = []
    for stream in Stream.objects.order_by("id"):
        position, link = stream_head(stream.id)
        readers = [i for i in (stream.first_organization_id, stream.second_organization_id) if i is not None]
        heads.append(
            {
                "stream": str(stream.id),
                "position": position,
                "hash": link,
                "readers": [str(reader) for reader in readers],
            }
        )
    return {"format": HEADS_FORMAT, "taken_at": taken_at, "streams": heads}
