"""Calls as a telephone system counts them: offered, answered or given up, whether or not a ticket came of them."""

from typing import ClassVar

from django.db import models
from django.db.models import F, Q

from cosource.foundation.ids import new_id
from cosource.foundation.sight import Actor, Sight
from cosource.parties.models import Engagement, Organization
from cosource.tickets.rules.sight import READS_DESKS


def _desks(sight: Sight) -> Q:
    """Return the condition for the desks whose calls a sight reads: whole ones, since calls have no service or place."""
    reach = Q(pk__in=[])
    for grant in sight.grants:
        whole = not (grant.service_ids or grant.site_ids or grant.history_from or grant.history_until)
        if grant.role in READS_DESKS and whole:
            if grant.engagement_id is not None:
                reach |= Q(engagement_id=grant.engagement_id)
            else:
                own = Q(organization_id=sight.organization_id)
                # Whoever is placed here sees what the house itself answers.
                reach |= own & Q(engagement=None) if sight.as_host else own
    return reach


class CallQuerySet(models.QuerySet["Call"]):
    """Calls of the desks that a reader's grants reach."""

    def visible_to(self, actor: Actor) -> "CallQuerySet":
        """Return the calls that the actor may read; who called and who answered is only for whoever brought them in."""
        if actor.sight.organization_id is None:
            return self.none()
        return self.filter(_desks(actor.sight))


class CallLoadQuerySet(models.QuerySet["CallLoad"]):
    """What was brought in for the desks that a reader's grants reach."""

    def visible_to(self, actor: Actor) -> "CallLoadQuerySet":
        """Return what the actor may know of."""
        if actor.sight.organization_id is None:
            return self.none()
        return self.filter(_desks(actor.sight))


class CallLoad(models.Model):
    """Calls that were brought in at once.

    `organization`: at whose desk they came in; `engagement`: under which a partner answers there. `brought_for`: the party that
    brought them. `taken`, `known`, `refused`: how many calls were new, were there already, could not be used.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    organization = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="+", db_index=False)
    engagement = models.ForeignKey(
        Engagement, on_delete=models.PROTECT, null=True, related_name="+", db_index=False
    )
    brought_for = models.ForeignKey(
        Organization, on_delete=models.PROTECT, null=True, related_name="+", db_index=False
    )
    source = models.CharField(max_length=60)
    taken = models.PositiveIntegerField()
    known = models.PositiveIntegerField()
    refused = models.PositiveIntegerField()
    at = models.DateTimeField()

    objects: ClassVar[CallLoadQuerySet] = CallLoadQuerySet.as_manager()  # type: ignore[assignment]  # django-stubs types as_manager() as Manager

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["organization", "at"], name="call_load_of_desk"),
            models.Index(fields=["engagement", "at"], name="call_load_of_engagement"),
        ]


class Call(models.Model):
    """One call. It was answered or given up; `outside_id` is its name in its source, unique there for each desk.

    `caller`, `technician`: as the source has them; for the party that brought them alone, and in no figure.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    load = models.ForeignKey(CallLoad, on_delete=models.PROTECT, related_name="calls")
    organization = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="+", db_index=False)
    engagement = models.ForeignKey(
        Engagement, on_delete=models.PROTECT, null=True, related_name="+", db_index=False
    )
    source = models.CharField(max_length=60)
    outside_id = models.CharField(max_length=80)
    queue = models.CharField(max_length=80, blank=True)
    offered_at = models.DateTimeField()
    answered_at = models.DateTimeField(null=True)
    abandoned_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    caller = models.CharField(max_length=40, blank=True)
    technician = models.CharField(max_length=120, blank=True)
    demo = models.BooleanField(default=False)

    objects: ClassVar[CallQuerySet] = CallQuerySet.as_manager()  # type: ignore[assignment]  # django-stubs types as_manager() as Manager

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["engagement", "source", "outside_id"],
                condition=Q(engagement__isnull=False),
                name="call_once_in_an_engagement",
            ),
            models.UniqueConstraint(
                fields=["organization", "source", "outside_id"],
                condition=Q(engagement__isnull=True),
                name="call_once_at_a_desk",
            ),
            models.CheckConstraint(
                condition=Q(answered_at__gte=F("offered_at"), abandoned_at=None)
                | Q(abandoned_at__gte=F("offered_at"), answered_at=None),
                name="call_answered_or_given_up",
            ),
        ]

    def __str__(self) -> str:
        return self.outside_id
