"""The one engine for work in the background: what can be done, what is to be done, and doing it once.

Work is a row with a due instant. A worker claims it by compare-and-set, holds a lease while it works, and writes the outcome
only while its fence number is still the row's: a worker that was frozen and wakes late can neither finish nor repeat work
that another has taken over. Handlers must be safe to run again from the start.

Not here: the loops that call `work_next` and keep the leases (`foundation.duework`), whose turn it is (`queries.duework`),
cancelling and trying again (`work_steps`), and what recurs (`schedules`).
"""

import secrets
import time
import traceback
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Literal, overload
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import F, Q

from cosource.foundation import clock
from cosource.foundation.errors import CosourceError
from cosource.foundation.ids import NIL
from cosource.foundation.models import DueWork
from cosource.foundation.models.work import HELD
from cosource.foundation.pages import Text
from cosource.foundation.queries.duework import LONG, Turns
from cosource.foundation.services.holding import HELD_SECONDS, outward_held
from cosource.foundation.services.leases import AHEAD

# What a dead worker had in hand is taken up within a minute, with time to notice and to do it.
LEASE_SECONDS = 45
# Renewed without a word from the handler for so long at most: a handler that hangs must not keep its row for ever.
LEASE_KEPT_AT_MOST = timedelta(hours=6)
# Seconds before the next attempt, by how many have failed; each is spread by a fifth, so that what failed together does not
# come back together.
BACKOFF_SECONDS = (5, 30, 120, 600, 1_800, 3_600, 7_200)
SPREAD = 0.2
BATCH_ROWS = 100
# What took two workers down, or lay beside what did, comes back apart from it: seconds, at most.
ORPHAN_WAITS_AT_MOST = 60
# A worker that looked so lately knows that its lease is its own.
SURE_SECONDS = LEASE_SECONDS / 4


class WorkCancelled(Exception):
    """Somebody asked for this work to stop."""


class LeaseLost(Exception):
    """Another worker has taken this work over; this one must stop without writing."""


class Later(Exception):
    """Not yet, and that is no failure: the work is due again after `seconds`, with no attempt counted."""

    def __init__(self, seconds: float, said: str = "") -> None:
        super().__init__(said)
        self.seconds = seconds


@dataclass(slots=True)
class Task:
    """What a handler is given: the row's id and arguments, and a way to tell how far it is.

    A handler of batches settles each task with `done` or `failed`; what it leaves unsettled counts as done when it returns.
    """

    id: UUID
    kind: str
    args: dict[str, Any]
    fence: int
    owner_organization_id: UUID | None
    owner_person_id: UUID | None
    created_at: datetime
    attempts: int = 1
    max_attempts: int = 8
    reached: int = 0
    urgency: int = 0
    line: str | None = None
    settled: bool = field(default=False)
    _seen: float = field(default_factory=time.monotonic)

    def keep(self) -> None:
        """Make sure, before something goes out, that this is still the worker's own: another may have it after a long stop.

        Asks the database only when it was not asked lately. Raises: LeaseLost.
        """
        now = time.monotonic()
        if now - self._seen > SURE_SECONDS:
            if not self._mine.exists():
                raise LeaseLost(str(self.id))
            self._seen = now

    def progress(self, *, done: int, total: int, message: str = "") -> None:
        """Write progress and keep the lease. Raises: WorkCancelled, LeaseLost.

        What gets further than it ever came begins to count its attempts anew: it is not what its workers died of.
        """
        until = clock.now() + timedelta(seconds=LEASE_SECONDS)
        further = {"attempts": 1} if done > self.reached else {}
        if not self._mine.update(
            progress_done=done, progress_total=total, message=message[:500], lease_until=until, **further
        ):
            raise LeaseLost(str(self.id))
        if further:
            self.reached, self.attempts = done, 1
        if DueWork.objects.filter(id=self.id, cancel_requested=True).exists():
            raise WorkCancelled(str(self.id))

    def done(self, result: dict[str, Any] | None = None, **changes: Any) -> bool:
        """Settle as done, with further columns if asked; false when another worker has taken it over."""
        return self._settle(state=DueWork.State.DONE, message="", result=result or {}, **changes)

    def failed(self, trouble: BaseException) -> bool:
        """Settle as refused, cancelled, to be done later, or to be tried again; false when another worker has it now."""
        if isinstance(trouble, LeaseLost):
            return False
        if isinstance(trouble, WorkCancelled):
            return self._settle(state=DueWork.State.CANCELLED)
        if isinstance(trouble, CosourceError):
            # A refusal is an answer, not an accident: trying again would be refused again.
            return self._settle(state=DueWork.State.PARKED, message=trouble.message[:500])
        if isinstance(trouble, Later):
            return self._requeue(trouble.seconds, message=str(trouble)[:500], attempts=F("attempts") - 1)
        said = "".join(traceback.format_exception_only(trouble)).strip()[:500]
        if self.attempts >= self.max_attempts:
            return self._settle(state=DueWork.State.PARKED, message=said)
        return self._requeue(backoff(self.attempts), message=said)

    @contextmanager
    def attempt(self) -> Iterator[None]:
        """For handlers of batches: what goes wrong with this task in here is its own trouble and no other's."""
        try:
            yield
        except Exception as trouble:  # noqa: BLE001 - whatever it dies of, the work is kept
            self.failed(trouble)

    @property
    def _mine(self) -> Any:
        return DueWork.objects.filter(id=self.id, fence=self.fence, state=DueWork.State.RUNNING)

    def _settle(self, **changes: Any) -> bool:
        self.settled = True
        return bool(self._mine.update(finished_at=clock.now(), lease_until=None, **changes))

    def _requeue(self, seconds: float, **changes: Any) -> bool:
        self.settled = True
        due_at = clock.now() + timedelta(seconds=seconds)
        return bool(self._mine.update(state=DueWork.State.QUEUED, due_at=due_at, lease_until=None, **changes))


Handler = Callable[[Task], dict[str, Any] | None]
BatchHandler = Callable[[Sequence[Task]], None]


@dataclass(frozen=True, slots=True)
class WorkKind:
    """A kind of work: who does it, whether many rows are done at once, whether it takes minutes, and what people call it.

    `outward`: something leaves the house by it.
    """

    handler: Any
    batch: bool
    long: bool
    label: Text
    outward: bool = False


_handlers: dict[str, WorkKind] = {}


@overload
def register_work(
    kind: str,
    handler: Handler,
    *,
    batch: Literal[False] = False,
    long: bool = False,
    label: Text = "",
    outward: bool = False,
) -> None: ...
@overload
def register_work(
    kind: str,
    handler: BatchHandler,
    *,
    batch: Literal[True],
    long: bool = False,
    label: Text = "",
    outward: bool = False,
) -> None: ...
def register_work(
    kind: str,
    handler: Any,
    *,
    batch: bool = False,
    long: bool = False,
    label: Text = "",
    outward: bool = False,
) -> None:
    """Let a room handle a kind of work. The handler's returned mapping becomes the row's result.

    `batch`: the handler takes a list of at most `BATCH_ROWS` tasks of one group. `long`: may take minutes, and never holds
    up what is quick. `label`: what people call it on the page that lists it. `outward`: something leaves the house by it, which
    waits while a restored installation is not released.
    """
    _handlers[kind] = WorkKind(handler, batch, long, label or kind, outward)


def work_label(kind: str) -> Text:
    """Return what people call this kind of work."""
    known = _handlers.get(kind)
    return known.label if known else kind


def is_outward(kind: str) -> bool:
    """Return whether something leaves the house by this kind of work."""
    known = _handlers.get(kind)
    return known is not None and known.outward


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
    urgency: int = 0,
    line: str | None = None,
) -> UUID | None:
    """Enqueue work inside the caller's transaction and return its id; None when `key` was enqueued before.

    `urgency`: within its group, less comes first. `line`: what goes out one after the other.
    Raises: KeyError for a kind that no room handles.
    """
    row = work_row(
        kind=kind,
        args=args,
        due_at=due_at,
        key=key,
        fair_key=fair_key,
        owner_organization_id=owner_organization_id,
        owner_person_id=owner_person_id,
        max_attempts=max_attempts,
        urgency=urgency,
        line=line,
        at=at,
    )
    try:
        with transaction.atomic():
            row.save(force_insert=True)
    except IntegrityError:
        return None
    return row.id


def work_row(*, kind: str, at: datetime, fair_key: UUID | None, urgency: int = 0, **values: Any) -> DueWork:
    """Return a row that is not written yet, for callers that write many at once. Raises: KeyError."""
    if kind not in _handlers:
        raise KeyError(f"No handler for {kind}.")
    return DueWork(
        kind=kind,
        fair_key=fair_key or NIL,
        urgency=urgency + (LONG if _handlers[kind].long else 0),
        created_at=at,
        **values,
    )


def backoff(attempts: int) -> float:
    """Return the seconds to wait after so many failed attempts."""
    seconds = BACKOFF_SECONDS[min(attempts, len(BACKOFF_SECONDS)) - 1]
    return seconds * (1 + SPREAD * (2 * secrets.randbelow(1_001) / 1_000 - 1))


def work_claim(*, worker: str, at: datetime, turns: Turns) -> list[DueWork]:
    """Claim due rows of one kind and group; nothing when nothing is due. `worker`: a name that no other loop has."""
    orphan = _claim_orphan(worker, at, turns)
    if orphan:
        return orphan
    while (turn := turns.take(at)) is not None:
        key, urgency = turn
        waiting = DueWork.objects.filter(
            state=DueWork.State.QUEUED, fair_key=key, urgency=urgency, due_at__lte=at
        )
        found = list(waiting.order_by("due_at").values_list("id", "kind", "lease_until")[:BATCH_ROWS])
        if not found:
            continue
        first, kind, lost_lease = found[0]
        known = _handlers.get(kind)
        ids = [first]
        if known and known.batch and lost_lease is None:
            ids = [i for i, k, lost in found if k == kind and lost is None]
        rows = _take(ids, worker, at, state=DueWork.State.QUEUED)
        if rows:
            return rows
    return []


def _claim_orphan(worker: str, at: datetime, turns: Turns) -> list[DueWork]:
    """Claim a row whose worker died; one that has taken its worker down too often is parked.

    What lay in a batch is queued again with no attempt counted, for nobody knows which of it the worker died of. It keeps the
    lease that it lost, by which each comes alone from then on, and only what was alone in the worker's hands counts. From its
    second time on it waits first, as after any failure, so that it does not go down each time with the same neighbour.
    A lease that is longer than any was given by a clock that ran ahead, and its worker does not renew it.
    """
    longest = at + timedelta(seconds=LEASE_SECONDS) + AHEAD
    lost = DueWork.objects.filter(
        Q(lease_until__lt=at) | Q(lease_until__gt=longest), state=DueWork.State.RUNNING
    )
    if turns.quick_only:
        lost = lost.filter(urgency__lt=LONG)
    seen: set[tuple[str, datetime | None]] = set()
    for row in lost.order_by("lease_until")[:10]:
        claim = row.claimed_by, row.claimed_at
        batch = lost.filter(claimed_by=row.claimed_by, claimed_at=row.claimed_at)
        if claim in seen or batch.count() > 1:
            seen.add(claim)
            batch.update(state=DueWork.State.QUEUED, attempts=F("attempts") - 1, fence=F("fence") + 1)
            continue
        if row.attempts >= row.max_attempts:
            lost.filter(id=row.id, fence=row.fence).update(
                state=DueWork.State.PARKED,
                message=f"The worker ended {row.attempts} times while doing this.",
                finished_at=at,
                lease_until=None,
                fence=F("fence") + 1,
            )
            continue
        if row.attempts > 1:
            waits = timedelta(seconds=min(backoff(row.attempts - 1), ORPHAN_WAITS_AT_MOST))
            lost.filter(id=row.id, fence=row.fence).update(
                state=DueWork.State.QUEUED, due_at=at + waits, fence=F("fence") + 1
            )
            continue
        rows = _take([row.id], worker, at, state=DueWork.State.RUNNING, fence=row.fence)
        if rows:
            return rows
    return []


def _take(ids: Collection[UUID], worker: str, at: datetime, **guard: Any) -> list[DueWork]:
    taken = DueWork.objects.filter(id__in=ids, **guard).update(
        state=DueWork.State.RUNNING,
        claimed_by=worker,
        claimed_at=at,
        lease_until=at + timedelta(seconds=LEASE_SECONDS),
        fence=F("fence") + 1,
        attempts=F("attempts") + 1,
    )
    if not taken:
        return []
    mine = DueWork.objects.filter(id__in=ids, state=DueWork.State.RUNNING, claimed_by=worker)
    return list(mine.order_by("due_at", "id"))


def work_next(*, worker: str, at: datetime, turns: Turns | None = None) -> bool:
    """Claim and do what is next; return whether there was any. `turns`: kept by a loop from one call to the next."""
    rows = work_claim(worker=worker, at=at, turns=turns or Turns())
    if not rows:
        return False
    tasks = [_task(row) for row in rows]
    known = _handlers.get(rows[0].kind)
    try:
        if known is None:
            raise CosourceError(f"This version knows no work of the kind {rows[0].kind}.")  # noqa: TRY301 - parked as any refusal
        if known.outward and outward_held():
            raise Later(HELD_SECONDS, HELD)  # noqa: TRY301 - as any handler that cannot go on yet
        if known.batch:
            known.handler(tasks)
            for task in tasks:
                if not task.settled:
                    task.done()
        else:
            tasks[0].done(known.handler(tasks[0]))
    except Exception as accident:  # noqa: BLE001 - whatever a handler dies of, the work is kept
        for task in tasks:
            if not task.settled:
                task.failed(accident)
    return True


def leases_keep(*, worker: str, at: datetime) -> int:
    """Renew the leases of all that a worker has in hand; return how many. What another took over meanwhile stays its own."""
    return DueWork.objects.filter(
        state=DueWork.State.RUNNING, claimed_by=worker, claimed_at__gt=at - LEASE_KEPT_AT_MOST
    ).update(lease_until=at + timedelta(seconds=LEASE_SECONDS))


def work_put_down(*, worker: str, at: datetime) -> int:
    """Let others have at once what a worker claimed and could not settle, since the database was away; return how many."""
    return DueWork.objects.filter(state=DueWork.State.RUNNING, claimed_by=worker).update(lease_until=at)


def _task(row: DueWork) -> Task:
    return Task(
        id=row.id,
        kind=row.kind,
        args=row.args,
        fence=row.fence,
        owner_organization_id=row.owner_organization_id,
        owner_person_id=row.owner_person_id,
        created_at=row.created_at,
        attempts=row.attempts,
        max_attempts=row.max_attempts,
        reached=row.progress_done,
        urgency=row.urgency,
        line=row.line,
    )
