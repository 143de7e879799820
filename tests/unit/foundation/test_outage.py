"""What is a database that cannot answer at present, and what is a fault of ours."""

import sqlite3

import pytest
from django.db import Error, InterfaceError, OperationalError, connection

from cosource.foundation.outage import is_outage


def raised(kind: type[Exception], because: Exception) -> Exception:
    made = kind("said of it")
    made.__cause__ = because
    return made


def test_a_database_that_is_busy_may_answer_later(tmp_path):
    first, second = (sqlite3.connect(tmp_path / "busy", timeout=0, isolation_level=None) for _ in range(2))
    first.execute("BEGIN IMMEDIATE")
    with pytest.raises(sqlite3.OperationalError) as found:
        second.execute("BEGIN IMMEDIATE")
    first.close()
    second.close()
    assert is_outage(raised(OperationalError, found.value))


def test_a_lost_connection_is_an_outage_also_where_something_else_is_said_of_it():
    assert is_outage(OperationalError("server closed the connection unexpectedly"))
    assert is_outage(InterfaceError("the connection is closed"))
    assert is_outage(raised(ValueError, OperationalError("gone")))


@pytest.mark.parametrize("trouble", [None, ValueError("x"), KeyError("y")])
def test_what_has_nothing_to_do_with_the_database_is_none(trouble):
    assert not is_outage(trouble)


@pytest.mark.django_db
@pytest.mark.parametrize("statement", ["SELECT * FROM nowhere", "SELEKT 1"])
def test_a_wrong_statement_is_a_fault_on_either_database(statement):
    with pytest.raises(Error) as found, connection.cursor() as cursor:
        cursor.execute(statement)
    assert not is_outage(found.value)
