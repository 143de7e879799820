"""What was sealed into streams after a place, for who follows many of them.

Not here: where one stream stands (`streams`).
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from itertools import batched, chain
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import Q

from cosource.foundation.models import Entry, Stream

_IDS_AT_ONCE = 1_000
# From each head up the index, however the planner guesses what follows it.
_AFTER = {
    "sqlite": """
        WITH head(stream_id, position) AS (VALUES {heads})
        SELECT seal.stream_id, seal.position, seal.entry_id FROM head CROSS JOIN foundation_seal AS seal
        WHERE seal.stream_id = head.stream_id AND seal.position > head.position
        ORDER BY seal.stream_id, seal.position LIMIT {limit}
    """,
    "postgresql": """
        WITH head(stream_id, position) AS (VALUES {heads})
        SELECT seal.stream_id, seal.position, seal.entry_id FROM head CROSS JOIN LATERAL (
            SELECT * FROM foundation_seal WHERE stream_id = head.stream_id AND position > head.position
            ORDER BY position LIMIT {limit}
        ) AS seal ORDER BY seal.stream_id, seal.position LIMIT {limit}
    """,
}
_HEAD = {"sqlite": "(%s, %s)", "postgresql": "(%s::uuid, %s::bigint)"}


@dataclass(frozen=True, slots=True)
class SealedEntry:
    """An entry at its place in one stream; the other fields as in `Entry`."""

    stream_id: UUID
    position: int
    entry_id: UUID
    kind: str
    subject_kind: str
    subject_id: UUID
    audience_id: UUID
    facts: dict[str, Any]


def streams_of(organization_ids: Collection[UUID]) -> frozenset[UUID]:
    """Return every stream that holds what one of the organizations reads: own records and shared ones."""
    mine = Q(first_organization_id__in=organization_ids) | Q(second_organization_id__in=organization_ids)
    return frozenset(Stream.objects.filter(mine).values_list("id", flat=True))


def sealed_after(heads: Mapping[UUID, int], *, limit: int) -> list[SealedEntry]:
    """Return what was sealed into streams after the given positions, at most `limit`, in the order of each stream.

    One statement asks for all streams, so that what it returns stood together at one instant.
    """
    if not heads:
        return []
    native = connection.features.has_native_uuid_field
    params = list(chain.from_iterable((i if native else i.hex, head) for i, head in heads.items()))
    values = ", ".join([_HEAD[connection.vendor]] * len(heads))
    with connection.cursor() as cursor:
        cursor.execute(_AFTER[connection.vendor].format(heads=values, limit=int(limit)), params)
        places = [(s, p, e) if native else (UUID(s), p, UUID(e)) for s, p, e in cursor.fetchall()]
    entries: dict[UUID, tuple[Any, ...]] = {}
    for ids in batched({entry_id for _, _, entry_id in places}, _IDS_AT_ONCE):
        rows = Entry.objects.filter(id__in=ids)
        for entry_id, *rest in rows.values_list(
            "id", "kind", "subject_kind", "subject_id", "audience_id", "facts"
        ):
            entries[entry_id] = tuple(rest)
    return [SealedEntry(s, p, e, *entries[e]) for s, p, e in places]
