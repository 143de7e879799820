"""Links between tickets."""

from typing import ClassVar

from django.db import models

from cosource.foundation.ids import new_id
from cosource.foundation.sight import Actor
from cosource.parties.models import Organization
from cosource.tickets.models.participation import Participation
from cosource.tickets.models.tickets import Ticket


class TicketLinkQuerySet(models.QuerySet["TicketLink"]):
    """Reads of links, always within sight of both their ends."""

    def visible_to(self, actor: Actor) -> "TicketLinkQuerySet":
        """Return the links both of whose tickets the actor sees."""
        seen = Participation.objects.visible_to(actor).values("ticket_id")
        return self.filter(ticket_id__in=seen, other_id__in=seen)


class TicketLink(models.Model):
    """One end of a link: what `other` is to `ticket`, as in `rules.links`. Both ends are written together and share `link_id`.

    `made_by_id`: the party that linked them. `came_from`: the state that a merged ticket had before, where the link is a merge.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    link_id = models.UUIDField(db_index=True)
    ticket = models.ForeignKey(Ticket, on_delete=models.CASCADE, related_name="links", db_index=False)
    other = models.ForeignKey(Ticket, on_delete=models.CASCADE, related_name="+", db_index=False)
    kind = models.CharField(max_length=16)
    made_by = models.ForeignKey(
        Organization, on_delete=models.PROTECT, null=True, related_name="+", db_index=False
    )
    at = models.DateTimeField()
    came_from = models.CharField(max_length=20, blank=True)

    objects: ClassVar[TicketLinkQuerySet] = TicketLinkQuerySet.as_manager()  # type: ignore[assignment]  # django-stubs types as_manager() as Manager

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["ticket", "other", "kind"], name="ticket_link_once")
        ]
