"""Each promise made so far has a test, and each mark names a promise."""

from tests.requirements import PROMISES, marked_tests

PROMISED_NOW = {
    *("A1", "A2", "A3", "A4", "C8", "C10", "C11", "C14", "C15", "C24", "C28", "C29"),
    *("D21", "D24", "X1", "X3", "X4", "X5"),
}


def test_every_promise_has_a_test() -> None:
    assert set(marked_tests()) >= PROMISED_NOW


def test_every_mark_names_a_promise() -> None:
    assert set(marked_tests()) <= set(PROMISES)
