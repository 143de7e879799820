"""Replies that a desk writes once and says often."""

from typing import ClassVar

from django.db import models

from cosource.foundation.ids import new_id
from cosource.foundation.sight import MANAGER, SERVICE_OWNER, WORKERS, Actor
from cosource.parties.models import Organization, Team


class CannedReplyQuerySet(models.QuerySet["CannedReply"]):
    """Replies of an organization's own, for whoever works there: all that are for everybody, and those of the own teams."""

    def visible_to(self, actor: Actor) -> "CannedReplyQuerySet":
        """Return those that the actor may use; who leads uses those of every team."""
        sight = actor.sight
        if sight.organization_id is None or not sight.roles & WORKERS:
            return self.none()
        own = self.filter(organization_id=sight.organization_id)
        if sight.roles & {SERVICE_OWNER, MANAGER}:
            return own
        return own.filter(models.Q(team=None) | models.Q(team_id__in=sight.team_ids))


class CannedReply(models.Model):
    """A text with named places, and what is done with it. `team`: whose it is; None: everybody's.

    `then`: the step that follows it (`rules.canned.STEPS`), empty for none. `version` rises with every change.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    organization = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="+")
    team = models.ForeignKey(Team, on_delete=models.PROTECT, null=True, related_name="+", db_index=False)
    title = models.CharField(max_length=80)
    text = models.TextField()
    then = models.CharField(max_length=20, blank=True)
    version = models.PositiveIntegerField(default=1)

    objects: ClassVar[CannedReplyQuerySet] = CannedReplyQuerySet.as_manager()  # type: ignore[assignment]  # django-stubs types as_manager() as Manager
