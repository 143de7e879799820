"""Mail leaves once, whatever the mail server does; and a worker that is frozen does no harm when it wakes."""

import asyncio
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
import time_machine
from aiosmtpd.controller import Controller
from django.conf import settings as installed
from django.db import connection
from tests.integration.foundation.test_duework import AT
from tests.integration.tickets.conftest import Desk
from tests.worlds import two_clients_three_partners

from cosource.config.addresses import mailers_of
from cosource.foundation import clock
from cosource.foundation.models import DueWork
from cosource.foundation.queries.duework import Turns
from cosource.foundation.rules.notices import Said
from cosource.foundation.services.duework import work_next
from cosource.foundation.services.mail import mail_enqueue, mail_of
from cosource.foundation.services.notices import notify


class Server:
    """A mail server that takes mails, and says or does what it is told to for some of them."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.controller: Controller | None = None
        self.came: list[tuple[str, str]] = []
        self.refused: set[str] = set()
        self.dies_after: set[str] = set()
        # How long it thinks over a mail, and how many it has had in hand at once.
        self.seconds = 0.0
        self.at_once = self.most_at_once = 0

    def start(self) -> None:
        self.controller = Controller(self, hostname="127.0.0.1", port=self.port)
        self.controller.start()

    def stop(self) -> None:
        if self.controller is not None:
            self.controller.stop(no_assert=True)
            self.controller = None

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:  # noqa: N802
        if address in self.refused:
            return "550 no such person"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        head = envelope.content.decode()
        to = envelope.rcpt_tos[0]
        self.came.append((to, head.partition("Message-ID: ")[2].partition("\r\n")[0]))
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        await asyncio.sleep(self.seconds)
        self.at_once -= 1
        if to in self.dies_after:
            self.dies_after.remove(to)
            server.transport.abort()
        return "250 OK"


@pytest.fixture
def server(local_network, settings, tmp_path):
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    made = Server(port)
    settings.MAILERS = mailers_of(f"smtp://127.0.0.1:{port}", folder=tmp_path)
    made.start()
    yield made
    made.stop()


def enqueue(*names: str) -> None:
    for name in names:
        mail_enqueue(effect_key=name, to=f"{name}@example.org", subject=name, text="Words.", at=clock.now())


def do_work() -> None:
    turns = Turns()
    while work_next(worker="w", at=clock.now(), turns=turns):
        pass


@pytest.fixture
def traveller(db):
    with time_machine.travel(AT, tick=False) as moving:
        yield moving


def states() -> dict[str, str]:
    return {row.args["effect"]: row.state for row in DueWork.objects.filter(kind="foundation.mail")}


def test_a_server_that_dies_after_data_gets_the_same_mail_again(server, traveller):
    server.dies_after.add("b@example.org")
    enqueue("a", "b", "c")
    do_work()
    assert states() == {"a": "done", "b": "queued", "c": "done"}
    traveller.shift(timedelta(minutes=1))
    do_work()
    assert states() == {"a": "done", "b": "done", "c": "done"}
    assert Counter(to for to, _ in server.came) == {
        "a@example.org": 1,
        "b@example.org": 2,
        "c@example.org": 1,
    }
    assert len(set(server.came)) == 3


def test_one_address_that_is_refused_holds_up_no_other(server, traveller):
    server.refused.add("b@example.org")
    enqueue("a", "b", "c")
    do_work()
    assert states() == {"a": "done", "b": "queued", "c": "done"}
    for _ in range(8):
        traveller.shift(timedelta(hours=3))
        do_work()
    row = DueWork.objects.get(args__effect="b")
    assert (row.state, row.attempts) == ("parked", 8)
    assert "no such person" in row.message


def test_a_server_that_is_away_for_a_day_gets_all_of_it_minutes_after_it_is_back(server, traveller):
    server.stop()
    enqueue("a")
    do_work()
    traveller.shift(timedelta(hours=24))
    enqueue("b", "c")
    do_work()
    assert states() == {"a": "queued", "b": "queued", "c": "queued"}
    assert "does not answer" in DueWork.objects.get(args__effect="a").message
    assert set(DueWork.objects.values_list("attempts", flat=True)) == {0}
    server.start()
    traveller.shift(timedelta(minutes=3))
    do_work()
    assert [to for to, _ in server.came] == ["a@example.org", "b@example.org", "c@example.org"]


def told_of(subject: UUID, to: str, *names: str) -> None:
    for name in names:
        mail_enqueue(
            effect_key=name,
            to=f"{to}@example.org",
            subject=name,
            text="Words.",
            at=clock.now(),
            about=subject,
        )


def test_of_one_subject_to_one_receiver_no_mail_passes_one_that_is_tried_again(server, traveller):
    one, other = uuid4(), uuid4()
    server.refused.add("b@example.org")
    told_of(one, "b", "first")
    do_work()
    told_of(one, "b", "second", "third")
    told_of(one, "a", "to another")
    told_of(other, "b", "of another")
    server.refused.clear()
    do_work()
    assert states() == {
        "first": "queued",
        "second": "queued",
        "third": "queued",
        "to another": "done",
        "of another": "done",
    }
    assert "earlier mail" in DueWork.objects.get(args__effect="second").message
    assert set(DueWork.objects.filter(state="queued").values_list("args__effect", "attempts")) == {
        ("first", 1),
        ("second", 0),
        ("third", 0),
    }
    server.came.clear()
    for _ in range(4):
        traveller.shift(timedelta(seconds=10))
        do_work()
    assert set(states().values()) == {"done"}
    sent = [
        mail_of(effect_key=e, to="b@example.org", subject="", text="") for e in ("first", "second", "third")
    ]
    assert server.came == [("b@example.org", mail.extra_headers["Message-ID"]) for mail in sent]


def test_a_mail_that_was_parked_or_is_urgent_waits_for_none_before_it(server, traveller):
    subject = uuid4()
    server.refused.add("b@example.org")
    told_of(subject, "b", "first", *(f"n{number}" for number in range(30)))
    do_work()
    server.refused.clear()
    DueWork.objects.filter(args__effect="first").update(urgency=10)
    told_of(subject, "b", "urgent")
    DueWork.objects.filter(args__effect="urgent").update(urgency=-10)
    work_next(worker="w", at=clock.now())
    assert states()["urgent"] == "done"
    DueWork.objects.filter(args__effect="first").update(state="parked", urgency=0)
    for _ in range(4):
        traveller.shift(timedelta(seconds=40))
        do_work()
    assert {name: state for name, state in states().items() if state != "done"} == {"first": "parked"}


def test_a_server_that_stays_away_parks_what_waits(server, traveller):
    server.stop()
    enqueue("a")
    do_work()
    traveller.shift(timedelta(days=3, minutes=1))
    do_work()
    assert states() == {"a": "parked"}


@pytest.mark.django_db(transaction=True)
def test_loops_side_by_side_have_one_mail_under_way_whatever_its_kind(server):
    """A kill of the process then doubles one mail at most: the one that the server has and no row notes."""
    world = two_clients_three_partners()
    DueWork.objects.all().delete()
    desk = Desk(world, clock.now())
    ticket = desk.open()
    DueWork.objects.all().delete()
    server.seconds = 0.05
    enqueue(*"abcdefghijkl")
    for effect in "mnop":
        notify(
            effect_key=effect,
            person_ids=[world.person("c1.ct").id],
            kind="ticket.assigned",
            subject_kind="ticket",
            subject_id=ticket.id,
            url=f"/tickets/{ticket.id}/",
            words=Said("Words"),
            at=clock.now(),
            organization_id=desk.org("c1"),
        )

    def loop(name: str) -> None:
        turns = Turns()
        while work_next(worker=name, at=clock.now(), turns=turns):
            pass
        connection.close()

    loops = [threading.Thread(target=loop, args=(f"w{n}",)) for n in range(4)]
    for one in loops:
        one.start()
    for one in loops:
        one.join()
    assert Counter(to.partition("@")[0] for to, _ in server.came) == {
        **dict.fromkeys("abcdefghijkl", 1),
        world.person("c1.ct").email.partition("@")[0]: 4,
    }
    assert server.most_at_once == 1


@pytest.mark.proof
def test_a_worker_that_was_frozen_past_its_lease_sends_nothing_again(server, database_url, tmp_path):
    """One worker is stopped in the middle of a batch; another takes over; then the first wakes."""
    two_clients_three_partners()
    DueWork.objects.all().delete()
    address = installed.MAILERS["default"]["OPTIONS"]
    environ = {k: v for k, v in os.environ.items() if not k.startswith(("COSOURCE_", "DJANGO_"))}
    environ |= {
        "COSOURCE_DATABASE_URL": database_url,
        "COSOURCE_DATA_DIR": str(tmp_path),
        "COSOURCE_LOG_LEVEL": "error",
        "COSOURCE_EMAIL_URL": f"smtp://{address['host']}:{address['port']}",
    }

    def worker() -> subprocess.Popen[bytes]:
        return subprocess.Popen([sys.executable, "-m", "cosource", "worker"], env=environ)

    enqueue(*(f"m{n}" for n in range(400)))
    workers = [worker()]
    try:
        wait_until(lambda: len(server.came) >= 40, 60)
        workers[0].send_signal(signal.SIGSTOP)
        workers.append(worker())
        wait_until(lambda: set(states().values()) == {"done"}, 300)
        before = len(server.came)
        workers[0].send_signal(signal.SIGCONT)
        time.sleep(20)
    finally:
        for process in workers:
            process.send_signal(signal.SIGCONT)
            process.terminate()
            process.wait(60)
    assert set(states().values()) == {"done"}
    assert len(set(server.came)) == 400
    # It may have been about to send one mail, or have sent one and not noted it.
    assert len(server.came) - 400 <= 1
    assert len(server.came) - before <= 1


def wait_until(true: Callable[[], bool], seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, states()
        time.sleep(0.05)
