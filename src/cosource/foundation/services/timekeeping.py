"""One clock for all processes, and what is mended after a clock was set.

Where the database is a server, its clock is everybody's: a process whose own is wrong goes by that one, and says so. A file has
the machine's clock, which may be set while we run: ahead, and leases seem to have ended that have not; back, and what was noted
for later seems to lie in the future. Not here: reading the clock (`foundation.clock`).
"""

import time
from datetime import datetime, timedelta

import structlog
from django.db import Error, close_old_connections, connection, transaction
from django.db.models import Q

from cosource.foundation import clock
from cosource.foundation.models import DueWork
from cosource.foundation.queries.checks import clock_skew
from cosource.foundation.services.leases import AHEAD
from cosource.foundation.services.schedules import KEY

# Beyond this two clocks differ; within it, they are as good as each other.
SKEW_SECONDS = 2
AGREE_EVERY_SECONDS = 30

log = structlog.get_logger(__name__)


def clock_agree() -> bool:
    """Let this process go by the database's clock where the machine's is wrong; false where the database has none of its own.

    Raises: django.db.Error.
    """
    was = clock.here() - clock.now()
    ahead = clock_skew(clock.here())
    if ahead is None:
        return False
    wrong = abs(ahead) > SKEW_SECONDS
    correction = timedelta(seconds=ahead if wrong else 0)
    if abs(correction - was) > timedelta(seconds=SKEW_SECONDS):
        log.warning(
            "clock.wrong" if wrong else "clock.right_again",
            seconds_ahead_of_database=round(ahead, 1),
            remedy="let both machines keep time by NTP",
        )
        clock.correct_by(correction)
    return True


def agree_loop() -> None:
    """Agree again and again, in a thread of its own; ends where there is nothing to agree with."""
    while True:
        try:
            close_old_connections()
            if not clock_agree():
                return
        except Error as trouble:
            log.warning("clock.unknown", reason=str(trouble))
        finally:
            connection.close()
        time.sleep(AGREE_EVERY_SECONDS)


class Watch:
    """Tells when the clock was set, by one that nobody sets."""

    def __init__(self) -> None:
        self._between = self._now()

    def stepped(self) -> float:
        """Return by how many seconds the clock was set since the last look; 0 where it just went on.

        Where the database's went on, this process goes by that one from here on; what it noted just before may be wrong all the
        same. Raises: django.db.Error.
        """
        step = self._now() - self._between
        if abs(step) <= SKEW_SECONDS:
            self._between += step
            return 0.0
        clock_agree()
        self._between = self._now()
        return step

    def _now(self) -> float:
        return clock.now().timestamp() - time.monotonic()


@transaction.atomic
def ahead_mend(at: datetime) -> int:
    """Take back what a clock that ran ahead left behind; return how many pieces of work that were.

    What recurs was noted for periods that have yet to come, and would be left out in them; other work would wait for an instant
    that its maker took to be near.
    """
    noted_ahead = Q(created_at__gt=at + AHEAD) | Q(claimed_at__gt=at + AHEAD)
    recurring = DueWork.objects.filter(noted_ahead, key__startswith=KEY)
    mended, _ = recurring.exclude(state=DueWork.State.RUNNING).delete()
    for row in DueWork.objects.filter(noted_ahead, state=DueWork.State.QUEUED, due_at__gt=at):
        noted = max(row.created_at, row.claimed_at or row.created_at)
        due_at = at + max(timedelta(0), row.due_at - noted)
        waits = DueWork.objects.filter(id=row.id, fence=row.fence, state=DueWork.State.QUEUED)
        mended += waits.update(due_at=due_at, created_at=min(at, row.created_at), claimed_at=None)
    return mended
