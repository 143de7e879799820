"""Notices to people, how each wants them, and the ways out: browsers, webhooks, gateways.

Not here: people themselves; foundation holds their bare ids.
"""

from typing import ClassVar

from django.db import models

from cosource.foundation.ids import new_id
from cosource.foundation.models.work import WORK_KEEPERS
from cosource.foundation.sight import Actor


class NoticeQuerySet(models.QuerySet["Notice"]):
    """Notices, each seen by the one person told, where they act for the organization as whose person they were told."""

    def visible_to(self, actor: Actor) -> "NoticeQuerySet":
        """Return the actor's own notices."""
        sight = actor.sight
        if sight.person_id is None or sight.organization_id is None:
            return self.none()
        return self.filter(person_id=sight.person_id, organization_id=sight.organization_id)


class Notice(models.Model):
    """One person told of one thing, once. `effect_key`: what it is told of; with the person it is unique.

    `words`: a pattern and its values, written in the reader's language when it is shown. It holds references and names, no
    text of the thing itself: that is fetched with the reader's rights each time. `digest_at`: when it goes out with others.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    effect_key = models.CharField(max_length=64)
    person_id = models.UUIDField()
    organization_id = models.UUIDField()
    kind = models.CharField(max_length=60)
    subject_kind = models.CharField(max_length=30)
    subject_id = models.UUIDField()
    url = models.CharField(max_length=300)
    words = models.JSONField(default=dict)
    urgent = models.BooleanField(default=False)
    needs_acknowledgement = models.BooleanField(default=False)
    created_at = models.DateTimeField()
    digest_at = models.DateTimeField(null=True)
    read_at = models.DateTimeField(null=True)
    acknowledged_at = models.DateTimeField(null=True)

    objects: ClassVar[NoticeQuerySet] = NoticeQuerySet.as_manager()  # type: ignore[assignment]  # django-stubs types as_manager() as Manager

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["effect_key", "person_id"], name="notice_once_per_person")
        ]
        indexes: ClassVar = [
            models.Index(fields=["person_id", "organization_id", "id"], name="notice_of_person"),
            models.Index(
                fields=["person_id", "organization_id", "id"],
                condition=models.Q(read_at=None),
                name="notice_unread",
            ),
        ]

    @property
    def is_open(self) -> bool:
        """Return whether it still waits to be acknowledged."""
        return self.needs_acknowledgement and self.acknowledged_at is None


class NoticeChoices(models.Model):
    """How one person wants to be told. `ways`: by kind of notice, the ways besides the list in the app."""

    person_id = models.UUIDField(primary_key=True)
    ways = models.JSONField(default=dict)
    quiet_from = models.TimeField(null=True)
    quiet_until = models.TimeField(null=True)
    urgent_passes = models.BooleanField(default=True)
    digest = models.CharField(max_length=6, blank=True)
    digest_at = models.TimeField(null=True)
    phone = models.CharField(max_length=32, blank=True)


class PushSubscriptionQuerySet(models.QuerySet["PushSubscription"]):
    """Browsers, each seen by its own person."""

    def visible_to(self, actor: Actor) -> "PushSubscriptionQuerySet":
        """Return the actor's own browsers."""
        return self.none() if actor.person_id is None else self.filter(person_id=actor.person_id)


class PushSubscription(models.Model):
    """A browser that shows notices while no page is open. `address_digest`: of the address, which is too long for an index."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    person_id = models.UUIDField(db_index=True)
    address = models.TextField()
    address_digest = models.CharField(max_length=64, unique=True)
    key = models.CharField(max_length=100)
    secret = models.CharField(max_length=40)
    label = models.CharField(max_length=120, blank=True)
    created_at = models.DateTimeField()

    objects: ClassVar[PushSubscriptionQuerySet] = PushSubscriptionQuerySet.as_manager()  # type: ignore[assignment]  # django-stubs types as_manager() as Manager


class OwnChannelQuerySet[M: models.Model](models.QuerySet[M]):
    """Ways out of an organization, seen by those who lead or administer it."""

    def visible_to(self, actor: Actor) -> "OwnChannelQuerySet[M]":
        """Return the actor's organization's own; nothing without a leading role at its own desk."""
        sight = actor.sight
        if actor.kind != "person" or sight.as_host or not sight.roles_on(None) & WORK_KEEPERS:
            return self.none()
        return self.filter(organization_id=sight.organization_id)


class WebhookEndpoint(models.Model):
    """An address of an organization's own that is told of what its people are told of.

    `kinds`: empty for all. `secret`: encrypted; `previous_secret` signs beside it until `previous_until`. `work_id`: the work
    that sends, one at a time, so that order is kept; `version` rises with each delivery added.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    organization_id = models.UUIDField(db_index=True)
    name = models.CharField(max_length=80)
    url = models.CharField(max_length=500)
    shape = models.CharField(max_length=10, default="plain")
    kinds = models.JSONField(default=list)
    secret = models.TextField()
    previous_secret = models.TextField(blank=True)
    previous_until = models.DateTimeField(null=True)
    created_at = models.DateTimeField()
    failing_since = models.DateTimeField(null=True)
    trouble = models.CharField(max_length=200, blank=True)
    work_id = models.UUIDField(null=True)
    version = models.PositiveBigIntegerField(default=0)

    objects: ClassVar["OwnChannelQuerySet[WebhookEndpoint]"] = OwnChannelQuerySet.as_manager()  # type: ignore[assignment]  # django-stubs types as_manager() as Manager


class WebhookDelivery(models.Model):
    """One thing told to one address, in the order of the numbers."""

    id = models.BigAutoField(primary_key=True)
    endpoint = models.ForeignKey(WebhookEndpoint, on_delete=models.CASCADE, related_name="deliveries")
    effect_key = models.CharField(max_length=64)
    notice_id = models.UUIDField()
    created_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True)
    dropped = models.BooleanField(default=False)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["endpoint", "effect_key"], name="webhook_told_once")
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["endpoint", "id"], condition=models.Q(sent_at=None), name="webhook_delivery_next"
            )
        ]


class Gateway(models.Model):
    """An organization's way to telephones: a request to a provider, with places for number, words and link.

    `headers`: encrypted JSON, since a provider's key is among them. `body`: JSON with places.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    organization_id = models.UUIDField()
    way = models.CharField(max_length=10)
    url = models.CharField(max_length=500)
    headers = models.TextField(blank=True)
    body = models.TextField()
    created_at = models.DateTimeField()

    objects: ClassVar["OwnChannelQuerySet[Gateway]"] = OwnChannelQuerySet.as_manager()  # type: ignore[assignment]  # django-stubs types as_manager() as Manager

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["organization_id", "way"], name="gateway_once_per_way")
        ]
