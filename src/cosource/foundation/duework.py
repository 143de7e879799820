"""The worker's loops: one seals the ledger, two do due work, one keeps the leases of what is in hand, and one for each room that
looks after something all the time.

They run in one process beside each other, so that a long import delays neither a seal nor a mail. Any number of processes may
run them.
"""

import contextlib
import os
import secrets
import socket
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import datetime
from functools import partial

import structlog
from django.db import Error, close_old_connections, connection, transaction

from cosource.foundation import clock
from cosource.foundation.queries.duework import Turns
from cosource.foundation.services.duework import LEASE_SECONDS, leases_keep, work_next, work_put_down
from cosource.foundation.services.leases import lease_claim, lease_release
from cosource.foundation.services.schedules import Scheduler
from cosource.foundation.services.sealing import seal_pending
from cosource.foundation.services.timekeeping import Watch, ahead_mend, clock_agree

SEAL_EVERY_SECONDS = 0.1
WORK_EVERY_SECONDS = 0.25
SEALER_LEASE_SECONDS = 10
KEEP_EVERY_SECONDS = LEASE_SECONDS / 4

# What a room keeps up in every worker: given the worker's name and the instant, it returns whether there was anything to do.
type Upkeep = Callable[[str, datetime], bool]
type LetGo = Callable[[str, datetime], None]
_upkeep: dict[str, tuple[float, Upkeep, LetGo]] = {}

log = structlog.get_logger(__name__)


def worker_name() -> str:
    """Return a name that no other worker has."""
    return f"{socket.gethostname()[:30]}:{os.getpid()}:{secrets.token_hex(4)}"


def register_upkeep(name: str, every_seconds: float, step: Upkeep, let_go: LetGo) -> None:
    """Let a room look after something as long as a worker runs: at once again while there is something to do.

    `let_go`: called when the worker stops, so that another need not wait for the end of a lease.
    """
    _upkeep[name] = (every_seconds, step, let_go)


def upkeep_loop(stop: threading.Event, holder: str, name: str) -> None:
    """Take a room's step again and again, until `stop`; trouble only postpones it."""
    every_seconds, step, let_go = _upkeep[name]
    while not stop.is_set():
        worked = False
        try:
            close_old_connections()
            worked = step(holder, clock.now())
        except Exception as trouble:  # noqa: BLE001 - whatever a room meets, the worker goes on, and the room tries again
            log.warning("upkeep.postponed", name=name, reason=f"{type(trouble).__name__}: {trouble}")
            connection.close()
            stop.wait(10 * every_seconds)
        if not worked:
            stop.wait(every_seconds)
    with suppress(Error):
        let_go(holder, clock.now())
    connection.close()


def seal_loop(stop: threading.Event, holder: str) -> None:
    """Seal while holding the sealer's lease, until `stop`."""
    while not stop.is_set():
        sealed = 0
        try:
            close_old_connections()
            # The claim and the batch are two transactions; the positions' uniqueness guards what lies between.
            with transaction.atomic():
                fence = lease_claim(
                    name="sealer", holder=holder, at=clock.now(), seconds=SEALER_LEASE_SECONDS
                )
            if fence is not None:
                sealed = seal_pending()
        except Error as trouble:
            log.warning("sealing.postponed", reason=str(trouble))
            connection.close()
            stop.wait(1)
        if not sealed:
            stop.wait(SEAL_EVERY_SECONDS)
    lease_release(name="sealer", holder=holder, at=clock.now())
    connection.close()


def work_loop(stop: threading.Event, holder: str, *, quick_only: bool) -> None:
    """Do due work until `stop`; the piece under way is finished or left to its lease.

    `quick_only`: leaves work that takes minutes to the other loop, so that a long import holds up no mail.
    """
    turns, scheduler, watch = Turns(quick_only=quick_only), Scheduler(), Watch()
    unsettled, was_set = False, True
    while not stop.is_set():
        worked = False
        try:
            close_old_connections()
            if step := watch.stepped():
                log.warning("clock.set", seconds=round(step, 1))
                was_set = True
                # By then leases that seem to have ended are renewed, and what was in hand is noted, where somebody is at work.
                stop.wait(KEEP_EVERY_SECONDS + 1)
                continue
            at = clock.now()
            if was_set:
                ahead_mend(at)
                scheduler, was_set = Scheduler(), False
            if unsettled:
                # The keeper renews what is in this loop's name, and nothing is in its hands any more.
                work_put_down(worker=holder, at=at)
                unsettled = False
            scheduler.enqueue(at)
            worked = work_next(worker=holder, at=at, turns=turns)
        except Error as trouble:
            log.warning("work.postponed", reason=str(trouble))
            unsettled = True
            connection.close()
            stop.wait(1)
        if not worked:
            stop.wait(WORK_EVERY_SECONDS)
    connection.close()


def keep_loop(stop: threading.Event, holders: Sequence[str]) -> None:
    """Renew the leases of what the loops have in hand until `stop`, whatever a handler is busy with; keep to the right time."""
    while not stop.wait(KEEP_EVERY_SECONDS):
        try:
            close_old_connections()
            clock_agree()
            for holder in holders:
                leases_keep(worker=holder, at=clock.now())
        except Error as trouble:
            log.warning("leases.postponed", reason=str(trouble))
            connection.close()
    connection.close()


def run_worker(stop: threading.Event) -> None:
    """Run all loops until `stop` is set; leases are kept until the last of them has put down what it had in hand.

    Raises: whatever a loop died of, such as a want of memory. Then all end, for whoever watches to start them anew: a worker
    that goes on with one loop less looks alive and is not.
    """
    with contextlib.suppress(Error):
        clock_agree()
    holder = worker_name()
    quick, any_ = f"{holder}q", f"{holder}a"
    put_down = threading.Event()
    died: list[BaseException] = []

    def beside(name: str, loop: Callable[[], None]) -> threading.Thread:
        def run() -> None:
            try:
                loop()
            except BaseException as trouble:  # noqa: BLE001 - raised below
                died.append(trouble)
                stop.set()

        thread = threading.Thread(target=run, name=name, daemon=True)
        thread.start()
        return thread

    keeper = beside("keeper", lambda: keep_loop(put_down, (quick, any_)))
    others = [
        beside("sealer", lambda: seal_loop(stop, holder)),
        beside("quick", lambda: work_loop(stop, quick, quick_only=True)),
        *(beside(name, partial(upkeep_loop, stop, holder, name)) for name in _upkeep),
    ]
    work_loop(stop, any_, quick_only=False)
    for thread in others:
        thread.join(timeout=15)
    put_down.set()
    keeper.join(timeout=15)
    if died:
        raise died[0]
