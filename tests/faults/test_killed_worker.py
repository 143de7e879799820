"""The worker is killed at each moment of an escalation and of a mail: what was due happens once, and soon after."""

import asyncio
import contextlib
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller

from cosource.foundation import clock
from cosource.foundation.models import DueWork, Entry, Lease, Notice, PendingEntry
from cosource.foundation.queries.verification import verify
from cosource.tickets.models import Escalation
from tests.integration.tickets.conftest import Desk
from tests.integration.tickets.test_clocks import CLIENT_PAUSES, KINDS, text_of
from tests.integration.tickets.test_escalation import LADDER, agree, with_partner
from tests.live_server import free_port
from tests.proof import count
from tests.worlds import two_clients_three_partners

pytestmark = pytest.mark.usefixtures("local_network")
LATE_AT_MOST_SECONDS = 60
# All steps of a ladder for one clock.
STEPS = 5
# Each is a statement that the worker is about to send, or has sent; what the mail server does itself comes after these.
MOMENTS = {
    "a clock is about to be taken": ("before", 'UPDATE "?tickets_clock'),
    "a clock is taken": ("after", 'UPDATE "?tickets_clock'),
    "an entry is about to be written": ("before", 'INTO "?foundation_entry'),
    "an entry is written": ("after", 'INTO "?foundation_pendingentry'),
    "telling is enqueued": ("after", 'INTO "?foundation_duework.*escalations_tell'),
    "steps are raised and that is not noted": ("before", 'UPDATE "?foundation_duework.*steps.: 5'),
    "a notice is written": ("after", 'INTO "?foundation_notice"'),
    "all are told and that is not noted": ("before", 'UPDATE "?foundation_duework.*.told.: '),
    "a mail is enqueued": ("after", 'INTO "?foundation_duework.*notice_mail'),
    "a mail is out and that is not noted": ("before", 'UPDATE "?foundation_duework.*message_id'),
    "a mail is noted": ("after", 'UPDATE "?foundation_duework.*message_id'),
    "a seal is written": ("after", 'INTO "?foundation_seal'),
}
AT_THE_MAIL_SERVER = ("a mail has a receiver", "a mail is taken and not answered")
QUICK = ("an entry is written", "a mail is taken and not answered")


class MailServer:
    """Takes mails, and can kill a worker while it speaks with it, or send it another signal."""

    def __init__(self) -> None:
        self.port = free_port()
        self.came: list[str] = []
        self.takes_seconds = 0.0
        self.kills_at = ""
        self.sign = signal.SIGKILL
        self.victim: subprocess.Popen[bytes] | None = None

    def _kill(self, moment: str) -> None:
        if self.kills_at == moment and self.victim is not None:
            self.victim.send_signal(self.sign)
            self.kills_at = ""

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:  # noqa: N802
        envelope.rcpt_tos.append(address)
        self._kill(AT_THE_MAIL_SERVER[0])
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        await asyncio.sleep(self.takes_seconds)
        self.came.append(envelope.content.decode().partition("Message-ID: ")[2].partition("\r\n")[0])
        self._kill(AT_THE_MAIL_SERVER[1])
        return "250 OK"


@pytest.fixture
def mail_server(local_network: None) -> Iterator[MailServer]:
    made = MailServer()
    controller = Controller(made, hostname="127.0.0.1", port=made.port)
    controller.start()
    yield made
    controller.stop(no_assert=True)


@contextlib.contextmanager
def worker(
    *how: str, url: str, folder: Path, mail: MailServer, program: str = "worker_that_dies"
) -> Iterator[subprocess.Popen[bytes]]:
    """Run a worker: the ordinary one, or with `how` one of the programs beside, such as one that dies at a moment.

    What it says is in the folder's `said.txt`.
    """
    environ = {k: v for k, v in os.environ.items() if not k.startswith(("COSOURCE_", "DJANGO_"))}
    environ |= {
        "COSOURCE_DATABASE_URL": url,
        "COSOURCE_DATA_DIR": str(folder),
        "COSOURCE_LOG_LEVEL": "warning",
        "COSOURCE_EMAIL_URL": f"smtp://127.0.0.1:{mail.port}",
    }
    command = ["-m", f"tests.faults.{program}", *how] if how else ["-m", "cosource", "worker"]
    with (folder / "said.txt").open("ab") as said:
        process = subprocess.Popen([sys.executable, *command], env=environ, stderr=said)
    mail.victim = process
    try:
        yield process
    finally:
        process.kill()
        process.wait(10)


def escalating(tickets: int) -> Desk:
    """A client and a partner with tickets all of whose steps came while no worker ran."""
    desk = Desk(world := two_clients_three_partners(at=clock.now() - timedelta(days=1)), world.at)
    agree(desk, text_of(KINDS, CLIENT_PAUSES + LADDER.replace("  - {clock: access", "# ")))
    for _ in range(tickets):
        with_partner(desk)
    DueWork.objects.all().delete()
    return desk


def is_all_done(tickets: int) -> bool:
    # What recurs has a key that says so, and is there again and again.
    left = DueWork.objects.exclude(key__startswith="every:").exclude(state=DueWork.State.DONE)
    told = DueWork.objects.filter(kind="tickets.escalations_tell", state=DueWork.State.DONE)
    return (
        Escalation.objects.count() == tickets * STEPS
        and told.exists()
        and not any(rows.exists() for rows in (left, PendingEntry.objects.all()))
    )


def wait_until(holds: Callable[[], bool], seconds: float) -> float:
    began = time.monotonic()
    while not holds():
        waits = DueWork.objects.exclude(state=DueWork.State.DONE).values_list("kind", "state", "message")
        assert time.monotonic() - began < seconds, list(waits)
        time.sleep(0.1)
    return time.monotonic() - began


def let_leases_end() -> None:
    """As if a minute had passed since the worker died."""
    past = clock.now() - timedelta(seconds=1)
    DueWork.objects.filter(state=DueWork.State.RUNNING).update(lease_until=past)
    Lease.objects.filter(name="sealer").update(until=past)


def check(desk: Desk, mail: MailServer, *, tickets: int, kills: int, others: bool = False) -> None:
    """Each step came once, with one entry and one notice for each who is told; mails at most once more for each kill.

    `others`: mails about something else may have gone out too.
    """
    steps = Counter(Escalation.objects.values_list("clock_id", "step"))
    assert (len(steps), set(steps.values())) == (tickets * STEPS, {1})
    entries = Counter(
        (facts["clock"], facts["step"])
        for facts in Entry.objects.filter(kind="escalation.raised/1").values_list("facts", flat=True)
    )
    assert entries == Counter((clock_id.hex, step) for clock_id, step in steps)
    told = sum(len(row.told) for row in Escalation.objects.all())
    notices = Notice.objects.filter(kind="ticket.escalated")
    assert notices.count() == len(set(notices.values_list("effect_key", "person_id"))) == told
    sent = DueWork.objects.filter(kind="foundation.notice_mail").values_list("result", flat=True)
    ids = [result["message_id"] for result in sent if "message_id" in result]
    assert len(set(ids)) == len(ids) > 0
    came = [message_id for message_id in mail.came if message_id in ids or not others]
    assert set(came) == set(ids)
    assert len(came) - len(ids) <= kills
    for organization in desk.world.organizations.values():
        assert verify(organization.id).findings == []


@pytest.mark.parametrize(
    "moment",
    [m if m in QUICK else pytest.param(m, marks=pytest.mark.proof) for m in (*MOMENTS, *AT_THE_MAIL_SERVER)],
)
def test_killed_at_a_named_moment_each_thing_comes_once(
    moment: str, mail_server: MailServer, database_url: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    desk = escalating(1)
    mail_server.kills_at = moment
    given: dict[str, Any] = {"url": database_url, "folder": tmp_path, "mail": mail_server}
    with worker(*MOMENTS.get(moment, ()), **given) as dying:
        assert dying.wait(180) == -signal.SIGKILL
    in_full = request.config.getoption("--proof")
    if not in_full:
        let_leases_end()
    with worker(**given):
        # The quick run says what comes, the proof how soon: whoever shares the machine may slow either.
        took = wait_until(lambda: is_all_done(1), LATE_AT_MOST_SECONDS if in_full else 180)
    print({"moment": moment, "done after": round(took, 1), "mails": len(mail_server.came)})
    check(desk, mail_server, tickets=1, kills=1)


@pytest.mark.proof
def test_killed_at_random_moments_each_thing_comes_once(
    mail_server: MailServer, database_url: str, tmp_path: Path
) -> None:
    """Two hundred kills, fewer by COSOURCE_PROOF_KILLS, while the steps of a ticket for each are raised and told."""
    kills = count("KILLS", sample=10, full=200)
    desk = escalating(kills)
    noise = random.Random(3)
    given: dict[str, Any] = {"url": database_url, "folder": tmp_path, "mail": mail_server}
    killed = 0
    while killed < kills and not is_all_done(kills):
        with worker(**given) as dying:
            before = worked()
            wait_until(lambda before=before: worked() != before, 60)  # type: ignore[misc]
            time.sleep(noise.uniform(0, 0.2))
            dying.kill()
        killed += 1
        let_leases_end()
    with worker(**given):
        wait_until(lambda: is_all_done(kills), 600)
    print({"kills": killed, "steps": kills * STEPS, "mails": len(mail_server.came)})
    check(desk, mail_server, tickets=kills, kills=killed)


def worked() -> tuple[int, int]:
    return (
        Escalation.objects.count(),
        DueWork.objects.filter(state=DueWork.State.DONE).exclude(key__startswith="every:").count(),
    )
