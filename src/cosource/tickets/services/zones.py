"""A newer time zone database: the due times of clocks that run are worked out anew, once, and the record says so.

Clocks that ended stay as they were read then. A process that still computes with an older database changes nothing. Not here:
a change of an agreement's calendars, which is a new version and holds for new tickets only.
"""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext_lazy

from cosource.calendars.queries.sources import computed_with, sources
from cosource.foundation import clock
from cosource.foundation.models import Lease
from cosource.foundation.rules.canonical import instant_text
from cosource.foundation.services.audience import audience_intern
from cosource.foundation.services.duework import Task, register_work, work_enqueue
from cosource.foundation.services.ledger import append
from cosource.foundation.services.schedules import schedule
from cosource.foundation.sight import system_actor
from cosource.tickets.models import Clock, Participation, Pause
from cosource.tickets.queries.record import Record
from cosource.tickets.services.clocks import clocks_settle
from cosource.tickets.services.listkeys import sync

CHECK, RECOMPUTE = "tickets.zones", "tickets.zones_recompute"
# The row of the leases that keeps with which database the due times were computed.
KEPT = "clocks: zones"
_BATCH = 200


def zones_compare(*, at: datetime, zones: str) -> bool:
    """Note the version of the time zone database, and enqueue the recomputation when it is newer than the one before."""
    if not zones[:4].isdigit():
        return False  # a system that doesn't say which it has
    known = Lease.objects.filter(name=KEPT).values_list("holder", flat=True).first()
    if known is None:
        Lease.objects.get_or_create(name=KEPT, defaults={"holder": zones, "until": at})
        return False
    with transaction.atomic():
        # Names such as 2026a sort by age.
        if known >= zones or not Lease.objects.filter(name=KEPT, holder=known).update(holder=zones, until=at):
            return False
        args = {"from": known, "to": zones}
        work_enqueue(kind=RECOMPUTE, args=args, due_at=at, at=at, key=f"zones:{known}:{zones}")
    return True


def zones_recompute(*, before: str, after: str, at: datetime, task: Task | None = None) -> int:
    """Work out anew the due times of all clocks that run; return how many tickets changed. Again is harmless.

    Appends `clock.recomputed/1` with both values to each record that holds a clock that changed.
    """
    running = Clock.objects.filter(met_at__isnull=True, stopped_at__isnull=True)
    last, done, changed = UUID(int=0), 0, 0
    while True:
        ids = list(
            running.filter(ticket_id__gt=last)
            .order_by("ticket_id")
            .values_list("ticket_id", flat=True)
            .distinct()[:_BATCH]
        )
        if not ids:
            return changed
        changed += _batch(ids, {"from": before, "to": after}, at)
        last, done = ids[-1], done + len(ids)
        if task is not None:
            task.progress(done=done, total=done)


@transaction.atomic
def _batch(ids: Sequence[UUID], zones: dict[str, str], at: datetime) -> int:
    clocks: dict[UUID, list[Clock]] = defaultdict(list)
    for row in Clock.objects.filter(ticket_id__in=ids, met_at__isnull=True, stopped_at__isnull=True).order_by(
        "id"
    ):
        clocks[row.ticket_id].append(row)
    pauses: dict[UUID, list[Pause]] = defaultdict(list)
    for pause in Pause.objects.filter(ticket_id__in=ids, version__isnull=False).order_by("sequence"):
        pauses[pause.ticket_id].append(pause)
    changed = 0
    for ticket_id in ids:
        before = {c.id: c.due_at for c in clocks[ticket_id]}
        moved = clocks_settle(clocks[ticket_id], pauses[ticket_id])
        told = [(c, before[c.id]) for c in moved if c.due_at != before[c.id]]
        if told:
            _say(ticket_id, told, zones, at)
            changed += 1
    return changed


def _say(
    ticket_id: UUID, moved: Sequence[tuple[Clock, datetime]], zones: dict[str, str], at: datetime
) -> None:
    parts = list(
        Participation.objects.filter(ticket_id=ticket_id)
        .select_related("organization", "engagement", "ticket")
        .order_by("opened_at", "id")
    )
    record = Record(ticket=parts[0].ticket, parts=parts, mine=parts[0])
    sync(record, at=at)
    for part in parts:
        own = [(c, was) for c, was in moved if c.engagement_id == part.engagement_id]
        if not own:
            continue
        stream = part.engagement.stream_id if part.engagement else part.organization.own_stream_id
        author = system_actor(
            reason="a newer time zone database",
            organization_id=part.engagement.client_id if part.engagement else part.organization_id,
        )
        append(
            kind="clock.recomputed/1",
            subject_kind="ticket",
            subject_id=ticket_id,
            audience_id=audience_intern([stream]),
            actor=author,
            at=at,
            facts={
                "zones": zones,
                **computed_with(),
                "clocks": [
                    {
                        "clock": c.id.hex,
                        "kind": c.kind,
                        "before": instant_text(was),
                        "after": instant_text(c.due_at),
                    }
                    for c, was in own
                ],
            },
        )


def _check(task: Task) -> dict[str, Any]:
    return {"newer": zones_compare(at=clock.now(), zones=sources().zones)}


def _recompute(task: Task) -> dict[str, Any]:
    before, after = str(task.args["from"]), str(task.args["to"])
    return {"tickets": zones_recompute(before=before, after=after, at=clock.now(), task=task)}


def register() -> None:
    """Make the worker look at its time zone database every ten minutes, first of all when it starts."""
    register_work(CHECK, _check, label=gettext_lazy("A look at the time zone database"))
    schedule(CHECK, timedelta(minutes=10))
    register_work(RECOMPUTE, _recompute, long=True, label=gettext_lazy("Due times under new time zones"))
