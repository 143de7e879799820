"""Makes the ledger append-only in the database itself, on SQLite and on PostgreSQL.

A payload may go only when an erasure names its entry. Any later migration that rebuilds one of these tables on SQLite must
create its triggers again; `tests/architecture/test_ledger_triggers.py` notices when it does not.
"""

from typing import ClassVar

from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

FROZEN = (
    "foundation_stream",
    "foundation_audience",
    "foundation_audiencestream",
    "foundation_audiencereader",
    "foundation_entry",
    "foundation_erasure",
    "foundation_seal",
)
PAYLOAD = "foundation_payload"

POSTGRESQL_FUNCTIONS = """
CREATE OR REPLACE FUNCTION cosource_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'append-only: % on % is refused', TG_OP, TG_TABLE_NAME USING ERRCODE = 'integrity_constraint_violation';
END $$;
CREATE OR REPLACE FUNCTION cosource_payload_delete() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT 1 FROM foundation_erasure e WHERE e.entry_id = OLD.entry_id) THEN
        RAISE EXCEPTION 'append-only: a payload goes only by an erasure' USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN OLD;
END $$;
"""


def create_triggers(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Create every trigger for the database at hand."""
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(POSTGRESQL_FUNCTIONS, params=None)
        for table in (*FROZEN, PAYLOAD):
            events = "UPDATE" if table == PAYLOAD else "UPDATE OR DELETE"
            schema_editor.execute(
                f"CREATE TRIGGER {table}_frozen BEFORE {events} ON {table} "
                "FOR EACH ROW EXECUTE FUNCTION cosource_append_only()"
            )
            schema_editor.execute(
                f"CREATE TRIGGER {table}_kept BEFORE TRUNCATE ON {table} "
                "FOR EACH STATEMENT EXECUTE FUNCTION cosource_append_only()"
            )
        schema_editor.execute(
            f"CREATE TRIGGER {PAYLOAD}_erased BEFORE DELETE ON {PAYLOAD} "
            "FOR EACH ROW EXECUTE FUNCTION cosource_payload_delete()"
        )
        return
    for table in (*FROZEN, PAYLOAD):
        schema_editor.execute(
            f"CREATE TRIGGER {table}_no_update BEFORE UPDATE ON {table} "
            f"BEGIN SELECT RAISE(ABORT, 'append-only: UPDATE on {table} is refused'); END"
        )
        if table != PAYLOAD:
            schema_editor.execute(
                f"CREATE TRIGGER {table}_no_delete BEFORE DELETE ON {table} "
                f"BEGIN SELECT RAISE(ABORT, 'append-only: DELETE on {table} is refused'); END"
            )
    schema_editor.execute(
        f"CREATE TRIGGER {PAYLOAD}_erased BEFORE DELETE ON {PAYLOAD} "
        "WHEN NOT EXISTS (SELECT 1 FROM foundation_erasure e WHERE e.entry_id = OLD.entry_id) "
        "BEGIN SELECT RAISE(ABORT, 'append-only: a payload goes only by an erasure'); END"
    )


def drop_triggers(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Drop them again, for a migration backwards."""
    for table in (*FROZEN, PAYLOAD):
        if schema_editor.connection.vendor == "postgresql":
            for name in ("frozen", "kept", "erased"):
                schema_editor.execute(f"DROP TRIGGER IF EXISTS {table}_{name} ON {table}")
        else:
            for name in ("no_update", "no_delete", "erased"):
                schema_editor.execute(f"DROP TRIGGER IF EXISTS {table}_{name}")


class Migration(migrations.Migration):
    dependencies: ClassVar = [("foundation", "0001_initial")]
    operations: ClassVar = [migrations.RunPython(create_triggers, drop_triggers)]
