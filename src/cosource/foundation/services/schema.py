"""Bringing the database up to date, one change a transaction, so that a broken one leaves nothing behind."""

from collections.abc import Callable, Sequence
from typing import Any

from django.core.management.sql import emit_post_migrate_signal, emit_pre_migrate_signal
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.migration import Migration
from django.db.migrations.state import ModelState, ProjectState

from cosource.foundation.errors import Conflict
from cosource.foundation.queries.schema import refusal_of, schema_state


class _State(ProjectState):
    """What the changes so far make of the models.

    For most changes Django makes a model anew, and with it every other that refers to the same. A model that nobody refers to
    yet, an index and a constraint need none of that, and were two thirds of the time that a new database took.
    """

    def add_model(self, model_state: ModelState) -> None:
        key = model_state.app_label, model_state.name_lower
        self.models[key] = model_state
        if self._relations is not None:  # type: ignore[attr-defined]  # the stubs leave it out
            self.resolve_model_relations(key)
        self.apps.render_multiple([model_state])

    def _append_option(self, app_label: str, model_name: str, option_name: str, obj: Any) -> None:
        self._set(app_label, model_name, option_name, lambda known: [*known, obj])

    def _remove_option(self, app_label: str, model_name: str, option_name: str, obj_name: str) -> None:
        self._set(app_label, model_name, option_name, lambda known: [o for o in known if o.name != obj_name])

    def _set(self, room: str, model: str, option: str, change: Callable[[list[Any]], list[Any]]) -> None:
        options = self.models[room, model].options
        options[option] = change(options[option])
        meta: Any = self.apps.all_models[room][model]._meta  # noqa: SLF001 - what a change of the database is read from
        setattr(meta, option, meta._format_names(options[option]))  # noqa: SLF001


class _WholeSteps(MigrationExecutor):
    """Notes a change in the very transaction that makes it: killed between the two, Django would make it again, and fail."""

    def apply_migration(
        self, state: ProjectState, migration: Migration, fake: bool = False, fake_initial: bool = False
    ) -> ProjectState:
        if self.progress_callback:
            self.progress_callback("apply_start", migration, fake)
        with self.connection.schema_editor(atomic=migration.atomic) as editor:
            state = migration.apply(state, editor)
            for statement in editor.deferred_sql:
                editor.execute(statement, None)
            editor.deferred_sql.clear()
            self.record_migration(migration.app_label, migration.name)
        if self.progress_callback:
            self.progress_callback("apply_success", migration, fake)
        return state


def schema_update(*, until: Sequence[str] | None = None, tell: Any = None) -> int:
    """Make the changes that wait, and return how many there were. Safe to run again after it was broken off.

    `until`: only these, as `room.name`. `tell`: called with the name of each change before it is made.
    Raises: Conflict when a newer version was here before.
    """
    if refusal := refusal_of(schema_state()):
        raise Conflict(refusal[0].upper() + refusal[1:], code="newer_schema")

    def progress(action: str, migration: Any = None, fake: bool | None = False, /) -> None:
        if action == "apply_start" and tell:
            tell(str(migration))

    connection.prepare_database()
    executor = _WholeSteps(connection, progress)
    targets = _targets(executor, until)
    plan = executor.migration_plan(targets)
    if not plan:
        return 0
    before = executor._create_project_state(with_applied_migrations=True)  # type: ignore[attr-defined]  # noqa: SLF001 - as Django's own command does
    emit_pre_migrate_signal(0, False, connection.alias, apps=before.apps, plan=plan)
    state = _State({key: model.clone() for key, model in before.models.items()}, before.real_apps)
    after = executor.migrate(targets, plan=plan, state=state)
    after.clear_delayed_apps_cache()
    emit_post_migrate_signal(0, False, connection.alias, apps=after.apps, plan=plan)
    return len(plan)


def _targets(executor: MigrationExecutor, until: Sequence[str] | None) -> list[tuple[str, str]]:
    graph: Any = executor.loader.graph
    if until is None:
        return list(graph.leaf_nodes())
    wanted = {(app, name) for app, _, name in (change.partition(".") for change in until)}
    # The last of each room: those that none of the others builds on.
    return sorted(
        key
        for key in wanted & set(graph.nodes)
        if not any(c.key in wanted and c.key[0] == key[0] for c in graph.node_map[key].children)
    )
