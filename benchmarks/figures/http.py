"""Creating tickets over HTTP: a server with two processes, clients on the loopback, an API token.

`python -m benchmarks.figures.http`, in an installation of its own whose database the environment names; PostgreSQL or SQLite.
"""

import asyncio
import json
import os
import secrets
import subprocess
import sys
import time
from datetime import timedelta
from typing import Any

from benchmarks.figures.setting import set_up
from benchmarks.measuring import Figure, hand_in
from benchmarks.places import ROOT

CREATIONS_PER_SECOND = 150
CLIENTS = 12
SECONDS = 20
WEB_PROCESSES = 2


def main() -> None:
    set_up(in_the_world=False)
    token, told = _installation()
    body = json.dumps(told).encode()
    from cosource.foundation.ids import new_id

    host = os.environ["COSOURCE_BIND"]
    server = subprocess.Popen([sys.executable, "-m", "cosource", "web"], cwd=ROOT)
    try:
        wait_for(f"http://{host}/health")

        async def client(until: float, statuses: dict[int, int], taken: list[float]) -> None:
            reader, writer = await asyncio.open_connection(*host.split(":"))
            while time.monotonic() < until:
                began = time.monotonic()
                writer.write(_request(host, token, body, str(new_id())))
                status = await _answered(reader)
                taken.append(time.monotonic() - began)
                statuses[status] = statuses.get(status, 0) + 1
            writer.close()

        async def load(seconds: float) -> tuple[dict[int, int], list[float]]:
            statuses: dict[int, int] = {}
            taken: list[float] = []
            until = time.monotonic() + seconds
            await asyncio.gather(*(client(until, statuses, taken) for _ in range(CLIENTS)))
            return statuses, taken

        asyncio.run(load(3))
        statuses, taken = asyncio.run(load(SECONDS))
    finally:
        server.terminate()
        server.wait(30)
    from django.db import connection

    sort = "SQLite" if connection.vendor == "sqlite" else "PostgreSQL"
    others = {status: n for status, n in statuses.items() if status != 201}
    taken.sort()
    hand_in(
        [
            Figure(
                "tickets created over HTTP in a second",
                round(statuses.get(201, 0) / SECONDS, 1),
                "tickets",
                CREATIONS_PER_SECOND,
                at_least=True,
                on=sort,
                note=f"{CLIENTS} clients on the same two cores, {WEB_PROCESSES} processes, 95 % within"
                f" {taken[int(len(taken) * 0.95)] * 1000:.0f} ms"
                + (f"; refused: {others}" if others else ""),
            )
        ]
    )


# A client library would take as much of the two cores as the product does.
def _request(host: str, token: str, body: bytes, key: str) -> bytes:
    head = (
        f"POST /api/v1/tickets HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {token}\r\n"
        f"Idempotency-Key: {key}\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


async def _answered(reader: asyncio.StreamReader) -> int:
    """Read one whole answer and return its status."""
    head = (await reader.readuntil(b"\r\n\r\n")).lower()
    length = int(head.partition(b"content-length:")[2].partition(b"\r\n")[0])
    await reader.readexactly(length)
    return int(head.split(b" ", 2)[1])


def _installation() -> tuple[str, dict[str, Any]]:
    """Found a client with a token that may write; return its secret and what a ticket says."""
    from django.conf import settings
    from django.core.management import call_command

    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    call_command("migrate", verbosity=0, interactive=False)
    from tests.worlds import two_clients_three_partners

    from cosource.agreements.services.quick_start import quick_start_agreement
    from cosource.foundation import clock
    from cosource.parties.services.tokens import TokenGrant, token_create

    at = clock.now() - timedelta(minutes=1)
    world = two_clients_three_partners(at=at)
    quick_start_agreement(engagement_id=None, actor=world.actor("c1.cso"), at=at)
    made = token_create(
        name=f"Load {secrets.token_hex(2)}",
        expires_at=at + timedelta(days=1),
        grants=[TokenGrant()],
        may_write=True,
        actor=world.actor("c1.cso"),
        at=at,
    )
    body = {
        "title": "Printer on ward 7 prints blank pages",
        "text": "It began this morning after the weekly restart. Two colleagues see the same. " * 3,
        "service_id": str(world.services["c1.printing"].id),
        "team_id": str(world.teams["c1.desk"].id),
    }
    return made.secret, body


def wait_for(url: str) -> None:
    """Wait until an address answers. Raises: RuntimeError."""
    import httpx

    for _ in range(300):
        try:
            if httpx.get(url).status_code == 200:
                return
        except httpx.TransportError:
            time.sleep(0.1)
    raise RuntimeError(f"{url} does not answer")


if __name__ == "__main__":
    main()
