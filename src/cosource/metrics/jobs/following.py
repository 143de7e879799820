"""The worker's part: it keeps the facts up with the ledger."""

import time
from datetime import datetime

from cosource.foundation import clock
from cosource.foundation.duework import register_upkeep
from cosource.foundation.services.leases import heartbeat
from cosource.metrics.services.gathering import FEW, facts_prepare, facts_refresh, facts_release
from cosource.metrics.services.writing import Superseded

EVERY_SECONDS = 0.25
# Gathering takes at most a quarter of a processor while one thing follows the other, unless the facts would be a second behind.
REST = 3
BEHIND_SECONDS = 0.85
# How often the files are looked over, besides at the start.
LOOKED_OVER_SECONDS = 600
# Figures that fall behind are older than they look, so whoever watches is told: gathering all anew takes minutes at most.
BEAT, BEAT_SECONDS, LATE_SECONDS = "figures", 60, 600


class Following:
    """Keeps up as one worker does it, with the engine at hand from its first look on.

    `behind_seconds`: how far the facts may be behind for the sake of rest.
    """

    def __init__(self, *, behind_seconds: float = BEHIND_SECONDS) -> None:
        self._behind_seconds = behind_seconds
        self._looked_over_at = float("-inf")
        self._rests_until = float("-inf")
        self._beats_from = float("-inf")
        self._is_prepared = False

    def __call__(self, holder: str, at: datetime) -> bool:
        """Gather what is new; return whether there was so much that there is more by now."""
        if not self._is_prepared:
            # Once, whatever comes of it: what troubles this troubles gathering too, and is said there.
            self._is_prepared = True
            facts_prepare()
        now = time.monotonic()
        if now < self._rests_until:
            return False
        is_due = now - self._looked_over_at > LOOKED_OVER_SECONDS
        try:
            gathered = facts_refresh(holder=holder, clock=clock.now, checked=not is_due)
        except Superseded:
            # Somebody gathered all anew meanwhile: a lease that is taken again has a later fence.
            facts_release(holder=holder, at=at)
            return True
        if gathered is not None and is_due:
            self._looked_over_at = now
        if gathered is not None and now >= self._beats_from:
            heartbeat(BEAT, at=clock.now(), seconds=LATE_SECONDS)
            self._beats_from = now + BEAT_SECONDS
        if gathered is not None and gathered.tickets > FEW:
            return True
        took = time.monotonic() - now
        self._rests_until = now + took + min(REST * took, max(0.0, self._behind_seconds - took))
        return False


def register() -> None:
    """Let every worker keep up; one of them at a time does."""
    register_upkeep(
        "facts", EVERY_SECONDS, Following(), lambda holder, at: facts_release(holder=holder, at=at)
    )
