"""Work in the background and what guards it: due work, leases, replayed requests, shared values, the access log.

Not here: what the work does; rooms register handlers with `services.duework`.
"""

from typing import ClassVar

from django.db import models

from cosource.foundation.ids import NIL, new_id
from cosource.foundation.sight import ADMINISTRATOR, MANAGER, SERVICE_OWNER, Actor

# Who looks after what an organization's work in the background does, and tries it again.
WORK_KEEPERS = frozenset({ADMINISTRATOR, SERVICE_OWNER, MANAGER})
# What comes before the name of a heartbeat, which is kept beside the leases.
BEAT = "beat:"
# What work says that waits until a restored installation is released.
HELD = "Waits until this restored installation is released."


class DueWorkQuerySet(models.QuerySet["DueWork"]):
    """Work in the background: each organization's own, for those who lead or administer it."""

    def visible_to(self, actor: Actor) -> "DueWorkQuerySet":
        """Return the work that the actor's organization owns; nothing without a leading role at its own desk."""
        sight = actor.sight
        if actor.kind != "person" or sight.organization_id is None or sight.as_host:
            return self.none()
        if not sight.roles_on(None) & WORK_KEEPERS:
            return self.none()
        return self.filter(owner_organization_id=sight.organization_id)


class DueWork(models.Model):
    """One piece of work that is due at an instant and happens once.

    `key` is unique per effect: enqueueing the same effect again is a no-op. A worker claims a row by compare-and-set on
    `state`, `lease_until` and `fence`, and keeps the lease while it works; a worker that died loses it, and what is queued with a
    lease was in the hands of one and is done alone. `fair_key` groups rows
    (an engagement, an organization) that take turns with all others, so that none starves another; the nil id is the group of
    what belongs to nobody. Within a group the least `urgency` comes first, then what is due first.
    `line` names what goes out one after the other, so that a mail does not pass an earlier one that waits to be tried again.
    """

    class State(models.TextChoices):
        QUEUED = "queued"
        RUNNING = "running"
        DONE = "done"
        PARKED = "parked"
        CANCELLED = "cancelled"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    kind = models.CharField(max_length=60)
    key = models.CharField(max_length=120, null=True, unique=True)  # noqa: DJ001 - work without a key may repeat
    args = models.JSONField(default=dict)
    fair_key = models.UUIDField(default=NIL)
    urgency = models.SmallIntegerField(default=0)
    line = models.CharField(max_length=64, null=True)  # noqa: DJ001 - most work stands in none, and in no index of them
    owner_organization_id = models.UUIDField(null=True)
    owner_person_id = models.UUIDField(null=True)
    due_at = models.DateTimeField()
    state = models.CharField(max_length=10, choices=State, default=State.QUEUED)
    attempts = models.PositiveSmallIntegerField(default=0)
    max_attempts = models.PositiveSmallIntegerField(default=8)
    claimed_by = models.CharField(max_length=60, blank=True)
    lease_until = models.DateTimeField(null=True)
    fence = models.PositiveIntegerField(default=0)
    progress_done = models.PositiveBigIntegerField(default=0)
    progress_total = models.PositiveBigIntegerField(default=0)
    message = models.CharField(max_length=500, blank=True)
    result = models.JSONField(default=dict)
    cancel_requested = models.BooleanField(default=False)
    created_at = models.DateTimeField()
    claimed_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)

    objects: ClassVar[DueWorkQuerySet] = DueWorkQuerySet.as_manager()  # type: ignore[assignment]  # django-stubs types as_manager() as Manager

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["state", "due_at"], name="due_work_next"),
            models.Index(fields=["state", "fair_key", "urgency", "due_at"], name="due_work_turns"),
            models.Index(fields=["owner_organization_id", "state", "id"], name="due_work_owner"),
            models.Index(
                fields=["line", "state"], name="due_work_lines", condition=models.Q(line__isnull=False)
            ),
        ]


class Lease(models.Model):
    """A named claim that at most one process holds at a time, with a fence number that only grows."""

    name = models.CharField(max_length=60, primary_key=True)
    holder = models.CharField(max_length=60, blank=True)
    until = models.DateTimeField()
    fence = models.PositiveBigIntegerField(default=0)


class SharedValue(models.Model):
    """What all processes know alike until an instant, for `shared_cache`. `key`: the digest of what it is known by."""

    key = models.CharField(max_length=64, primary_key=True)
    value = models.JSONField()
    until = models.DateTimeField(db_index=True)


class ReplayedRequest(models.Model):
    """The answer that was given to a request with an idempotency key, kept so that a repeat gets the same one."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    actor_id = models.UUIDField()
    key = models.CharField(max_length=120)
    request_digest = models.CharField(max_length=64)
    status = models.PositiveSmallIntegerField()
    body = models.JSONField(default=dict)
    headers = models.JSONField(default=dict)
    created_at = models.DateTimeField(db_index=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["actor_id", "key"], name="replayed_request_once")
        ]


class AccessLog(models.Model):
    """A read of something sensitive: one row per actor, object and hour."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    organization_id = models.UUIDField(null=True)
    owner_organization_id = models.UUIDField(db_index=True)
    actor_kind = models.CharField(max_length=10)
    actor_id = models.UUIDField(default=NIL, help_text="The nil UUID for the system.")
    object_kind = models.CharField(max_length=30)
    object_id = models.UUIDField()
    reason = models.CharField(max_length=200, blank=True)
    hour_at = models.DateTimeField()
    first_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["actor_id", "object_kind", "object_id", "hour_at"], name="access_log_once_an_hour"
            )
        ]
