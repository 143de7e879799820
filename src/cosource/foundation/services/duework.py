"""The one engine for work in the background.

Work is a row with a due instant. A worker claims it by compare-and-set, holds a lease while it works, and writes the outcome
only while its fence number is still the row's: a worker that was frozen and wakes late can neither finish nor repeat work
that another has taken over. Handlers must be safe to run again from the start.

Not here: the loop that calls `work_next` (`foundation.duework`).
"""

import traceback
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import F, Q

from cosource.foundation import clock
from cosource.foundation.errors import CosourceError
from cosource.foundation.models import DueWork

LEASE_SECONDS = 60
# Seconds before the next attempt, by how many have failed.
BACKOFF_SECONDS = (5, 30, 120, 600, 1_800, 3_600, 7_200)


class WorkCancelled(Exception):
    """Somebody asked for this work to stop."""


class LeaseLost(Exception):
    """Another worker has taken this work over; this one must stop without writing."""


@dataclass(slots=True)
class Task:
    """What a handler is given: the row's id and arguments, and a way to tell how far it is."""

    id: UUID
    kind: str
    args: dict[str, Any]
    fence: int
    owner_organization_id: UUID | None
    owner_person_id: UUID | None

    def progress(self, *, done: int, total: int, message: str = "") -> None:
        """Write progress and keep the lease. Raises: WorkCancelled, LeaseLost."""
        until = clock.now() + timedelta(seconds=LEASE_SECONDS)
        kept = DueWork.objects.filter(id=self.id, fence=self.fence, state=DueWork.State.RUNNING)
        if not kept.update(
            progress_done=done, progress_total=total, message=message[:500], lease_until=until
        ):
            raise LeaseLost(str(self.id))
        if DueWork.objects.filter(id=self.id, cancel_requested=True).exists():
            raise WorkCancelled(str(self.id))


Handler = Callable[[Task], dict[str, Any] | None]
_handlers: dict[str, Handler] = {}


def register_work(kind: str, handler: Handler) -> None:
    """Let a room handle a kind of work. The handler's returned mapping becomes the row's result."""
    _handlers[kind] = handler


def work_enqueue(
    *,
    kind: str,
    args: dict[str, Any],
    due_at: datetime,
    at: datetime,
    key: str | None = None,
    fair_key: UUID | None = None,
    owner_organization_id: UUID | None = None,
    owner_person_id: UUID | None = None,
    max_attempts: int = 8,
) -> UUID | None:
    """Enqueue work inside the caller's transaction and return its id; None when `key` was enqueued before.

    Raises: KeyError for a kind that no room handles.
    """
    if kind not in _handlers:
        raise KeyError(f"No handler for {kind}.")
    try:
        with transaction.atomic():
            return DueWork.objects.create(
                kind=kind,
                args=args,
                due_at=due_at,
                key=key,
                fair_key=fair_key,
                owner_organization_id=owner_organization_id,
                owner_person_id=owner_person_id,
                max_attempts=max_attempts,
                created_at=at,
            ).id
    except IntegrityError:
        return None


def work_cancel(*, work_id: UUID) -> None:
    """Ask work to stop; queued work stops at once, running work at its next progress."""
    DueWork.objects.filter(id=work_id, state=DueWork.State.QUEUED).update(state=DueWork.State.CANCELLED)
    DueWork.objects.filter(id=work_id, state=DueWork.State.RUNNING).update(cancel_requested=True)


def work_replay(*, work_id: UUID, at: datetime) -> bool:
    """Queue parked work once more from its first attempt; return whether it was parked."""
    return bool(
        DueWork.objects.filter(id=work_id, state=DueWork.State.PARKED).update(
            state=DueWork.State.QUEUED, attempts=0, due_at=at, message=""
        )
    )


def work_claim(*, worker: str, at: datetime) -> DueWork | None:
    """Claim one due row, or one whose worker died; None when nothing is due."""
    due = Q(state=DueWork.State.QUEUED, due_at__lte=at) | Q(state=DueWork.State.RUNNING, lease_until__lt=at)
    busy = DueWork.objects.filter(state=DueWork.State.RUNNING, lease_until__gte=at).values_list(
        "fair_key", flat=True
    )
    occupied = set(busy)
    waiting = list(DueWork.objects.filter(due).order_by("due_at", "id")[:50])
    # Rows of those who have nothing running come first: one organization's thousand rows must not starve another's one.
    waiting.sort(key=lambda row: row.fair_key is not None and row.fair_key in occupied)
    for row in waiting:
        claimed = DueWork.objects.filter(id=row.id, fence=row.fence, state=row.state).update(
            state=DueWork.State.RUNNING,
            claimed_by=worker,
            lease_until=at + timedelta(seconds=LEASE_SECONDS),
            fence=F("fence") + 1,
            attempts=F("attempts") + 1,
        )
        if claimed:
            row.refresh_from_db()
            return row
    return None


def work_next(*, worker: str, at: datetime) -> bool:
    """Claim and do one piece of due work; return whether there was any."""
    row = work_claim(worker=worker, at=at)
    if row is None:
        return False
    task = Task(
        id=row.id,
        kind=row.kind,
        args=row.args,
        fence=row.fence,
        owner_organization_id=row.owner_organization_id,
        owner_person_id=row.owner_person_id,
    )
    mine = DueWork.objects.filter(id=row.id, fence=row.fence)
    try:
        result = _handlers[row.kind](task) or {}
    except LeaseLost:
        return True
    except WorkCancelled:
        mine.update(state=DueWork.State.CANCELLED, finished_at=clock.now())
    except CosourceError as refusal:
        # A refusal is an answer, not an accident: trying again would be refused again.
        mine.update(state=DueWork.State.PARKED, message=refusal.message[:500], finished_at=clock.now())
    except Exception as accident:  # noqa: BLE001 - whatever a handler dies of, the work is kept
        _retry_or_park(mine, row, accident)
    else:
        mine.update(state=DueWork.State.DONE, result=result, finished_at=clock.now(), lease_until=None)
    return True


def _retry_or_park(mine: Any, row: DueWork, accident: Exception) -> None:
    said = "".join(traceback.format_exception_only(accident)).strip()[:500]
    now = clock.now()
    if row.attempts >= row.max_attempts:
        mine.update(state=DueWork.State.PARKED, message=said, finished_at=now, lease_until=None)
        return
    wait = BACKOFF_SECONDS[min(row.attempts - 1, len(BACKOFF_SECONDS) - 1)]
    mine.update(
        state=DueWork.State.QUEUED, message=said, due_at=now + timedelta(seconds=wait), lease_until=None
    )
