"""Assets: what is run, whose it is, where it stands, how much hangs on it, and what hangs on what.

An asset belongs to one organization. Which partners see it follows from the service and site that it belongs to, and from what
was shared by name. Not here: which places need what (service points) and what an asset ought to be like (standards).
"""

from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from cosource.assets.models.scope import assets_q
from cosource.foundation.ids import new_id
from cosource.foundation.sight import Actor
from cosource.parties.models import Engagement, Organization, Person, Service, Site


class Kind(models.TextChoices):
    """What sort of thing it is."""

    HARDWARE = "hardware", _("Hardware")
    SOFTWARE = "software", _("Software")
    NETWORK = "network", _("Network")
    CLOUD = "cloud", _("Cloud")
    SERVICE = "service", _("Service")


class State(models.TextChoices):
    """Where in its life it is."""

    PLANNED = "planned", _("Planned")
    IN_USE = "in_use", _("In use")
    SPARE = "spare", _("Spare")
    RETIRED = "retired", _("Retired")


class Health(models.TextChoices):
    """How it does at present."""

    UNKNOWN = "unknown", _("Not known")
    WORKING = "working", _("Working")
    DEGRADED = "degraded", _("Degraded")
    FAILED = "failed", _("Failed")


class Criticality(models.TextChoices):
    """How much hangs on it."""

    LOW = "low", _("Low")
    NORMAL = "normal", _("Normal")
    HIGH = "high", _("High")
    VITAL = "vital", _("Vital")


class DataClass(models.TextChoices):
    """The most sensitive data that it holds or carries."""

    UNRATED = "", _("Not rated")
    PUBLIC = "public", _("Public")
    INTERNAL = "internal", _("Internal")
    CONFIDENTIAL = "confidential", _("Confidential")
    PERSONAL = "personal", _("Personal data")
    HEALTH = "health", _("Health data")


# What is chosen from a list, by the column's name.
CHOICES: dict[str, type[models.TextChoices]] = {
    "kind": Kind,
    "state": State,
    "health": Health,
    "criticality": Criticality,
    "data_class": DataClass,
}


class RelationKind(models.TextChoices):
    """How one asset hangs on another: the first … the second."""

    RUNS_ON = "runs_on", _("runs on")
    SERVES = "serves", _("serves")
    BACKS_UP = "backs_up", _("backs up")


class AssetQuerySet(models.QuerySet["Asset"]):
    """Reads of assets, always within sight."""

    def visible_to(self, actor: Actor) -> "AssetQuerySet":
        """Return the assets that the actor may read."""
        return self.filter(assets_q(actor, AssetShare))


class Asset(models.Model):
    """One thing that is run.

    `place`: where on the site, in words. `service`: what it belongs to; with the site it decides which engagements cover it.
    `used_by`: whose it is to use, such as a laptop's. `state_since`: the day from which the state holds; `ends_on`: when it is to
    be replaced. `support_with`, `support_until`: who helps with it, and how long. `words`: all that it is found by, in small
    letters. `version` rises with every change (If-Match).
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    owner = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="assets", db_index=False)
    name = models.CharField(max_length=120)
    kind = models.CharField(max_length=10, choices=Kind)
    model = models.CharField(max_length=120, blank=True)
    serial = models.CharField(max_length=120, blank=True)
    inventory_number = models.CharField(max_length=60, blank=True)
    site = models.ForeignKey(Site, on_delete=models.PROTECT, null=True, related_name="assets")
    place = models.CharField(max_length=120, blank=True)
    service = models.ForeignKey(
        Service, on_delete=models.PROTECT, null=True, related_name="assets", db_index=False
    )
    used_by = models.ForeignKey(Person, on_delete=models.PROTECT, null=True, related_name="uses")
    state = models.CharField(max_length=10, choices=State, default=State.IN_USE)
    state_since = models.DateField(null=True)
    bought_on = models.DateField(null=True)
    ends_on = models.DateField(null=True)
    health = models.CharField(max_length=10, choices=Health, default=Health.UNKNOWN)
    criticality = models.CharField(max_length=10, choices=Criticality, default=Criticality.NORMAL)
    data_class = models.CharField(max_length=12, choices=DataClass, blank=True, default=DataClass.UNRATED)
    support_with = models.CharField(max_length=120, blank=True)
    support_until = models.DateField(null=True)
    words = models.TextField(blank=True)
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()
    version = models.PositiveIntegerField(default=1)

    objects: ClassVar[AssetQuerySet] = AssetQuerySet.as_manager()  # type: ignore[assignment]  # django-stubs types as_manager() as Manager

    class Meta:
        indexes: ClassVar = [
            # A list reads along the names; what narrows it or hides a row is told by the index, before the row is fetched.
            models.Index(
                fields=[
                    "owner",
                    "name",
                    "id",
                    "state",
                    "service",
                    "site",
                    "kind",
                    "health",
                    "criticality",
                    "data_class",
                ],
                name="asset_in_a_list",
            ),
            models.Index(fields=["service", "name", "id"], name="asset_of_service"),
            models.Index(fields=["owner", "serial"], name="asset_by_serial", condition=~Q(serial="")),
        ]

    def __str__(self) -> str:
        return self.name


class AssetSource(models.Model):
    """Under which key another system knows an asset, such as an inventory that is brought in again and again."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    owner = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="+", db_index=False)
    asset = models.ForeignKey(Asset, on_delete=models.CASCADE, related_name="sources")
    source = models.CharField(max_length=120)
    key = models.CharField(max_length=120)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["owner", "source", "key"], name="asset_key_once_in_a_source")
        ]

    def __str__(self) -> str:
        return f"{self.source}: {self.key}"


class AssetShare(models.Model):
    """An asset that a partner sees because it was shown to it, whatever the engagement covers."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    asset = models.ForeignKey(Asset, on_delete=models.CASCADE, related_name="shares", db_index=False)
    engagement = models.ForeignKey(Engagement, on_delete=models.PROTECT, related_name="+")
    since = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["asset", "engagement"], name="asset_shared_once_in_an_engagement")
        ]

    def __str__(self) -> str:
        return f"{self.asset_id} in {self.engagement_id}"


class AssetRelation(models.Model):
    """One asset runs on, serves or backs up another of the same owner. Of one kind there is never a circle.

    `source`: the system that says so, as its imports name it; empty for what somebody here said by hand.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    asset = models.ForeignKey(Asset, on_delete=models.CASCADE, related_name="relations", db_index=False)
    kind = models.CharField(max_length=10, choices=RelationKind)
    other = models.ForeignKey(Asset, on_delete=models.CASCADE, related_name="related_by")
    source = models.CharField(max_length=120, blank=True, default="", db_default="")
    since = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["asset", "kind", "other"], name="assets_related_once"),
            models.CheckConstraint(condition=~Q(asset=F("other")), name="asset_not_on_itself"),
        ]

    def __str__(self) -> str:
        return f"{self.asset_id} {self.kind} {self.other_id}"


class Inventory(models.Model):
    """One organization's relations as a whole.

    `turn` rises with each that is made, so that of two that would close a circle between them one is refused.
    """

    owner = models.OneToOneField(Organization, on_delete=models.PROTECT, primary_key=True, related_name="+")
    turn = models.PositiveBigIntegerField(default=0)

    def __str__(self) -> str:
        return f"Inventory of {self.owner_id}"
