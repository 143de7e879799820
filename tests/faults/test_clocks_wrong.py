"""A machine's clock is wrong, or is set while the worker works: what is due comes once, and nothing is left out."""

from pathlib import Path
from typing import Any

import pytest
from django.db.models import F, Q

from cosource.foundation.models import DueWork
from cosource.foundation.services.schedules import KEY
from cosource.tickets.models import Clock, Escalation, Pause, Possession, Ticket
from tests.faults.test_killed_worker import MailServer, check, escalating, is_all_done, mail_server, worker
from tests.faults.test_killed_worker import wait_until as wait_for_work

__all__ = ["mail_server"]
pytestmark = pytest.mark.usefixtures("local_network")
LATE_AT_MOST_SECONDS = 60
HOUR, DAY = 3_600, 86_400
STEPS_BACK = {"an hour ahead": HOUR, "a day ahead": DAY, "five minutes ahead": 300}
STEPS_ON = {"an hour behind": -HOUR, "a day behind": -DAY}
QUICK = {"an hour ahead"}


def has_swept() -> bool:
    return DueWork.objects.filter(
        kind="tickets.escalations", key__startswith=KEY, state=DueWork.State.DONE
    ).exists()


def nothing_ends_before_it_begins() -> None:
    """Whatever a clock says meanwhile, no stretch of a ticket's life is shorter than nothing."""
    for model in (Possession, Pause):
        assert not model.objects.filter(until_at__lt=F("from_at")).exists()
    assert not Clock.objects.filter(
        Q(met_at__lt=F("started_at")) | Q(stopped_at__lt=F("started_at"))
    ).exists()
    assert not Ticket.objects.filter(
        Q(resolved_at__lt=F("opened_at")) | Q(closed_at__lt=F("opened_at"))
    ).exists()


def given_to(url: str, folder: Path, mail: MailServer) -> dict[str, Any]:
    return {"url": url, "folder": folder, "mail": mail, "program": "worker_with_clock"}


@pytest.mark.parametrize("restarted", [False, pytest.param(True, marks=pytest.mark.proof)])
@pytest.mark.parametrize(
    "wrong", [w if w in QUICK else pytest.param(w, marks=pytest.mark.proof) for w in (STEPS_BACK | STEPS_ON)]
)
def test_a_clock_that_was_wrong_is_set_right(
    wrong: str, restarted: bool, mail_server: MailServer, database_url: str, tmp_path: Path
) -> None:
    """What recurs was done for hours that come only now; what is due now comes all the same, in time and once."""
    ahead = tmp_path / "ahead"
    ahead.write_text(str((STEPS_BACK | STEPS_ON)[wrong]))
    given = given_to(database_url, tmp_path, mail_server)
    on_a_file = database_url.startswith("sqlite")
    with worker(str(ahead), **given) as working:
        wait_for_work(has_swept, 30)
        if restarted:
            working.kill()
            working.wait(10)
        else:
            desk = escalating(1)
            ahead.write_text("0")
            took = wait_for_work(lambda: is_all_done(1), LATE_AT_MOST_SECONDS)
    if restarted:
        ahead.write_text("0")
        desk = escalating(1)
        with worker(str(ahead), **given):
            took = wait_for_work(lambda: is_all_done(1), LATE_AT_MOST_SECONDS)
    check(desk, mail_server, tickets=1, kills=0, others=True)
    nothing_ends_before_it_begins()
    print({"wrong": wrong, "restarted": restarted, "done after": round(took, 1)})
    said = (tmp_path / "said.txt").read_text()
    assert ("clock.wrong" in said) is not on_a_file
    assert ("clock.set" in said) is not restarted


@pytest.mark.skipif("config.getoption('--db') != 'postgresql'", reason="one file is on one machine")
def test_two_workers_five_minutes_apart_do_each_thing_once(
    mail_server: MailServer, database_url: str, tmp_path: Path
) -> None:
    """What one has in its hands is not taken for left by the other; what is due in an hour does not come for either."""
    mail_server.takes_seconds = 1.0
    files = [tmp_path / name for name in ("right", "ahead")]
    files[0].write_text("0")
    files[1].write_text("300")
    tickets = 2
    desk = escalating(tickets)
    given = given_to(database_url, tmp_path, mail_server)
    with worker(str(files[0]), **given), worker(str(files[1]), **given):
        wait_for_work(lambda: is_all_done(tickets), LATE_AT_MOST_SECONDS)
    check(desk, mail_server, tickets=tickets, kills=0)
    nothing_ends_before_it_begins()
    assert len(mail_server.came) == len(set(mail_server.came))
    assert all(row.raised_at >= row.due_at for row in Escalation.objects.all())
    assert not DueWork.objects.filter(fence__gt=1).exclude(key__startswith=KEY).exists()
    assert (tmp_path / "said.txt").read_text().count("clock.wrong") == 1
