"""Engagements: what one organization does for another, how far it has grown, and what it covers.

Roles belong to the engagement, not to the kind of organization: the same organization is client in one and partner in another.
"""

from datetime import datetime
from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from cosource.foundation.ids import new_id
from cosource.foundation.models import Stream
from cosource.foundation.sight import Actor
from cosource.parties.models.organizations import Organization, Service, Site
from cosource.parties.models.scope import engagements_q, live_q


class Stage(models.TextChoices):
    """How far an engagement has grown."""

    OUT_TASKING = "out_tasking", _("Out-tasking")
    MANAGED = "managed", _("Managed")
    CO_MANAGED = "co_managed", _("Co-managed")
    STRATEGIC = "strategic", _("Strategic")


class ProviderKind(models.TextChoices):
    """What kind of provider the partner of an engagement is."""

    EXTERNAL = "external", _("External partner")
    CAPTIVE = "captive", _("Captive unit")
    SHARED_SERVICES = "shared_services", _("Shared services")
    BUILD_OPERATE_TRANSFER = "build_operate_transfer", _("Build, operate, transfer")


class EngagementQuerySet(models.QuerySet["Engagement"]):
    """Engagements that a person takes part in, on either side."""

    def visible_to(self, actor: Actor) -> "EngagementQuerySet":
        """Return the engagements in sight; a second partner of the same client sees none of the first's."""
        return self.filter(engagements_q(actor.sight))

    def running(self, at: datetime) -> "EngagementQuerySet":
        """Return the engagements that run at `at`."""
        return self.filter(live_q(at))


class Engagement(models.Model):
    """A client and a partner, or a partner and its subcontractor (`parent` is then the engagement above).

    `slot`: the colour and pattern that stand for the partner wherever this client's tickets are shown; the client is slot 1.
    `initials`: the partner's letters at this client. `sites_limited`: only the listed sites are covered; otherwise all are.
    `delegated_rights`: what the client has switched on, such as `read_in_scope`; a grant's right is worth nothing while it is
    off here. `export_until`: how long the partner may still take its record out after the end.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    client = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="as_client")
    partner = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="as_partner")
    parent = models.ForeignKey("self", on_delete=models.PROTECT, null=True, related_name="subcontracts")
    name = models.CharField(max_length=120)
    prefix = models.CharField(max_length=12)
    stream = models.OneToOneField(Stream, on_delete=models.PROTECT, related_name="+")
    stage = models.CharField(max_length=12, choices=Stage, default=Stage.OUT_TASKING)
    slot = models.PositiveSmallIntegerField()
    initials = models.CharField(max_length=3, blank=True)
    provider_kind = models.CharField(max_length=24, choices=ProviderKind, default=ProviderKind.EXTERNAL)
    delegated_rights = models.JSONField(default=list)
    sites_limited = models.BooleanField(default=False)
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField(null=True)
    export_until = models.DateTimeField(null=True)
    version = models.PositiveIntegerField(default=1)
    created_at = models.DateTimeField()

    objects: ClassVar[EngagementQuerySet] = EngagementQuerySet.as_manager()  # type: ignore[assignment]  # django-stubs types as_manager() as Manager

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(condition=~Q(client=F("partner")), name="engagement_two_parties"),
            models.UniqueConstraint(fields=["client", "slot"], name="engagement_slot_per_client"),
        ]

    def __str__(self) -> str:
        return self.name


class EngagementService(models.Model):
    """A service that an engagement covers in a half-open range of time. Services are added mid-term by adding rows."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    engagement = models.ForeignKey(Engagement, on_delete=models.PROTECT, related_name="covered_services")
    service = models.ForeignKey(Service, on_delete=models.PROTECT, related_name="covered_by")
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField(null=True)


class EngagementSite(models.Model):
    """A site that an engagement with limited sites covers in a half-open range of time."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    engagement = models.ForeignKey(Engagement, on_delete=models.PROTECT, related_name="covered_sites")
    site = models.ForeignKey(Site, on_delete=models.PROTECT, related_name="covered_by")
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField(null=True)


class OfEngagementQuerySet[M: models.Model](models.QuerySet[M]):
    """Rows that belong to one engagement and are read by whoever reads it."""

    def visible_to(self, actor: Actor) -> "OfEngagementQuerySet[M]":
        """Return the rows of the engagements in sight."""
        return self.filter(engagements_q(actor.sight, "engagement__"))


class StageChangeQuerySet(OfEngagementQuerySet["StageChange"]):
    """Proposed and answered changes of stage."""


class StageChange(models.Model):
    """A proposed change of stage with its evidence. It takes effect when the other party agrees, never before.

    `kept_by_one_side`: the answer was given by the keeper of a stand-in.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    engagement = models.ForeignKey(Engagement, on_delete=models.PROTECT, related_name="stage_changes")
    from_stage = models.CharField(max_length=12, choices=Stage)
    to_stage = models.CharField(max_length=12, choices=Stage)
    effective_at = models.DateTimeField()
    evidence = models.TextField(max_length=4_000)
    proposed_by_organization = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="+")
    proposed_by_id = models.UUIDField()
    proposed_at = models.DateTimeField()
    answered_by_id = models.UUIDField(null=True)
    answered_at = models.DateTimeField(null=True)
    agreed = models.BooleanField(null=True)
    kept_by_one_side = models.BooleanField(default=False)

    objects: ClassVar[StageChangeQuerySet] = StageChangeQuerySet.as_manager()  # type: ignore[assignment]  # django-stubs types as_manager() as Manager

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["engagement"], condition=Q(answered_at__isnull=True), name="one_open_stage_change"
            )
        ]


class TransferMilestoneQuerySet(OfEngagementQuerySet["TransferMilestone"]):
    """Milestones of a transfer."""


class TransferMilestone(models.Model):
    """A step by which what is run for the client passes from one party to the other, such as the end of a build phase.

    It is reached when one party reports it with evidence and the other confirms; `kept_by_one_side`: for a stand-in, its keeper.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    engagement = models.ForeignKey(Engagement, on_delete=models.PROTECT, related_name="milestones")
    name = models.CharField(max_length=120)
    due_on = models.DateField()
    evidence = models.TextField(max_length=4_000, blank=True)
    reported_by_organization = models.ForeignKey(
        Organization, on_delete=models.PROTECT, null=True, related_name="+"
    )
    reported_at = models.DateTimeField(null=True)
    confirmed_by_id = models.UUIDField(null=True)
    confirmed_at = models.DateTimeField(null=True)
    kept_by_one_side = models.BooleanField(default=False)

    objects: ClassVar[TransferMilestoneQuerySet] = TransferMilestoneQuerySet.as_manager()  # type: ignore[assignment]  # django-stubs types as_manager() as Manager

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["engagement", "name"], name="milestone_name_per_engagement")
        ]

    def __str__(self) -> str:
        return self.name
