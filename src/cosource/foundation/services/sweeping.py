"""Removing what has had its time: answers kept for repeats, sessions that are over, counts of wrong passwords."""

from datetime import datetime, timedelta
from typing import Any

from axes.models import AccessAttempt
from django.contrib.sessions.models import Session

from cosource.foundation import clock
from cosource.foundation.services.duework import Task, register_work, work_enqueue
from cosource.foundation.services.replays import replays_sweep

KIND = "foundation.sweep"
_ATTEMPTS_KEPT = timedelta(days=1)


def sweep_enqueue(*, at: datetime) -> None:
    """Queue this hour's sweep, unless some process did."""
    work_enqueue(kind=KIND, args={}, due_at=at, at=at, key=f"sweep:{at:%Y-%m-%dT%H}", max_attempts=2)


def _sweep(task: Task) -> dict[str, Any]:
    at = clock.now()
    sessions, _ = Session.objects.filter(expire_date__lt=at).delete()
    attempts, _ = AccessAttempt.objects.filter(attempt_time__lt=at - _ATTEMPTS_KEPT).delete()
    return {"replays": replays_sweep(at=at), "sessions": sessions, "attempts": attempts}


def register() -> None:
    """Make the worker able to sweep."""
    register_work(KIND, _sweep)
