"""What every test may ask for, and what no test gets.

Databases. A test that uses the database runs on one kind at a time: `pytest` on SQLite, `pytest --db=postgresql` on the server
at COSOURCE_TEST_DATABASE_URL (`make test` does both). Each kind is migrated once into a template, kept under .pytest_cache by
a digest of everything that shapes it. The ledger is append-only in the database itself, so nothing is ever flushed:

- `db` (or the mark `django_db`): the worker's own copy of the template, in a transaction that is rolled back. The usual one.
- `transactional_db`, `live_server` (or `django_db(transaction=True)`): a fresh copy of the template for this test alone,
  thrown away afterwards. Commits are real, other threads and processes can take part.
- `database_url`: the address of the database in use, for a child process. Wants `transactional_db`.
- `world`: two clients and three partners (`tests/worlds.py`), built once a run. It is rolled back to after each test; with one
  of the fixtures above, the test's own copy is one of it.
- `installation`: a data folder with an embedded database that is up to date, for the commands in processes of their own.
- `database_template`: makes a further copy that a test fills once and others start from (a large world, say).

Network. Sockets are off. A test that uses `live_server`, `local_network` or `chromium` may reach this machine, nothing else.
`receiver` is somebody else's server, to which webhooks and messages are really sent.

Browser. `chromium` is the system's Chromium under playwright; without it the test is skipped, and the closing lines say so.
Where two parties work side by side it is tried on both kinds of database. The mark `looks` is for what is of the page alone:
a quick run tries that on SQLite, a proof on both.

COSOURCE_TEST_REQUIRE=postgresql,chromium turns such a skip into a failure.
"""

import asyncio
import contextlib
import gc
import os
import pickle
import shutil
import tempfile
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import hypothesis
import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Browser

    from tests.databases import Template
    from tests.receiver import Receiver
    from tests.worlds import World

# Settings are read when pytest-django loads, just after this module: nothing may come from, or go to, a real installation.
_RUN_DIR = Path(tempfile.mkdtemp(prefix="cosource-test-"))
for _name in [
    name for name in os.environ if name.startswith("COSOURCE_") and not name.startswith("COSOURCE_TEST_")
]:
    if not _name.startswith("COSOURCE_PROOF_"):
        del os.environ[_name]
os.environ["COSOURCE_DATA_DIR"] = str(_RUN_DIR)
os.environ["COSOURCE_LOG_LEVEL"] = "warning"

# What is loaded stays: there is no garbage to look for until the tests begin.
gc.set_threshold(50_000, 20, 100)

LACKING = pytest.StashKey[list[str]]()
# Quick runs sample the same cases each time, so that a red run can be run again; the proof looks further.
hypothesis.settings.register_profile("quick", max_examples=50, deadline=None, derandomize=True)
hypothesis.settings.register_profile("proof", max_examples=5_000, deadline=None)

SERVER_VARIABLE = "COSOURCE_TEST_DATABASE_URL"
REQUIRED = frozenset(os.environ.get("COSOURCE_TEST_REQUIRE", "").replace(" ", "").split(",")) - {""}
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
PATIENCE_SECONDS = 60
CHROMIUM_ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
# What takes seconds a test begins first, in another process each, so that none is left with it when the others have ended: who
# has done its share takes over the end of another's. Tests on one costly world stand together, so that one process makes it.
BEGINS_FIRST = (
    ("tests/access/", "tests/property/test_noninterference", "tests/security/"),
    ("tests/browser/", "_imported_log"),
    ("tests/faults/", "tests/integration/test_"),
)
USES_DATABASE = frozenset(
    {"world", "db", "transactional_db", "live_server", "database_url", "database_template"}
)
OWN_COPY = frozenset({"transactional_db", "live_server", "database_url"})
USES_NETWORK = frozenset({"live_server", "local_network", "chromium"})


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--db",
        choices=["sqlite", "postgresql"],
        default="sqlite",
        help="The kind of database to test on; with postgresql only the tests that use a database run.",
    )
    parser.addoption(
        "--proof", action="store_true", help="Run what takes hours too, and every property in full."
    )
    parser.addoption(
        "--full-coverage",
        action="store_true",
        help="Fail unless rules, services and policies are covered in full. Wants --cov.",
    )


def pytest_configure(config: pytest.Config) -> None:
    from django.conf import settings
    from django.db import connections

    from cosource.config.addresses import database_of
    from tests import proof

    unknown = REQUIRED - {"postgresql", "chromium"}
    if unknown:
        raise pytest.UsageError(
            f"COSOURCE_TEST_REQUIRE names {', '.join(sorted(unknown))}: give postgresql, chromium"
        )
    if "postgresql" in REQUIRED and not os.environ.get(SERVER_VARIABLE):
        raise pytest.UsageError(f"PostgreSQL is required and {SERVER_VARIABLE} is not set")
    if "chromium" in REQUIRED and not CHROMIUM:
        raise pytest.UsageError("Chromium is required and not installed")
    if config.getoption("--db") == "postgresql":
        url = os.environ.get(SERVER_VARIABLE)
        if not url:
            raise pytest.UsageError(f"--db=postgresql needs a server: set {SERVER_VARIABLE}")
        settings.DATABASES["default"].clear()
        settings.DATABASES["default"].update(database_of(url))
        connections.configure_settings(settings.DATABASES)
        # Whatever looked at the connection while Django was set up saw the other kind.
        with contextlib.suppress(AttributeError):
            del connections["default"]
    else:
        # Processes are killed here, machines are not: nothing need wait for the disk.
        settings.DATABASES["default"]["OPTIONS"]["init_command"] += "PRAGMA synchronous=OFF;"
    # No worker runs beside most tests: a message is said at once, where a test does not ask for the wait.
    settings.UNDO_SEND_SECONDS = 0
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    # Each test client would else look through all static files before its first request.
    settings.WHITENOISE_AUTOREFRESH = True
    # Files are served from the source under their own names, also after a command that was tried here has collected them.
    settings.STORAGES["staticfiles"]["BACKEND"] = "django.contrib.staticfiles.storage.StaticFilesStorage"

    proof.in_full = config.getoption("--proof")
    hypothesis.settings.load_profile("proof" if proof.in_full else "quick")


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtestloop(session: pytest.Session) -> Generator[None, object, object]:
    result = yield
    # The coverage plugin, wrapped by this hook, has joined what the workers measured by now.
    if session.config.getoption("--full-coverage") and not hasattr(session.config, "workerinput"):
        from tests.coverage_gate import lacking

        session.config.stash[LACKING] = lacking(str(session.config.rootpath / ".coverage"))
        if session.config.stash[LACKING]:
            session.testsfailed += 1
    return result


def pytest_unconfigure(config: pytest.Config) -> None:
    gc.unfreeze()
    shutil.rmtree(_RUN_DIR, ignore_errors=True)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    from tests import proof

    for item in items:
        names = set(getattr(item, "fixturenames", ()))
        if names & USES_NETWORK:
            item.add_marker(pytest.mark.allow_hosts(["127.0.0.1", "::1"]))
        if item.get_closest_marker("proof") and not config.getoption("--proof"):
            item.add_marker(pytest.mark.skip(reason="takes hours: make proof"))
        if "chromium" in names and not CHROMIUM:
            item.add_marker(pytest.mark.skip(reason="Chromium is not installed"))
    if config.getoption("--db") == "postgresql":
        chosen = {item for item in items if _uses_database(item) and (proof.in_full or not _is_looks(item))}
        config.hook.pytest_deselected(items=[item for item in items if item not in chosen])
        items[:] = [item for item in items if item in chosen]
    given = getattr(config, "workerinput", {"workercount": 1})
    items[:] = _turns(items, int(given["workercount"]))


def _turns(items: list[pytest.Item], processes: int) -> list[pytest.Item]:
    """Lay out the shares of all processes, which are equal stretches, each with what it begins with."""
    first: list[list[pytest.Item]] = [[] for _ in range(processes)]
    rest: list[pytest.Item] = []
    for item in items:
        turns = [turn for turn, marks in enumerate(BEGINS_FIRST) if _is_one_of(item, marks)]
        (first[turns[0] % processes] if turns else rest).append(item)
    laid: list[pytest.Item] = []
    for number, share in enumerate(first, start=1):
        share.sort(key=lambda item: [_is_one_of(item, marks) for marks in BEGINS_FIRST])
        room = max(len(items) * number // processes - len(laid) - len(share), 0)
        laid += [*share, *rest[:room]]
        del rest[:room]
    return laid + rest


def _is_one_of(item: pytest.Item, marks: tuple[str, ...]) -> bool:
    return item.nodeid.startswith(marks) or not set(marks).isdisjoint(getattr(item, "fixturenames", ()))


def pytest_collection_finish() -> None:
    """Look for garbage seldom, and never among what stays: a tenth of all time went into going through it again and again."""
    gc.collect()
    gc.freeze()


def _uses_database(item: pytest.Item) -> bool:
    return item.get_closest_marker("django_db") is not None or bool(
        USES_DATABASE & set(getattr(item, "fixturenames", ()))
    )


def _is_looks(item: pytest.Item) -> bool:
    return item.get_closest_marker("looks") is not None


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    if config.getoption("--db") == "sqlite" and not os.environ.get(SERVER_VARIABLE):
        terminalreporter.write_line(
            f"Not run on PostgreSQL: {SERVER_VARIABLE} is not set (.ci/run starts a server)."
        )
    for line in config.stash.get(LACKING, []):
        terminalreporter.write_line(f"Not covered in full: {line}")
    if not CHROMIUM:
        terminalreporter.write_line("Browser tests skipped: Chromium is not installed (.ci/run installs it).")


@pytest.fixture(autouse=True)
def _own_tongue() -> None:
    """Begins in the installation's language and zone: a page asked for in another leaves it on in the thread it came from."""
    from django.utils import timezone, translation

    translation.deactivate()
    timezone.deactivate()


@pytest.fixture(scope="session")
def database_template(
    request: pytest.FixtureRequest, django_test_environment: None, django_db_blocker: Any
) -> Iterator["Template"]:
    """The migrated template of the kind under test; `copy()` lends a copy of it."""
    from tests.databases import open_template

    with django_db_blocker.unblock():
        template = open_template(request.config.cache.mkdir("databases"), _RUN_DIR)
        yield template
        template.close()


@pytest.fixture(scope="session")
def django_db_setup(database_template: "Template", django_db_blocker: Any) -> Iterator[None]:
    """Replaces pytest-django's own: the worker's copy of the template, for the tests that roll back."""
    from django.test import TransactionTestCase

    # A test with real commits has a copy to itself; flushing it would fail on the append-only tables.
    setattr(TransactionTestCase, "_fixture_teardown", _no_flush)  # noqa: B010 - a private name that the stubs don't know
    with django_db_blocker.unblock(), database_template.copy():
        yield


def _no_flush(test_case: object) -> None:
    """Takes the place of Django's flush."""


@pytest.fixture(scope="session")
def _standing_world(
    database_template: "Template", django_db_setup: None, django_db_blocker: Any
) -> tuple[str, bytes]:
    """A kept copy with the world in it, and the world itself, pickled so that no test changes another's."""
    from tests.databases import in_place
    from tests.worlds import two_clients_three_partners

    name = database_template.keep()
    with django_db_blocker.unblock(), in_place(name):
        return name, pickle.dumps(two_clients_three_partners())


@pytest.fixture
def world(request: pytest.FixtureRequest, db: None) -> "World":
    """Two clients and three partners."""
    standing: World = pickle.loads(request.getfixturevalue("_standing_world")[1])
    return standing


def _has_own_copy(request: pytest.FixtureRequest) -> bool:
    mark = request.node.get_closest_marker("django_db")
    return bool(OWN_COPY & set(request.fixturenames)) or (
        mark is not None and bool(mark.kwargs.get("transaction"))
    )


@pytest.fixture
def _own_database(
    request: pytest.FixtureRequest,
    database_template: "Template",
    django_db_setup: None,
    django_db_blocker: Any,
) -> Iterator[None]:
    from tests.databases import in_place

    standing = request.getfixturevalue("_standing_world")[0] if "world" in request.fixturenames else None
    with _loop_where_needed(request):
        if _has_own_copy(request):
            with django_db_blocker.unblock(), database_template.copy(standing):
                yield
        elif standing:
            with django_db_blocker.unblock(), in_place(standing):
                yield
        else:
            yield


# Playwright's event loop, which stays marked as running in this thread as long as the browser runs.
_browser_loops: list[asyncio.AbstractEventLoop] = []


@contextlib.contextmanager
def _loop_where_needed(request: pytest.FixtureRequest) -> Iterator[None]:
    """Take the mark off for a test without a browser, which may run a loop of its own.

    For the whole test or not at all: with and without the mark Django has a connection each.
    """
    if not _browser_loops or "chromium" in request.fixturenames:
        yield
        return
    asyncio._set_running_loop(None)
    try:
        yield
    finally:
        asyncio._set_running_loop(_browser_loops[0])


@pytest.fixture
def _django_db_helper(_own_database: None, _django_db_helper: None) -> None:
    """Puts the own copy in place before pytest-django's fixture of this name begins."""


@pytest.fixture
def database_url(transactional_db: None) -> str:
    """The address of this test's database, for COSOURCE_DATABASE_URL of a child process."""
    from tests.databases import current_url

    return current_url()


@pytest.fixture
def installation(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """A data folder whose embedded database is up to date, without anything in it."""
    from tests.databases import installation_ready

    data = tmp_path / "installation"
    installation_ready(request.config.cache.mkdir("databases"), data)
    return data


@pytest.fixture
def local_network() -> None:
    """Lets the test open sockets on this machine."""


@pytest.fixture
def receiver(local_network: None, settings: Any) -> Iterator["Receiver"]:
    """A server at which webhooks, push messages and text messages arrive, where the settings allow it."""
    from tests.receiver import LOCAL, Receiver

    settings.PRIVATE_TARGETS = (LOCAL,)
    made = Receiver()
    with made.listening():
        yield made


@pytest.fixture
def chromium(_running_chromium: "Browser") -> Iterator["Browser"]:
    """The system's Chromium under playwright; open a context each for people who sign in side by side."""
    yield _running_chromium
    # An open page goes on asking a server that is no longer there.
    for context in _running_chromium.contexts:
        context.close()


@pytest.fixture(scope="session")
def _running_chromium() -> Iterator["Browser"]:
    from playwright.sync_api import expect, sync_playwright

    # What comes is the promise, not how soon: whoever shares the machine may slow it.
    expect.set_options(timeout=PATIENCE_SECONDS * 1000)
    # Playwright runs an event loop in this thread; the tests around it are ordinary blocking code.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=CHROMIUM_ARGUMENTS)
        _browser_loops[:] = [asyncio.get_running_loop()]
        yield browser
        browser.close()
