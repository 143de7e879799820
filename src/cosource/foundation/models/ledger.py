"""The ledger's tables: streams, audiences, entries, payloads, seals.

All but `PendingEntry` are append-only, held so by triggers in the database (migration 0002). A payload may be deleted only
when an erasure names it. Nothing here decides anything: `services.ledger` appends, `services.sealing` seals,
`queries.verification` checks.
"""

from typing import ClassVar

from django.db import models

from cosource.foundation.ids import new_id


class Stream(models.Model):
    """One record that is read as a whole: an engagement's shared record, or an organization's own.

    `first_organization_id` is the owner of an own record, or the client side of an engagement.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    first_organization_id = models.UUIDField(db_index=True)
    second_organization_id = models.UUIDField(null=True, db_index=True)
    created_at = models.DateTimeField()


class Audience(models.Model):
    """An interned, immutable set of streams, and whether the requester reads along.

    `digest` is over the sorted stream ids, so that equal audiences are one row.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    digest = models.CharField(max_length=64, unique=True)
    with_requester = models.BooleanField(default=False)


class AudienceStream(models.Model):
    """A stream of an audience: every entry of that audience is sealed into it."""

    audience = models.ForeignKey(Audience, on_delete=models.PROTECT, related_name="streams")
    stream = models.ForeignKey(Stream, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["audience", "stream"], name="audience_stream_once")
        ]


class AudienceReader(models.Model):
    """An organization that reads entries of an audience; derived from its streams when it is interned."""

    audience = models.ForeignKey(Audience, on_delete=models.PROTECT, related_name="readers")
    organization_id = models.UUIDField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["organization_id", "audience"], name="audience_reader_once")
        ]


class Entry(models.Model):
    """One thing that happened: who did it, for whom, when it happened, when it was recorded, and who may read it.

    `kind` is past tense with a version (`ticket.handed_over/1`). `facts` holds ids, times, states and small typed values, never
    a name or a text; those are in `Payload`, bound by `payload_digest`. `key` makes a repeated append a no-op. Facts of one
    subject are ordered by `occurred_at`, `source_seq`, `id`.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    kind = models.CharField(max_length=60)
    occurred_at = models.DateTimeField()
    recorded_at = models.DateTimeField()
    source_seq = models.PositiveIntegerField(default=0)
    actor_kind = models.CharField(max_length=10)
    actor_id = models.UUIDField(null=True)
    organization_id = models.UUIDField(null=True)
    on_behalf_of_id = models.UUIDField(null=True)
    channel = models.CharField(max_length=12)
    subject_kind = models.CharField(max_length=20)
    subject_id = models.UUIDField()
    audience = models.ForeignKey(Audience, on_delete=models.PROTECT, related_name="+", db_index=False)
    facts = models.JSONField(default=dict)
    payload_digest = models.CharField(max_length=64, blank=True)
    key = models.CharField(max_length=64, null=True, unique=True)  # noqa: DJ001 - most entries have no key, and null is not equal to null
    digest = models.CharField(max_length=64)

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["subject_id", "occurred_at", "source_seq", "id"], name="entry_of_subject")
        ]


class Payload(models.Model):
    """The names and texts of an entry, apart from it, with the salt that binds them to its `payload_digest`."""

    entry = models.OneToOneField(Entry, on_delete=models.PROTECT, primary_key=True, related_name="payload")
    salt = models.CharField(max_length=32)
    body = models.JSONField()


class Erasure(models.Model):
    """Permission to delete one payload: why, and who approved it. The entry itself stays."""

    entry = models.OneToOneField(Entry, on_delete=models.PROTECT, primary_key=True, related_name="erasure")
    erased_by_entry = models.ForeignKey(Entry, on_delete=models.PROTECT, related_name="+", db_index=False)
    reason = models.CharField(max_length=300)
    approved_by_id = models.UUIDField()
    at = models.DateTimeField()


class Seal(models.Model):
    """The place of an entry in one stream: a gap-free position and the hash that chains it to the one before."""

    pk = models.CompositePrimaryKey("stream_id", "position")
    stream = models.ForeignKey(Stream, on_delete=models.PROTECT, related_name="seals", db_index=False)
    position = models.PositiveBigIntegerField()
    entry = models.ForeignKey(Entry, on_delete=models.PROTECT, related_name="seals")
    hash = models.CharField(max_length=64)


class PendingEntry(models.Model):
    """An entry that waits for its seals. A plain queue: rows go when the sealer has been there."""

    entry = models.OneToOneField(Entry, on_delete=models.PROTECT, primary_key=True, related_name="+")
