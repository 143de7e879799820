"""Sealing: giving every entry its gap-free position in each stream of its audience.

One process seals at a time (a lease). Were there two, the second finds that its entries are no longer waiting, or that their
positions are taken, and its whole batch rolls back: no entry is sealed twice and the chain cannot fork. Entries are found by
a queue row that commits with them, never by "ids after the last one": ids are taken before commit and arrive late.
"""

from collections import defaultdict
from uuid import UUID

from django.db import IntegrityError, transaction

from cosource.foundation.bulk import insert_rows
from cosource.foundation.models import PendingEntry, Seal
from cosource.foundation.queries.streams import stream_head
from cosource.foundation.rules.canonical import chain_hash
from cosource.foundation.services.audience import audience_streams

BATCH = 2_000


@transaction.atomic
def seal_pending(limit: int = BATCH) -> int:
    """Seal up to `limit` waiting entries, oldest first; return how many.

    Raises: IntegrityError when another process sealed at the same time; nothing of this batch stands then.
    """
    waiting = list(
        PendingEntry.objects.order_by("entry_id").values_list(
            "entry_id", "entry__digest", "entry__audience_id"
        )[:limit]
    )
    if not waiting:
        return 0
    # Taken off the queue first: a second sealer waits here for the first one's end, and then finds them gone.
    taken, _ = PendingEntry.objects.filter(entry_id__in=[w[0] for w in waiting]).delete()
    if taken != len(waiting):
        raise IntegrityError("Another process sealed these entries.")
    heads: dict[UUID, tuple[int, str]] = {}
    seals: dict[UUID, list[tuple[UUID, int, UUID, str]]] = defaultdict(list)
    for entry_id, digest, audience_id in waiting:
        for stream_id in audience_streams(audience_id):
            if stream_id not in heads:
                heads[stream_id] = stream_head(stream_id)
            position, previous = heads[stream_id]
            linked = chain_hash(previous, position + 1, digest)
            heads[stream_id] = (position + 1, linked)
            seals[stream_id].append((stream_id, position + 1, entry_id, linked))
    insert_rows(
        Seal, ("stream_id", "position", "entry_id", "hash"), [row for rows in seals.values() for row in rows]
    )
    return len(waiting)


def seal_all() -> int:
    """Seal until nothing waits; return how many entries were sealed."""
    total = 0
    while count := seal_pending():
        total += count
    return total
