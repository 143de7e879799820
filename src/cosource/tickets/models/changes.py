"""What a change has besides its ticket: its plan, the approvals that it and service requests wait for, and freezes.

What is to be done, how it is taken back, and what was said with a decision are texts of the conversation; rows hold times,
states and who.
"""

from datetime import datetime
from typing import ClassVar

from django.db import models
from django.db.models import F, Q

from cosource.foundation.ids import new_id
from cosource.foundation.sight import Actor
from cosource.parties.models import Engagement, Organization, Person, Service, Site
from cosource.tickets.models.tickets import Ticket
from cosource.tickets.rules.sight import READS_DESKS


class Approval(models.Model):
    """A party's word on a change or a service request, asked for and given by whoever answers for it there.

    `round`: each asking is a new one. A change waits for one party after the other, in `sequence`.
    """

    class State(models.TextChoices):
        ASKED = "asked"
        APPROVED = "approved"
        SENT_BACK = "sent_back"
        REJECTED = "rejected"
        WITHDRAWN = "withdrawn"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    ticket = models.ForeignKey(Ticket, on_delete=models.CASCADE, related_name="approvals", db_index=False)
    round = models.PositiveSmallIntegerField()
    sequence = models.PositiveSmallIntegerField()
    organization = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="+", db_index=False)
    state = models.CharField(max_length=9, choices=State, default=State.ASKED)
    asked_at = models.DateTimeField()
    asked_by_id = models.UUIDField(null=True)
    decided_at = models.DateTimeField(null=True)
    decided_by = models.ForeignKey(
        Person, on_delete=models.PROTECT, null=True, related_name="+", db_index=False
    )

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["ticket", "round", "sequence"], name="approval_in_order"),
        ]


class ChangePlan(models.Model):
    """When and at what risk a change is carried out, and what became of it.

    `risk`: 1 high to 3 low. `starts_at`, `ends_at`: the window. `outcome` and `reviewed_at` are set by the review after it.
    """

    class Type(models.TextChoices):
        STANDARD = "standard"
        NORMAL = "normal"
        EMERGENCY = "emergency"

    class Outcome(models.TextChoices):
        SUCCESSFUL = "successful"
        WITH_TROUBLE = "with_trouble"
        ROLLED_BACK = "rolled_back"
        NOT_DONE = "not_done"

    ticket = models.OneToOneField(Ticket, on_delete=models.CASCADE, primary_key=True, related_name="plan")
    type = models.CharField(max_length=9, choices=Type, default=Type.NORMAL)
    risk = models.PositiveSmallIntegerField(default=2)
    starts_at = models.DateTimeField(null=True)
    ends_at = models.DateTimeField(null=True)
    outcome = models.CharField(max_length=12, choices=Outcome, blank=True)
    reviewed_at = models.DateTimeField(null=True)

    class Meta:
        indexes: ClassVar = [models.Index(fields=["starts_at", "ends_at"], name="change_window")]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(starts_at__isnull=True) | Q(ends_at__gt=F("starts_at")),
                name="change_ends_after_start",
            )
        ]


class FreezeQuerySet(models.QuerySet["Freeze"]):
    """Freezes in sight: one's own, and those that a client lets its partners know of."""

    def visible_to(self, actor: Actor) -> "FreezeQuerySet":
        """Return the freezes of the actor's organization, and the shared ones of clients that it works for."""
        if actor.reads_as is None or not actor.sight.roles & READS_DESKS:
            return self.none()
        clients = Engagement.objects.visible_to(actor).filter(partner_id=actor.reads_as).values("client_id")
        return self.filter(Q(organization_id=actor.reads_as) | Q(shared=True, organization_id__in=clients))

    def during(self, start: datetime, end: datetime) -> "FreezeQuerySet":
        """Return the freezes that a window touches."""
        return self.filter(starts_at__lt=end, ends_at__gt=start, lifted_at__isnull=True)


class Freeze(models.Model):
    """A time in which an organization wants nothing changed: everywhere, or for one service or site.

    `shared`: partners see it as well. `lifted_at`: taken back before its end.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    organization = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="+")
    name = models.CharField(max_length=120)
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    service = models.ForeignKey(
        Service, on_delete=models.PROTECT, null=True, related_name="+", db_index=False
    )
    site = models.ForeignKey(Site, on_delete=models.PROTECT, null=True, related_name="+", db_index=False)
    shared = models.BooleanField(default=True)
    created_at = models.DateTimeField()
    created_by_id = models.UUIDField(null=True)
    lifted_at = models.DateTimeField(null=True)

    objects: ClassVar[FreezeQuerySet] = FreezeQuerySet.as_manager()  # type: ignore[assignment]  # django-stubs types as_manager() as Manager

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(ends_at__gt=F("starts_at")), name="freeze_ends_after_start")
        ]
