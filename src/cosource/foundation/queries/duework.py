"""Which work waits: the turns that groups take, and the lists that people look through.

Not here: claiming and doing it (`services.duework`).
"""

from collections import deque
from datetime import datetime
from uuid import UUID

from django.db import connection

from cosource.foundation.errors import NotFound
from cosource.foundation.models import DueWork
from cosource.foundation.queries.paging import KeyPage, key_page
from cosource.foundation.sight import Actor

# Work of this urgency or above takes minutes, and is left to the loops that may take their time.
LONG = 1_000

# From the first waiting row of one group and urgency straight to that of the next: as many steps as there are groups, however
# many rows wait in them.
_TURNS = """
WITH RECURSIVE turn(id) AS (
  SELECT (SELECT id FROM foundation_duework WHERE state = 'queued' ORDER BY fair_key, urgency, due_at LIMIT 1)
  UNION ALL
  SELECT (SELECT n.id FROM foundation_duework n
          WHERE n.state = 'queued' AND (n.fair_key, n.urgency) > (w.fair_key, w.urgency)
          ORDER BY n.fair_key, n.urgency, n.due_at LIMIT 1)
  FROM turn JOIN foundation_duework w ON w.id = turn.id
)
SELECT w.fair_key, w.urgency FROM turn JOIN foundation_duework w ON w.id = turn.id
WHERE w.due_at <= %s ORDER BY w.urgency, w.fair_key
"""


def turns_waiting(at: datetime) -> list[tuple[UUID, int]]:
    """Return each group that has due work, with each urgency that it has there, the least urgency first."""
    with connection.cursor() as cursor:
        cursor.execute(_TURNS, [connection.ops.adapt_datetimefield_value(at)])
        return [(key if isinstance(key, UUID) else UUID(key), urgency) for key, urgency in cursor.fetchall()]


class Turns:
    """Whose turn it is, as one loop of a worker keeps it: each group with due work once, then all of them anew.

    `quick_only`: this loop leaves long work to others.
    """

    def __init__(self, *, quick_only: bool = False) -> None:
        self.quick_only = quick_only
        self._round: deque[tuple[UUID, int]] = deque()

    def take(self, at: datetime) -> tuple[UUID, int] | None:
        """Return the group and urgency to look at next; None when nothing is due."""
        if not self._round:
            self._begin(at)
        return self._round.popleft() if self._round else None

    def _begin(self, at: datetime) -> None:
        waiting = DueWork.objects.filter(state=DueWork.State.QUEUED, due_at__lte=at)
        if not waiting.exists():
            return
        seen: set[UUID] = set()
        for key, urgency in turns_waiting(at):
            if key in seen or (self.quick_only and urgency >= LONG):
                continue
            seen.add(key)
            self._round.append((key, urgency))


def work_list(*, actor: Actor, state: str, cursor: str = "") -> KeyPage[DueWork]:
    """Return the actor's organization's work in one state, the latest first."""
    return key_page(
        DueWork.objects.visible_to(actor).filter(state=state), order=("-id",), cursor=cursor, limit=50
    )


def work_get(*, actor: Actor, work_id: UUID) -> DueWork:
    """Return one piece of work within sight. Raises: NotFound."""
    found = DueWork.objects.visible_to(actor).filter(id=work_id).first()
    if found is None:
        raise NotFound
    return found
