"""Work that recurs: one row for each kind and period, however many processes ask for it.

A period begins at a whole multiple of its length, counted in UTC; its row's key names that begin. Periods that nobody lived
through are left out: what recurs is a look at the present state. Not here: what the work does.
"""

from datetime import UTC, datetime, timedelta

from cosource.foundation.services.duework import work_enqueue

# How the key of what recurs begins.
KEY = "every:"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_every: dict[str, timedelta] = {}


def schedule(kind: str, every: timedelta) -> None:
    """Let work of this kind be due once in every period. Raises: ValueError for a period of no length."""
    if every <= timedelta(0):
        raise ValueError(f"{kind} cannot recur every {every}.")
    _every[kind] = every


def period_of(at: datetime, every: timedelta) -> datetime:
    """Return when the period that holds `at` began.

    >>> period_of(datetime(2026, 3, 2, 8, 59, tzinfo=UTC), timedelta(hours=1)).isoformat()
    '2026-03-02T08:00:00+00:00'
    """
    return _EPOCH + (at - _EPOCH) // every * every


class Scheduler:
    """Enqueues what recurs, as one process keeps it: a period that it has seen costs nothing more."""

    def __init__(self) -> None:
        self._seen: dict[str, datetime] = {}

    def enqueue(self, at: datetime) -> int:
        """Enqueue what the present periods lack; return how many rows that were."""
        made = 0
        for kind, every in _every.items():
            began = period_of(at, every)
            if self._seen.get(kind) == began:
                continue
            key = f"{KEY}{kind}:{began:%Y-%m-%dT%H:%M:%S}"
            made += work_enqueue(kind=kind, args={}, due_at=at, at=at, key=key, max_attempts=2) is not None
            self._seen[kind] = began
        return made
