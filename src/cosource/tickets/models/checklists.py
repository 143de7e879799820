"""What a party means to do on a ticket, point by point."""

from typing import ClassVar

from django.db import models

from cosource.foundation.sight import WORKERS, Actor
from cosource.parties.models import Organization, Person
from cosource.tickets.models.participation import Participation
from cosource.tickets.models.tickets import Ticket


class ChecklistItemQuerySet(models.QuerySet["ChecklistItem"]):
    """Reads of points, each within its own party and for who works there."""

    def visible_to(self, actor: Actor) -> "ChecklistItemQuerySet":
        """Return the points of the actor's party on tickets in sight; who only asks or audits reads none."""
        sight = actor.sight
        if sight.organization_id is None:
            return self.none()
        desks = {g.engagement_id for g in sight.grants if g.role in WORKERS}
        parts = Participation.objects.visible_to(actor)
        parts = parts.filter(desk__in={i or sight.organization_id for i in desks})
        return self.filter(organization_id=sight.organization_id, ticket_id__in=parts.values("ticket_id"))


class ChecklistItem(models.Model):
    """A point of a party's checklist on a ticket. Its text is the payload of the ledger entry with the same id."""

    id = models.UUIDField(primary_key=True, editable=False)
    ticket = models.ForeignKey(Ticket, on_delete=models.CASCADE, related_name="checklist")
    organization = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="+", db_index=False)
    place = models.PositiveSmallIntegerField()
    done_at = models.DateTimeField(null=True)
    done_by = models.ForeignKey(Person, on_delete=models.PROTECT, null=True, related_name="+", db_index=False)

    objects: ClassVar[ChecklistItemQuerySet] = ChecklistItemQuerySet.as_manager()  # type: ignore[assignment]  # django-stubs types as_manager() as Manager
