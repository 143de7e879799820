"""Starts the processes of an installation and stops them again.

`cosource up` is a parent with two children: the web process and the worker. It serves nothing itself, so that it stays small
and can always stop the others. A child holds the read end of a pipe whose other end only the parent has: when the parent is
gone, however it went, the pipe closes and the child stops too.

Not here: what the worker does (foundation's due work) and what the web process serves (front.py).
"""

import atexit
import contextlib
import os
import resource
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterable
from types import FrameType

import typer

from cosource.config import environment as env
from cosource.config.shapes import Bind
from cosource.config.static import collect_static

STOP_SECONDS = 20
# Of one web process, streams and keep-alive included; each is a file for the system.
MOST_CONNECTIONS = 16_384
# A process that fails at once must not be restarted in a tight loop; nor may people wait long for pages once it can serve.
RESTART_SECONDS = (1, 2, 4, 8)
# Whoever ran for so long did not fail at once.
CALM_SECONDS = 60
# How a web process ends whose own children died faster than it starts them.
GAVE_UP = 75


def migrations_waiting() -> int:
    """Count the changes of the database that were not made yet. Raises: typer.Exit when a newer version made some."""
    from cosource.foundation.queries.schema import refusal_of, schema_state

    state = schema_state()
    if refusal := refusal_of(state):
        typer.echo(f"cosource: {refusal}", err=True)
        raise typer.Exit(1)
    return len(state.waiting)


def require_fit_database() -> None:
    """Make sure that this version may work on the database: none newer was here, no restore was broken off.

    A database that cannot be reached is no reason to end: it may come back. Raises: typer.Exit after saying what to do.
    """
    from django.db import DatabaseError, connection

    from cosource.foundation.services.holding import restore_broken_off

    try:
        migrations_waiting()
        broken_off = restore_broken_off()
    except DatabaseError:
        broken_off = False
    connection.close()
    if broken_off:
        typer.echo("cosource: a restore was broken off here: run `cosource restore DIR --again`", err=True)
        raise typer.Exit(1)


def migrate(*, tell: bool = False) -> None:
    """Bring the database up to date. `tell`: name each change. Raises: typer.Exit when a newer version was here."""
    from cosource.foundation.services.schema import schema_update

    migrations_waiting()
    made = schema_update(tell=typer.echo if tell else None)
    if tell and not made:
        typer.echo("The database is up to date.")


def prepare_database(*, migrate: bool) -> None:
    """Bring the database and the static files to what this version needs.

    `migrate`: also on a server database, which others may be using. Raises: typer.Exit when changes wait there.
    """
    from django.conf import settings
    from django.db import connection

    from cosource.foundation.services.schema import schema_update

    waiting = migrations_waiting()
    if waiting and not (migrate or connection.vendor == "sqlite"):
        typer.echo(
            f"cosource: {waiting} changes of the database wait: run `cosource migrate`, or `cosource up --migrate`",
            err=True,
        )
        raise typer.Exit(1)
    if waiting:
        schema_update()
    collect_static(settings.STATIC_ROOT)
    connection.close()
    require_fit_database()


def require_free(bind: Bind) -> None:
    """Make sure that nobody listens at `bind` yet: the server's own words for that are a page long.

    Raises: typer.Exit after saying what to do.
    """
    family = socket.AF_INET6 if ":" in bind.host else socket.AF_INET
    try:
        with socket.create_server((bind.host, bind.port), family=family):
            return
    except OSError as error:
        typer.echo(
            f"cosource: cannot listen at {bind} ({os.strerror(error.errno or 0)}): set COSOURCE_BIND to another",
            err=True,
        )
        raise typer.Exit(1) from None


def run_all() -> int:
    """Run web and worker until told to stop; give the exit code.

    Either that ends is started again, after a pause that grows while it keeps ending. Only a web process that refuses to
    start at all ends the others: its address or its settings are at fault, and its last lines say which.
    """
    stop = threading.Event()
    _on_stop_signals(stop.set)
    lifeline, held = os.pipe()
    worker, web = children = (_Child("worker", lifeline), _Child("web", lifeline))
    code = 0
    while not stop.wait(0.2):
        if web.has_refused():
            _say("cosource: the web process ended; its last lines say why")
            code = web.process.returncode
            break
        for child in (worker, web):
            child.keep_up()
    _stop_children([child.process for child in children])
    os.close(held)
    os.close(lifeline)
    return code


class _Child:
    """A process of the parent's, started again when it ends."""

    def __init__(self, name: str, lifeline: int) -> None:
        self.name, self.lifeline = name, lifeline
        self.starts = self.failures = 0
        self.start_at: float | None = None
        self._start()

    def has_refused(self) -> bool:
        """Return whether it ended by its own word before it ever ran; a signal is nobody's word."""
        code = self.process.poll() or 0
        return self.starts == 1 and code > 0 and code != GAVE_UP

    def keep_up(self) -> None:
        """Look after it: note that it ended, and start it again once its pause is over. Waits for nothing."""
        now = time.monotonic()
        if self.start_at is not None:
            if now >= self.start_at:
                self._start()
        elif self.process.poll() is not None:
            self.failures = 1 if now - self.started_at > CALM_SECONDS else self.failures + 1
            pause = RESTART_SECONDS[min(self.failures, len(RESTART_SECONDS)) - 1]
            called = {"web": "the web process", "worker": "the worker"}[self.name]
            _say(f"cosource: {called} ended; it starts again in {pause} s")
            self.start_at = now + pause

    def _start(self) -> None:
        # A session of its own: Ctrl-C reaches the parent only, which then stops the children in order.
        self.process = subprocess.Popen(  # noqa: S603 - our own command, no text from outside
            [sys.executable, "-m", "cosource", self.name, "--with-parent"],
            stdin=self.lifeline,
            start_new_session=True,
        )
        self.starts += 1
        self.start_at, self.started_at = None, time.monotonic()


def run_web(*, with_parent: bool) -> None:
    """Serve pages until told to stop.

    `with_parent`: standard input is the parent's pipe.
    """
    # Granian's own processes import Django; the one that only watches them need not have it.
    from granian.constants import Interfaces
    from granian.log import LogLevels
    from granian.server import Server

    bind = env.BIND.read(os.environ)
    require_free(bind)
    _allow_open_files()
    require_fit_database()
    _count_together()
    if with_parent:
        _stop_with_parent(lambda: os.kill(os.getpid(), signal.SIGTERM))
    _say(f"cosource: serving {env.BASE_URL.read(os.environ, default=env.default_base_url(bind))}")
    server = Server(
        "cosource.config.front:front",
        factory=True,
        address=bind.host,
        port=bind.port,
        interface=Interfaces.RSGI,
        workers=env.WORKERS.read(os.environ),
        # An open stream counts as a request under way; how many there may be is a setting of its own.
        backpressure=MOST_CONNECTIONS,
        log_level=LogLevels.warning,
        workers_kill_timeout=STOP_SECONDS // 2,
        respawn_failed_workers=True,
    )
    try:
        server.serve()
    except SystemExit as ended:
        raise typer.Exit(GAVE_UP) from ended


def _allow_open_files() -> None:
    """Raise the number of open files as far as the system lets us: each open page of a browser is one."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = MOST_CONNECTIONS + 256
    most = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
    if soft != resource.RLIM_INFINITY and soft < most:
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))


def _count_together() -> None:
    """Give the web processes a place for their counts, where somebody reads them; it goes with this process."""
    if env.METRICS_TOKEN.read(os.environ):
        folder = tempfile.mkdtemp(prefix="cosource-counts-")
        os.environ["PROMETHEUS_MULTIPROC_DIR"] = folder
        atexit.register(shutil.rmtree, folder, ignore_errors=True)


def run_worker(*, with_parent: bool) -> None:
    """Do work in the background until told to stop; work in hand is finished first.

    `with_parent`: standard input is the parent's pipe.
    """
    from cosource.foundation import duework

    require_fit_database()
    stop = threading.Event()
    _on_stop_signals(stop.set)
    if with_parent:
        _stop_with_parent(stop.set)
    duework.run_worker(stop)


def _say(text: str) -> None:
    """Write a line where the log goes; nothing ends because that disk is full, or nobody reads there any more."""
    with contextlib.suppress(OSError):
        typer.echo(text, err=True)


def _stop_children(children: Iterable[subprocess.Popen[bytes]]) -> None:
    running = [child for child in children if child.poll() is None]
    for child in running:
        child.terminate()
    deadline = time.monotonic() + STOP_SECONDS
    for child in running:
        try:
            child.wait(max(0.1, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()


def _on_stop_signals(stop: Callable[[], None]) -> None:
    def handle(number: int, frame: FrameType | None) -> None:
        stop()

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, handle)


def _stop_with_parent(stop: Callable[[], None]) -> None:
    def watch() -> None:
        while os.read(0, 1):
            pass
        stop()

    threading.Thread(target=watch, name="lifeline", daemon=True).start()
