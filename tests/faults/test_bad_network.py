"""The network fails to what is optional, or to the database: people go on working, and no answer is an accident."""

import time
from collections.abc import Callable
from ipaddress import ip_network
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.core.cache import cache
from django.db import connection
from django.test import Client

from cosource.foundation import clock
from cosource.foundation.models import DueWork
from cosource.parties.services.providers import provider_set
from tests.databases import current_url
from tests.faults.bad_network import Relay, relay
from tests.faults.installation import installed, wait_until
from tests.faults.test_killed_worker import MailServer, mail_server
from tests.faults.writers import Writers
from tests.integration.signin.oidc import CLIENT, SECRET, oidc_server
from tests.integration.signin.people import browser, colleague, party
from tests.worlds import PASSWORD, two_clients_three_partners

__all__ = ["mail_server"]
pytestmark = pytest.mark.usefixtures("local_network")
# What is asked of somebody else's server is given up after five seconds; a page asks at most twice.
ANSWERED_WITHIN_SECONDS = 15
# What failed some times waits two minutes before it is tried again.
MAILED_WITHIN_SECONDS = 180


def _late(network: Relay) -> None:
    network.seconds = 0.5


def _reset(network: Relay) -> None:
    network.refuses = True


def _lossy(network: Relay) -> None:
    network.cut_share = 0.5


def _silent(network: Relay) -> None:
    network.is_silent = True


TROUBLES: dict[str, Callable[[Relay], None]] = {
    "late": _late,
    "reset": _reset,
    "cut": _lossy,
    "silent": _silent,
}
QUICK = {"reset", "cut"}


@pytest.mark.django_db
@pytest.mark.parametrize(
    "trouble", [t if t in QUICK else pytest.param(t, marks=pytest.mark.proof) for t in TROUBLES]
)
def test_while_the_sign_in_server_is_away_a_password_lets_in(trouble: str, settings: Any) -> None:
    cache.clear()
    settings.PRIVATE_TARGETS = [ip_network("127.0.0.0/8")]
    harbour = party("Harbour", "harbour.example")
    lee = colleague(harbour, "lee@harbour.example")
    lee.set_password(PASSWORD)
    lee.save()
    with oidc_server() as server, relay(urlsplit(server.address).port or 0) as network:
        server.address = f"http://127.0.0.1:{network.port}"
        provider = provider_set(
            name="Harbour ID",
            server_url=server.address,
            client_id=CLIENT,
            client_secret=SECRET,
            enabled=True,
            actor=harbour.actor(),
            at=clock.now(),
        )
        server.person = {"sub": "7", "email": "lee@harbour.example", "email_verified": True}
        login = f"/accounts/oidc/{provider.provider_id}/login/"
        known = browser()
        asked = server.authorize(known.post(login, {"process": "login"}).headers["Location"])
        cache.clear()
        TROUBLES[trouble](network)
        for client, ask in (
            (browser(), lambda client: client.post(login, {"process": "login"})),
            (known, lambda client: client.get(f"{login}callback/", asked)),
        ):
            began = time.monotonic()
            answer = ask(client)
            assert answer.status_code < 500, answer.content
            assert time.monotonic() - began < ANSWERED_WITHIN_SECONDS
        came_in = known.get("/profile/").status_code
        assert (came_in == 200) or trouble != "late"
        own = Client(headers={"host": "localhost"}, raise_request_exception=False)
        sent = own.post("/accounts/login/", {"login": "lee@harbour.example", "password": PASSWORD})
        assert (sent.status_code, own.get("/profile/").status_code) == (302, 200)


@pytest.mark.proof
@pytest.mark.parametrize("trouble", list(TROUBLES))
def test_while_the_mail_server_is_away_everything_else_goes_on(
    trouble: str, mail_server: MailServer, database_url: str, tmp_path: Path
) -> None:
    world = two_clients_three_partners(at=clock.now())
    with relay(mail_server.port) as network:
        TROUBLES[trouble](network)
        with installed(
            tmp_path, database_url, COSOURCE_EMAIL_URL=f"smtp://127.0.0.1:{network.port}"
        ) as place:
            writers = Writers(world, place.port, clients=4, writes=80)
            writers.start()
            writers.join(60)
            assert set(writers.statuses) == {201}
            assert place.answer("/healthz")[0] == 200
            wait_until(lambda: network.taken > 0, 30)
            network.seconds = network.cut_share = 0
            network.refuses = network.is_silent = False
            waits = DueWork.objects.filter(kind__endswith="mail").exclude(state=DueWork.State.DONE)
            took = wait_until(lambda: not waits.exists(), MAILED_WITHIN_SECONDS)
    writers.check()
    connection.close()
    print(
        {
            "trouble": trouble,
            "mails": len(mail_server.came),
            "sent after": round(took, 1),
            "cuts": network.cuts,
        }
    )


@pytest.mark.proof
@pytest.mark.skipif("config.getoption('--db') != 'postgresql'", reason="a file is reached by no network")
@pytest.mark.parametrize("trouble", ["late", "cut", "silent"])
def test_the_network_to_the_database_fails(trouble: str, transactional_db: None, tmp_path: Path) -> None:
    """Late answers are late, cut ones are 503; once the network is well everything acknowledged is there once."""
    world = two_clients_three_partners(at=clock.now())
    url = current_url()
    port = urlsplit(url).port or 5432
    with relay(port) as network:
        through = url.replace(f":{port}/", f":{network.port}/")
        with installed(tmp_path, through) as place:
            writers = Writers(world, place.port, clients=4, writes=200)
            writers.start()
            wait_until(lambda: writers.acknowledged() >= 20, 60)
            # A step asks some dozens of things: a tenth of a second for each way is what people may still bear.
            network.seconds = {"late": 0.1}.get(trouble, 0.0)
            network.cut_share = {"cut": 0.05}.get(trouble, 0.0)
            network.is_silent = trouble == "silent"
            time.sleep(15)
            network.seconds = network.cut_share = 0
            network.is_silent = False
            well = time.monotonic()
            writers.join(120)
            took = time.monotonic() - well
            assert set(writers.statuses) <= {201, 503}
            wait_until(lambda: place.answer("/healthz")[0] == 200, 30)
            assert not place.has_ended()
    writers.check()
    connection.close()
    print(
        {
            "trouble": trouble,
            "answers": dict(writers.statuses),
            "cuts": network.cuts,
            "longest answer": round(writers.longest_answer, 1),
            "done after": round(took, 1),
        }
    )
