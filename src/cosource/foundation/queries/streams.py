"""Where a stream stands."""

from collections.abc import Collection
from uuid import UUID

from django.db.models import OuterRef, Subquery

from cosource.foundation.models import Seal, Stream


def stream_head(stream_id: UUID) -> tuple[int, str]:
    """Return the last position of a stream and its hash; (0, "") while it is empty."""
    head = (
        Seal.objects.filter(stream_id=stream_id).order_by("-position").values_list("position", "hash").first()
    )
    return (head[0], head[1]) if head else (0, "")


def stream_tops(stream_ids: Collection[UUID]) -> dict[UUID, int]:
    """Return the last position of each stream, 0 while it is empty; in one query, by the end of an index each."""
    last = Seal.objects.filter(stream_id=OuterRef("pk")).order_by("-position").values("position")[:1]
    found = Stream.objects.filter(pk__in=stream_ids).annotate(top=Subquery(last))
    return {stream_id: top or 0 for stream_id, top in found.values_list("id", "top")}
