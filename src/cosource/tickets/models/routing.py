"""The rules of a desk in their versions, and what was learned from an organization's tickets.

Both belong to one organization and are nobody else's to read: a rule says how a party works.
"""

from typing import ClassVar

from django.db import models

from cosource.foundation.ids import new_id
from cosource.foundation.sight import AUDITOR, MANAGER, SERVICE_OWNER, TECHNICIAN, Actor
from cosource.parties.models import Organization, Person

READERS = frozenset({SERVICE_OWNER, MANAGER, TECHNICIAN, AUDITOR})


class OwnQuerySet[M: models.Model](models.QuerySet[M]):
    """What an organization keeps for itself, read by those who work at its own desk; not by somebody placed there."""

    def visible_to(self, actor: Actor) -> "OwnQuerySet[M]":
        """Return the rows of the actor's organization."""
        if actor.organization_id is None or actor.sight.as_host or not actor.sight.roles_on(None) & READERS:
            return self.none()
        return self.filter(organization_id=actor.organization_id)


class RoutingRules(models.Model):
    """One version of a desk's ordered rules: a draft, live, or over. At most one of an organization is live, and one a draft.

    `document`: as `routing.rules.reading` reads it. `revision`: rises with every edit of a draft (If-Match).
    """

    class State(models.TextChoices):
        DRAFT = "draft"
        LIVE = "live"
        OVER = "over"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    organization = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="+")
    version = models.PositiveIntegerField()
    state = models.CharField(max_length=5, choices=State, default=State.DRAFT)
    document = models.JSONField(default=list)
    revision = models.PositiveIntegerField(default=1)
    created_at = models.DateTimeField()
    created_by = models.ForeignKey(
        Person, on_delete=models.PROTECT, null=True, related_name="+", db_index=False
    )
    changed_at = models.DateTimeField()
    live_at = models.DateTimeField(null=True)
    over_at = models.DateTimeField(null=True)

    objects: ClassVar[OwnQuerySet["RoutingRules"]] = OwnQuerySet.as_manager()  # type: ignore[assignment]  # django-stubs types as_manager() as Manager

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["organization", "version"], name="routing_version_once"),
            models.UniqueConstraint(
                fields=["organization"], condition=models.Q(state="draft"), name="routing_one_draft"
            ),
            models.UniqueConstraint(
                fields=["organization"], condition=models.Q(state="live"), name="routing_one_live"
            ),
        ]


class RoutingModel(models.Model):
    """What an organization's tickets of one desk taught: which file holds it, and how well it was learned.

    `desk`: the organization itself for its own desk, or the engagement under which it works. `digest`: names the file; empty
    while there is too little to learn. `tickets`: how many were read. `measured`: by target, as `routing.rules.learning` has it.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    organization = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="+")
    desk = models.UUIDField()
    digest = models.CharField(max_length=64, blank=True)
    tickets = models.PositiveIntegerField(default=0)
    measured = models.JSONField(default=dict)
    learned_at = models.DateTimeField()

    objects: ClassVar[OwnQuerySet["RoutingModel"]] = OwnQuerySet.as_manager()  # type: ignore[assignment]  # django-stubs types as_manager() as Manager

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["organization", "desk"], name="routing_model_of_desk")
        ]
