"""The escalation matrix of an engagement: one part for each of its parties, which both read."""

from typing import ClassVar

from django.db import models

from cosource.foundation.ids import new_id
from cosource.foundation.sight import Actor
from cosource.parties.models import Engagement, Organization
from cosource.parties.models.scope import reach_q


class MatrixPartQuerySet(models.QuerySet["MatrixPart"]):
    """Parts of the engagements in sight, those of both parties; a third party knows of none."""

    def visible_to(self, actor: Actor) -> "MatrixPartQuerySet":
        """Return the parts that the actor may read."""
        return self.filter(reach_q(actor.sight, "engagement__"))


class MatrixPart(models.Model):
    """Whom one party of an engagement names to be reached, for what and when.

    `document`: as `matrix.rules.reading` reads it. `version` rises with every change (If-Match). `told`: the gaps of which its
    keepers were told, as `matrix.rules.telling` writes them.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    engagement = models.ForeignKey(
        Engagement, on_delete=models.PROTECT, related_name="matrix_parts", db_index=False
    )
    organization = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="+", db_index=False)
    document = models.JSONField(default=list)
    version = models.PositiveIntegerField(default=1)
    changed_at = models.DateTimeField()
    told = models.JSONField(default=dict)

    objects: ClassVar[MatrixPartQuerySet] = MatrixPartQuerySet.as_manager()  # type: ignore[assignment]  # django-stubs types as_manager() as Manager

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["engagement", "organization"], name="matrix_part_of_party")
        ]
