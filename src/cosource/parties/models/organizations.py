"""Organizations, their sites and their services. What stands between two of them is in `engagements`."""

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy

from cosource.foundation.ids import new_id
from cosource.foundation.models import Stream
from cosource.foundation.sight import Actor
from cosource.parties.models.scope import engagements_q, is_staff, kept_q, reach_q


class OrganizationQuerySet(models.QuerySet["Organization"]):
    """Organizations in sight: one's own, stand-ins it keeps, and the other side of engagements one reaches."""

    def visible_to(self, actor: Actor) -> "OrganizationQuerySet":
        """Return the organizations that the actor may know of; other partners of one's client are not among them."""
        sight = actor.sight
        if sight.organization_id is None:
            return self.none()
        own = Q(id=sight.organization_id)
        if not is_staff(sight) or sight.as_host:
            return self.filter(own)
        clients = Organization.objects.filter(engagements_q(sight, "as_client__"))
        partners = Organization.objects.filter(engagements_q(sight, "as_partner__"))
        return self.filter(own | Q(id__in=clients.values("id")) | Q(id__in=partners.values("id")))


class ShowsWriting(models.TextChoices):
    """To whom an organization shows which of its people is writing on a ticket at the moment."""

    NOBODY = "nobody", gettext_lazy("nobody")
    COLLEAGUES = "colleagues", gettext_lazy("colleagues")
    EVERYBODY = "everybody", gettext_lazy("every party that works on the ticket")


class Organization(models.Model):
    """A legally separate party.

    `initials`: two letters for its badge. `stand_in`: nobody of this party has signed in yet; `kept_by` records its answers
    until an invitation is claimed, and figures say that they are kept by one side. `person_figures_*`: what was agreed about
    figures on single persons; off while the purpose is empty.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    name = models.CharField(max_length=120)
    initials = models.CharField(max_length=3)
    own_stream = models.OneToOneField(Stream, on_delete=models.PROTECT, related_name="+")
    time_zone = models.CharField(max_length=60, default="UTC")
    stand_in = models.BooleanField(default=False)
    kept_by = models.ForeignKey("self", on_delete=models.PROTECT, null=True, related_name="keeps")
    contact_email = models.EmailField(blank=True)
    person_figures_purpose = models.CharField(max_length=200, blank=True)
    person_figures_until = models.DateTimeField(null=True)
    email_domains = models.JSONField(default=list)
    shows_writing = models.CharField(
        max_length=10,
        choices=ShowsWriting.choices,
        default=ShowsWriting.COLLEAGUES,
        db_default=ShowsWriting.COLLEAGUES,
    )
    version = models.PositiveIntegerField(default=1)
    created_at = models.DateTimeField()

    objects: ClassVar[OrganizationQuerySet] = OrganizationQuerySet.as_manager()  # type: ignore[assignment]  # django-stubs types as_manager() as Manager

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(stand_in=False) | Q(kept_by__isnull=False), name="stand_in_has_keeper"
            )
        ]

    def __str__(self) -> str:
        return self.name


class SiteQuerySet(models.QuerySet["Site"]):
    """Sites; a partner learns of those that its engagements cover: all of a client's where there is no limit by site."""

    def visible_to(self, actor: Actor) -> "SiteQuerySet":
        """Return the sites that the actor may know of."""
        sight = actor.sight
        if sight.organization_id is None:
            return self.none()
        covered = Site.objects.filter(reach_q(sight, "covered_by__engagement__"))
        unlimited = Organization.objects.filter(reach_q(sight, "as_client__"), as_client__sites_limited=False)
        return self.filter(
            kept_q(sight.organization_id, "organization__")
            | Q(id__in=covered.values("id"))
            | Q(organization_id__in=unlimited.values("id"))
        )


class Site(models.Model):
    """A place of an organization. Scope, targets, calendars and teams may differ by site."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    organization = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="sites")
    name = models.CharField(max_length=120)
    time_zone = models.CharField(max_length=60, blank=True)
    ended_at = models.DateTimeField(null=True)

    objects: ClassVar[SiteQuerySet] = SiteQuerySet.as_manager()  # type: ignore[assignment]  # django-stubs types as_manager() as Manager

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["organization", "name"], name="site_name_per_owner")
        ]

    def __str__(self) -> str:
        return self.name


class ServiceQuerySet(models.QuerySet["Service"]):
    """Services; a partner learns of those that its engagements cover or covered."""

    def visible_to(self, actor: Actor) -> "ServiceQuerySet":
        """Return the services that the actor may know of."""
        sight = actor.sight
        if sight.organization_id is None:
            return self.none()
        covered = Service.objects.filter(reach_q(sight, "covered_by__engagement__"))
        return self.filter(kept_q(sight.organization_id, "organization__") | Q(id__in=covered.values("id")))


class Service(models.Model):
    """Something an organization's people rely on, and that an engagement may cover."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    organization = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="services")
    name = models.CharField(max_length=120)
    ended_at = models.DateTimeField(null=True)

    objects: ClassVar[ServiceQuerySet] = ServiceQuerySet.as_manager()  # type: ignore[assignment]  # django-stubs types as_manager() as Manager

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["organization", "name"], name="service_name_per_owner")
        ]

    def __str__(self) -> str:
        return self.name
