"""One step taken with many tickets: what was asked for, how far it is, and what became of each."""

from datetime import timedelta
from typing import ClassVar

from django.db import models

from cosource.foundation.ids import new_id
from cosource.foundation.sight import Actor
from cosource.parties.models import Organization

# For so long a step can be taken back in one go.
UNDO_FOR = timedelta(minutes=1)


class BulkRunQuerySet(models.QuerySet["BulkRun"]):
    """Runs, each seen by who started it, where they act for the same organization."""

    def visible_to(self, actor: Actor) -> "BulkRunQuerySet":
        """Return the actor's own."""
        if actor.id is None or actor.organization_id is None:
            return self.none()
        return self.filter(by_id=actor.id, organization_id=actor.organization_id)


class BulkRun(models.Model):
    """A step for several tickets. It is no record: each ticket's own entries say what happened to it.

    `by_id`, `by_token`: who started it. `given`: what the step was given, until it is done. `results`: of each ticket in turn its
    id, what became of it ("done", "refused", "undone", "kept"), the refusal's words, and what it takes to take the step back.
    """

    class State(models.TextChoices):
        RUNNING = "running"
        DONE = "done"
        UNDOING = "undoing"
        UNDONE = "undone"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    organization = models.ForeignKey(Organization, on_delete=models.CASCADE, related_name="+", db_index=False)
    by_id = models.UUIDField(db_index=True)
    by_token = models.BooleanField(default=False)
    action = models.CharField(max_length=12)
    given = models.JSONField(default=dict)
    ticket_ids = models.JSONField(default=list)
    results = models.JSONField(default=list)
    state = models.CharField(max_length=10, choices=State, default=State.RUNNING)
    created_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)

    objects: ClassVar[BulkRunQuerySet] = BulkRunQuerySet.as_manager()  # type: ignore[assignment]  # django-stubs types as_manager() as Manager
