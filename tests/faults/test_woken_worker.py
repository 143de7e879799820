"""A worker is stopped while it has something in hand, another takes over, and the first wakes: each thing comes once."""

import signal
import sqlite3
from itertools import groupby
from pathlib import Path
from typing import Any

import psutil
import pytest

from cosource.foundation.models import Seal
from tests.faults.test_killed_worker import (
    AT_THE_MAIL_SERVER,
    MOMENTS,
    MailServer,
    check,
    escalating,
    is_all_done,
    mail_server,
    wait_until,
    worker,
)
from tests.integration.tickets.test_escalation import with_partner

__all__ = ["mail_server"]
pytestmark = [pytest.mark.proof, pytest.mark.usefixtures("local_network")]
STOPPED_AT = {
    "what recurs is claimed": ("after", 'UPDATE "?foundation_duework.*claimed_by'),
    "a clock is taken": MOMENTS["a clock is taken"],
    "steps are raised and that is not noted": MOMENTS["steps are raised and that is not noted"],
    "a seal is written": MOMENTS["a seal is written"],
} | dict.fromkeys(AT_THE_MAIL_SERVER, ())
PATIENCE_SECONDS = 300


def is_held(url: str) -> bool:
    """Whether the stopped worker was just writing to a database that is a file: all others wait for it then."""
    if not url.startswith("sqlite"):
        return False
    file = sqlite3.connect(url.removeprefix("sqlite:///"), timeout=2, isolation_level=None)
    try:
        file.execute("BEGIN IMMEDIATE")
    except sqlite3.OperationalError:
        return True
    else:
        return False
    finally:
        file.close()


@pytest.mark.parametrize("moment", STOPPED_AT)
def test_a_worker_that_wakes_after_another_took_over_does_nothing_again(
    moment: str, mail_server: MailServer, database_url: str, tmp_path: Path
) -> None:
    desk = escalating(1)
    said = tmp_path / "said.txt"
    if moment in AT_THE_MAIL_SERVER:
        mail_server.kills_at, mail_server.sign = moment, signal.SIGSTOP
    stops = (*how, "SIGSTOP") if (how := STOPPED_AT[moment]) else ()
    given: dict[str, Any] = {"url": database_url, "folder": tmp_path, "mail": mail_server}
    with worker(*stops, **given) as first:
        wait_until(lambda: psutil.Process(first.pid).status() == psutil.STATUS_STOPPED, PATIENCE_SECONDS)
        held = is_held(database_url)
        before = said.read_text().count("postponed")
        with worker(**given) as second:
            if held:
                wait_until(lambda: said.read_text().count("postponed") > before, PATIENCE_SECONDS)
            else:
                took = wait_until(lambda: is_all_done(1), PATIENCE_SECONDS)
            first.send_signal(signal.SIGCONT)
            if held:
                took = wait_until(lambda: is_all_done(1), PATIENCE_SECONDS)
            second.terminate()
            second.wait(60)
        # It does what comes next, alone.
        with_partner(desk)
        wait_until(lambda: is_all_done(2), PATIENCE_SECONDS)
        assert first.poll() is None
    print(
        {
            "moment": moment,
            "the file was held": held,
            "done after": round(took, 1),
            "mails": len(mail_server.came),
        }
    )
    check(desk, mail_server, tickets=2, kills=1)
    sealed = Seal.objects.order_by("stream_id", "position").values_list("stream_id", "position")
    for _stream, rows in groupby(sealed, key=lambda row: row[0]):
        positions = [position for _, position in rows]
        assert positions == list(range(1, len(positions) + 1))
