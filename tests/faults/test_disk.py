"""The disk is full, fails or is slow: nothing acknowledged is lost, people can go on reading, and all goes on by itself."""

import contextlib
import os
import shutil
import sqlite3
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import psutil
import pytest
from django.conf import settings
from django.contrib.sessions.backends.db import SessionStore
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client

from cosource.bridges.models import Import
from cosource.foundation import clock
from cosource.parties.web.sessions import BEGAN, SEEN
from tests.databases import current_url, default_at
from tests.faults.broken_disk import PAGE, SYNCS, WRITES, SmallDisk, no_file_grows, small_disk, tampered
from tests.faults.installation import Installation, installed, wait_until
from tests.faults.postgres_server import own_server
from tests.faults.writers import Writers
from tests.integration.bridges.log import MAPPING
from tests.live_server import session_of
from tests.worlds import World, two_clients_three_partners

pytestmark = pytest.mark.usefixtures("local_network")
on_sqlite = pytest.mark.skipif("config.getoption('--db') != 'sqlite'", reason="the file is SQLite's")
WORKS_AGAIN_SECONDS = 30
# Of a disk that refuses so many answers are waited for.
REFUSALS = 3
NO_SESSION_YET = 10 * 60


class Place:
    """An installation with programs that write into it all the time, and somebody who reads."""

    def __init__(self, installation: Installation, world: World, database: Path | None, log: Path) -> None:
        self.installation, self.world, self.database, self.log = installation, world, database, log
        self.writers = Writers(world, installation.port, clients=4, writes=10**6)
        self.longest = 0.0
        # A session whose use is to be noted, as that of everybody who comes back after some minutes.
        cookie = session_of(world.person("c1.ct"), installation.port)
        session = SessionStore(cookie["value"])
        session[BEGAN] = session[SEEN] = int(clock.now().timestamp()) - NO_SESSION_YET
        session.save()
        self.cookie = f"{cookie['name']}={cookie['value']}"

    def processes(self) -> list[psutil.Process]:
        return [p for kind in ("server", "worker") for p in self.installation.processes(kind)]

    def is_refused(self) -> None:
        """Wait until programs are told to come back; what is there can be read meanwhile."""
        before = self.writers.statuses[503]
        wait_until(lambda: self.writers.statuses[503] >= before + REFUSALS, 30)

    def can_be_read(self) -> None:
        # A token whose use is to be noted as well.
        token = {"Authorization": f"Bearer {self.world.secrets['p2']}"}
        for path, headers in (("/api/v1/tickets", token), ("/tickets/", {"Cookie": self.cookie})):
            status, _, said = self.installation.answer(path, **headers)
            assert (path, status) == (path, 200), said
        assert self.installation.answer("/health")[0] == 200

    def goes_on(self) -> None:
        """Wait until every program has had a write acknowledged; nobody does anything for that."""
        before = self.writers.acknowledged()
        took = wait_until(
            lambda: self.writers.acknowledged() >= before + self.writers.clients, WORKS_AGAIN_SECONDS
        )
        self.longest = max(self.longest, took)

    def check(self, *also: int) -> None:
        self.writers.stop()
        self.writers.join(60)
        assert set(self.writers.statuses) <= {201, 503, *also}
        assert not self.installation.has_ended()
        self.writers.check()
        if self.database is not None:
            with contextlib.closing(sqlite3.connect(self.database)) as file:
                assert file.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
                assert file.execute("PRAGMA foreign_key_check").fetchall() == []


@contextlib.contextmanager
def written_to(folder: Path, url: str) -> Iterator[Place]:
    world = two_clients_three_partners(at=clock.now())
    database = Path(url.removeprefix("sqlite:///")) if url.startswith("sqlite") else None
    with installed(folder, url, COSOURCE_SECRETS_FILE=str(settings.SECRETS_FILE)) as running:
        place = Place(running, world, database, folder / "tracer")
        place.writers.start()
        try:
            wait_until(lambda: place.writers.acknowledged() >= 8, 30)
            wait_until(lambda: running.answers("/healthz"), 30)
            yield place
        finally:
            place.writers.stop()


def of_sqlite(database: Path) -> list[Path]:
    return [database, *(Path(f"{database}-{name}") for name in ("wal", "shm"))]


@on_sqlite
def test_no_file_may_grow(tmp_path: Path, database_url: str) -> None:
    """Neither the database nor the log takes another page; then they do again."""
    with written_to(tmp_path, database_url) as place:
        for pages in (0, 7):
            with no_file_grows(place.processes(), beyond=pages * PAGE):
                place.is_refused()
                place.can_be_read()
            place.goes_on()
        place.check()


def cannot_from_the_nth(place: Place, error: str, calls: str, numbers: Sequence[int]) -> dict[str, Any]:
    """Let these calls fail from the n-th on, for each number, until somebody was refused; then let them be."""
    assert place.database is not None
    [server] = place.installation.processes("server")
    failed = 0
    for n in numbers:
        before = place.writers.statuses[503]
        how = f"error={error}:when={n}+"
        with tampered(server, calls, how, log=place.log, under=of_sqlite(place.database)) as calls_made:
            wait_until(lambda: place.writers.statuses[503] > before, 30)  # noqa: B023 - waited for here
        failed += calls_made.count()
        place.goes_on()
    return {"times": len(numbers), "calls that failed": failed, **_figures(place)}


def _figures(place: Place) -> dict[str, Any]:
    return {
        "answers": dict(place.writers.statuses),
        "repeated": place.writers.repeated,
        "longest until it went on": round(place.longest, 1),
    }


@on_sqlite
def test_calls_to_the_disk_fail(tmp_path: Path, database_url: str) -> None:
    with written_to(tmp_path, database_url) as place:
        cannot_from_the_nth(place, "ENOSPC", WRITES, (1, 40))
        cannot_from_the_nth(place, "EIO", f"{WRITES},{SYNCS}", (2, 25))
        place.check()


@on_sqlite
@pytest.mark.proof
@pytest.mark.parametrize(
    ("error", "calls"),
    [("ENOSPC", WRITES), ("EIO", f"{WRITES},{SYNCS}"), ("EIO", SYNCS), ("EIO", "pread64")],
    ids=["full", "writes fail", "syncs fail", "reads fail"],
)
def test_calls_to_the_disk_fail_from_the_first_to_the_five_hundredth(
    tmp_path: Path, database_url: str, error: str, calls: str
) -> None:
    """As many as COSOURCE_PROOF_FAULTS says; syncs and reads are fewer, so their numbers are."""
    most = int(os.environ.get("COSOURCE_PROOF_FAULTS", "500"))
    if calls in {SYNCS, "pread64"}:
        most = max(1, most // 10)
    with written_to(tmp_path, database_url) as place:
        print(error, calls, cannot_from_the_nth(place, error, calls, range(1, most + 1)))
        place.check()


@on_sqlite
@pytest.mark.proof
def test_a_slow_disk_makes_slow_answers_and_no_wrong_ones(tmp_path: Path, database_url: str) -> None:
    with written_to(tmp_path, database_url) as place:
        [server] = place.installation.processes("server")
        before = place.writers.acknowledged()
        with tampered(server, SYNCS, "delay_exit=1000000", log=place.log) as calls_made:
            wait_until(lambda: place.writers.acknowledged() >= before + 24, 120)
            place.can_be_read()
            assert calls_made.count() > 0
        place.goes_on()
        place.check()
        assert place.writers.longest_answer < WORKS_AGAIN_SECONDS
        print({"longest answer": round(place.writers.longest_answer, 1), **_figures(place)})


@pytest.mark.proof
def test_no_memory_is_to_be_had(tmp_path: Path, database_url: str) -> None:
    """Whoever cannot answer says so or ends; both come back by themselves."""
    with written_to(tmp_path, database_url) as place:
        place.writers.comes_back_after |= {500}
        for share in (1, 2, 8):
            limited = place.processes()
            for process in limited:
                process.rlimit(psutil.RLIMIT_AS, (process.memory_info().vms // share, -1))
            # Whoever has enough of what was given before goes on with that.
            time.sleep(10)
            for process in limited:
                with contextlib.suppress(psutil.NoSuchProcess):
                    process.rlimit(psutil.RLIMIT_AS, (-1, -1))
            place.goes_on()
        wait_until(lambda: place.installation.answers("/healthz"), WORKS_AGAIN_SECONDS)
        place.check(500)
        print(_figures(place))


@contextlib.contextmanager
def on_a_small_disk(kind: str) -> Iterator[tuple[SmallDisk, Path, str, Callable[[], None]]]:
    """Put database, data folder and log on a disk of their own; give it, the folder, the database, and what a supervisor does."""
    megabytes = 48 if kind == "sqlite" else 256
    with small_disk(megabytes=megabytes) as disk, contextlib.ExitStack() as stack:
        data = disk.place / "data"
        data.mkdir()
        if kind == "sqlite":
            connection.close()
            file = data / "cosource.sqlite3"
            shutil.copyfile(current_url().removeprefix("sqlite:///"), file)
            url = f"sqlite:///{file}"
            keep = lambda: None  # noqa: E731 - a file has no server
        else:
            server = stack.enter_context(own_server(disk.place))
            server.fill(current_url())
            url, keep = server.url(), server.start_if_ended
        stack.enter_context(default_at(url))
        yield disk, data, url, keep


@pytest.mark.proof
def test_a_disk_is_filled_to_the_last_byte(transactional_db: None, request: pytest.FixtureRequest) -> None:
    kind = request.config.getoption("--db")
    with on_a_small_disk(kind) as (disk, data, url, keep), written_to(data, url) as place:
        for room in (0, 1, 5, 20, 100):
            disk.fill(but=room)
            place.is_refused()
            if kind == "sqlite":
                place.can_be_read()
            disk.free()
            keep()
            place.goes_on()
        wait_until(lambda: place.installation.answers("/healthz"), WORKS_AGAIN_SECONDS)
        place.check()
        print(_figures(place))


def test_a_file_that_finds_no_room_is_refused_and_leaves_nothing(
    world: World, tmp_path: Path, settings: Any
) -> None:
    client = Client(headers={"host": "localhost"}, raise_request_exception=False)
    client.force_login(world.person("c1.cso"), backend="allauth.account.auth_backends.AuthenticationBackend")
    settings.SPOOL_DIR, settings.FILE_UPLOAD_MAX_MEMORY_SIZE = tmp_path, 10**8
    with no_file_grows([psutil.Process()], beyond=20 * 1024**2):
        answer = client.post("/import/", _sent(22))
        assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
    assert [p for p in tmp_path.rglob("*") if p.is_file()] == []
    assert not Import.objects.exists()
    assert client.post("/import/", _sent(22)).status_code == 302
    assert len([p for p in tmp_path.rglob("*") if p.is_file()]) == Import.objects.count() == 1


def _sent(megabytes: int) -> dict[str, Any]:
    file = SimpleUploadedFile("log.csv", b"id;state\n" * (megabytes * 1024**2 // 9))
    return {"file": file, "mapping": "own", "own_mapping": MAPPING}
