"""One look at the whole installation: what holds, what does not, and what to do about it.

`cosource check` says whether it can start; this says whether it works, here and now. Not here: how a chosen setting is judged
(inspection.py), what the database is asked (foundation's `queries.checks`).
"""

import os
import shutil
import socket
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

from cosource.config import environment as env
from cosource.config.inspection import weaknesses
from cosource.config.static import STAMP_NAME

DISK_LEAST_BYTES = 500 * 1024**2
DISK_LEAST_SHARE = 0.05
LATE = timedelta(seconds=60)
CONNECT_SECONDS = 5
FAULTS_NAMED = 20


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at. `remedy`: what to do where it does not hold."""

    name: str
    holds: bool
    says: str
    remedy: str = ""


def look_over(at: datetime, *, every_file: bool = False) -> list[Check]:
    """Return every check, in the order in which one would mend what is wrong.

    `every_file`: reads the content of all attached files, however much that is.
    """
    found = [*_settings(), _secrets()]
    reachable = _database()
    found.append(reachable)
    if reachable.holds:
        schema = _schema()
        found.append(schema)
        if schema.holds:
            found += [*_kept(at), *_files(every_file), *_work(at), *_hold(at)]
    found += [_zones(at), _disk(), _mail(), _static()]
    return found


def _settings() -> Iterator[Check]:
    from django.conf import settings

    wrong = [f"{name} is no setting" for name in env.unknown_settings(os.environ)]
    wrong += weaknesses(
        bind=settings.BIND,
        base_url=settings.BASE_URL,
        behind_proxy=bool(settings.TRUSTED_PROXY_NETWORKS),
        debug=settings.DEBUG,
        secrets_file=settings.SECRETS_FILE,
    )
    if not wrong:
        yield Check("settings", True, "can be used as they are")
    for line in wrong:
        what, _, remedy = line.partition(": ")
        yield Check("settings", False, what, remedy or "`cosource settings` lists those there are")


def _secrets() -> Check:
    from django.conf import settings

    path = Path(settings.SECRETS_FILE)
    if os.access(path, os.R_OK):
        return Check("secrets", True, f"{len(settings.FIELD_ENCRYPTION_KEYS)} field keys in {path}")
    return Check("secrets", False, f"{path} cannot be read", "give it back to the user who runs Cosource")


def _database() -> Check:
    from django.db import DatabaseError, connection

    try:
        connection.ensure_connection()
        version = ".".join(map(str, connection.get_database_version()))
    except DatabaseError as trouble:
        said = str(trouble).strip().partition("\n")[0]
        return Check(
            "database", False, f"cannot be reached: {said}", "start it, or mend COSOURCE_DATABASE_URL"
        )
    return Check("database", True, f"{connection.display_name} {version}")


def _schema() -> Check:
    from cosource.foundation.queries.schema import refusal_of, schema_state

    state = schema_state()
    if refusal := refusal_of(state):
        what, _, remedy = refusal.partition(": ")
        return Check("schema", False, what, remedy)
    if state.waiting:
        return Check("schema", False, f"{len(state.waiting)} changes wait", "run `cosource upgrade`")
    return Check("schema", True, f"up to date, {len(state.made)} changes")


def _kept(at: datetime) -> Iterator[Check]:
    from cosource.foundation.queries import checks
    from cosource.foundation.services.timekeeping import SKEW_SECONDS

    missing = checks.guards_missing()
    yield Check(
        "record",
        not missing,
        f"the guard {missing[0]} is missing" if missing else "append-only in the database itself",
        "somebody changed the tables by hand: restore a backup, and check the record with `cosource ledger verify`",
    )
    unindexed = checks.texts_unindexed()
    yield Check(
        "search",
        not unindexed,
        f"{unindexed} texts lack their words" if unindexed else "every text has its words",
        "restore a backup: the words come with it",
    )
    skew = checks.clock_skew(at)
    yield Check(
        "clock",
        skew is None or abs(skew) <= SKEW_SECONDS,
        "the database is on this machine" if skew is None else f"{skew:+.1f} s from the database's",
        "let both machines keep time by NTP",
    )


def _files(every_file: bool) -> Iterator[Check]:
    from cosource.foundation.errors import StorageAway
    from cosource.foundation.queries.files import READ_BYTES, files_state

    try:
        state = files_state(read_bytes=None if every_file else READ_BYTES)
    except (OSError, StorageAway) as trouble:
        yield Check("files", False, f"their store: {trouble}", "mend COSOURCE_FILES_URL, or the way there")
        return
    if not state.faults:
        read = "" if state.bytes_read == state.bytes else f", {state.bytes_read // 1024**2} MB of them read"
        yield Check(
            "files", True, f"{state.rows} attached, {state.bytes // 1024**2} MB, all in their place{read}"
        )
    for fault in state.faults[:FAULTS_NAMED]:
        yield Check("files", False, fault, "take it from a backup: it lies there under the same path")
    if len(state.faults) > FAULTS_NAMED:
        yield Check("files", False, f"{len(state.faults) - FAULTS_NAMED} more like these", "as above")


def _work(at: datetime) -> Iterator[Check]:
    from cosource.foundation.queries import checks

    state = checks.work_state(at)
    absent = state.worker_late is None or state.worker_late > LATE
    yield Check(
        "worker",
        not absent and not state.late_beats,
        "has never run here"
        if state.worker_late is None
        else f"last heard of {_short(state.worker_late)} ago"
        if absent
        else f"late: {', '.join(state.late_beats)}"
        if state.late_beats
        else "at work",
        "start `cosource worker`, or `cosource up`; its last lines say why it ended",
    )
    yield Check(
        "sealing",
        state.sealer_lag <= LATE,
        f"the oldest entry waits for {_short(state.sealer_lag)}" if state.sealer_lag else "nothing waits",
        "only a worker seals: see there",
    )
    yield Check(
        "due work",
        state.overdue <= LATE,
        f"the oldest is {_short(state.overdue)} late" if state.overdue else "nothing is late",
        "start another `cosource worker`; `cosource work list --state queued` shows what waits",
    )
    yield Check(
        "parked work",
        not state.parked,
        f"{state.parked} pieces" if state.parked else "none",
        "`cosource work list` says why each stopped, `cosource work replay ID` tries it again",
    )


def _hold(at: datetime) -> Iterator[Check]:
    from cosource.foundation.services.holding import outward_held, restore_broken_off

    if restore_broken_off():
        yield Check("restore", False, "was broken off", "run `cosource restore DIR --again`")
    elif outward_held():
        yield Check(
            "restore", False, "a restored copy: nothing is sent", "run `cosource release` when it takes over"
        )


def _zones(at: datetime) -> Check:
    from django.db import DatabaseError

    from cosource.calendars.queries.sources import sources, version_of_package
    from cosource.foundation.queries.checks import zones_differing

    used, package = sources().zones, version_of_package()
    says = f"{used} is used, the tzdata package has {package}"
    try:
        if (differing := zones_differing(at)) is not None:
            says += f", {differing} zones differ in PostgreSQL, which computes nothing with them"
    except DatabaseError:
        pass
    return Check(
        "time zones",
        used >= package,
        says,
        "update tzdata on this machine and restart; what is open is computed anew",
    )


def _disk() -> Check:
    from django.conf import settings

    usage = shutil.disk_usage(settings.DATA_DIR)
    holds = usage.free >= DISK_LEAST_BYTES and usage.free >= usage.total * DISK_LEAST_SHARE
    return Check(
        "disk",
        holds,
        f"{usage.free // 1024**2} MB free of {usage.total // 1024**2} at {settings.DATA_DIR}",
        "make room, or move the data folder to a larger disk",
    )


def _mail() -> Check:
    address = env.EMAIL_URL.read(os.environ)
    if address in {"console", "file"}:
        return Check(
            "mail", True, "printed" if address == "console" else "written to mail/ in the data folder"
        )
    parts = urlsplit(address)
    host, port = parts.hostname or "", parts.port or (465 if parts.scheme == "smtps" else 25)
    try:
        socket.create_connection((host, port), timeout=CONNECT_SECONDS).close()
    except OSError as trouble:
        why = os.strerror(trouble.errno) if trouble.errno and trouble.errno > 0 else "no answer"
        return Check(
            "mail",
            False,
            f"{host}:{port} cannot be reached ({why})",
            "mend COSOURCE_EMAIL_URL, or the way there",
        )
    return Check("mail", True, f"{host}:{port} answers")


def _static() -> Check:
    from django.conf import settings

    there = (Path(settings.STATIC_ROOT) / STAMP_NAME).exists()
    return Check(
        "static files",
        there,
        "collected" if there else f"not collected in {settings.STATIC_ROOT}",
        "run `cosource upgrade`",
    )


def _short(span: timedelta) -> str:
    seconds = int(span.total_seconds())
    for name, size in (("d", 86_400), ("h", 3_600), ("min", 60)):
        if seconds >= 2 * size:
            return f"{seconds // size} {name}"
    return f"{seconds} s"
