"""Puts who reads a text beside its words in the index, so that a search never looks at texts of others."""

from typing import ClassVar

from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

_TOKENIZER = "tokenize = 'unicode61 remove_diacritics 0'"


def _marks(as_hex: str) -> str:
    return f"""
        SELECT r.audience_id, {as_hex} AS mark FROM foundation_audiencereader r
        UNION ALL SELECT a.id, 'requester' FROM foundation_audience a WHERE a.with_requester
        UNION ALL SELECT a.id, 'shared' FROM foundation_audience a
        WHERE a.with_requester
            OR (SELECT count(*) FROM foundation_audiencereader c WHERE c.audience_id = a.id) > 1
    """


def add_readers(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Give every indexed text the marks of its audience."""
    if schema_editor.connection.vendor == "postgresql":
        marks = _marks("replace(r.organization_id::text, '-', '')")
        schema_editor.execute(
            f"""
            UPDATE foundation_searchtext t
            SET words = array_to_tsvector(tsvector_to_array(coalesce(t.words, ''::tsvector)) || m.marks)
            FROM (
                SELECT audience_id, array_agg(':' || mark) AS marks FROM ({marks}) AS one GROUP BY audience_id
            ) AS m
            WHERE m.audience_id = t.audience_id
            """
        )
        return
    # A virtual table takes no further column: the words move into a new one.
    schema_editor.execute("ALTER TABLE foundation_searchwords RENAME TO foundation_searchwords_before")
    schema_editor.execute(
        f"CREATE VIRTUAL TABLE foundation_searchwords USING fts5(words, readers, {_TOKENIZER})"
    )
    schema_editor.execute(
        f"""
        INSERT INTO foundation_searchwords (rowid, words, readers)
        SELECT b.rowid, b.words, (
            SELECT group_concat(one.mark, ' ') FROM ({_marks("r.organization_id")}) AS one
            WHERE one.audience_id = t.audience_id
        )
        FROM foundation_searchwords_before b JOIN foundation_searchtext t ON t.id = b.rowid
        """
    )
    schema_editor.execute("DROP TABLE foundation_searchwords_before")


def drop_readers(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Leave the words alone in the index, for a migration backwards."""
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(
            """
            UPDATE foundation_searchtext SET words = array_to_tsvector(
                ARRAY(SELECT w FROM unnest(tsvector_to_array(words)) AS w WHERE left(w, 1) <> ':'))
            """
        )
        return
    schema_editor.execute("ALTER TABLE foundation_searchwords RENAME TO foundation_searchwords_before")
    schema_editor.execute(f"CREATE VIRTUAL TABLE foundation_searchwords USING fts5(words, {_TOKENIZER})")
    schema_editor.execute(
        "INSERT INTO foundation_searchwords (rowid, words) SELECT rowid, words FROM foundation_searchwords_before"
    )
    schema_editor.execute("DROP TABLE foundation_searchwords_before")


class Migration(migrations.Migration):
    dependencies: ClassVar = [("foundation", "0004_search_words")]
    operations: ClassVar = [migrations.RunPython(add_readers, drop_readers)]
