"""What a look at a running installation asks of the database: numbers only, of all parties together.

They are for whoever runs the machine, on the command line and at `/metrics`; no page and no endpoint of a party shows them.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from importlib import import_module
from pathlib import Path
from zoneinfo import ZoneInfo, available_timezones

from django.db import connection
from django.db.models import Count, Min

from cosource.foundation.models import DueWork, Entry, Lease, PendingEntry
from cosource.foundation.models.work import BEAT, HELD
from cosource.foundation.queries.search import FTS

_NOTHING = timedelta(0)


@dataclass(frozen=True, slots=True)
class WorkState:
    """How work in the background stands.

    `worker_late`: since the worker's last sign, None when there was none ever. `late_beats`: what recurs and did not.
    `sealer_lag`: age of the oldest entry without seals. `overdue`: how late the oldest due work is. `waiting`: rows by kind and
    state, of those that are not over, with the age of the oldest.
    """

    worker_late: timedelta | None
    late_beats: tuple[str, ...]
    sealer_lag: timedelta
    unsealed: int
    overdue: timedelta
    parked: int
    waiting: tuple[tuple[str, str, int, timedelta], ...]


def work_state(at: datetime) -> WorkState:
    """Return how work in the background stands."""
    sealer = Lease.objects.filter(name="sealer").first()
    late = Lease.objects.filter(name__startswith=BEAT, until__lt=at).order_by("name")
    unsealed = PendingEntry.objects.count()
    oldest = Entry.objects.filter(pk__in=PendingEntry.objects.order_by("pk").values("pk")[:1]).first()
    open_states = (DueWork.State.QUEUED, DueWork.State.RUNNING, DueWork.State.PARKED)
    # Work that a restored copy holds back is not late.
    waiting = (
        DueWork.objects.filter(state__in=open_states)
        .exclude(message=HELD)
        .values_list("kind", "state")
        .annotate(n=Count("id"), first=Min("due_at"))
        .order_by("kind", "state")
    )
    rows = tuple((kind, state, n, max(_NOTHING, at - first)) for kind, state, n, first in waiting)
    return WorkState(
        worker_late=None if sealer is None else max(_NOTHING, at - sealer.until),
        late_beats=tuple(beat.name.removeprefix(BEAT) for beat in late),
        sealer_lag=max(_NOTHING, at - oldest.recorded_at) if oldest else _NOTHING,
        unsealed=unsealed,
        overdue=max((age for _, state, _, age in rows if state == DueWork.State.QUEUED), default=_NOTHING),
        parked=sum(n for _, state, n, _ in rows if state == DueWork.State.PARKED),
        waiting=rows,
    )


def guards_missing() -> list[str]:
    """Return the triggers that keep the ledger append-only and are not there, or are switched off."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SELECT tgname FROM pg_trigger WHERE NOT tgisinternal AND tgenabled <> 'D'")
        else:
            cursor.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'")
        there = {row[0] for row in cursor.fetchall()}
    return sorted(set(_guards()) - there)


def _guards() -> Iterator[str]:
    made = import_module("cosource.foundation.migrations.0002_append_only")
    endings = ("frozen", "kept") if connection.vendor == "postgresql" else ("no_update", "no_delete")
    for table in made.FROZEN:
        yield from (f"{table}_{ending}" for ending in endings)
    payload = ("frozen", "kept") if connection.vendor == "postgresql" else ("no_update",)
    yield from (f"{made.PAYLOAD}_{ending}" for ending in (*payload, "erased"))


def texts_unindexed() -> int:
    """Return how many texts cannot be found, since their words are not in the index."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SELECT count(*) FROM foundation_searchtext WHERE words IS NULL")
        else:
            cursor.execute(
                f"SELECT count(*) FROM foundation_searchtext t WHERE t.id NOT IN (SELECT id FROM {FTS}_docsize)"  # noqa: S608 - the table's name is ours
            )
        return int(cursor.fetchone()[0])


def clock_skew(at: datetime) -> float | None:
    """Return by how many seconds `at`, which is now here, is ahead of the database's clock; None where it has none of its own."""
    if connection.vendor != "postgresql":
        return None
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        there: datetime = cursor.fetchone()[0]
    return (at - there.astimezone(UTC)).total_seconds()


def zones_differing(at: datetime) -> int | None:
    """Return in how many zones the server's clocks show another time than ours; None where the database has no zones."""
    if connection.vendor != "postgresql":
        return None
    ours = available_timezones()
    with connection.cursor() as cursor:
        cursor.execute("SELECT name, extract(epoch FROM utc_offset) FROM pg_timezone_names")
        return sum(
            name in ours and at.astimezone(ZoneInfo(name)).utcoffset() != timedelta(seconds=int(seconds))
            for name, seconds in cursor.fetchall()
        )


def connections_open() -> int | None:
    """Return how many connections the database server has for this database; None for a file."""
    if connection.vendor != "postgresql":
        return None
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()")
        return int(cursor.fetchone()[0])


def database_bytes() -> int:
    """Return how much room the database takes on its disk."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_database_size(current_database())")
            return int(cursor.fetchone()[0])
    name = str(connection.settings_dict["NAME"])
    return sum(place.stat().st_size for place in (Path(name), Path(f"{name}-wal")) if place.exists())
