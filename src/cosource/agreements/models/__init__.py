"""Agreements: a sequence of versions, each a text that both parties confirmed and that runs as targets.

An agreement belongs to an engagement, or to an organization's own desk when `engagement` is empty (then one confirmation is
enough, since both sides are the same party). A version is inert until all its parties confirmed the same text. Its text and
terms never change: another text is another version.
"""

from typing import ClassVar

from django.db import models
from django.db.models import Exists, OuterRef, Q

from cosource.agreements.rules.rights import Level, house_level, partner_level
from cosource.foundation.ids import NIL, new_id
from cosource.foundation.sight import Actor
from cosource.parties.models import Engagement, Organization, Service, Site
from cosource.parties.models.scope import engagements_q


def _reaches(actor: Actor, prefix: str = "") -> list[tuple[Level, Q]]:
    """List what an actor's grants reach: a level, and the condition for the agreements it holds for."""
    organization_id = actor.organization_id
    if organization_id is None:
        return []
    own = Q(**{f"{prefix}owner_id": organization_id})
    desk = Q(**{f"{prefix}engagement__isnull": True})
    as_partner = Q(**{f"{prefix}engagement__partner_id": organization_id})
    reaches = [
        (house_level(actor), own & desk),
        # NIL is no engagement: what is left are the grants on the own desk, which hold for all engagements in sight.
        (house_level(actor, NIL), own & engagements_q(actor.sight, f"{prefix}engagement__")),
        (partner_level(actor, NIL), as_partner & engagements_q(actor.sight, f"{prefix}engagement__")),
    ]
    for engagement_id in sorted(actor.sight.engagement_ids):
        there = Q(**{f"{prefix}engagement_id": engagement_id})
        reaches += [
            (house_level(actor, engagement_id), there & own),
            (partner_level(actor, engagement_id), there & as_partner),
        ]
    return [(level, where) for level, where in reaches if level > Level.NOTHING]


class AgreementQuerySet(models.QuerySet["Agreement"]):
    """Reads of agreements, always within sight."""

    def visible_to(self, actor: Actor) -> "AgreementQuerySet":
        """Return the agreements that the actor may read something of: its own side's drafts, what is tabled, what runs."""
        versions = AgreementVersion.objects.filter(agreement_id=OuterRef("pk"))
        own = versions.filter(proposed_by_organization_id=actor.organization_id)
        shown = {
            Level.TARGETS: Q(Exists(versions.filter(in_force_at__isnull=False))),
            Level.READ: Q(last_number__gt=0),
            Level.LEAD: Q(last_number__gt=0) | Q(Exists(own)),
        }
        reach = Q(pk__in=[])
        for level, where in _reaches(actor):
            reach |= where & shown[level]
        return self.filter(reach)


class Agreement(models.Model):
    """What two parties agree for one engagement, or one organization for its own desk.

    `owner`: the client of the engagement. `name`: of the text in force; before there is one, of the engagement or the owner.
    `last_number`: the number of the version tabled last; drafts have none, so that no gap tells the other side of them.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    owner = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="agreements")
    engagement = models.OneToOneField(
        Engagement, on_delete=models.PROTECT, null=True, related_name="agreement"
    )
    name = models.CharField(max_length=120)
    last_number = models.PositiveIntegerField(default=0)
    created_at = models.DateTimeField()

    objects: ClassVar[AgreementQuerySet] = AgreementQuerySet.as_manager()  # type: ignore[assignment]  # django-stubs types as_manager() as Manager

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["owner"], condition=Q(engagement__isnull=True), name="one_agreement_for_own_desk"
            )
        ]

    def __str__(self) -> str:
        return self.name


class AgreementVersionQuerySet(models.QuerySet["AgreementVersion"]):
    """Reads of versions, always within sight."""

    def visible_to(self, actor: Actor) -> "AgreementVersionQuerySet":
        """Return the versions that the actor may read something of."""
        shown = {
            Level.TARGETS: Q(in_force_at__isnull=False),
            Level.READ: Q(tabled_at__isnull=False),
            Level.LEAD: Q(tabled_at__isnull=False) | Q(proposed_by_organization_id=actor.organization_id),
        }
        reach = Q(pk__in=[])
        for level, where in _reaches(actor, "agreement__"):
            reach |= where & shown[level]
        return self.filter(reach)


class AgreementVersion(models.Model):
    """One text, as written, and what is read from it.

    `text`: the YAML as given; `digest`: SHA-256 of it, which confirmations name. `calendars`: name → definition.
    `number`, `tabled_at`: empty while it is a draft of the side that wrote it. `confirmed_parties`: how many parties gave their
    word; `in_force_at`: when the last of them did, empty until then. `return_limit`: how often a ticket may come back to a party
    before one named owner is needed. `escalation`: the steps of the ladder in their order, as
    `rules.terms.EscalationTerm` has them.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    agreement = models.ForeignKey(Agreement, on_delete=models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField(null=True)
    name = models.CharField(max_length=120)
    text = models.TextField()
    digest = models.CharField(max_length=64)
    starts_at = models.DateTimeField()
    time_zone = models.CharField(max_length=60)
    calendars = models.JSONField()
    priority_matrix = models.JSONField(null=True)
    return_limit = models.PositiveSmallIntegerField()
    warning_percent = models.PositiveSmallIntegerField(default=75)
    accept_minutes = models.PositiveIntegerField(default=30)
    unchallenged_minutes = models.PositiveIntegerField(default=0)
    in_time_percent = models.PositiveSmallIntegerField(default=0, db_default=0)
    allowed_misses = models.PositiveSmallIntegerField(default=0, db_default=0)
    escalation = models.JSONField(default=list)
    proposed_by_organization = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="+")
    proposed_by_id = models.UUIDField(null=True)
    proposed_at = models.DateTimeField()
    tabled_at = models.DateTimeField(null=True)
    withdrawn_at = models.DateTimeField(null=True)
    confirmed_parties = models.PositiveSmallIntegerField(default=0)
    in_force_at = models.DateTimeField(null=True)

    objects: ClassVar[AgreementVersionQuerySet] = AgreementVersionQuerySet.as_manager()  # type: ignore[assignment]  # django-stubs types as_manager() as Manager

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["agreement", "number"], name="version_number_once")
        ]
        indexes: ClassVar = [models.Index(fields=["agreement", "starts_at"], name="version_by_start")]

    def __str__(self) -> str:
        return f"{self.name}, {self.number or 'draft'}"


class TargetKind(models.TextChoices):
    """What a clock runs towards."""

    RESPOND = "respond"
    ACCEPT = "accept"
    UPDATE = "update"
    RESTORE = "restore"
    RESOLVE = "resolve"
    APPROVAL = "approval"
    ACCESS = "access"
    ANSWER = "answer"


class Target(models.Model):
    """So many business minutes for one priority, by calendar; narrower rows (site, service) win over wider ones."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    version = models.ForeignKey(AgreementVersion, on_delete=models.PROTECT, related_name="targets")
    kind = models.CharField(max_length=10, choices=TargetKind)
    priority = models.PositiveSmallIntegerField()
    minutes = models.PositiveIntegerField()
    calendar = models.CharField(max_length=60)
    site = models.ForeignKey(Site, on_delete=models.PROTECT, null=True, related_name="+")
    service = models.ForeignKey(Service, on_delete=models.PROTECT, null=True, related_name="+")

    def __str__(self) -> str:
        return f"{self.kind}, priority {self.priority}: {self.minutes} min, {self.calendar}"


class PauseReason(models.Model):
    """A reason for which a clock may pause, and on whose turn: `requester`, `client`, `partner` or `third_party`.

    `asks`: which obligation of the client it calls up, where it is the client's turn.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    version = models.ForeignKey(AgreementVersion, on_delete=models.PROTECT, related_name="pause_reasons")
    key = models.SlugField(max_length=40)
    label = models.CharField(max_length=120)
    turn = models.CharField(max_length=12)
    asks = models.CharField(max_length=10, default="answer")

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["version", "key"], name="pause_reason_once")]

    def __str__(self) -> str:
        return self.label


class Confirmation(models.Model):
    """One party's word to one exact text. `kept_by_one_side`: given by the keeper of a stand-in party."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    version = models.ForeignKey(AgreementVersion, on_delete=models.PROTECT, related_name="confirmations")
    organization = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="+")
    person_id = models.UUIDField()
    digest = models.CharField(max_length=64)
    at = models.DateTimeField()
    kept_by_one_side = models.BooleanField(default=False)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["version", "organization"], name="confirmed_once_a_party")
        ]

    def __str__(self) -> str:
        return f"{self.digest[:12]} at {self.at.isoformat()}"
