"""Rows written by the fast paths are the rows that the ORM reads and would have written."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest
from django.db import IntegrityError, connection, transaction

from cosource.foundation.bulk import counters_advance, insert_all, insert_rows, update_all, update_guarded
from cosource.foundation.models import DueWork, SearchText, Stream
from cosource.tickets.models import SeriesCounter

pytestmark = pytest.mark.django_db

AT = datetime(2026, 3, 1, 9, 30, 15, 250, tzinfo=ZoneInfo("Europe/Berlin"))


def work(number: int) -> DueWork:
    return DueWork(
        kind=f"kind {number}", args={"ü": [number, None]}, due_at=AT, created_at=AT, fair_key=uuid4()
    )


@pytest.mark.parametrize("count", [0, 1, 23, 24, 60])
def test_instances_are_read_back_as_they_were_made(count: int):
    made = [work(n) for n in range(count)]

    insert_all(made)

    assert {w.id: (w.kind, w.args, w.due_at, w.fair_key) for w in DueWork.objects.all()} == {
        w.id: (w.kind, w.args, AT.astimezone(UTC), w.fair_key) for w in made
    }
    assert not any(w._state.adding for w in made)


def test_rows_compare_with_those_that_the_orm_wrote():
    insert_all([work(1)])
    work(2).save(force_insert=True)

    assert DueWork.objects.filter(due_at=AT).count() == 2
    assert DueWork.objects.filter(due_at__lt=AT + timedelta(microseconds=1)).count() == 2
    assert DueWork.objects.filter(due_at__gt=AT).count() == 0


def test_a_number_that_the_database_gives_is_left_to_it():
    ids = [uuid4() for _ in range(3)]

    insert_all(SearchText(subject_kind="t", subject_id=ids[0], entry_id=i, audience_id=i) for i in ids)

    rows = SearchText.objects.order_by("id").values_list("id", "entry_id")
    assert [entry for _, entry in rows] == ids
    assert len({number for number, _ in rows}) == 3


def test_what_is_written_down_already_is_stored_as_it_is():
    entry = work(1)
    insert_all([entry])
    row = DueWork.objects.values().get()
    DueWork.objects.all().delete()

    insert_rows(DueWork, [*row], [[*(row | {"args": '{"a":1}'}).values()]], encoded=("args",))

    assert DueWork.objects.values().get() == row | {"args": {"a": 1}}


def test_a_refused_row_is_an_integrity_error():
    twice = Stream(first_organization_id=uuid4(), created_at=AT)
    insert_all([twice])

    with pytest.raises(IntegrityError), transaction.atomic():
        insert_all([twice])

    assert Stream.objects.count() == 1


def test_named_columns_are_updated_and_no_others():
    first, second = work(1), work(2)
    insert_all([first, second])
    first.message, first.kind, second.message = "half way", "changed here only", "begun"

    update_all([first, second], ("message",))

    assert sorted(DueWork.objects.values_list("kind", "message")) == [
        ("kind 1", "half way"),
        ("kind 2", "begun"),
    ]


def test_nothing_to_update_asks_nothing(django_assert_num_queries):
    with django_assert_num_queries(0):
        update_all([], ("message",))


def test_counters_start_at_one_and_leave_no_gap():
    a, b = uuid4(), uuid4()

    assert counters_advance(SeriesCounter, "series_id", "last", [a]) == {a: 1}
    assert counters_advance(SeriesCounter, "series_id", "last", [b, a]) == {a: 2, b: 1}
    with transaction.atomic():
        counters_advance(SeriesCounter, "series_id", "last", [a, b])
        transaction.set_rollback(True)
    assert counters_advance(SeriesCounter, "series_id", "last", {b, a}) == {a: 3, b: 2}


def test_few_rows_take_one_statement(django_assert_num_queries):
    with django_assert_num_queries(1 if connection.vendor == "postgresql" else 2):  # SQLite: one a table
        insert_all([work(1), Stream(first_organization_id=uuid4(), created_at=AT), work(2)])
    assert (DueWork.objects.count(), Stream.objects.count()) == (2, 1)


@pytest.mark.parametrize("number", [1, 30])
def test_what_is_there_already_is_passed_over_when_asked(number):
    there = [work(n) for n in range(number)]
    insert_all(there)
    with pytest.raises(IntegrityError), transaction.atomic():
        insert_all(there)

    insert_all([*there, work(number), Stream(first_organization_id=uuid4(), created_at=AT)], known_too=True)

    assert (DueWork.objects.count(), Stream.objects.count()) == (number + 1, 1)


def test_a_guarded_row_is_written_once_for_what_it_was():
    entry = work(1)
    insert_all([entry])

    assert update_guarded(entry, {"message": "first", "args": {"n": 2}}, guard="fence")
    assert not update_guarded(entry, {"message": "second", "args": {}}, guard="fence")

    row = DueWork.objects.get()
    assert (row.message, row.args, row.fence, entry.fence) == ("first", {"n": 2}, 1, 0)
