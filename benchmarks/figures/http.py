"""Creating tickets over HTTP: a server with two processes, clients on the loopback, an API token.

`python -m benchmarks.figures.http`, in an installation of its own whose database the environment names; PostgreSQL or SQLite.
"""

import asyncio
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
    token, body = _installation()
    import httpx

    from cosource.foundation.ids import new_id

    host = os.environ["COSOURCE_BIND"]
    server = subprocess.Popen([sys.executable, "-m", "cosource", "web"], cwd=ROOT)
    try:
        _wait_for(f"http://{host}/health")
        headers = {"Authorization": f"Bearer {token}"}

        async def client(until: float, statuses: dict[int, int], taken: list[float]) -> None:
            async with httpx.AsyncClient(base_url=f"http://{host}", headers=headers, timeout=30) as session:
                while time.monotonic() < until:
                    began = time.monotonic()
                    answer = await session.post(
                        "/api/v1/tickets", json=body, headers={"Idempotency-Key": str(new_id())}
                    )
                    taken.append(time.monotonic() - began)
                    statuses[answer.status_code] = statuses.get(answer.status_code, 0) + 1

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


def _wait_for(url: str) -> None:
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
