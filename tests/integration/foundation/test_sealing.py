"""Sealing while others write, and two sealers at once: no position is left out, given twice, or chained wrongly."""

import threading
from uuid import uuid4

import pytest
from django.db import IntegrityError, OperationalError, connection, transaction
from tests.live_server import apart

from cosource.foundation import clock
from cosource.foundation.models import Entry, PendingEntry, Seal
from cosource.foundation.queries.verification import verify
from cosource.foundation.services.audience import audience_intern, stream_create
from cosource.foundation.services.ledger import Draft, append, append_many
from cosource.foundation.services.sealing import seal_all, seal_pending
from cosource.foundation.sight import system_actor

WRITERS, EACH = 4, 40


@pytest.mark.req("X1")
@pytest.mark.django_db(transaction=True)
def test_two_sealers_beside_writers_leave_no_gap():
    client, partners = uuid4(), [uuid4() for _ in range(3)]
    shared = [
        stream_create(first_organization_id=client, second_organization_id=p, at=clock.now()).id
        for p in partners
    ]
    own = stream_create(first_organization_id=client, second_organization_id=None, at=clock.now()).id
    audiences = [audience_intern([own, s]) for s in shared] + [
        audience_intern(shared),
        audience_intern([own]),
    ]
    actor = system_actor(reason="test", organization_id=client)
    writing, collisions, accidents = threading.Event(), [], []

    def write(number: int) -> None:
        try:
            for turn in range(EACH):
                with transaction.atomic():
                    append(
                        kind="test.written/1",
                        subject_kind="test",
                        subject_id=uuid4(),
                        audience_id=audiences[(number + turn) % len(audiences)],
                        actor=actor,
                        at=clock.now(),
                        facts={"turn": turn},
                        payload={"text": f"{number}.{turn}"},
                    )
        except Exception as accident:  # noqa: BLE001 - told by the test's own thread
            accidents.append(accident)
        finally:
            connection.close()

    def seal() -> None:
        try:
            while not writing.is_set() or PendingEntry.objects.exists():
                try:
                    seal_pending(limit=7)
                except (IntegrityError, OperationalError) as collision:
                    # The other sealer took these positions first; the whole batch is taken back and tried again.
                    collisions.append(collision)
        except Exception as accident:  # noqa: BLE001 - told by the test's own thread
            accidents.append(accident)
        finally:
            connection.close()

    sealers = [threading.Thread(target=seal) for _ in range(2)]
    writers = [threading.Thread(target=write, args=(number,)) for number in range(WRITERS)]
    for thread in (*sealers, *writers):
        thread.start()
    for thread in writers:
        thread.join()
    writing.set()
    for thread in sealers:
        thread.join(timeout=60)

    assert accidents == []
    expect_whole_chains((*shared, own), (client, *partners))


def expect_whole_chains(streams, organizations):
    assert Entry.objects.count() == WRITERS * EACH
    for stream in streams:
        positions = list(
            Seal.objects.filter(stream_id=stream).order_by("position").values_list("position", flat=True)
        )
        assert positions == list(range(1, len(positions) + 1))
        sealed = Seal.objects.filter(stream_id=stream).values("entry_id").distinct().count()
        assert sealed == len(positions) == Entry.objects.filter(audience__streams__stream_id=stream).count()
    for organization in organizations:
        assert verify(organization).findings == []


@pytest.mark.req("X1")
@pytest.mark.django_db(transaction=True)
def test_a_long_record_is_checked_while_others_write():
    client, at = uuid4(), clock.now()
    own = stream_create(first_organization_id=client, second_organization_id=None, at=at).id
    audience = audience_intern([own])
    actor = system_actor(reason="test", organization_id=client)

    def write(number: int) -> None:
        drafts = [
            Draft(
                kind="test.written/1",
                subject_kind="test",
                subject_id=uuid4(),
                audience_id=audience,
                occurred_at=at,
                facts={"turn": turn},
            )
            for turn in range(number)
        ]
        with transaction.atomic():
            append_many(drafts, actor=actor, at=at)

    def write_and_leave() -> None:
        write(1)
        connection.close()

    told: list[int] = []

    def tell(done: int) -> None:
        told.append(done)
        apart(write_and_leave)
        write(1)

    write(4_100)
    seal_all()
    found = verify(client, tell=tell)
    assert (found.holds, found.entries, told) == (True, 4_100, [2_000, 4_000])
