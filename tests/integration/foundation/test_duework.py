"""Work in the background: turns, leases, attempts, parking, what recurs, Django's own tasks, the page and the commands."""

import threading
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest
import time_machine
from django.conf import settings
from django.db import connection
from django.tasks import TaskResultStatus, task
from django.tasks.exceptions import TaskResultDoesNotExist
from django.test import Client
from typer.testing import CliRunner

from cosource.config.cli import app
from cosource.foundation.errors import Conflict
from cosource.foundation.ids import NIL
from cosource.foundation.models import DueWork
from cosource.foundation.queries.duework import Turns, turns_waiting
from cosource.foundation.services import duework
from cosource.foundation.services.duework import (
    BACKOFF_SECONDS,
    LEASE_SECONDS,
    SPREAD,
    Later,
    backoff,
    leases_keep,
    register_work,
    work_claim,
    work_enqueue,
    work_next,
    work_put_down,
)
from cosource.foundation.services.schedules import Scheduler, schedule
from cosource.foundation.services.sweeping import work_sweep
from cosource.foundation.services.work_steps import work_cancel, work_replay

pytestmark = pytest.mark.django_db

AT = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def still():
    with time_machine.travel(AT, tick=False) as traveller:
        yield traveller


@pytest.fixture
def kinds():
    """Kinds of work for the time of one test; what they did, in order."""
    known = dict(duework._handlers)
    yield []
    duework._handlers.clear()
    duework._handlers.update(known)


def enqueue(kind: str, fair_key: UUID | None = None, **more) -> UUID:
    given = {"args": {}, "due_at": AT, "at": AT} | more
    work_id = work_enqueue(kind=kind, fair_key=fair_key, **given)
    assert work_id is not None
    return work_id


def nothing(_task) -> None:
    """Do it by doing nothing."""


def state_of(work_id: UUID) -> str:
    return DueWork.objects.get(id=work_id).state


def test_ten_thousand_rows_of_one_starve_nobody(kinds):
    register_work("t", lambda t: kinds.append(t.args.get("of")))
    big, small, tiny = sorted((uuid4(), uuid4(), uuid4()))
    DueWork.objects.bulk_create(
        [
            DueWork(
                kind="t",
                args={"of": "big"},
                fair_key=big,
                due_at=AT - timedelta(hours=1, microseconds=n),
                created_at=AT,
            )
            for n in range(10_000)
        ],
        batch_size=2_000,
    )
    for n in range(3):
        enqueue("t", small, args={"of": f"small{n}"})
    enqueue("t", tiny, args={"of": "tiny"})
    enqueue("t", None, args={"of": "nobody's"})
    turns = Turns()
    for _ in range(9):
        assert work_next(worker="w", at=AT, turns=turns)
    assert kinds == ["nobody's", "big", "small0", "tiny", "big", "small1", "big", "small2", "big"]


def test_looking_for_turns_steps_over_what_waits(kinds):
    """The plan jumps from group to group in the index; it reads no table from end to end."""
    register_work("t", nothing)
    keys = sorted(uuid4() for _ in range(3))
    for key in keys:
        for n in range(5):
            enqueue("t", key, urgency=n % 2)
        enqueue("t", key, due_at=AT + timedelta(hours=1), urgency=-1)
    assert turns_waiting(AT) == [(key, urgency) for urgency in (0, 1) for key in keys]
    if connection.vendor == "sqlite":
        from cosource.foundation.queries.duework import _TURNS

        with connection.cursor() as cursor:
            cursor.execute(f"EXPLAIN QUERY PLAN {_TURNS}", [AT.isoformat(" ")[:-6]])
            plan = [row[3] for row in cursor.fetchall()]
        assert not [
            line for line in plan if line.startswith("SCAN") and line.split()[1] not in ("turn", "CONSTANT")
        ]


def test_the_cost_of_a_claim_does_not_grow_with_the_queue(kinds, django_assert_max_num_queries):
    register_work("t", nothing)
    key = uuid4()
    for _ in range(200):
        enqueue("t", key)
    with django_assert_max_num_queries(6):
        assert len(work_claim(worker="w", at=AT, turns=Turns())) == 1


def test_a_batch_is_one_kind_of_one_group_in_due_order(kinds):
    register_work("many", lambda tasks: kinds.append([t.args["n"] for t in tasks]), batch=True)
    register_work("one", lambda t: kinds.append(t.args["n"]))
    key, other = sorted((uuid4(), uuid4()))
    for n, kind in enumerate(("many", "many", "one", "many")):
        enqueue(kind, key, args={"n": n}, due_at=AT - timedelta(minutes=10 - n))
    enqueue("many", other, args={"n": 9})
    turns = Turns()
    while work_next(worker="w", at=AT, turns=turns):
        pass
    assert kinds == [[0, 1, 3], [9], 2]
    assert set(DueWork.objects.values_list("state", "attempts")) == {("done", 1)}


def test_in_a_batch_each_has_an_end_of_its_own(kinds):
    def some(tasks) -> None:
        for number, one in enumerate(tasks):
            if number == 0:
                one.done({"sent": True})
            elif number == 1:
                one.failed(OSError("no line"))
            elif number == 2:
                one.failed(Conflict("taken"))
        raise OSError("the rest fell")

    register_work("many", some, batch=True)
    ids = [enqueue("many", due_at=AT + timedelta(microseconds=n - 100)) for n in range(4)]
    assert work_next(worker="w", at=AT)
    rows = [DueWork.objects.get(id=i) for i in ids]
    assert [(r.state, r.message) for r in rows] == [
        ("done", ""),
        ("queued", "OSError: no line"),
        ("parked", "taken"),
        ("queued", "OSError: the rest fell"),
    ]
    assert rows[0].result == {"sent": True}
    assert rows[1].due_at > AT


def test_what_always_fails_backs_off_is_parked_and_can_be_tried_once_more(kinds, still):
    def fail(_task) -> None:
        kinds.append(1)
        raise RuntimeError("never works")

    register_work("bad", fail)
    work_id = enqueue("bad", max_attempts=3)
    at = AT
    waits = []
    while state_of(work_id) == "queued":
        at = max(at, DueWork.objects.get(id=work_id).due_at)
        still.move_to(at)
        assert work_next(worker="w", at=at)
        row = DueWork.objects.get(id=work_id)
        waits.append((row.due_at - at).total_seconds())
    assert (len(kinds), row.state, row.message) == (3, "parked", "RuntimeError: never works")
    assert 4 <= waits[0] <= 6
    assert 24 <= waits[1] <= 36
    assert not work_next(worker="w", at=at + timedelta(days=2))
    assert work_replay(work_id=work_id, at=at)
    assert not work_replay(work_id=work_id, at=at)
    assert (state_of(work_id), DueWork.objects.get(id=work_id).attempts) == ("queued", 0)


@pytest.mark.parametrize("attempts", [1, 3, 7, 20])
def test_waits_grow_and_are_spread(attempts):
    base = BACKOFF_SECONDS[min(attempts, len(BACKOFF_SECONDS)) - 1]
    found = [backoff(attempts) for _ in range(300)]
    assert base * (1 - SPREAD) <= min(found) < base < max(found) <= base * (1 + SPREAD)


def test_what_cannot_be_done_yet_counts_no_attempt(kinds):
    def wait(_task) -> None:
        raise Later(90)

    register_work("later", wait)
    work_id = enqueue("later", max_attempts=1)
    assert work_next(worker="w", at=AT)
    row = DueWork.objects.get(id=work_id)
    assert (row.state, row.attempts, row.due_at) == ("queued", 0, AT + timedelta(seconds=90))


def test_a_worker_that_wakes_late_writes_nothing(kinds, still):
    """The first holder is frozen past its lease; another does the work; then the first goes on."""
    asleep = []
    register_work("t", asleep.append)
    work_id = enqueue("t")
    (first,) = work_claim(worker="frozen", at=AT, turns=Turns())
    stale = duework._task(first)
    later = AT + timedelta(minutes=5)
    still.move_to(later)
    assert work_next(worker="awake", at=later)
    done = DueWork.objects.values().get(id=work_id)
    assert (done["state"], done["fence"], done["claimed_by"], done["attempts"]) == ("done", 2, "awake", 2)
    assert not stale.done({"late": True})
    assert not stale.failed(OSError("late"))
    assert not stale.failed(Later(1))
    with pytest.raises(duework.LeaseLost):
        stale.progress(done=1, total=2)
    assert leases_keep(worker="frozen", at=later) == 0
    stale.keep()  # looked lately
    stale._seen -= duework.SURE_SECONDS + 1
    with pytest.raises(duework.LeaseLost):
        stale.keep()
    assert DueWork.objects.values().get(id=work_id) == done


def test_a_lease_is_kept_for_a_handler_that_says_nothing(kinds):
    register_work("t", nothing)
    work_id = enqueue("t")
    work_claim(worker="w", at=AT, turns=Turns())
    at = AT
    for _ in range(20):
        at += timedelta(seconds=15)
        assert leases_keep(worker="w", at=at) == 1
        assert work_claim(worker="other", at=at, turns=Turns()) == []
    assert DueWork.objects.get(id=work_id).lease_until == at + timedelta(seconds=LEASE_SECONDS)
    assert leases_keep(worker="w", at=AT + timedelta(hours=7)) == 0


def test_what_could_not_be_settled_is_put_down_and_taken_up_at_once(kinds):
    """The database goes while work is in hand: nobody waits for a lease that would be kept for hours."""
    register_work("t", nothing)
    ids = {enqueue("t"), enqueue("t")}
    [mine] = (row.id for row in work_claim(worker="w", at=AT, turns=Turns()))
    assert {row.id for row in work_claim(worker="v", at=AT, turns=Turns())} == ids - {mine}
    assert work_put_down(worker="w", at=AT) == 1
    later = AT + timedelta(seconds=1)
    [row] = work_claim(worker="w", at=later, turns=Turns())
    assert (row.id, row.attempts, row.fence) == (mine, 2, 2)
    assert work_claim(worker="w", at=later, turns=Turns()) == []


def test_work_that_takes_its_worker_down_is_parked(kinds):
    register_work("t", nothing)
    work_id = enqueue("t", max_attempts=2)
    at = AT
    for n in range(2):
        assert len(work_claim(worker=f"w{n}", at=at, turns=Turns())) == 1
        at += timedelta(minutes=2)
    assert work_claim(worker="w3", at=at, turns=Turns()) == []
    row = DueWork.objects.get(id=work_id)
    assert (row.state, row.message) == ("parked", "The worker ended 2 times while doing this.")


def test_what_lay_in_a_batch_beside_what_takes_workers_down_comes_alone_and_is_done(kinds, still):
    """One of five takes down whoever touches it: the four others are done, and it is parked after eight workers of its own."""
    register_work("many", lambda tasks: kinds.extend(t.args["n"] for t in tasks), batch=True)
    for n in range(5):
        enqueue("many", args={"n": n}, due_at=AT + timedelta(microseconds=n - 100))
    at, hands = AT, []
    while DueWork.objects.filter(state__in=["queued", "running"]).exists():
        rows = work_claim(worker=f"w{at}", at=at, turns=Turns())
        if 2 in (numbers := [row.args["n"] for row in rows]):
            hands.append(numbers)
        elif rows:
            assert all(duework._task(row).done() for row in rows)
        still.move_to(at := at + timedelta(minutes=2))
    assert hands == [[0, 1, 2, 3, 4], *[[2]] * 8]
    rows = list(DueWork.objects.order_by("id").values_list("state", "attempts"))
    assert rows == [("parked", 8) if n == 2 else ("done", 1) for n in range(5)]


def test_work_of_no_known_kind_is_parked_with_the_reason(kinds):
    row = DueWork.objects.create(kind="of.tomorrow", due_at=AT, created_at=AT)
    assert work_next(worker="w", at=AT)
    row.refresh_from_db()
    assert (row.state, row.message) == ("parked", "This version knows no work of the kind of.tomorrow.")


def test_long_work_is_left_to_the_loop_that_has_time(kinds):
    register_work("import", lambda _: kinds.append("long"), long=True)
    register_work("mail", lambda _: kinds.append("quick"))
    key = uuid4()
    enqueue("import", key, due_at=AT - timedelta(hours=1))
    enqueue("mail", key)
    quick = Turns(quick_only=True)
    assert work_next(worker="q", at=AT, turns=quick)
    assert not work_next(worker="q", at=AT, turns=quick)
    assert kinds == ["quick"]
    assert work_next(worker="a", at=AT, turns=Turns())
    assert kinds == ["quick", "long"]


@pytest.mark.django_db(transaction=True)
def test_workers_side_by_side_do_each_thing_once(kinds, still):
    lock, seen = threading.Lock(), []

    def note(tasks) -> None:
        with lock:
            seen.extend(t.id for t in tasks)

    register_work("t", note, batch=True)
    keys = [uuid4() for _ in range(3)]
    DueWork.objects.bulk_create(
        [DueWork(kind="t", fair_key=keys[n % 3], due_at=AT, created_at=AT) for n in range(600)]
    )

    def loop(name: str) -> None:
        turns, idle = Turns(), 0
        while idle < 3:
            idle = 0 if work_next(worker=name, at=AT, turns=turns) else idle + 1
        connection.close()

    threads = [threading.Thread(target=loop, args=(f"w{n}",)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(seen), len(set(seen))) == (600, 600)
    assert set(DueWork.objects.values_list("state", "attempts")) == {("done", 1)}


def test_what_recurs_is_there_once_a_period_however_many_ask(kinds):
    register_work("every.ten", nothing)
    schedule("every.ten", timedelta(minutes=10))
    try:
        schedulers = [Scheduler() for _ in range(4)]
        for minute in range(0, 60, 3):
            for number, one in enumerate(schedulers):
                # Their clocks are up to a minute apart.
                one.enqueue(AT + timedelta(minutes=minute, seconds=20 * number))
        keys = DueWork.objects.filter(kind="every.ten").order_by("key").values_list("key", flat=True)
        assert list(keys) == [f"every:every.ten:2026-03-02T08:{m:02}:00" for m in range(0, 60, 10)]
    finally:
        from cosource.foundation.services import schedules

        del schedules._every["every.ten"]
    with pytest.raises(ValueError, match="cannot recur"):
        schedule("every.ten", timedelta(0))


def test_finished_work_goes_after_a_month_and_parked_work_stays():
    old, new = AT - timedelta(days=31), AT - timedelta(days=29)
    for state in ("done", "cancelled", "parked"):
        for finished in (old, new):
            DueWork.objects.create(
                kind="t", state=state, due_at=finished, finished_at=finished, created_at=finished
            )
    assert work_sweep(at=AT) == 2
    assert sorted(DueWork.objects.values_list("state", flat=True)) == [
        "cancelled",
        "done",
        "parked",
        "parked",
    ]


@task
def add(a: int, b: int) -> int:
    return a + b


@task(takes_context=True)
def attempts_so_far(context) -> int:
    if context.attempt < 2:
        raise ZeroDivisionError("the first attempt fails")
    return context.attempt


@task
async def awaited(word: str) -> str:
    return word.upper()


def test_django_tasks_are_due_work(still):
    result = add.enqueue(2, b=3)
    assert (result.status, result.enqueued_at, result.attempts) == (TaskResultStatus.READY, AT, 0)
    assert DueWork.objects.get(id=result.id).fair_key == NIL
    assert work_next(worker="w", at=AT)
    result.refresh()
    assert (result.status, result.return_value, result.worker_ids) == (
        TaskResultStatus.SUCCESSFUL,
        5,
        ["w"],
    )
    assert add.get_result(result.id).return_value == 5
    with pytest.raises(TaskResultDoesNotExist):
        add.get_result(str(uuid4()))
    with pytest.raises(TaskResultDoesNotExist):
        add.get_result("no id")


def test_django_tasks_wait_order_fail_and_come_back(still):
    later = add.using(run_after=AT + timedelta(hours=1)).enqueue(1, 1)
    low, high = add.using(priority=-5).enqueue(0, 1), awaited.using(priority=7).enqueue("now")
    failing = attempts_so_far.enqueue()
    turns = Turns()
    order = []
    while rows := work_claim(worker="w", at=AT, turns=turns):
        order += [str(r.id) for r in rows]
        DueWork.objects.filter(id=rows[0].id).update(state="queued", due_at=AT + timedelta(seconds=1))
    assert order == [high.id, failing.id, low.id]
    DueWork.objects.update(attempts=0)
    after = AT + timedelta(minutes=10)
    still.move_to(after)
    for _ in range(3):
        work_next(worker="w", at=after)
    for result in (later, low, high, failing):
        result.refresh()
    assert [r.status.value for r in (later, low, high, failing)] == [
        "READY",
        "SUCCESSFUL",
        "SUCCESSFUL",
        "READY",
    ]
    assert high.return_value == "NOW"
    assert failing.errors[0].exception_class is ZeroDivisionError
    assert "the first attempt fails" in failing.errors[0].traceback
    assert later.task.run_after == AT + timedelta(hours=1)
    still.move_to(after + timedelta(minutes=1))
    assert work_next(worker="w", at=after + timedelta(minutes=1))
    failing.refresh()
    assert (failing.status, failing.return_value) == (TaskResultStatus.SUCCESSFUL, 2)


def signed_in(person) -> Client:
    client = Client(headers={"host": "localhost"})
    client.force_login(person, backend=settings.AUTHENTICATION_BACKENDS[-1])
    return client


def parked_for(world, key: str, **more) -> DueWork:
    given = {"kind": "foundation.mail", "state": "parked", "message": f"refused for {key}", "attempts": 8}
    return DueWork.objects.create(
        due_at=AT, created_at=AT, owner_organization_id=world.organizations[key].id, **(given | more)
    )


def test_those_who_lead_see_their_own_parked_work_and_try_it_again(world):
    mine, other = parked_for(world, "c1"), parked_for(world, "p1")
    with time_machine.travel(world.at + timedelta(days=1), tick=False):
        lead: Client = signed_in(world.person("c1.cso"))
        page = lead.get("/work/").content.decode()
        assert "refused for c1" in page
        assert "refused for p1" not in page
        assert lead.post(f"/work/{other.id}/replay/").status_code == 404
        assert lead.post(f"/work/{other.id}/cancel/").status_code == 404
        assert lead.post(f"/work/{mine.id}/replay/").status_code == 302
        assert lead.post(f"/work/{mine.id}/replay/").status_code == 409
        assert lead.post(f"/work/{mine.id}/cancel/").status_code == 409
        waiting = lead.get("/work/?state=queued").content.decode()
        assert "Mail" in waiting
        technician = signed_in(world.person("c1.ct"))
        assert technician.get("/work/").status_code == 403
        assert technician.post(f"/work/{mine.id}/cancel/").status_code == 404
    assert (state_of(mine.id), state_of(other.id)) == ("queued", "parked")
    mine.refresh_from_db()
    assert (mine.attempts, mine.message) == (0, "")


def test_parked_work_can_be_given_up(world):
    mine = parked_for(world, "p1")
    with time_machine.travel(world.at + timedelta(days=1), tick=False):
        assert signed_in(world.person("p1.pm")).post(f"/work/{mine.id}/cancel/").status_code == 302
    assert state_of(mine.id) == "cancelled"


def test_running_work_is_asked_to_stop(kinds):
    register_work("t", nothing)
    work_id = enqueue("t")
    (row,) = work_claim(worker="w", at=AT, turns=Turns())
    assert work_cancel(work_id=work_id, at=AT)
    with pytest.raises(duework.WorkCancelled):
        duework._task(row).progress(done=1, total=2)
    assert duework._task(row).failed(duework.WorkCancelled())
    assert state_of(work_id) == "cancelled"
    assert not work_cancel(work_id=work_id, at=AT)


def test_commands_list_replay_and_cancel(world):
    run = CliRunner().invoke
    row = parked_for(world, "c1", args={"text": "secret words"})
    listed = run(app, ["work", "list"])
    assert (listed.exit_code, listed.stdout.split()[:2]) == (0, [str(row.id), "foundation.mail"])
    assert "refused for c1" in listed.stdout
    assert "secret words" not in listed.output
    assert run(app, ["work", "list", "--kind", "other"]).stdout == ""
    assert run(app, ["work", "list", "--state", "lost"]).exit_code == 2
    assert run(app, ["work", "replay", str(row.id)]).exit_code == 0
    assert run(app, ["work", "replay", str(row.id)]).exit_code == 1
    assert run(app, ["work", "cancel", str(row.id)]).exit_code == 0
    assert run(app, ["work", "cancel", str(row.id)]).exit_code == 1
    assert run(app, ["work", "cancel", "x"]).exit_code == 2
    assert state_of(row.id) == "cancelled"
