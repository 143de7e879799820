"""What an installation knows of its past: that it was restored from a backup, and whether it may speak to the outside again."""

from typing import ClassVar

from django.db import models


class Restoration(models.Model):
    """The one restore that filled this installation. While `released_at` is open, nothing leaves the house.

    `finished_at` is set in the transaction that brings the rows in: without it, the restore was broken off.
    """

    ONLY = 1

    id = models.PositiveSmallIntegerField(primary_key=True, default=ONLY)
    backup_digest = models.CharField(max_length=64)
    backup_taken_at = models.DateTimeField()
    began_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)
    released_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(condition=models.Q(id=1), name="restoration_is_the_only_one")
        ]
