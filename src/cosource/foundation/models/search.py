"""What can be found by words: one row per text and its audience. The words themselves are in each database's own index.

The index column (PostgreSQL) and table (SQLite FTS5) are made by migration 0004 and known to `services.search` alone.
"""

from typing import ClassVar

from django.db import models


class SearchText(models.Model):
    """A text that was indexed: what it belongs to, who may find it by its words, and the entry that it came with."""

    id = models.BigAutoField(primary_key=True)
    subject_kind = models.CharField(max_length=20)
    subject_id = models.UUIDField()
    entry_id = models.UUIDField(db_index=True)
    audience_id = models.UUIDField()

    class Meta:
        indexes: ClassVar = [models.Index(fields=["subject_id"], name="search_of_subject")]
