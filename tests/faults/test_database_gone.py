"""PostgreSQL is killed under a running installation: it says so meanwhile, and goes on by itself when the database is back."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.db import connection

from cosource.foundation import clock
from tests.databases import current_url, default_at
from tests.faults.installation import Installation, installed, wait_until
from tests.faults.postgres_server import OwnServer, own_server
from tests.faults.writers import Writers
from tests.worlds import World, two_clients_three_partners

pytestmark = [
    pytest.mark.usefixtures("local_network"),
    pytest.mark.skipif("config.getoption('--db') != 'postgresql'", reason="it is PostgreSQL that is killed"),
]
HEALTHY_WITHIN_SECONDS = 10


@pytest.fixture
def server(transactional_db: None) -> Iterator[OwnServer]:
    with own_server() as server:
        server.fill(current_url())
        with default_at(server.url()):
            yield server


def says_so(place: Installation, world: World) -> None:
    """Each door answers 503 with when to come back, and names nothing of the server."""
    token = {"Authorization": f"Bearer {world.secrets['c1']}"}
    for path, headers in (
        ("/api/v1/tickets", token),
        ("/", {"Cookie": f"cosource{place.port}-session=0123456789abcdefghijklmnopqrstuv"}),
        ("/accounts/login/", {"Cookie": f"cosource{place.port}-session=0123456789abcdefghijklmnopqrstuv"}),
    ):
        status, head, said = place.answer(path, **headers)
        assert (path, status, head["Retry-After"]) == (path, 503, "5"), said
        assert "psycopg" not in said
        assert "connection" not in said
    assert place.answer("/health")[0] == 200
    assert place.answer("/healthz")[0] == 503


@pytest.mark.parametrize("how", ["stopped at once", pytest.param("killed", marks=pytest.mark.proof)])
def test_it_says_so_and_goes_on_by_itself(server: OwnServer, tmp_path: Path, how: str) -> None:
    world = two_clients_three_partners(at=clock.now())
    with installed(tmp_path, server.url()) as place:
        wait_until(lambda: place.answers("/healthz"), 30)
        writers = Writers(world, place.port, clients=4, writes=120)
        writers.start()
        wait_until(lambda: writers.acknowledged() >= 40, 30)
        connection.close()
        if how == "killed":
            server.kill()
        else:
            server.stop_at_once()
        wait_until(lambda: writers.statuses[503] >= 4, 20)
        says_so(place, world)
        time.sleep(1)
        server.start()
        took = wait_until(lambda: place.answer("/healthz")[0] == 200, HEALTHY_WITHIN_SECONDS)
        writers.join(60)
        assert set(writers.statuses) == {201, 503}
        assert not place.has_ended()
    writers.check()
    print({"healthy after": round(took, 1), "answers": dict(writers.statuses), "repeated": writers.repeated})
