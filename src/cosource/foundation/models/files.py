"""Files that people attach, as rows. Their content lies in a store (`foundation.stores`), under a random name.

Not here: who may have one beyond the audience (`foundation.file_sight`), bringing, attaching and erasing (`services.files`).
"""

from typing import ClassVar

from django.db import models

from cosource.foundation.file_sight import files_reached
from cosource.foundation.ids import new_id
from cosource.foundation.models.ledger import Audience, Entry
from cosource.foundation.sight import Actor


class StoredFileQuerySet(models.QuerySet["StoredFile"]):
    """Files in sight: those that came with an entry which the actor reads, and that are not erased."""

    def visible_to(self, actor: Actor) -> "StoredFileQuerySet":
        """Return the files that the actor may have now."""
        reached = files_reached(actor)
        if reached is None:
            return self.none()
        return self.filter(reached, erased_at__isnull=True, audience__readers__organization_id=actor.reads_as)


class StoredFile(models.Model):
    """One file of one entry. Several rows may share content: a description that is shared on takes its files along.

    `content`: the random name under which it lies. `name`: as it was called where it came from, data and no path. `type`: what
    the content itself says. `organization_id`, `brought_by_id`: who brought it. Without an entry it waits for its message, and
    goes after a week. Once erased, name, type and digest are blank.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    content = models.CharField(max_length=32, db_index=True)
    name = models.CharField(max_length=255, blank=True)
    size = models.PositiveBigIntegerField()
    type = models.CharField(max_length=100, blank=True)
    sha256 = models.CharField(max_length=64, blank=True)
    organization_id = models.UUIDField(null=True)
    brought_by_id = models.UUIDField(null=True)
    at = models.DateTimeField()
    entry = models.ForeignKey(Entry, on_delete=models.PROTECT, null=True, related_name="+")
    audience = models.ForeignKey(
        Audience, on_delete=models.PROTECT, null=True, related_name="+", db_index=False
    )
    subject_kind = models.CharField(max_length=20, blank=True)
    subject_id = models.UUIDField(null=True)
    erased_at = models.DateTimeField(null=True)

    objects: ClassVar[StoredFileQuerySet] = StoredFileQuerySet.as_manager()  # type: ignore[assignment]  # django-stubs types as_manager() as Manager

    class Meta:
        indexes: ClassVar = [
            models.Index(
                fields=["brought_by_id", "at"], condition=models.Q(entry__isnull=True), name="file_waiting"
            )
        ]
