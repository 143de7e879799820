"""Newer time zones or public holidays: the due times of clocks that run are worked out anew, once, and the record says so.

Clocks that ended stay as they were read then. A process that still computes with older data changes nothing. Not here:
a change of an agreement's calendars, which is a new version and holds for new tickets only.
"""

import re
from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import structlog
from django.db import transaction
from django.utils.translation import gettext_lazy

from cosource.calendars.queries.sources import Sources, computed_with, sources, zones_brought
from cosource.foundation import clock
from cosource.foundation.bulk import update_all
from cosource.foundation.models import Lease
from cosource.foundation.rules.canonical import instant_text
from cosource.foundation.services.audience import audience_intern
from cosource.foundation.services.duework import Task, register_work, work_enqueue
from cosource.foundation.services.ledger import append
from cosource.foundation.services.schedules import schedule
from cosource.foundation.sight import system_actor
from cosource.tickets.models import Clock, Participation, Pause
from cosource.tickets.queries.record import Record
from cosource.tickets.services.clocks import clocks_settle, unpaused_due
from cosource.tickets.services.listkeys import sync

log = structlog.get_logger(__name__)

CHECK, RECOMPUTE = "tickets.sources", "tickets.recompute"
# The rows of the leases that keep with which data the due times were computed.
KEPT = "clocks: {}"
# What the record says as the reason, by the data that is newer.
_NEWER = {"zones": "a newer time zone database", "holidays": "newer public holidays"}
_BATCH = 200
_PARTS = re.compile(r"([0-9]*)([^0-9.]*)")


def sources_compare(*, at: datetime, used: Sources) -> list[str]:
    """Note the versions of the data that is used, and enqueue a recomputation for each that is newer than before.

    Return the names of those that are newer.
    """
    return [name for name, version in used._asdict().items() if _is_newer(name, version, at)]


def _is_newer(name: str, version: str, at: datetime) -> bool:
    if not version[:1].isdigit():
        return False  # a system that doesn't say which it has
    kept = Lease.objects.filter(name=KEPT.format(name))
    known = kept.values_list("holder", flat=True).first()
    if known is None:
        Lease.objects.get_or_create(name=KEPT.format(name), defaults={"holder": version, "until": at})
        return False
    with transaction.atomic():
        if age(known) >= age(version) or not kept.filter(holder=known).update(holder=version, until=at):
            return False
        args = {"of": name, "from": known, "to": version}
        work_enqueue(kind=RECOMPUTE, args=args, due_at=at, at=at, key=f"{name}:{known}:{version}")
    return True


def age(version: str) -> list[tuple[int, str]]:
    """Return a version as something that sorts by age.

    >>> age("2025b") < age("2026a"), age("0.99") < age("0.109")
    (True, True)
    """
    return [(int(number or 0), rest) for number, rest in _PARTS.findall(version) if number or rest]


def due_times_recompute(*, of: str, before: str, after: str, at: datetime, task: Task | None = None) -> int:
    """Work out anew the due times of all clocks that run; return how many tickets changed. Again is harmless.

    `of`: the data that is newer, "zones" or "holidays"; `before`, `after`: its versions.
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
        changed += _batch(ids, of, {"from": before, "to": after}, at)
        last, done = ids[-1], done + len(ids)
        if task is not None:
            task.progress(done=done, total=done)


@transaction.atomic
def _batch(ids: Sequence[UUID], of: str, versions: dict[str, str], at: datetime) -> int:
    clocks: dict[UUID, list[Clock]] = defaultdict(list)
    for row in Clock.objects.filter(ticket_id__in=ids, met_at__isnull=True, stopped_at__isnull=True).order_by(
        "id"
    ):
        clocks[row.ticket_id].append(row)
    pauses: dict[UUID, list[Pause]] = defaultdict(list)
    for pause in Pause.objects.filter(ticket_id__in=ids, version__isnull=False).order_by("sequence"):
        pauses[pause.ticket_id].append(pause)
    changed = 0
    fresh = [(c, unpaused_due(c)) for own in clocks.values() for c in own]
    shifted = [(c, due_at) for c, due_at in fresh if due_at != c.first_due_at]
    for row, due_at in shifted:
        row.first_due_at = due_at
    update_all([row for row, _due_at in shifted], ("first_due_at",))
    for ticket_id in ids:
        before = {c.id: c.due_at for c in clocks[ticket_id]}
        moved = clocks_settle(clocks[ticket_id], pauses[ticket_id])
        told = [(c, before[c.id]) for c in moved if c.due_at != before[c.id]]
        if told:
            _say(ticket_id, told, of, versions, at)
            changed += 1
    return changed


def _say(
    ticket_id: UUID, moved: Sequence[tuple[Clock, datetime]], of: str, versions: dict[str, str], at: datetime
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
            reason=_NEWER[of],
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
                of: versions,
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
    if brought := zones_brought():
        log.warning(
            "zones.restart",
            computes_with=sources().zones,
            on_this_machine=brought,
            remedy="restart web and worker: each computes with the time zones that were there when it began",
        )
    return {"newer": sources_compare(at=clock.now(), used=sources()), "restart": brought is not None}


def _recompute(task: Task) -> dict[str, Any]:
    before, after = str(task.args["from"]), str(task.args["to"])
    of = str(task.args["of"])
    return {"tickets": due_times_recompute(of=of, before=before, after=after, at=clock.now(), task=task)}


def register() -> None:
    """Make the worker look every ten minutes at the data that it computes with, first of all when it starts."""
    register_work(CHECK, _check, label=gettext_lazy("A look at time zones and public holidays"))
    schedule(CHECK, timedelta(minutes=10))
    register_work(
        RECOMPUTE, _recompute, long=True, label=gettext_lazy("Due times under new time zones or holidays")
    )
