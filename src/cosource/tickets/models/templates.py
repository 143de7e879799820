"""Tickets that a desk has written beforehand, for its own people to begin with, and those that open by a calendar."""

from typing import ClassVar

from django.db import models

from cosource.foundation.ids import new_id
from cosource.foundation.sight import WORKERS, Actor
from cosource.parties.models import Engagement, Organization, Service, Team


class KeptByDesk[M: models.Model](models.QuerySet[M]):
    """What an organization keeps for its own desk, and nobody else reads."""

    def visible_to(self, actor: Actor) -> "KeptByDesk[M]":
        """Return what the actor's organization keeps, for who works there; who only asks or audits reads none."""
        sight = actor.sight
        if sight.organization_id is None or not sight.roles & WORKERS:
            return self.none()
        return self.filter(organization_id=sight.organization_id)


class TicketTemplate(models.Model):
    """A ticket to begin with. `checklist`: points, one a line. `answers`: values of the desk's fields by their keys.

    `service`: of the organization itself or of a client; where it cannot be chosen, it is left out. `version` rises with every
    change.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    organization = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="+")
    name = models.CharField(max_length=120)
    kind = models.CharField(max_length=20)
    title = models.CharField(max_length=200, blank=True)
    text = models.TextField(blank=True)
    topic = models.CharField(max_length=120, blank=True)
    subtopic = models.CharField(max_length=120, blank=True)
    impact = models.PositiveSmallIntegerField(default=2)
    urgency = models.PositiveSmallIntegerField(default=2)
    service = models.ForeignKey(
        Service, on_delete=models.PROTECT, null=True, related_name="+", db_index=False
    )
    team = models.ForeignKey(Team, on_delete=models.PROTECT, null=True, related_name="+", db_index=False)
    checklist = models.TextField(blank=True)
    answers = models.JSONField(default=dict)
    created_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    version = models.PositiveIntegerField(default=1)

    objects: ClassVar[KeptByDesk["TicketTemplate"]] = KeptByDesk.as_manager()  # type: ignore[assignment]  # django-stubs types as_manager() as Manager


class RecurringTicket(models.Model):
    """A template that opens by a calendar rule (`rules.recurrence`), in the name of who set it and with their rights by then.

    `engagement`: at the desk of its client; None: at the own. `calendar`: of the own desk's agreement, by name; `on_holidays`:
    what becomes of its closed days. `first_on`: from which days, weeks and months are counted. `next_at`: when it opens next,
    None for never. `trouble`: why it stands still until somebody saves it anew.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    organization = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="+")
    template = models.ForeignKey(TicketTemplate, on_delete=models.PROTECT, related_name="recurring")
    engagement = models.ForeignKey(
        Engagement, on_delete=models.PROTECT, null=True, related_name="+", db_index=False
    )
    name = models.CharField(max_length=120)
    rule = models.CharField(max_length=200)
    zone = models.CharField(max_length=60)
    first_on = models.DateField()
    calendar = models.CharField(max_length=80, blank=True)
    on_holidays = models.CharField(max_length=4)
    next_at = models.DateTimeField(null=True, db_index=True)
    paused = models.BooleanField(default=False)
    trouble = models.CharField(max_length=300, blank=True)
    by_id = models.UUIDField(null=True)
    by_token = models.BooleanField(default=False)
    created_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    version = models.PositiveIntegerField(default=1)

    objects: ClassVar[KeptByDesk["RecurringTicket"]] = KeptByDesk.as_manager()  # type: ignore[assignment]  # django-stubs types as_manager() as Manager


class Recurrence(models.Model):
    """One time that a recurring ticket opened: for the day that was due, with the days that were missed before it."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    recurring = models.ForeignKey(
        RecurringTicket, on_delete=models.PROTECT, related_name="opened", db_index=False
    )
    due_at = models.DateTimeField()
    missed = models.JSONField(default=list)
    ticket = models.OneToOneField("tickets.Ticket", on_delete=models.CASCADE, related_name="recurred")

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["recurring", "due_at"], name="recurrence_once")
        ]
