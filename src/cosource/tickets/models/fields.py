"""Fields that a desk adds to its tickets, declared as data, and what was answered."""

from typing import ClassVar

from django.db import models

from cosource.foundation.ids import new_id
from cosource.parties.models import Organization
from cosource.tickets.models.templates import KeptByDesk
from cosource.tickets.models.tickets import Ticket


class FieldSet(models.Model):
    """Fields for a desk's tickets, as text (`rules.forms`). `kind`, `topic`: of which tickets; empty for all.

    `internal`: the organization's own people alone read them, on every ticket in which it takes part; otherwise they are of the
    tickets that it owns, and read by who takes part.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    organization = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="+")
    name = models.CharField(max_length=120)
    kind = models.CharField(max_length=20, blank=True)
    topic = models.CharField(max_length=120, blank=True)
    form = models.TextField()
    internal = models.BooleanField(default=False)
    created_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    version = models.PositiveIntegerField(default=1)

    objects: ClassVar[KeptByDesk["FieldSet"]] = KeptByDesk.as_manager()  # type: ignore[assignment]  # django-stubs types as_manager() as Manager


class FieldAnswers(models.Model):
    """Where one party of a ticket reads the latest answers to a set: the payload of `entry_id`; erasing that blanks them."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    ticket = models.ForeignKey(Ticket, on_delete=models.CASCADE, related_name="answered", db_index=False)
    field_set = models.ForeignKey(FieldSet, on_delete=models.PROTECT, related_name="answers", db_index=False)
    organization = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="+", db_index=False)
    entry_id = models.UUIDField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["ticket", "field_set", "organization"], name="answers_once")
        ]
        indexes: ClassVar = [models.Index(fields=["field_set", "organization"], name="answers_of_set")]
