"""Named claims that one process holds at a time.

A claim is taken by compare-and-set. Its fence number only grows, so that whoever held it before and wakes up late can be told
apart.
"""

from datetime import datetime, timedelta

from django.db import IntegrityError, transaction

from cosource.foundation.models import Lease
from cosource.foundation.models.work import BEAT

__all__ = ["AHEAD", "BEAT", "heartbeat", "lease_claim", "lease_release"]

# No two processes with the same clock note instants that are so far apart.
AHEAD = timedelta(seconds=10)


def lease_claim(*, name: str, holder: str, at: datetime, seconds: int) -> int | None:
    """Take or renew a claim for `seconds`; return its fence number, or None while somebody else holds it.

    Nobody holds a claim for longer than that: one that says so was made by a clock that ran ahead, and counts as ended.
    """
    until = at + timedelta(seconds=seconds)
    lease = Lease.objects.filter(name=name).first()
    if lease is None:
        try:
            with transaction.atomic():
                Lease.objects.create(name=name, holder=holder, until=until, fence=1)
        except IntegrityError:  # somebody else was first
            return None
        return 1
    if lease.holder == holder:
        taken = Lease.objects.filter(name=name, holder=holder, fence=lease.fence).update(until=until)
        return lease.fence if taken else None
    if at < lease.until <= until + AHEAD:
        return None
    taken = Lease.objects.filter(name=name, fence=lease.fence).update(
        holder=holder, until=until, fence=lease.fence + 1
    )
    return lease.fence + 1 if taken else None


def heartbeat(name: str, *, at: datetime, seconds: int, mark: str = "") -> None:
    """Say that something recurring did its part, and is expected again within `seconds`; `/healthz` shows it.

    `mark`: up to where it came, kept for the next time.
    """
    Lease.objects.update_or_create(
        name=f"{BEAT}{name}", defaults={"holder": mark, "until": at + timedelta(seconds=seconds)}
    )


def lease_release(*, name: str, holder: str, at: datetime) -> None:
    """Give a claim back, so that another process need not wait for its end."""
    Lease.objects.filter(name=name, holder=holder).update(until=at, holder="")
