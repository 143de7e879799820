"""Content of files, in a folder and in storage that speaks S3: whole or not there, and never without its row for long."""

import io
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import psutil
import pytest
from django.test import Client
from tests.databases import Template
from tests.faults.broken_disk import no_file_grows, small_disk
from tests.integration.tickets.conftest import Desk
from tests.s3_server import Storage
from tests.worlds import World

from cosource.foundation import clock
from cosource.foundation.errors import NoRoom, StorageAway
from cosource.foundation.models import DueWork, StoredFile
from cosource.foundation.queries.files import ContentMissing, file_content, files_state
from cosource.foundation.services.backup import backup_make
from cosource.foundation.services.files import GONE, file_bring, files_erase, files_sweep
from cosource.foundation.services.restoring import restore
from cosource.foundation.stores import path_of, store
from cosource.tickets.services.conversation import ticket_reply

MEGABYTE = 1024**2


@pytest.fixture
def storage(local_network: None, settings: Any) -> Iterator[Storage]:
    found = Storage()
    with found.listening():
        settings.FILES_URL, settings.FILES_ENDPOINT = "s3://desk/house", found.address
        settings.FILES_KEY_ID, settings.FILES_SECRET_KEY = "key", "secret"
        yield found


@pytest.fixture(params=["folder", "s3"])
def kept_in(request: pytest.FixtureRequest, storage: Storage, settings: Any, tmp_path: Path) -> str:
    """Each test on both stores, empty."""
    for name in ("FILES_DIR", "SPOOL_DIR"):
        setattr(settings, name, tmp_path / name)
        (tmp_path / name).mkdir()
    if request.param == "folder":
        settings.FILES_URL = ""
    return str(request.param)


@pytest.fixture
def desk(world: World) -> Desk:
    return Desk(world, world.at)


def bring(desk: Desk, content: bytes, name: str = "a.bin", by: str = "c1.ct") -> StoredFile:
    return file_bring(source=io.BytesIO(content), name=name, actor=desk.actor(by), at=desk.tick())


def attach(desk: Desk, *rows: StoredFile, by: str = "c1.ct") -> UUID:
    ticket = desk.open(by)
    return ticket_reply(
        ticket_id=ticket.id,
        text="With files.",
        party_ids=[],
        with_requester=False,
        file_ids=[row.id for row in rows],
        actor=desk.actor(by),
        at=desk.tick(),
    )


def content_of(row: StoredFile) -> bytes:
    with file_content(row) as content:
        return content.read()


@pytest.mark.django_db
def test_what_is_brought_is_given_back_and_goes_when_it_is_erased(desk: Desk, kept_in: str) -> None:
    contents = [os.urandom(size) for size in (1, 100, 3 * MEGABYTE)]
    rows = [bring(desk, content) for content in contents]
    entry_id = attach(desk, *rows)
    assert [content_of(row) for row in rows] == contents
    assert sorted(kept.path for kept in store().all()) == sorted(path_of(row.content) for row in rows)
    assert [kept.path for kept in store().all()] == sorted(kept.path for kept in store().all())
    state = files_state()
    assert (state.rows, state.bytes, state.bytes_read, state.faults) == (
        3,
        3 * MEGABYTE + 101,
        3 * MEGABYTE + 101,
        [],
    )
    assert files_sweep(at=clock.now() + timedelta(days=2)) == {"unsent": 0, "unknown": 0}
    files_erase(entry_id, at=desk.tick())
    assert DueWork.objects.get(kind=GONE).args["contents"] == [
        row.content for row in sorted(rows, key=lambda r: str(r.id))
    ]
    # Should the work be lost, the sweep does it.
    assert files_sweep(at=clock.now() + timedelta(days=2)) == {"unsent": 0, "unknown": 3}
    assert list(store().all()) == []
    with pytest.raises(FileNotFoundError), file_content(rows[0]) as _:
        pass


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("kept_in", "other"), [("folder", "s3"), ("s3", "folder")], indirect=["kept_in"])
def test_a_backup_goes_from_each_store_into_each(
    desk: Desk,
    kept_in: str,
    other: str,
    settings: Any,
    tmp_path: Path,
    database_template: Template,
) -> None:
    rows = [bring(desk, os.urandom(size)) for size in (5, 2 * MEGABYTE, 7)]
    attach(desk, *rows)
    first = backup_make(folder=tmp_path / "first", with_secrets=False, at=desk.now)
    assert (len(first.files), first.files_lacking) == (3, ())
    # One goes, one is changed: the next backup is made, and says so.
    with store().open(path_of(rows[2].content)) as content:
        was = content.read()
    store().remove(path_of(rows[0].content))
    store().put(path_of(rows[2].content), io.BytesIO(b"changed"))
    lacking = backup_make(folder=tmp_path / "lacking", with_secrets=False, at=desk.now).files_lacking
    assert sorted(lacking) == sorted(
        [f"files/{path_of(rows[0].content)} is missing", f"files/{path_of(rows[2].content)} has been changed"]
    )
    assert was != b"changed"
    settings.FILES_URL = "" if other == "folder" else "s3://desk/restored"
    settings.FILES_DIR = tmp_path / "restored"
    settings.FILES_DIR.mkdir()
    with database_template.copy():
        restore(folder=tmp_path / "first", again=False, at=desk.now)
        assert files_state(read_bytes=None).faults == []
        assert files_state().rows == 3
        # A restored copy removes nothing from a store before somebody says that it takes over.
        store().put(path_of("ab" * 16), io.BytesIO(b"left"))
        assert files_sweep(at=clock.now() + timedelta(days=2)) == {"unsent": 0, "unknown": 0}
        store().remove(path_of("ab" * 16))
        assert backup_make(folder=tmp_path / "second", with_secrets=False, at=desk.now).digest == first.digest


@pytest.mark.django_db
def test_storage_that_is_away_is_said_and_nothing_is_half_done(desk: Desk, storage: Storage) -> None:
    row = bring(desk, b"there before")
    entry_id = attach(desk, row)
    ticket_id = StoredFile.objects.values_list("subject_id", flat=True).get()
    client = Client(headers={"host": "localhost"})
    client.force_login(
        desk.world.person("c1.ct"), backend="allauth.account.auth_backends.AuthenticationBackend"
    )
    storage.refuses = 503
    with pytest.raises(StorageAway):
        bring(desk, b"new")
    away = client.get(f"/files/{row.id}/")
    assert (away.status_code, "storage" in away.content.decode()) == (503, True)
    form = {"text": "Kept words.", "audience": desk.org("c1").hex, "files": [io.BytesIO(b"new")]}
    refused = client.post(f"/tickets/{ticket_id}/reply/", form)
    assert (refused.status_code, "Kept words." in refused.content.decode()) == (503, True)
    assert StoredFile.objects.count() == 1
    storage.refuses = None
    storage.objects.clear()
    assert client.get(f"/files/{row.id}/").status_code == ContentMissing.status
    assert files_state().faults == [f"files/{path_of(row.content)} (file {row.id}) is missing"]
    assert entry_id


@pytest.mark.django_db
def test_a_disk_that_is_full_at_any_write_leaves_nothing(desk: Desk, settings: Any, tmp_path: Path) -> None:
    """From the first byte to the last; what was there can be read all the while, and afterwards all goes on."""
    settings.FILES_DIR = tmp_path / "files"
    settings.FILES_DIR.mkdir()
    before = bring(desk, b"there before")
    attach(desk, before)
    content = os.urandom(4 * MEGABYTE)
    for room in (0, 1, 4096, MEGABYTE - 1, MEGABYTE, 3 * MEGABYTE, 4 * MEGABYTE - 1):
        with no_file_grows([psutil.Process()], beyond=room), pytest.raises(NoRoom) as full:
            bring_outside_of_the_database(desk, content)
        assert (full.value.status, full.value.code) == (507, "no_room")
        assert [p for p in settings.FILES_DIR.rglob("*") if p.is_file()] == [
            settings.FILES_DIR / path_of(before.content)
        ]
        assert content_of(before) == b"there before"
    assert content_of(bring(desk, content)) == content


def bring_outside_of_the_database(desk: Desk, content: bytes) -> None:
    """Only what a store does is to meet the limit: the database has its own tests."""
    store().put(path_of(os.urandom(16).hex()), io.BytesIO(content))


@pytest.mark.django_db(transaction=True)
def test_a_form_is_told_when_there_is_no_room_for_its_file(desk: Desk, settings: Any) -> None:
    with small_disk(megabytes=4) as disk:
        settings.FILES_DIR = disk.place / "files"
        settings.FILES_DIR.mkdir()
        ticket = desk.open()
        client = Client(headers={"host": "localhost"})
        client.force_login(
            desk.world.person("c1.ct"), backend="allauth.account.auth_backends.AuthenticationBackend"
        )
        form = {"text": "Kept words.", "audience": desk.org("c1").hex}
        for room in (0, 1, 5, 100):
            disk.fill(but=room)
            answer = client.post(
                f"/tickets/{ticket.id}/reply/", form | {"files": [io.BytesIO(bytes(MEGABYTE))]}
            )
            assert (answer.status_code, "Kept words." in answer.content.decode()) == (507, True)
            assert not StoredFile.objects.exists()
            assert [p for p in settings.FILES_DIR.rglob("*") if p.is_file()] == []
            disk.free()
        done = client.post(f"/tickets/{ticket.id}/reply/", form | {"files": [io.BytesIO(bytes(MEGABYTE))]})
        assert (done.status_code, StoredFile.objects.count()) == (303, 1)


WRITER = """
import io, os, sys
import django
django.setup()
from cosource.foundation import clock
from cosource.parties.models import Person
from cosource.parties.queries.sight import actor_for_person
from cosource.foundation.services.files import file_bring
from cosource.tickets.services.conversation import ticket_reply
person, ticket, organization, at = sys.argv[1:]
from datetime import datetime
from uuid import UUID
at = datetime.fromisoformat(at)
while True:
    actor = actor_for_person(Person.objects.get(id=person), organization_id=UUID(organization), at=at)
    rows = [file_bring(source=io.BytesIO(os.urandom(300_000)), name="a.bin", actor=actor, at=at) for _ in range(2)]
    ticket_reply(ticket_id=UUID(ticket), text="x", party_ids=[], with_requester=False, actor=actor, at=at,
                 file_ids=[r.id for r in rows])
    print(flush=True)
"""


@pytest.mark.parametrize("kills", [2, pytest.param(200, marks=pytest.mark.proof)])
def test_killed_at_any_moment_no_row_is_without_its_file(
    transactional_db: None, world: World, database_url: str, settings: Any, tmp_path: Path, kills: int
) -> None:
    """And no file without its row once a day has gone by."""
    desk, chance = Desk(world, world.at), random.Random(11)
    ticket = desk.open()
    settings.FILES_DIR = tmp_path / "files"
    environment = {n: v for n, v in os.environ.items() if not n.startswith(("COSOURCE_", "DJANGO_"))}
    environment |= {
        "COSOURCE_DATA_DIR": str(tmp_path),
        "COSOURCE_DATABASE_URL": database_url,
        "COSOURCE_SECRETS_FILE": str(settings.SECRETS_FILE),
        "DJANGO_SETTINGS_MODULE": "cosource.config.settings",
    }
    words = [str(world.person("c1.ct").id), str(ticket.id), str(desk.org("c1")), desk.tick().isoformat()]
    for _ in range(kills):
        with subprocess.Popen(
            [sys.executable, "-c", WRITER, *words],
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        ) as writer:
            assert writer.stdout is not None
            assert writer.stdout.readline() == b"\n", writer.stderr.read() if writer.stderr else ""
            time.sleep(chance.uniform(0, 0.05))
            writer.send_signal(signal.SIGKILL)
        state = files_state(read_bytes=None)
        assert state.faults == []
        assert state.rows >= 2
    assert not StoredFile.objects.filter(entry=None).count() > 2 * kills
    files_sweep(at=clock.now() + timedelta(days=2))
    known = {path_of(c) for c in StoredFile.objects.values_list("content", flat=True)}
    assert {
        p.relative_to(settings.FILES_DIR).as_posix() for p in settings.FILES_DIR.rglob("*") if p.is_file()
    } == known
