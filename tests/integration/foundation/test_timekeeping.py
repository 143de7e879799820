"""Clocks that are wrong or were set: leases, what recurs, what was put off, and whose clock counts."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection

from cosource.foundation import clock
from cosource.foundation.models import DueWork, Lease
from cosource.foundation.queries.duework import Turns
from cosource.foundation.services import duework
from cosource.foundation.services.duework import LEASE_SECONDS, register_work, work_claim, work_enqueue
from cosource.foundation.services.leases import AHEAD, lease_claim
from cosource.foundation.services.schedules import Scheduler, _every, schedule
from cosource.foundation.services.timekeeping import SKEW_SECONDS, Watch, ahead_mend, clock_agree

pytestmark = pytest.mark.django_db
AT = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)


@pytest.fixture(autouse=True)
def own_kinds() -> Iterator[None]:
    known, every = dict(duework._handlers), dict(_every)
    duework._handlers.clear()
    _every.clear()
    register_work("t", lambda _: None)
    yield
    duework._handlers.update(known)
    _every.update(every)
    del duework._handlers["t"]
    _every.pop("t", None)
    clock.correct_by(timedelta(0))


def enqueue(**more: Any) -> DueWork:
    given: dict[str, Any] = {"kind": "t", "args": {}, "due_at": AT, "at": AT} | more
    return DueWork.objects.get(id=work_enqueue(**given))


def test_what_recurred_in_hours_that_come_only_now_recurs_in_them() -> None:
    schedule("t", timedelta(seconds=15))
    assert Scheduler().enqueue(AT + HOUR) == 1
    DueWork.objects.update(state=DueWork.State.DONE)
    assert Scheduler().enqueue(AT + HOUR) == 0  # that period is over, as it seems
    assert ahead_mend(AT) == 1
    assert Scheduler().enqueue(AT) == 1
    assert Scheduler().enqueue(AT + HOUR) == 1
    assert ahead_mend(AT + HOUR) == 0


def test_what_was_put_off_by_a_clock_that_ran_ahead_is_due_as_soon_as_it_was_meant() -> None:
    told = enqueue(at=AT + HOUR, due_at=AT + HOUR)
    again = enqueue()
    DueWork.objects.filter(id=again.id).update(
        claimed_at=AT + HOUR, due_at=AT + HOUR + timedelta(seconds=30), attempts=1
    )
    later = enqueue(due_at=AT + 9 * HOUR)
    assert ahead_mend(AT) == 2
    due = dict(DueWork.objects.values_list("id", "due_at"))
    assert due == {told.id: AT, again.id: AT + timedelta(seconds=30), later.id: AT + 9 * HOUR}


def test_a_lease_that_is_longer_than_any_has_ended() -> None:
    longest = AT + timedelta(seconds=10) + AHEAD
    Lease.objects.create(name="sealer", holder="dead", until=longest, fence=3)
    assert lease_claim(name="sealer", holder="me", at=AT, seconds=10) is None
    Lease.objects.update(until=longest + timedelta(seconds=1))
    assert lease_claim(name="sealer", holder="me", at=AT, seconds=10) == 4

    enqueue()
    [row] = work_claim(worker="dead", at=AT + HOUR, turns=Turns())
    DueWork.objects.update(lease_until=AT + timedelta(seconds=LEASE_SECONDS) + AHEAD)
    assert work_claim(worker="me", at=AT, turns=Turns()) == []
    DueWork.objects.update(lease_until=row.lease_until)
    assert [r.id for r in work_claim(worker="me", at=AT, turns=Turns())] == [row.id]


def test_what_went_down_twice_waits_and_what_gets_further_begins_anew() -> None:
    work = enqueue()
    at = AT
    for life, waits in ((1, False), (2, True)):
        [row] = work_claim(worker=f"w{life}", at=at, turns=Turns())
        at += timedelta(minutes=1)
        assert (work_claim(worker="other", at=at, turns=Turns()) == []) is waits
        if not waits:
            DueWork.objects.update(state=DueWork.State.QUEUED)
    work.refresh_from_db()
    assert (work.state, timedelta(0) < work.due_at - at < timedelta(seconds=61)) == ("queued", True)
    [row] = work_claim(worker="w3", at=work.due_at, turns=Turns())
    task = duework._task(row)
    assert task.attempts > 2
    task.progress(done=5, total=9)
    assert DueWork.objects.get().attempts == task.attempts == 1
    DueWork.objects.update(attempts=4)
    task.progress(done=5, total=9)
    assert DueWork.objects.get().attempts == 4


def test_a_clock_that_is_set_is_noticed_and_the_servers_goes_before_it() -> None:
    on_a_server = connection.vendor == "postgresql"
    watch = Watch()
    assert watch.stepped() == 0
    right = clock.now()
    with time_machine.travel(right + timedelta(minutes=5)):
        assert watch.stepped() == pytest.approx(300, abs=1)
        assert watch.stepped() == 0
        assert clock_agree() is on_a_server
        ahead = (clock.now() - right).total_seconds()
        assert ahead == pytest.approx(0 if on_a_server else 300, abs=SKEW_SECONDS)
        assert clock.here() - right > timedelta(minutes=4)
    assert watch.stepped() == pytest.approx(-300, abs=1)
    assert clock.now() - right < timedelta(minutes=1)
