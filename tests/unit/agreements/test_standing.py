"""Where versions stand at an instant, and what one text changes in another."""

from datetime import UTC, datetime
from uuid import UUID

import pytest

from cosource.agreements.rules.red_lines import Line, Piece, red_lines
from cosource.agreements.rules.standing import Stand, Standing, VersionFact, stands

JAN, APR, JUL, OCT = (datetime(2026, month, 1, tzinfo=UTC) for month in (1, 4, 7, 10))


def fact(number, starts_at, agreed=None, *, withdrawn=False, key=None) -> VersionFact:
    return VersionFact(UUID(int=key or number), number, starts_at, agreed, withdrawn)


def found(at, *facts) -> list[tuple[Standing, datetime | None]]:
    return [(stand.standing, stand.until) for stand in stands(facts, at).values()]


def test_versions_follow_each_other() -> None:
    facts = (fact(1, JAN, JAN), fact(2, APR, JAN), fact(3, JUL, JAN))
    assert found(APR, *facts) == [(Standing.ENDED, APR), (Standing.IN_FORCE, JUL), (Standing.AHEAD, None)]
    assert found(JAN, *facts) == [(Standing.IN_FORCE, APR), (Standing.AHEAD, JUL), (Standing.AHEAD, None)]
    assert found(OCT, *facts) == [(Standing.ENDED, APR), (Standing.ENDED, JUL), (Standing.IN_FORCE, None)]


def test_of_two_with_one_start_the_later_word_holds() -> None:
    assert found(APR, fact(1, JAN, APR), fact(2, JAN, JAN)) == [
        (Standing.IN_FORCE, None),
        (Standing.ENDED, JAN),
    ]
    assert found(JAN, fact(1, JUL, JAN), fact(2, JUL, APR)) == [(Standing.ENDED, JUL), (Standing.AHEAD, None)]


def test_an_older_start_agreed_later_slips_in_before() -> None:
    assert found(OCT, fact(1, JUL, JAN), fact(2, JAN, OCT)) == [
        (Standing.IN_FORCE, None),
        (Standing.ENDED, JUL),
    ]


def test_what_is_open() -> None:
    facts = (
        fact(1, JAN),
        fact(2, JAN, withdrawn=True),
        fact(3, JAN),
        fact(None, JAN, key=8),
        fact(None, JAN, withdrawn=True, key=9),
    )
    assert [standing for standing, _ in found(APR, *facts)] == [
        "superseded",
        "withdrawn",
        "tabled",
        "draft",
        "withdrawn",
    ]
    assert stands((), APR) == {}
    assert stands((fact(None, JAN, key=8),), APR) == {UUID(int=8): Stand(Standing.DRAFT)}


def test_an_agreed_newer_version_supersedes_an_open_one() -> None:
    assert [standing for standing, _ in found(APR, fact(1, JAN), fact(2, JAN, JAN))] == [
        "superseded",
        "in_force",
    ]


def same(number, text) -> Line:
    return Line(number, (Piece("same", text),))


def test_without_an_older_text_nothing_is_marked() -> None:
    assert red_lines(None, "a\nb\n") == (same(1, "a"), same(2, "b"))
    assert not any(line.is_changed for line in red_lines("a\nb\n", "a\nb\n"))


def test_words_change_within_a_line() -> None:
    lines = red_lines("x\nwithin: 8h, calendar: office\ny\n", "x\nwithin: 6h, calendar: office\ny\n")
    assert lines == (
        same(1, "x"),
        Line(
            2,
            (
                Piece("same", "within: "),
                Piece("removed", "8h"),
                Piece("added", "6h"),
                Piece("same", ", calendar: office"),
            ),
        ),
        same(3, "y"),
    )
    assert [line.is_changed for line in lines] == [False, True, False]


def test_lines_with_little_in_common_are_taken_out_and_put_in() -> None:
    assert red_lines("return_limit: 3", "name: other words") == (
        Line(None, (Piece("removed", "return_limit: 3"),)),
        Line(1, (Piece("added", "name: other words"),)),
    )


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ("a\nb", "a", [same(1, "a"), Line(None, (Piece("removed", "b"),))]),
        ("a", "a\nb", [same(1, "a"), Line(2, (Piece("added", "b"),))]),
        (
            "a: 1\nb: 2\nz",
            "a: 1 x\nz",
            [
                Line(1, (Piece("same", "a: 1"), Piece("added", " x"))),
                Line(None, (Piece("removed", "b: 2"),)),
                same(2, "z"),
            ],
        ),
        ("a: 1 x\nz", "a: 1\nz", [Line(1, (Piece("same", "a: 1"), Piece("removed", " x"))), same(2, "z")]),
        (
            "a: 1 x\nz",
            "a: 1\nb\nz",
            [
                Line(1, (Piece("same", "a: 1"), Piece("removed", " x"))),
                Line(2, (Piece("added", "b"),)),
                same(3, "z"),
            ],
        ),
    ],
)
def test_lines_come_and_go(before, after, expected) -> None:
    assert list(red_lines(before, after)) == expected
