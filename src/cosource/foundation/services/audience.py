"""Interning streams and audiences.

An audience is a set of streams. It is written once and shared by every entry that has the same readers.
"""

from collections.abc import Iterable
from datetime import datetime
from functools import lru_cache
from uuid import UUID

from django.db import IntegrityError, transaction

from cosource.foundation.ids import new_id
from cosource.foundation.models import Audience, AudienceReader, AudienceStream, Stream
from cosource.foundation.rules.canonical import set_digest
from cosource.foundation.sight import Actor, system_actor

# Audiences never change, so a process may remember them; only committed ones are remembered.
_known: dict[str, UUID] = {}
_KNOWN_LIMIT = 20_000


def stream_create(
    *, first_organization_id: UUID, second_organization_id: UUID | None, at: datetime
) -> Stream:
    """Open a stream: an organization's own record, or with a second organization an engagement's shared record."""
    return Stream.objects.create(
        first_organization_id=first_organization_id,
        second_organization_id=second_organization_id,
        created_at=at,
    )


def audience_intern(stream_ids: Iterable[UUID], *, with_requester: bool = False) -> UUID:
    """Return the id of the one audience that has exactly these streams; write it if it is new.

    Raises: ValueError when no stream is named, since an entry that nobody may read would be a hole in the record.
    """
    ids = sorted(set(stream_ids))
    if not ids:
        raise ValueError("An audience needs at least one stream.")
    digest = set_digest(ids, with_requester)
    known = _known.get(digest)
    if known is not None:
        return known
    found = Audience.objects.filter(digest=digest).values_list("id", flat=True).first()
    if found is None:
        try:
            with transaction.atomic():
                found = _write(ids, digest, with_requester)
        except IntegrityError:  # another process interned the same set first
            found = Audience.objects.values_list("id", flat=True).get(digest=digest)
    audience_id: UUID = found
    transaction.on_commit(lambda: _remember(digest, audience_id))
    return audience_id


def _remember(digest: str, audience_id: UUID) -> None:
    if len(_known) >= _KNOWN_LIMIT:
        _known.clear()
    _known[digest] = audience_id


def forget_audiences() -> None:
    """Drop what this process remembers; for a process that turns to another database."""
    _known.clear()
    _streams_of.cache_clear()
    _readers_of.cache_clear()


def _write(ids: list[UUID], digest: str, with_requester: bool) -> UUID:
    audience = Audience.objects.create(id=new_id(), digest=digest, with_requester=with_requester)
    AudienceStream.objects.bulk_create(AudienceStream(audience=audience, stream_id=i) for i in ids)
    readers: set[UUID] = set()
    for first, second in Stream.objects.filter(id__in=ids).values_list(
        "first_organization_id", "second_organization_id"
    ):
        readers.add(first)
        if second is not None:
            readers.add(second)
    AudienceReader.objects.bulk_create(
        AudienceReader(audience=audience, organization_id=i) for i in sorted(readers)
    )
    return audience.id


@lru_cache(maxsize=_KNOWN_LIMIT)
def _streams_of(audience_id: UUID) -> tuple[UUID, ...]:
    return tuple(
        AudienceStream.objects.filter(audience_id=audience_id)
        .order_by("stream_id")
        .values_list("stream_id", flat=True)
    )


@lru_cache(maxsize=_KNOWN_LIMIT)
def _readers_of(audience_id: UUID) -> tuple[frozenset[UUID], bool]:
    rows = list(
        AudienceReader.objects.filter(audience_id=audience_id).values_list(
            "organization_id", "audience__with_requester"
        )
    )
    return frozenset(organization for organization, _ in rows), any(requester for _, requester in rows)


def audience_readers(audience_id: UUID) -> tuple[frozenset[UUID], bool]:
    """Return the organizations that read an audience, and whether the requester does; remembered, since they never change."""
    return _readers_of(audience_id)


def audience_streams(audience_id: UUID) -> tuple[UUID, ...]:
    """Return the streams of an audience, sorted; remembered, since they never change."""
    return _streams_of(audience_id)


def audience_voice(audience_id: UUID, actor: Actor, *, of: UUID | None) -> Actor:
    """Return who is named in an entry for these readers: the actor, where they know its party by reading along with it.

    Else the step comes from the party `of`, in whose name the text stands there: a party that shares a text with a stranger must
    not learn who else acts on it.
    """
    if actor.organization_id in audience_readers(audience_id)[0]:
        return actor
    return system_actor(reason="a step of a party that is not named here", organization_id=of)
