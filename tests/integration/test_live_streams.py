"""Streams over the wire: a real web process, and those who are connected to it."""

import asyncio
import http.client
import os
import time
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from django.contrib.sessions.models import Session
from tests.live_server import Stream, session_of, web_process
from tests.worlds import World

from cosource.foundation import clock
from cosource.foundation.services.sealing import seal_all
from cosource.parties.models import Grant
from cosource.parties.services.grants import grant_end
from cosource.tickets.models import Ticket
from cosource.tickets.services.conversation import ticket_reply
from cosource.tickets.services.opening import ticket_open

pytestmark = [pytest.mark.req("D21"), pytest.mark.usefixtures("local_network")]
CLIENTS = 100


def _opened(world: World) -> Ticket:
    return ticket_open(
        actor=world.actor("c1.ct", clock.now()),
        at=clock.now(),
        title="Printer jams",
        text="Since noon.",
        service_id=world.services["c1.printing"].id,
    )


def _said(world: World, ticket: Ticket, *to: str) -> None:
    ticket_reply(
        ticket_id=ticket.id,
        text="Now.",
        party_ids=[world.organizations[o].id for o in to],
        with_requester=False,
        wider_confirmed=True,
        actor=world.actor("c1.ct", clock.now()),
        at=clock.now(),
    )
    seal_all()


async def _in_thread(act: Callable[..., Any], *given: Any) -> Any:
    # The database is not for the loop's thread; one thread does all of it, with its own connection.
    from django.db import connection

    def do() -> Any:
        try:
            return act(*given)
        finally:
            connection.close()

    return await asyncio.to_thread(do)


def _told_apart(story: Coroutine[Any, Any, Any]) -> Any:
    """Run a story in a loop and a thread of its own: a browser of another test may hold this one's."""
    with ThreadPoolExecutor(1) as apart:
        return apart.submit(asyncio.run, story).result()


def test_what_happens_reaches_all_who_may_know_and_ends_with_their_session(
    tmp_path: Path, database_url: str, world: World
) -> None:
    ticket = _opened(world)
    seal_all()
    with web_process(tmp_path, database_url) as (port, _process):
        keys = ["c1.ct", "c1.cso", "p1.pm", "p2.pt"]
        streams = {
            key: [Stream(port, cookie) for _ in range(10 if key != "c1.ct" else 5)]
            for key in keys
            for cookie in [session_of(world.people[key], port)]
        }
        crowd = [Stream(port, session_of(world.people["c1.cso"], port)) for _ in range(CLIENTS - 35)]

        async def story() -> None:
            everybody = [*crowd, *(s for mine in streams.values() for s in mine)]
            await asyncio.gather(*(s.open() for s in everybody))
            assert {s.status for s in everybody} == {200}
            assert "content-type: text/event-stream" in everybody[0].head
            assert "content-length" not in everybody[0].head
            heard: dict[Stream, list[dict[str, Any]]] = {s: [] for s in everybody}

            async def listen(stream: Stream) -> None:
                async for event in stream.events():
                    heard[stream].append(event)

            listening = [asyncio.create_task(listen(s)) for s in everybody]

            async def until(is_so: Callable[[], bool], seconds: float) -> None:
                deadline = time.monotonic() + seconds
                while not is_so():
                    assert time.monotonic() < deadline
                    await asyncio.sleep(0.02)

            await asyncio.sleep(0.5)
            await _in_thread(_said, world, ticket, "c1")
            mine = [*crowd, *streams["c1.ct"], *streams["c1.cso"]]
            await until(lambda: all(heard[s] for s in mine), 30)
            assert all(heard[s] == [{"tickets": [str(ticket.id)]}] for s in mine)
            assert not any(heard[s] for key in ("p1.pm", "p2.pt") for s in streams[key])

            await _in_thread(_said, world, ticket, "c1", "p1")
            await until(lambda: all(heard[s] for s in streams["p1.pm"]), 30)
            assert not any(heard[s] for s in streams["p2.pt"])

            # The partner's right ends: from then on nothing more, though the stream stays.
            def end() -> None:
                grant = Grant.objects.get(
                    person=world.people["p1.pm"], engagement=world.engagements["c1p1"], ends_at__isnull=True
                )
                grant_end(
                    grant_id=grant.id, reason="over", actor=world.actor("c1.cso", clock.now()), at=clock.now()
                )
                seal_all()

            await _in_thread(end)
            await asyncio.sleep(0.5)
            await _in_thread(_said, world, ticket, "c1", "p1")
            await until(lambda: all(len(heard[s]) == 3 for s in crowd), 30)
            assert all(len(heard[s]) == 1 for s in streams["p1.pm"])

            # Signing out closes every stream of that session, and of no other.
            gone = streams["c1.ct"][0].cookie["value"]
            await _in_thread(Session.objects.filter(session_key=gone).delete)
            await until(lambda: all(s.closed_at for s in streams["c1.ct"]), 3)
            assert not any(s.closed_at for s in crowd)
            again = Stream(port, streams["c1.ct"][0].cookie)
            await again.open()
            assert again.status == 302
            for task in listening:
                task.cancel()
            await asyncio.gather(*listening, return_exceptions=True)
            await asyncio.gather(*(stream.close() for stream in (*everybody, again)))

        _told_apart(story())


def test_the_server_stops_at_once_and_answers_as_before(
    tmp_path: Path, database_url: str, world: World
) -> None:
    """Whatever a request's size and method; and an open stream does not hold up the stop."""
    cookie = session_of(world.people["c1.ct"], 0)
    with web_process(tmp_path, database_url, COSOURCE_LIVE_STREAMS="1") as (port, process):
        cookie["name"] = f"cosource{port}-session"

        def ask(method: str, path: str, body: bytes = b"", **headers: str) -> tuple[int, bytes, Any]:
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
            connection.request(method, path, body=body, headers=headers)
            try:
                answer = connection.getresponse()
                return answer.status, answer.read(), answer.headers
            finally:
                connection.close()

        assert ask("GET", "/health")[:2] == (200, b"ok\n")
        assert ask("HEAD", "/health")[:2] == (200, b"")
        assert ask("GET", "/caf%C3%A9%00/%ff")[0] == 404
        style = Path("src/cosource/shell/static/shell/vendor/tabler.min.css").read_bytes()
        status, body, _headers = ask("GET", "/static/shell/vendor/tabler.min.css")
        assert (status, body == style) == (200, True)
        # A form without its token is refused, however long; the long body is read as it comes.
        form = {"Content-Type": "application/x-www-form-urlencoded"}
        for size in (10, 200_000):
            assert ask("POST", "/theme/", b"theme=" + b"x" * size, **form)[0] == 403
        # Headers that only a trusted proxy may write stay without effect, with a dash or an underscore.
        for name in ("X-Forwarded-Host", "X_Forwarded_Host"):
            location = ask("GET", "/", **{name: "elsewhere.example"})[2]["Location"]
            assert location == "/accounts/login/?next=/"

        async def story() -> float:
            stream, refused = Stream(port, cookie), Stream(port, cookie)
            await stream.open()
            assert stream.status == 200
            await refused.open()
            assert refused.status == 429
            began = time.monotonic()
            process.terminate()
            async for _piece in stream.pieces():
                pass
            await asyncio.gather(stream.close(), refused.close())
            return stream.closed_at - began

        assert _told_apart(story()) < 15
        began = time.monotonic()
        process.wait(15)
        assert time.monotonic() - began < 15
    assert os.getpid() != process.pid
