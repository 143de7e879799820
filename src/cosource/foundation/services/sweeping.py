"""Removing what has had its time: answers kept for repeats, finished work, old notices, sessions, counts of attempts."""

from datetime import datetime, timedelta
from typing import Any

from axes.models import AccessAttempt
from django.contrib.sessions.models import Session
from django.utils.translation import gettext_lazy

from cosource.foundation import clock
from cosource.foundation.models import DueWork, Notice, SharedValue, WebhookDelivery
from cosource.foundation.services.duework import Task, register_work
from cosource.foundation.services.replays import replays_sweep
from cosource.foundation.services.schedules import schedule

KIND = "foundation.sweep"
_ATTEMPTS_KEPT = timedelta(days=1)
_WORK_KEPT = timedelta(days=30)
_NOTICES_KEPT = timedelta(days=183)
# An hour's share of finished work; far more than an hour brings.
_AT_ONCE = 20_000
_STEP = 500


def work_sweep(*, at: datetime) -> int:
    """Remove work that was done or given up a month ago; return how much. What is parked stays until somebody decides."""
    over = DueWork.objects.filter(
        state__in=(DueWork.State.DONE, DueWork.State.CANCELLED),
        due_at__lt=at - _WORK_KEPT,
        finished_at__lt=at - _WORK_KEPT,
    )
    ids = list(over.values_list("id", flat=True)[:_AT_ONCE])
    for start in range(0, len(ids), _STEP):
        DueWork.objects.filter(id__in=ids[start : start + _STEP]).delete()
    return len(ids)


def notices_sweep(*, at: datetime) -> int:
    """Remove notices of half a year ago, and what webhooks took a month ago; return how many notices went.

    The oldest rows are looked at first, so that an hour in which none is due costs next to nothing.
    """
    gone = 0
    while gone < _AT_ONCE:
        oldest = Notice.objects.order_by("id").values_list("id", "created_at")[:_STEP]
        over = [notice_id for notice_id, told_at in oldest if told_at < at - _NOTICES_KEPT]
        if not over:
            break
        Notice.objects.filter(id__in=over).delete()
        gone += len(over)
    taken = WebhookDelivery.objects.filter(sent_at__lt=at - _WORK_KEPT).order_by("id")
    WebhookDelivery.objects.filter(id__in=list(taken.values_list("id", flat=True)[:_STEP])).delete()
    return gone


def _sweep(task: Task) -> dict[str, Any]:
    at = clock.now()
    sessions, _ = Session.objects.filter(expire_date__lt=at).delete()
    attempts, _ = AccessAttempt.objects.filter(attempt_time__lt=at - _ATTEMPTS_KEPT).delete()
    shared, _ = SharedValue.objects.filter(until__lte=at).delete()
    replays, work = replays_sweep(at=at), work_sweep(at=at)
    notices = notices_sweep(at=at)
    return {
        "replays": replays,
        "sessions": sessions,
        "attempts": attempts,
        "shared": shared,
        "work": work,
        "notices": notices,
    }


def register() -> None:
    """Make the worker sweep once an hour."""
    register_work(KIND, _sweep, label=gettext_lazy("Removing what is over"))
    schedule(KIND, timedelta(hours=1))
