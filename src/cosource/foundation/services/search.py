"""Indexing texts for search, in the transaction that writes them; finding is in `queries.search`."""

from collections.abc import Iterable, Sequence
from uuid import UUID

from django.db import connection

from cosource.foundation.bulk import insert_rows
from cosource.foundation.models import SearchText
from cosource.foundation.queries.search import FTS, marks_of
from cosource.foundation.rules.words import words_of
from cosource.foundation.services.audience import audience_readers


def text_index(*, subject_kind: str, subject_id: UUID, entry_id: UUID, audience_id: UUID, text: str) -> None:
    """Index one text for its audience."""
    texts_index([(subject_kind, subject_id, entry_id, audience_id, text)])


def texts_index(rows: Sequence[tuple[str, UUID, UUID, UUID, str]]) -> None:
    """Index texts set-wise: (subject kind, subject id, entry id, audience id, text). In the caller's transaction."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.executemany(
                "INSERT INTO foundation_searchtext (subject_kind, subject_id, entry_id, audience_id, words)"
                " VALUES (%s, %s, %s, %s, array_to_tsvector(%s::text[]))",
                [
                    (kind, subject, entry, audience, sorted({*words_of(text), *_marked(audience, kind)}))
                    for kind, subject, entry, audience, text in rows
                ],
            )
            return
        # Writers stand in line on SQLite, so the next numbers are this transaction's own.
        cursor.execute("SELECT coalesce(max(id), 0) + 1 FROM foundation_searchtext")
        first: int = cursor.fetchone()[0]
        insert_rows(
            SearchText,
            ("id", "subject_kind", "subject_id", "entry_id", "audience_id"),
            [(first + n, *named) for n, (*named, _) in enumerate(rows)],
        )
        cursor.executemany(
            f"INSERT INTO {FTS} (rowid, words, readers) VALUES (%s, %s, %s)",  # noqa: S608 - the table's name is ours
            [
                (
                    first + n,
                    " ".join(words_of(text)),
                    " ".join(marks_of(*audience_readers(audience_id), kind)),
                )
                for n, (kind, *_, audience_id, text) in enumerate(rows)
            ],
        )


def _marked(audience_id: UUID, subject_kind: str) -> list[str]:
    """Return the marks of an audience as PostgreSQL's index has them: no word begins with a colon."""
    return [f":{mark}" for mark in marks_of(*audience_readers(audience_id), subject_kind)]


def texts_forget(entry_ids: Iterable[UUID]) -> None:
    """Remove from the index what came with these entries."""
    rows = list(SearchText.objects.filter(entry_id__in=list(entry_ids)).values_list("id", flat=True))
    if rows and connection.vendor != "postgresql":
        with connection.cursor() as cursor:
            cursor.executemany(f"DELETE FROM {FTS} WHERE rowid = %s", [(row,) for row in rows])  # noqa: S608 - the table's name is ours
    SearchText.objects.filter(id__in=rows).delete()
