"""Sealing what a command has appended, where no worker does it."""

from collections.abc import Callable
from datetime import datetime

from cosource.foundation.models import PendingEntry
from cosource.foundation.services.leases import lease_claim, lease_release
from cosource.foundation.services.sealing import seal_pending

SEALER, LEASE_SECONDS = "sealer", 10


def seal_along(*, holder: str, clock: Callable[[], datetime], more_than: int = 0) -> int:
    """Seal while more than `more_than` entries wait and nobody else holds the sealer's claim; return how many were sealed."""
    total = 0
    while PendingEntry.objects.order_by("entry_id").values("entry_id")[more_than : more_than + 1].exists():
        if lease_claim(name=SEALER, holder=holder, at=clock(), seconds=LEASE_SECONDS) is None:
            return total
        total += seal_pending()
    return total


def seal_leave(*, holder: str, at: datetime) -> None:
    """Give the sealer's claim back."""
    lease_release(name=SEALER, holder=holder, at=at)
