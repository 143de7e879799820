"""How far the database is: which of its changes were made, which this version knows."""

from dataclasses import dataclass

from django.db import connection
from django.db.migrations.loader import MigrationLoader

type Change = tuple[str, str]


@dataclass(frozen=True, slots=True)
class SchemaState:
    """`made`: changes of the database that were made; `waiting`: known and not made; `unknown`: made by a newer version."""

    made: tuple[str, ...]
    waiting: tuple[str, ...]
    unknown: tuple[str, ...]

    @property
    def is_empty(self) -> bool:
        """Return whether there are no tables yet."""
        return not self.made


def schema_state() -> SchemaState:
    """Compare the database with what this version knows. Raises: DatabaseError when it cannot be reached."""
    loader = MigrationLoader(connection)
    made = {key for key in loader.applied_migrations or {} if key[0] in loader.migrated_apps}
    # A change that others replaced is known by those.
    known = {*(loader.disk_migrations or {}), *(r for m in loader.replacements.values() for r in m.replaces)}
    return SchemaState(
        made=_names(made), waiting=_names(set(loader.graph.nodes) - made), unknown=_names(made - known)
    )


def refusal_of(state: SchemaState) -> str:
    """Return why this version must not work on such a database; empty when it may."""
    if not state.unknown:
        return ""
    room = state.unknown[-1].partition(".")[0]
    own = [name for name in state.made if name.startswith(f"{room}.") and name not in state.unknown]
    newest = own[-1] if own else f"no {room}"
    return (
        f"the database was brought to {state.unknown[-1]} by a newer version; this one knows {newest}: "
        "install the newer version, or restore the backup that was made before it"
    )


def _names(changes: set[Change]) -> tuple[str, ...]:
    return tuple(sorted(f"{app}.{name}" for app, name in changes))
