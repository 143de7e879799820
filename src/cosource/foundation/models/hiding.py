"""Texts that are hidden for now, because somebody saw in them what others must not read. The record is the entries, not these."""

from django.db import models

from cosource.foundation.models.ledger import Entry


class Hiding(models.Model):
    """An entry whose payload is kept from all but named people until somebody decides what becomes of it.

    `hidden_by_id`, `author_id`: a person's or token's id. The row goes when the text is released or erased.
    """

    entry = models.OneToOneField(Entry, on_delete=models.CASCADE, primary_key=True, related_name="hiding")
    hidden_by_entry = models.ForeignKey(Entry, on_delete=models.CASCADE, related_name="+", db_index=False)
    hidden_by_id = models.UUIDField()
    author_id = models.UUIDField(null=True)
    at = models.DateTimeField()
