"""Tickets that a desk has written beforehand, for its own people to begin with."""

from typing import ClassVar

from django.db import models

from cosource.foundation.ids import new_id
from cosource.foundation.sight import WORKERS, Actor
from cosource.parties.models import Organization, Service, Team


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
