"""Makes the word index: an FTS5 table on SQLite, a tsvector column with a GIN index on PostgreSQL."""

from typing import ClassVar

from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor


def create(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Create the index for the database at hand."""
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute("ALTER TABLE foundation_searchtext ADD COLUMN words tsvector")
        schema_editor.execute(
            "CREATE INDEX foundation_searchtext_words ON foundation_searchtext USING gin (words)"
        )
    else:
        # Words come cut and folded; the tokenizer only has to split at blanks.
        schema_editor.execute(
            "CREATE VIRTUAL TABLE foundation_searchwords USING fts5(words, tokenize = 'unicode61 remove_diacritics 0')"
        )


def drop(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Drop it again, for a migration backwards."""
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute("ALTER TABLE foundation_searchtext DROP COLUMN words")
    else:
        schema_editor.execute("DROP TABLE foundation_searchwords")


class Migration(migrations.Migration):
    dependencies: ClassVar = [("foundation", "0003_searchtext")]
    operations: ClassVar = [migrations.RunPython(create, drop)]
