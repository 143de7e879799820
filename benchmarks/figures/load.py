"""A whole installation under load: `python -m benchmarks.figures.load PATTERN TICKETS [SECONDS]`, in a copy of a world.

`cosource up` with two web processes and its worker; fifty requests a second, each sent when its moment comes whether the ones
before were answered or not, and its time counted from that moment: seventy of a hundred read pages and lists, thirty open, answer
and move tickets. Clients, server and database share the machine. The world's tickets stood still for months: their ladders, all
of which would be due at once, are taken out, and the worker has gathered the facts before the first request is counted.
"""

import asyncio
import contextlib
import json
import os
import pickle
import random
import subprocess
import sys
import time
from collections import Counter, deque
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import psutil

from benchmarks.figures.http import wait_for
from benchmarks.figures.setting import set_up, signed_in
from benchmarks.measuring import Figure, hand_in
from benchmarks.places import ROOT

A_SECOND = 50
SECONDS = 600
WARM_SECONDS = 30
LIMIT_MS = 300
CONNECTIONS = 24
# A process may end so much larger than it was a minute after the start.
GROWTH = 1.1
READERS = ("c1.ct", "c1.cso", "p1.pm", "p1.pt")
PAGES = (
    "/tickets/", "/tickets/", "/tickets/?order=priority", "/tickets/?turn=mine", "/tickets/?due=overdue", "/", "/",
    "SEARCH", "TICKET", "TICKET", "TICKET", "LIST",
)  # fmt: skip
READ_SHARE = 0.7


@dataclass
class Load:
    """What is asked, and what came of it. `taken`: (when it was to begin, milliseconds)."""

    host: str
    cookies: list[str]
    token: str
    body: bytes
    tickets: list[str]
    random: random.Random
    taken: list[tuple[float, float]] = field(default_factory=list)
    statuses: Counter[str] = field(default_factory=Counter)
    made: deque[tuple[str, str]] = field(default_factory=deque)
    talked: deque[str] = field(default_factory=deque)

    def request(self) -> tuple[str, bytes, Callable[[dict[str, str], bytes], None] | None]:
        """Return the next request: what it is, its bytes, and what to do with its answer."""
        if self.random.random() < READ_SHARE:
            path = self.random.choice(PAGES)
            if path == "LIST":
                return "read by API", self._api("GET", "/tickets?limit=50"), None
            if path == "SEARCH":
                # Words that stand together in some dozens of tickets.
                path = f"/tickets/?state=all&text=building+{self.random.randint(1, 999)}"
            if path == "TICKET":
                path = f"/tickets/{self.random.choice(self.tickets)}/"
            cookie = self.random.choice(self.cookies)
            head = (
                f"GET {path} HTTP/1.1\r\nHost: {self.host}\r\nCookie: {cookie}\r\nAccept: text/html\r\n\r\n"
            )
            return "read a page", head.encode(), None
        chance = self.random.random()
        if chance < 0.3 and self.made:
            ticket, etag = self.made.popleft()
            body = json.dumps({"to_state": "in_progress"}).encode()
            return "move", self._api("POST", f"/tickets/{ticket}/moves", body, f"If-Match: {etag}\r\n"), None
        if chance < 0.6 and self.talked:
            body = json.dumps({"text": "Please switch it off for ten minutes, then try again."}).encode()
            return "answer", self._api("POST", f"/tickets/{self.talked.popleft()}/messages", body), None
        return "open", self._api("POST", "/tickets", self.body), self._opened

    def _opened(self, headers: dict[str, str], body: bytes) -> None:
        ticket = json.loads(body)["id"]
        if len(self.made) <= len(self.talked):
            self.made.append((ticket, headers["etag"]))
        else:
            self.talked.append(ticket)

    def _api(self, method: str, path: str, body: bytes = b"", more: str = "") -> bytes:
        from cosource.foundation.ids import new_id

        if method == "POST":
            more += f"Idempotency-Key: {new_id()}\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n"
        head = f"{method} /api/v1{path} HTTP/1.1\r\nHost: {self.host}\r\nAuthorization: Bearer {self.token}\r\n{more}\r\n"
        return head.encode() + body

    async def run(self, seconds: float) -> None:
        """Send what is to be sent in so many seconds, and wait for all answers."""
        moments: asyncio.Queue[float | None] = asyncio.Queue()
        clients = [asyncio.create_task(self._client(moments)) for _ in range(CONNECTIONS)]
        began = time.monotonic()
        for number in range(round(seconds * A_SECOND)):
            moment = began + number / A_SECOND
            await asyncio.sleep(max(0.0, moment - time.monotonic()))
            moments.put_nowait(moment)
        for _ in clients:
            moments.put_nowait(None)
        await asyncio.gather(*clients)

    async def _client(self, moments: asyncio.Queue[float | None]) -> None:
        reader, writer = await asyncio.open_connection(*self.host.split(":"))
        while (moment := await moments.get()) is not None:
            kind, request, then = self.request()
            try:
                writer.write(request)
                status, headers, body = await _answered(reader)
            except (OSError, asyncio.IncompleteReadError):
                self.statuses[f"{kind}: no answer"] += 1
                reader, writer = await asyncio.open_connection(*self.host.split(":"))
                continue
            self.taken.append((moment, (time.monotonic() - moment) * 1000))
            if status not in (200, 201):
                self.statuses[f"{kind}: {status}"] += 1
            elif then is not None:
                then(headers, body)
            if headers.get("connection") == "close":
                writer.close()
                reader, writer = await asyncio.open_connection(*self.host.split(":"))
        writer.close()


async def _answered(reader: asyncio.StreamReader) -> tuple[int, dict[str, str], bytes]:
    first, *lines = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
    headers = {
        name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines) if value
    }
    if headers.get("transfer-encoding") == "chunked":
        body = b""
        while size := int((await reader.readline()).strip(), 16):
            body += await reader.readexactly(size)
            await reader.readline()
        await reader.readline()
    else:
        body = await reader.readexactly(int(headers.get("content-length", "0")))
    return int(first.split(" ")[1]), headers, body


def main(pattern_file: Path, tickets: int, seconds: int) -> None:
    set_up(in_the_world=False)
    from django.db import connection

    on = f"{'SQLite' if connection.vendor == 'sqlite' else 'PostgreSQL'}, {tickets:,}"
    load = load_in(pickle.loads(pattern_file.read_bytes()))
    _ladders_out()
    connection.close()
    server = subprocess.Popen([sys.executable, "-m", "cosource", "up"], cwd=ROOT)
    try:
        wait_for(f"http://{load.host}/health")
        caught_up = _wait_until_idle()
        asyncio.run(load.run(WARM_SECONDS))
        before, worked = sizes_of(server.pid), _cores(server.pid)
        began = time.monotonic()
        load.taken.clear()
        load.statuses.clear()
        asyncio.run(load.run(seconds))
        took = time.monotonic() - began
        after, cores = sizes_of(server.pid), _cores(server.pid)
    finally:
        server.terminate()
        server.wait(60)
    taken = sorted(ms for _, ms in load.taken)
    busy = {name: (cores[name] - worked.get(name, 0.0)) / took for name in cores}
    growth = max((after[pid] / before[pid] for pid in before if pid in after), default=0.0)
    hand_in(
        [
            Figure(
                f"{A_SECOND} requests a second for {seconds} s, 95 % within",
                round(taken[int(len(taken) * 0.95)]),
                "ms",
                LIMIT_MS,
                on=on,
                note=f"half within {taken[len(taken) // 2]:.0f} ms, 99 % within {taken[int(len(taken) * 0.99)]:.0f} ms;"
                f" at work for {caught_up:.0f} s before; cores: "
                + ", ".join(f"{name} {share:.2f}" for name, share in busy.items() if share >= 0.01),
            ),
            Figure(
                "answers that were errors, or none",
                sum(load.statuses.values()),
                f"of {len(taken):,}",
                0,
                on=on,
                note=", ".join(f"{what} ({n})" for what, n in load.statuses.most_common(6)),
            ),
            Figure(
                "the largest process at the end, against the start",
                round(growth, 2),
                "times",
                GROWTH,
                on=on,
                note=" ".join(f"{size / 2**20:.0f}" for size in sorted(after.values())) + " MB at the end",
            ),
        ]
    )


def load_in(pattern: Any) -> Load:
    from cosource.foundation import clock
    from cosource.parties.models import Person
    from cosource.parties.services.tokens import TokenGrant, token_create
    from cosource.tickets.models import Participation

    world, at = pattern.world, clock.now()
    made = token_create(
        name="Load",
        expires_at=at + timedelta(days=1),
        grants=[TokenGrant()],
        may_write=True,
        actor=world.actor("c1.cso", at=at),
        at=at,
    )
    # Tickets that all of the readers see.
    shared = Participation.objects.filter(
        organization_id=world.organizations["p1"].id, open=True, team_id=world.teams["p1.alder"].id
    )
    body = {
        "title": "Printer on ward 7 prints blank pages",
        "text": "It began this morning after the weekly restart. Two colleagues see the same. " * 3,
        "service_id": str(world.services["c1.printing"].id),
        "team_id": str(world.teams["c1.desk"].id),
    }
    return Load(
        os.environ["COSOURCE_BIND"],
        [signed_in(Person.objects.get(pk=world.people[key].pk)) for key in READERS],
        made.secret,
        json.dumps(body).encode(),
        [str(ticket) for ticket in shared.values_list("ticket_id", flat=True)[:2_000]],
        random.Random(1),
    )


def _ladders_out() -> None:
    from cosource.foundation.models import DueWork
    from cosource.tickets.models import Clock

    Clock.objects.filter(next_step_at__isnull=False).update(next_step_at=None)
    DueWork.objects.filter(state=DueWork.State.QUEUED).delete()


def _wait_until_idle() -> float:
    """Wait until no work is due any more; return for how many seconds."""
    from django.db import connection

    from cosource.foundation import clock
    from cosource.foundation.models import DueWork

    began, quiet = time.monotonic(), 0
    while quiet < 5 and time.monotonic() - began < 900:
        time.sleep(1)
        waiting = DueWork.objects.filter(state__in=("queued", "running"), due_at__lte=clock.now()).count()
        connection.close()
        quiet = 0 if waiting > 5 else quiet + 1
    return time.monotonic() - began


def sizes_of(pid: int) -> dict[int, int]:
    """Return the resident size of each process of the installation, in bytes."""
    return {one.pid: one.memory_info().rss for one in psutil.Process(pid).children(recursive=True)}


def _cores(pid: int) -> dict[str, float]:
    """Return the processor seconds taken so far: by web processes, the worker, the clients here, and a database server."""
    taken: dict[str, float] = Counter()
    kin = {one.pid for one in psutil.Process(pid).children(recursive=True)}
    for one in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            line = " ".join(one.cmdline())
            name = "worker" if " worker" in line else "web" if one.pid in kin else ""
            name = (
                "clients" if one.pid == os.getpid() else "database" if line.startswith("postgres:") else name
            )
            if name and (one.pid in kin or name in ("clients", "database")):
                times = one.cpu_times()
                taken[name] += times.user + times.system
    return dict(taken)


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]) if len(sys.argv) > 3 else SECONDS)
