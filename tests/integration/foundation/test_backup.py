"""A backup holds everything, goes into either database, and what is restored keeps still until it is released."""

import contextlib
import gzip
import hashlib
import json
import os
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from django.db import connection
from django.test import Client
from tests.databases import Template
from tests.integration.tickets.conftest import Desk
from tests.worlds import START, World

from cosource.foundation import outward
from cosource.foundation.errors import Conflict, Invalid
from cosource.foundation.models import DueWork, Entry, Lease, Restoration, Stream
from cosource.foundation.models.work import HELD
from cosource.foundation.queries.backup import LEFT_OUT, one_moment, rows_of, tables_there
from cosource.foundation.queries.schema import schema_state
from cosource.foundation.queries.search import matching_subjects
from cosource.foundation.queries.verification import verify
from cosource.foundation.rules.backup import Manifest, manifest_read, manifest_text
from cosource.foundation.services.backup import backup_make, table_digest
from cosource.foundation.services.duework import work_next
from cosource.foundation.services.holding import held_look, held_shown, outward_release
from cosource.foundation.services.mail import mail_enqueue
from cosource.foundation.services.restoring import restore
from cosource.foundation.services.sealing import seal_pending
from cosource.tickets.models import Ticket

LATER = START + timedelta(days=1)

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def places(settings: object, tmp_path: Path) -> Path:
    """A data folder for this test alone, with a file and a spooled one."""
    for name, inner in (("FILES_DIR", "files"), ("SPOOL_DIR", "spool")):
        folder = tmp_path / "data" / inner
        (folder / "imports").mkdir(parents=True)
        (folder / "imports" / f"ä {inner}.bin").write_bytes(bytes(range(256)) * 40)
        setattr(settings, name, folder)
    return tmp_path / "data"


@pytest.fixture
def worked(world: World, places: Path) -> Desk:
    """A world in which some work was done, sealed, and a mail waits."""
    desk = Desk(world, world.at)
    ticket = desk.open(title="Ünlöckable dœr \\ 'n quote", text='Line one\nline "two"\tend.')
    desk.give(ticket, "p1.alder", "c1.ct", "p1.pt")
    desk.open(by="c2.ct" if "c2.ct" in world.people else "c1.ct", title="Printer")
    while seal_pending():
        pass
    mail_enqueue(effect_key="test:1", to="a@c1.example", subject="Ticket", text="Words.", at=desk.now)
    return desk


def empty(places: Path) -> None:
    for inner in ("files", "spool"):
        shutil.rmtree(places / inner)
        (places / inner).mkdir()


def all_digests() -> dict[str, tuple[int, str]]:
    with one_moment():
        return {table.name: table_digest(table) for table in tables_there()}


def structure() -> list[tuple[str, ...]]:
    """Everything beside the rows: tables, indexes, constraints, triggers, as the database has them."""
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("SELECT name, sql FROM sqlite_master ORDER BY name")
        else:
            cursor.execute(
                "SELECT indexname::text, indexdef FROM pg_indexes WHERE schemaname = 'public'"
                " UNION ALL SELECT conrelid::regclass || ' ' || conname, pg_get_constraintdef(oid) FROM pg_constraint"
                " UNION ALL SELECT tgname::text, pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal"
                " ORDER BY 1, 2"
            )
        # PostgreSQL adds brackets and types when it reads a condition that it wrote itself.
        return [tuple(re.sub(r"[()]|::[a-z ]+|\[\]", "", str(c)) for c in row) for row in cursor.fetchall()]


def taken(folder: Path, **more: bool) -> Manifest:
    return backup_make(folder=folder, with_secrets=more.get("with_secrets", False), at=LATER)


def test_there_and_back_everything_is_equal(
    worked: Desk, places: Path, tmp_path: Path, database_template: Template
) -> None:
    first = taken(tmp_path / "first")
    assert {t.name: t.rows for t in first.tables}["tickets_ticket"] == Ticket.objects.count() == 2
    assert len(first.files) == 2
    before, streams, reader = all_digests(), Stream.objects.count(), worked.org("c1")
    shape = structure()
    heads = json.loads((tmp_path / "first" / "heads.json").read_text())
    empty(places)
    with database_template.copy():
        done = restore(folder=tmp_path / "first", again=False, at=LATER)
        assert done.manifest.digest == first.digest
        assert not done.lacks_keys
        assert all_digests() == before
        assert structure() == shape
        assert (places / "files/imports/ä files.bin").read_bytes() == bytes(range(256)) * 40
        assert len(heads["streams"]) == streams
        assert verify(reader, heads).findings == []
        assert len(matching_subjects("dœr", actor=worked.actor("c1.ct"), limit=9)[0]) == 1
        second = taken(tmp_path / "second")
        assert (second.digest, second.rows) == (first.digest, first.rows)
        # What comes next gets numbers of its own.
        desk = Desk(worked.world, LATER)
        desk.open(title="Afterwards")
        assert len(matching_subjects("afterwards", actor=desk.actor("c1.ct"), limit=9)[0]) == 1


def environment(data: Path) -> dict[str, str]:
    clean = {n: v for n, v in os.environ.items() if not n.startswith(("COSOURCE_", "DJANGO_"))}
    return {**clean, "COSOURCE_DATA_DIR": str(data)}


def cosource(data: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "cosource", *words],
        env=environment(data),
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )


def test_from_one_kind_of_database_to_the_other_and_back(
    worked: Desk, places: Path, tmp_path: Path, database_template: Template
) -> None:
    """The commands, in an installation without tables; on PostgreSQL its rows go to SQLite and come back."""
    first = taken(tmp_path / "first")
    done = cosource(tmp_path / "other", "restore", str(tmp_path / "first"))
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[1] == f"digest {first.digest}"
    assert "nothing is sent until `cosource release`" in done.stderr
    assert "the keys are not those of the backup" in done.stderr
    done = cosource(tmp_path / "other", "backup", str(tmp_path / "second"))
    assert done.stdout.splitlines()[1] == f"digest {first.digest}"
    empty(places)
    before = all_digests()
    with database_template.copy():
        restore(folder=tmp_path / "second", again=False, at=LATER)
        assert all_digests() == before


def test_every_table_is_kept_or_left_out_by_name() -> None:
    with connection.cursor() as cursor:
        there = set(connection.introspection.table_names(cursor))
    kept = {table.name for table in tables_there()}
    rest = {name for name in there - kept if not name.startswith("foundation_searchwords")}
    assert rest == LEFT_OUT | {"django_migrations"}


def test_rows_come_in_the_order_of_their_key(worked: Desk) -> None:
    for table in tables_there():
        with one_moment():
            rows = list(rows_of(table))
        places = [[name for name, _ in table.columns].index(column) for column in table.order]
        keys = [
            tuple(
                str(row[place]) if dict(table.columns)[table.columns[place][0]] != "number" else row[place]
                for place in places
            )
            for row in rows
        ]
        assert keys == sorted(keys), table.name


def test_a_second_restore_and_a_filled_place_are_refused(
    worked: Desk, places: Path, tmp_path: Path, database_template: Template
) -> None:
    taken(tmp_path / "first")
    with pytest.raises(Conflict, match=r"not empty \(\w+ has rows\)"):
        restore(folder=tmp_path / "first", again=False, at=LATER)
    with database_template.copy():
        with pytest.raises(Conflict, match=r"not empty \(.+files\.bin is there\)"):
            restore(folder=tmp_path / "first", again=False, at=LATER)
        empty(places)
        Lease.objects.create(name="sealer", holder="somebody", until=LATER, fence=1)
        with pytest.raises(Conflict, match="A worker runs"):
            restore(folder=tmp_path / "first", again=False, at=LATER)
        Lease.objects.all().delete()
        restore(folder=tmp_path / "first", again=False, at=LATER)
        with pytest.raises(Conflict, match="restored already"):
            restore(folder=tmp_path / "first", again=True, at=LATER)
    with pytest.raises(Conflict, match="first is not empty"):
        taken(tmp_path / "first")


def test_a_backup_of_a_newer_version_is_refused_by_name(
    worked: Desk, places: Path, tmp_path: Path, database_template: Template
) -> None:
    folder = tmp_path / "first"
    manifest = taken(folder)
    newer = replace(manifest, product_version="9.0", schema=(*manifest.schema, "tickets.9999_from_tomorrow"))
    (folder / "manifest.json").write_text(manifest_text(newer))
    newest = max(name for name in schema_state().made if name.startswith("tickets."))
    empty(places)
    with database_template.copy():
        with pytest.raises(Conflict) as refused:
            restore(folder=folder, again=False, at=LATER)
        assert refused.value.message == (
            f"The backup was made by version 9.0 with tickets.9999_from_tomorrow; this version knows {newest}: "
            "restore it with the newer version."
        )
        assert not Restoration.objects.exists()


def test_a_changed_byte_changes_nothing_here(
    worked: Desk, places: Path, tmp_path: Path, database_template: Template
) -> None:
    folder = tmp_path / "first"
    taken(folder)
    empty(places)
    whole = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    lines = gzip.decompress((folder / "tables/tickets_ticket.jsonl.gz").read_bytes())
    damaged = {
        "tables/tickets_ticket.jsonl.gz": gzip.compress(lines.replace(b"Printer", b"Pointer")),
        "tables/foundation_seal.jsonl.gz": (folder / "tables/foundation_seal.jsonl.gz").read_bytes()[:-20],
        "files/imports/ä files.bin": b"other",
        "heads.json": b'{"format": "cosource-heads/1", "streams": []}',
        "manifest.json": (folder / "manifest.json").read_bytes().replace(b'"rows": 2', b'"rows": 3'),
    }
    with database_template.copy():
        again = False
        for name, content in damaged.items():
            assert whole[folder / name] != content
            (folder / name).write_bytes(content)
            with pytest.raises(Invalid, match=str(folder)):
                restore(folder=folder, again=again, at=LATER)
            (folder / name).write_bytes(whole[folder / name])
            assert (Entry.objects.count(), Ticket.objects.count(), DueWork.objects.count()) == (0, 0, 0)
            again = True
        (folder / "tables/tickets_ticket.jsonl.gz").unlink()
        with pytest.raises(Invalid, match=r"tickets_ticket\.jsonl\.gz is missing"):
            restore(folder=folder, again=True, at=LATER)
        (folder / "manifest.json").unlink()
        with pytest.raises(Invalid, match="no finished backup"):
            restore(folder=folder, again=True, at=LATER)


@pytest.mark.parametrize("path", ["../etc/passwd", "/etc/passwd", "tables/x", "files/../../x"])
@pytest.mark.threat("S15")
def test_a_manifest_cannot_name_a_place_outside(path: str, worked: Desk, tmp_path: Path) -> None:
    manifest = taken(tmp_path / "first")
    bad = replace(manifest, files=(replace(manifest.files[0], path=path),))
    with pytest.raises(Exception, match="outside the data folder"):
        manifest_read(manifest_text(bad))


def test_rows_that_contradict_each_other_are_refused(
    worked: Desk, places: Path, tmp_path: Path, database_template: Template
) -> None:
    """A backup whose digests hold and whose rows don't: a ticket of nobody, a name given twice."""
    folder = tmp_path / "first"
    manifest = taken(folder)
    shape = structure()

    def changed(table: str, change: Callable[[list[bytes]], list[bytes]]) -> None:
        path = folder / f"tables/{table}.jsonl.gz"
        lines = change(gzip.decompress(path.read_bytes()).splitlines(keepends=True))
        path.write_bytes(gzip.compress(b"".join(lines)))
        tables = [
            replace(t, rows=len(lines), digest=hashlib.sha256(b"".join(lines)).hexdigest())
            if t.name == table
            else t
            for t in manifest.tables
        ]
        (folder / "manifest.json").write_text(manifest_text(replace(manifest, tables=tuple(tables))))

    def same_name(lines: list[bytes]) -> list[bytes]:
        first, second, *rest = [json.loads(line) for line in lines]
        second[1:] = first[1:]
        return [json.dumps(row).encode() + b"\n" for row in (first, second, *rest)]

    whole = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    for table, change in (("tickets_ticket", lambda lines: lines[1:]), ("parties_team", same_name)):
        changed(table, change)
        empty(places)
        with database_template.copy():
            with pytest.raises(Invalid, match="its rows contradict each other"):
                restore(folder=folder, again=False, at=LATER)
            assert (Ticket.objects.count(), structure()) == (0, shape)
        for path, content in whole.items():
            path.write_bytes(content)


def test_secrets_go_along_only_when_asked_for(
    worked: Desk, places: Path, tmp_path: Path, settings: object
) -> None:
    from django.conf import settings as installed

    taken(tmp_path / "without")
    assert not (tmp_path / "without/secrets.json").exists()
    taken(tmp_path / "with", with_secrets=True)
    assert (tmp_path / "with/secrets.json").read_bytes() == Path(installed.SECRETS_FILE).read_bytes()
    assert (tmp_path / "with").stat().st_mode & 0o077 == 0
    everything = b"".join(p.read_bytes() for p in (tmp_path / "without").rglob("*") if p.is_file())
    assert installed.FIELD_ENCRYPTION_KEYS[0].encode() not in everything


def test_nothing_leaves_a_restored_house_until_it_is_released(
    worked: Desk, places: Path, tmp_path: Path, database_template: Template, mailoutbox: list[object]
) -> None:
    taken(tmp_path / "first")
    empty(places)
    with database_template.copy():
        restore(folder=tmp_path / "first", again=False, at=LATER)
        DueWork.objects.exclude(kind="foundation.mail").delete()
        assert DueWork.objects.count() == 1
        assert work_next(worker="w", at=LATER)
        work = DueWork.objects.get()
        assert (work.state, work.attempts, work.message, mailoutbox) == ("queued", 0, HELD, [])
        with pytest.raises(outward.Unreachable):
            outward.post("https://example.org/", b"", {})
        assert held_look()
        assert held_shown()
        assert outward_release(at=LATER) == 1
        assert outward_release(at=LATER) is None
        assert not held_shown()
        assert work_next(worker="w", at=LATER)
        assert DueWork.objects.get().state == "done"
        assert len(mailoutbox) == 1


def opened_by_its_reader(fifo: Path, process: subprocess.Popen[bytes]) -> int:
    """Wait until the process reads from here, and give the end to write to."""
    deadline = time.monotonic() + 120
    while True:
        try:
            return os.open(fifo, os.O_WRONLY | os.O_NONBLOCK)
        except OSError:
            assert process.poll() is None
            assert time.monotonic() < deadline
            time.sleep(0.02)


def test_killed_in_the_middle_and_begun_again_it_is_the_same(
    worked: Desk, places: Path, tmp_path: Path, installation: Path
) -> None:
    first = taken(tmp_path / "first")
    # A file that comes so slowly that the restore is always killed while it copies it.
    copied = tmp_path / "first/files/imports/ä files.bin"
    copied.rename(tmp_path / "aside")
    os.mkfifo(copied)
    process = subprocess.Popen(
        [sys.executable, "-m", "cosource", "restore", str(tmp_path / "first")], env=environment(installation)
    )
    slow = opened_by_its_reader(copied, process)
    os.write(slow, bytes(range(256)))
    process.send_signal(signal.SIGKILL)
    process.wait()
    os.close(slow)
    (tmp_path / "aside").replace(copied)
    with contextlib.closing(sqlite3.connect(installation / "cosource.sqlite3", timeout=20)) as look:
        counts = [
            look.execute(f"SELECT count(*) FROM {table}").fetchone()[0]
            for table in ("foundation_restoration", "tickets_ticket")
        ]
        assert counts == [1, 0]
    assert cosource(installation, "worker").stderr.endswith(
        "cosource: a restore was broken off here: run `cosource restore DIR --again`\n"
    )
    refused = cosource(installation, "restore", str(tmp_path / "first"))
    assert (refused.returncode, "was broken off: give --again" in refused.stderr) == (1, True)
    done = cosource(installation, "restore", str(tmp_path / "first"), "--again")
    assert done.returncode == 0, done.stderr
    done = cosource(installation, "backup", str(tmp_path / "second"))
    assert done.stdout.splitlines()[1] == f"digest {first.digest}"


def test_the_pages_of_a_restored_copy_say_so_until_it_is_released(world: World, client: Client) -> None:
    client.force_login(world.person("c1.ct"), backend="allauth.account.auth_backends.AuthenticationBackend")
    words = "This is a restored copy. No mail and no other message leaves it"
    assert words not in client.get("/", follow=True).content.decode()
    Restoration.objects.create(
        backup_digest="0" * 64, backup_taken_at=START, began_at=START, finished_at=START
    )
    assert held_look()
    assert words in client.get("/", follow=True).content.decode()
    assert outward_release(at=LATER) == 0
    assert words not in client.get("/", follow=True).content.decode()
