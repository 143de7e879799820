"""A major incident: who leads it, since when, and the review after it. What is said in it are texts of the conversation."""

from typing import ClassVar

from django.db import models

from cosource.parties.models import Person
from cosource.tickets.models.tickets import Ticket


class MajorIncident(models.Model):
    """An incident that is led: one person decides, one tells everybody else.

    `ended_at`: the service is back, and the review is open from then on. `reviewed_at`: both sides said what they learned.
    """

    ticket = models.OneToOneField(Ticket, on_delete=models.CASCADE, primary_key=True, related_name="major")
    declared_at = models.DateTimeField()
    declared_by_id = models.UUIDField(null=True)
    commander = models.ForeignKey(
        Person, on_delete=models.PROTECT, null=True, related_name="+", db_index=False
    )
    communicator = models.ForeignKey(
        Person, on_delete=models.PROTECT, null=True, related_name="+", db_index=False
    )
    ended_at = models.DateTimeField(null=True)
    reviewed_at = models.DateTimeField(null=True)

    class Meta:
        indexes: ClassVar = [models.Index(fields=["declared_at"], name="major_by_time")]
