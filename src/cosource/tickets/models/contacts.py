"""Calls and walk-ups that were written down on tickets."""

from typing import ClassVar

from django.db import models

from cosource.foundation.models import AudienceReader
from cosource.foundation.sight import Actor
from cosource.parties.models import Organization, Person
from cosource.tickets.models.participation import Participation
from cosource.tickets.models.tickets import Ticket


class ContactQuerySet(models.QuerySet["Contact"]):
    """Contacts of tickets in sight, for the parties that were told of them."""

    def visible_to(self, actor: Actor) -> "ContactQuerySet":
        """Return the contacts that the actor may know of."""
        if actor.sight.organization_id is None:
            return self.none()
        told = AudienceReader.objects.filter(organization_id=actor.sight.organization_id)
        return self.filter(
            audience_id__in=told.values("audience_id"),
            ticket_id__in=Participation.objects.visible_to(actor).values("ticket_id"),
        )


class Contact(models.Model):
    """Somebody called or came about a ticket, as the entry with the same id says.

    `taken_for`, `taken_by`: the party and the person that answered, as far as they may be known here.
    `opened`: the ticket was opened by it, not gone on with.
    `solved`: it was resolved with it, at once.
    """

    id = models.UUIDField(primary_key=True, editable=False)
    ticket = models.ForeignKey(Ticket, on_delete=models.CASCADE, related_name="contacts")
    audience_id = models.UUIDField()
    taken_for = models.ForeignKey(
        Organization, on_delete=models.PROTECT, null=True, related_name="+", db_index=False
    )
    taken_by = models.ForeignKey(
        Person, on_delete=models.PROTECT, null=True, related_name="+", db_index=False
    )
    channel = models.CharField(max_length=10)
    opened = models.BooleanField(default=True)
    solved = models.BooleanField(default=False)
    at = models.DateTimeField()

    objects: ClassVar[ContactQuerySet] = ContactQuerySet.as_manager()  # type: ignore[assignment]  # django-stubs types as_manager() as Manager

    class Meta:
        indexes: ClassVar = [models.Index(fields=["taken_by", "at"], name="contact_of_person")]

    def __str__(self) -> str:
        return f"{self.channel} about {self.ticket_id}"
