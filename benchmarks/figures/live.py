"""How soon an event reaches five hundred open streams, and what it costs the web process.

`python -m benchmarks.figures.live`, in an installation of its own whose database the environment names. Five hundred people are
employed, each with rights of their own and a stream; web process and worker run beside. What a page fetches after it was told
is not in these figures: that is the cost of pages.
"""

import asyncio
import os
import statistics
import subprocess
import sys
import time
from contextlib import ExitStack
from typing import Any

import psutil

from benchmarks.figures.http import _wait_for
from benchmarks.figures.setting import _signed_in, set_up
from benchmarks.measuring import Figure, hand_in
from benchmarks.places import ROOT

STREAMS = 500
EVENTS = 20
LIMIT_SECONDS = 1.0
LIMIT_CORES = 1.0
# Between two events, so that each finds the process at rest.
REST_SECONDS = 1.0
IDLE_SECONDS = 10.0


def main() -> None:
    set_up(in_the_world=False)
    said, cookies = _installation()
    host = os.environ["COSOURCE_BIND"]
    environ = os.environ | {"COSOURCE_WORKERS": "1"}
    with ExitStack() as stack:
        processes = {}
        for name in ("web", "worker"):
            process = subprocess.Popen([sys.executable, "-m", "cosource", name], cwd=ROOT, env=environ)
            stack.callback(process.wait, 30)
            stack.callback(process.terminate)
            processes[name] = process
        _wait_for(f"http://{host}/health")
        taken, cores, spent, idle = asyncio.run(_measure(host, cookies, said, processes["web"].pid))
    from django.db import connection

    on = "SQLite" if connection.vendor == "sqlite" else "PostgreSQL"
    hand_in(
        [
            Figure(
                f"an event reaches the last of {STREAMS} open streams after its commit, the slowest of {EVENTS}",
                round(max(taken), 2),
                "s",
                LIMIT_SECONDS,
                on=on,
                note=f"the middling one {statistics.median(taken):.2f} s; clients and worker on the same cores",
            ),
            Figure(
                "processor time of the web process from the commit to the last stream, the dearest",
                round(max(cores), 2),
                "cores",
                LIMIT_CORES,
                on=on,
                note=f"the middling event costs {statistics.median(spent) * 1000:.0f} ms in all",
            ),
            Figure(f"{STREAMS} open streams while nothing happens", round(idle, 3), "cores", 0.1, on=on),
        ]
    )


async def _measure(
    host: str, cookies: list[str], said: Any, web_pid: int
) -> tuple[list[float], list[float], list[float], float]:
    """Return of each event the seconds until the last stream had it, the cores, the processor seconds; and the cores at rest."""
    name, _, port = host.rpartition(":")
    arrived = [0.0] * len(cookies)
    count = [0] * len(cookies)
    opened = asyncio.Semaphore(20)

    async def stream(number: int, cookie: str) -> None:
        async with opened:
            reader, writer = await asyncio.open_connection(name, int(port))
            writer.write(f"GET /live/ HTTP/1.1\r\nHost: {host}\r\nCookie: {cookie}\r\n\r\n".encode())
            head = await reader.readuntil(b"\r\n\r\n")
            if not head.startswith(b"HTTP/1.1 200"):
                raise RuntimeError(head.decode())
        began.release()
        while line := await reader.readline():
            if line.startswith(b"data:"):
                arrived[number] = time.monotonic()
                count[number] += 1

    began = asyncio.Semaphore(0)
    streams = [asyncio.create_task(stream(n, c)) for n, c in enumerate(cookies)]
    for _ in cookies:
        await began.acquire()
    await asyncio.sleep(5)
    before = _processor(web_pid)
    await asyncio.sleep(IDLE_SECONDS)
    idle = (_processor(web_pid) - before) / IDLE_SECONDS
    taken, cores, spent = [], [], []
    for event in range(1, EVENTS + 1):
        before = _processor(web_pid)
        committed = await asyncio.to_thread(said)
        while min(count) < event:
            await asyncio.sleep(0.005)
            if time.monotonic() - committed > 30:
                raise RuntimeError(f"{sum(c < event for c in count)} streams were not told")
        last = max(arrived)
        taken.append(last - committed)
        cores.append((_processor(web_pid) - before) / max(time.monotonic() - committed, 0.01))
        await asyncio.sleep(REST_SECONDS)
        spent.append(_processor(web_pid) - before)
    for task in streams:
        task.cancel()
    await asyncio.gather(*streams, return_exceptions=True)
    return taken, cores, spent, idle


def _processor(pid: int) -> float:
    """Return the processor seconds that a process and its children have used."""
    parent = psutil.Process(pid)
    times = [p.cpu_times() for p in (parent, *parent.children(recursive=True))]
    return sum(t.user + t.system for t in times)


def _installation() -> tuple[Any, list[str]]:
    """Found a client with five hundred technicians; return what says something on a ticket of theirs, and their cookies."""
    from django.conf import settings
    from django.core.management import call_command

    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    call_command("migrate", verbosity=0, interactive=False)
    from django.db import connection
    from tests.worlds import two_clients_three_partners

    from cosource.foundation import clock
    from cosource.foundation.sight import TECHNICIAN
    from cosource.parties.services.invitations import OfferedRole
    from cosource.tickets.services.conversation import ticket_reply
    from cosource.tickets.services.opening import ticket_open

    world = two_clients_three_partners(at=clock.now())
    for number in range(STREAMS):
        world.hire(f"c1.n{number}", by="c1.cso", roles=[OfferedRole(TECHNICIAN)])
    cookies = [_signed_in(world.people[f"c1.n{number}"]) for number in range(STREAMS)]
    actor = world.actor("c1.ct", clock.now())
    ticket = ticket_open(
        actor=actor,
        at=clock.now(),
        title="Printer jams",
        text="Since noon.",
        service_id=world.services["c1.printing"].id,
    )

    def say() -> float:
        try:
            ticket_reply(
                ticket_id=ticket.id,
                text="Now.",
                party_ids=[world.organizations["c1"].id],
                with_requester=False,
                actor=actor,
                at=clock.now(),
            )
            return time.monotonic()
        finally:
            connection.close()

    return say, cookies


if __name__ == "__main__":
    main()
