"""What a desk offers to be asked for: the items of its service catalog, each with its form."""

from typing import ClassVar

from django.db import models
from django.db.models import Q

from cosource.foundation.ids import new_id
from cosource.foundation.sight import REQUESTER, Actor
from cosource.parties.models import Engagement, EngagementService, Organization, Service, Team
from cosource.tickets.rules.sight import READS_DESKS


class CatalogItemQuerySet(models.QuerySet["CatalogItem"]):
    """Items in sight: of one's own desk, and of the clients whose services one's engagements cover."""

    def visible_to(self, actor: Actor) -> "CatalogItemQuerySet":
        """Return the items that the actor may ask for or look after; who only asks sees what is meant for requesters."""
        sight = actor.sight
        if actor.reads_as is None:
            return self.none()
        own = Q(organization_id=actor.reads_as)
        if sight.roles_on(None) & READS_DESKS:
            reach = own
        elif REQUESTER in sight.roles_on(None):
            reach = own & Q(for_requesters=True, ended_at__isnull=True)
        else:
            reach = Q(pk__in=())
        if sight.roles & READS_DESKS:
            served = Engagement.objects.visible_to(actor).filter(partner_id=actor.reads_as)
            covered = EngagementService.objects.filter(
                engagement__in=served.values("id"), ends_at__isnull=True
            )
            reach |= Q(service_id__in=covered.values("service_id"), ended_at__isnull=True)
        return self.filter(reach)


class CatalogItem(models.Model):
    """Something that can be asked for. `form`: its fields as text (`rules.forms`). `approval`: the owner has to approve it.

    `team`: who meets it first. `for_requesters`: everybody of the organization may ask for it, not its desk alone.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    organization = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="+")
    name = models.CharField(max_length=120)
    description = models.CharField(max_length=300, blank=True)
    section = models.CharField(max_length=60, blank=True)
    form = models.TextField(blank=True)
    service = models.ForeignKey(Service, on_delete=models.PROTECT, null=True, related_name="+")
    team = models.ForeignKey(Team, on_delete=models.PROTECT, null=True, related_name="+", db_index=False)
    impact = models.PositiveSmallIntegerField(default=3)
    urgency = models.PositiveSmallIntegerField(default=2)
    approval = models.BooleanField(default=False)
    for_requesters = models.BooleanField(default=True)
    created_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    version = models.PositiveIntegerField(default=1)

    objects: ClassVar[CatalogItemQuerySet] = CatalogItemQuerySet.as_manager()  # type: ignore[assignment]  # django-stubs types as_manager() as Manager
