"""Time and cost that a party spent on a ticket."""

from typing import ClassVar

from django.db import models
from django.db.models import Q

from cosource.foundation.ids import new_id
from cosource.foundation.sight import AUDITOR, MANAGER, SERVICE_OWNER, Actor
from cosource.parties.models import Engagement, Organization, Person
from cosource.tickets.models.participation import Participation
from cosource.tickets.models.tickets import Ticket

_LEADS = frozenset({SERVICE_OWNER, MANAGER})


class EffortQuerySet(models.QuerySet["Effort"]):
    """Reads of single rows; sums are read by more people (`queries.effort`)."""

    def visible_to(self, actor: Actor) -> "EffortQuerySet":
        """Return the rows that the actor reads one by one, on tickets in sight.

        One's own; those of the own party for who leads the desk or engagement under which they were spent; those of a partner for
        who leads or audits its client's side. A token reads none.
        """
        sight = actor.sight
        if sight.organization_id is None or sight.person_id is None:
            return self.none()
        mine = Q(organization_id=sight.organization_id)
        reach = mine & Q(person_id=sight.person_id)
        for grant in sight.grants:
            if grant.engagement_id is None and grant.role in (*_LEADS, AUDITOR):
                reach |= mine & Q(engagement=None)
                if grant.role != MANAGER:
                    reach |= Q(engagement__client_id=sight.organization_id)
            elif grant.engagement_id is not None and grant.role in _LEADS:
                reach |= Q(engagement_id=grant.engagement_id)
        return self.filter(reach, ticket_id__in=Participation.objects.visible_to(actor).values("ticket_id"))


class Effort(models.Model):
    """Minutes, and perhaps a cost, that a party spent on a ticket on one day. What was done is the payload of `entry_id`.

    `engagement`: under which it was spent; none for the owner's own. `person`: who spent it, known to their own party alone.
    `voided_at`: it was taken back; such a row counts nowhere.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    ticket = models.ForeignKey(Ticket, on_delete=models.CASCADE, related_name="efforts")
    organization = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="+", db_index=False)
    engagement = models.ForeignKey(
        Engagement, on_delete=models.PROTECT, null=True, related_name="+", db_index=False
    )
    person = models.ForeignKey(Person, on_delete=models.PROTECT, null=True, related_name="+", db_index=False)
    entry_id = models.UUIDField()
    day = models.DateField()
    minutes = models.PositiveSmallIntegerField()
    activity = models.CharField(max_length=12)
    billable = models.BooleanField(default=False)
    cost = models.DecimalField(max_digits=10, decimal_places=2, null=True)
    currency = models.CharField(max_length=3, blank=True)
    at = models.DateTimeField()
    voided_at = models.DateTimeField(null=True)

    objects: ClassVar[EffortQuerySet] = EffortQuerySet.as_manager()  # type: ignore[assignment]  # django-stubs types as_manager() as Manager

    class Meta:
        indexes: ClassVar = [models.Index(fields=["person", "organization", "day"], name="effort_of_person")]
