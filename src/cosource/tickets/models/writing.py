"""What somebody writes on a ticket before it is said: kept for that one person, and no part of the record."""

from typing import ClassVar

from django.db import models

from cosource.foundation.ids import new_id
from cosource.foundation.sight import Actor
from cosource.parties.models import Organization, Person
from cosource.tickets.models.tickets import Ticket


class WritingQuerySet(models.QuerySet["Writing"]):
    """Words that are not said yet, each seen by the one person who writes them, where they act for the same organization."""

    def visible_to(self, actor: Actor) -> "WritingQuerySet":
        """Return the actor's own; a token writes nothing beforehand."""
        if actor.person_id is None or actor.organization_id is None:
            return self.none()
        return self.filter(person_id=actor.person_id, organization_id=actor.organization_id)


class Writing(models.Model):
    """What a person has written on a ticket and not sent, or sent a moment ago.

    `audience`: the choice of readers as the form sends it. `send_at`: it was sent, and will be said at that instant unless it is
    taken back; then `wider_confirmed` says whether new readers were confirmed. `refused`: why it could not be said then.
    `file_ids`: files that were brought and wait to go along.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    ticket = models.ForeignKey(Ticket, on_delete=models.CASCADE, related_name="writings", db_index=False)
    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="+")
    organization = models.ForeignKey(Organization, on_delete=models.CASCADE, related_name="+", db_index=False)
    text = models.TextField()
    audience = models.TextField(blank=True)
    with_requester = models.BooleanField(default=False)
    file_ids = models.JSONField(default=list)
    kept_at = models.DateTimeField()
    send_at = models.DateTimeField(null=True)
    wider_confirmed = models.BooleanField(default=False)
    refused = models.CharField(max_length=300, blank=True)

    objects: ClassVar[WritingQuerySet] = WritingQuerySet.as_manager()  # type: ignore[assignment]  # django-stubs types as_manager() as Manager

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["ticket", "person", "organization"], name="writing_once_per_person"
            )
        ]


class FollowingQuerySet(models.QuerySet["Following"]):
    """Who follows which ticket, each row seen by the one person."""

    def visible_to(self, actor: Actor) -> "FollowingQuerySet":
        """Return the actor's own."""
        if actor.person_id is None or actor.organization_id is None:
            return self.none()
        return self.filter(person_id=actor.person_id, organization_id=actor.organization_id)


class Following(models.Model):
    """A person who wants to be told of what happens on a ticket, as far as they may read it; `Beside.FOLLOWED`: some do."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    ticket = models.ForeignKey(Ticket, on_delete=models.CASCADE, related_name="followings", db_index=False)
    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="+")
    organization = models.ForeignKey(Organization, on_delete=models.CASCADE, related_name="+", db_index=False)

    objects: ClassVar[FollowingQuerySet] = FollowingQuerySet.as_manager()  # type: ignore[assignment]  # django-stubs types as_manager() as Manager

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["ticket", "person", "organization"], name="following_once_per_person"
            )
        ]
