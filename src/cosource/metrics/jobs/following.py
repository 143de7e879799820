"""The worker's part: it keeps the facts up with the ledger."""

import time
from datetime import datetime

from cosource.foundation import clock
from cosource.foundation.duework import register_upkeep
from cosource.metrics.services.gathering import FEW, facts_refresh, facts_release
from cosource.metrics.services.writing import Superseded

EVERY_SECONDS = 0.25
# How often the files are looked over, besides at the start.
LOOKED_OVER_SECONDS = 600


class Following:
    """Keeps up as one worker does it; the engine is loaded only when there is something to gather."""

    def __init__(self) -> None:
        self._looked_over_at = float("-inf")

    def __call__(self, holder: str, at: datetime) -> bool:
        """Gather what is new; return whether there was so much that there is more by now."""
        now = time.monotonic()
        is_due = now - self._looked_over_at > LOOKED_OVER_SECONDS
        try:
            gathered = facts_refresh(holder=holder, clock=clock.now, checked=not is_due)
        except Superseded:
            # Somebody gathered all anew meanwhile: a lease that is taken again has a later fence.
            facts_release(holder=holder, at=at)
            return True
        if gathered is not None and is_due:
            self._looked_over_at = now
        return gathered is not None and gathered.tickets > FEW


def register() -> None:
    """Let every worker keep up; one of them at a time does."""
    register_upkeep(
        "facts", EVERY_SECONDS, Following(), lambda holder, at: facts_release(holder=holder, at=at)
    )
