"""The worker's loops: one that seals the ledger, one that does due work.

They run in one process beside each other, so that a long import never delays a seal. Any number of processes may run them.
"""

import os
import secrets
import socket
import threading

import structlog
from django.db import close_old_connections, connection, transaction
from django.db.utils import DatabaseError

from cosource.foundation import clock
from cosource.foundation.services.duework import work_next
from cosource.foundation.services.leases import lease_claim, lease_release
from cosource.foundation.services.sealing import seal_pending
from cosource.foundation.services.sweeping import sweep_enqueue

SEAL_EVERY_SECONDS = 0.1
WORK_EVERY_SECONDS = 0.25
SEALER_LEASE_SECONDS = 10

log = structlog.get_logger(__name__)


def worker_name() -> str:
    """Return a name that no other worker has."""
    return f"{socket.gethostname()[:30]}:{os.getpid()}:{secrets.token_hex(4)}"


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
        except DatabaseError as trouble:
            log.warning("sealing.postponed", reason=str(trouble))
            connection.close()
            stop.wait(1)
        if not sealed:
            stop.wait(SEAL_EVERY_SECONDS)
    lease_release(name="sealer", holder=holder, at=clock.now())
    connection.close()


def work_loop(stop: threading.Event, holder: str) -> None:
    """Do due work until `stop`; the piece under way is finished or left to its lease. Asks for a sweep every hour."""
    swept_hour = -1
    while not stop.is_set():
        worked = False
        try:
            close_old_connections()
            at = clock.now()
            if at.hour != swept_hour:
                sweep_enqueue(at=at)
                swept_hour = at.hour
            worked = work_next(worker=holder, at=at)
        except DatabaseError as trouble:
            log.warning("work.postponed", reason=str(trouble))
            connection.close()
            stop.wait(1)
        if not worked:
            stop.wait(WORK_EVERY_SECONDS)
    connection.close()


def run_worker(stop: threading.Event) -> None:
    """Run both loops until `stop` is set."""
    holder = worker_name()
    sealer = threading.Thread(target=seal_loop, args=(stop, holder), name="sealer")
    sealer.start()
    work_loop(stop, holder)
    sealer.join(timeout=15)
