"""Indexes the beginnings of words on SQLite, so that "pri" is found at the cost of one word and not of all that begin so."""

from typing import ClassVar

from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

_OPTIONS = "tokenize = 'unicode61 remove_diacritics 0'"


def _make_anew(schema_editor: BaseDatabaseSchemaEditor, options: str) -> None:
    if schema_editor.connection.vendor == "postgresql":
        return
    # A virtual table takes no further option: its rows move into a new one.
    schema_editor.execute("ALTER TABLE foundation_searchwords RENAME TO foundation_searchwords_before")
    schema_editor.execute(
        f"CREATE VIRTUAL TABLE foundation_searchwords USING fts5(words, readers, {options})"
    )
    schema_editor.execute(
        "INSERT INTO foundation_searchwords (rowid, words, readers)"
        " SELECT rowid, words, readers FROM foundation_searchwords_before"
    )
    schema_editor.execute("DROP TABLE foundation_searchwords_before")


def index_beginnings(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Keep an index of the first two and three letters."""
    _make_anew(schema_editor, f"{_OPTIONS}, prefix = '2 3'")


def leave_beginnings(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Keep none."""
    _make_anew(schema_editor, _OPTIONS)


class Migration(migrations.Migration):
    dependencies: ClassVar = [("foundation", "0008_restoration")]
    operations: ClassVar = [migrations.RunPython(index_beginnings, leave_beginnings)]
