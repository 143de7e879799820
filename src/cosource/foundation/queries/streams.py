"""Where a stream stands."""

from uuid import UUID

from cosource.foundation.models import Seal


def stream_head(stream_id: UUID) -> tuple[int, str]:
    """Return the last position of a stream and its hash; (0, "") while it is empty."""
    head = (
        Seal.objects.filter(stream_id=stream_id).order_by("-position").values_list("position", "hash").first()
    )
    return (head[0], head[1]) if head else (0, "")
