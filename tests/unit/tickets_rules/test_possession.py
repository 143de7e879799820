"""Possession, and what its way from hand to hand shows."""

from datetime import UTC, datetime, timedelta

import pytest

from cosource.tickets.rules.possession import (
    By,
    Handover,
    Holder,
    PossessionInterval,
    Verdict,
    direct_returns,
    gaps_and_overlaps,
    handovers,
    judge,
    mutual_pairs,
    returns,
)

OPENED = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)


def minute(count: int) -> datetime:
    return OPENED + timedelta(minutes=count)


def path(*holders: tuple[str | None, str | None]) -> list[PossessionInterval]:
    """One interval of ten minutes for each (party, team); the last is open."""
    last = len(holders) - 1
    return [
        PossessionInterval(party, team, minute(10 * i), None if i == last else minute(10 * i + 10))
        for i, (party, team) in enumerate(holders)
    ]


def parties(letters: str) -> list[PossessionInterval]:
    return path(*((None if letter == "?" else letter, None) for letter in letters))


@pytest.mark.parametrize(
    ("letters", "passed", "returned", "direct", "pairs"),
    [
        ("", 0, 0, 0, set()),
        ("A", 0, 0, 0, set()),
        ("AAB", 1, 0, 0, set()),
        ("ABA", 2, 1, 1, {"AB"}),
        ("AB?A", 2, 1, 1, {"AB"}),
        ("A?A", 0, 0, 0, set()),
        ("?A?", 0, 0, 0, set()),
        ("ABCA", 3, 1, 0, set()),
        ("ABAB", 3, 2, 2, {"AB"}),
        ("ABCBA", 4, 2, 1, {"AB", "BC"}),
        ("ABCAB", 4, 2, 0, set()),
    ],
)
def test_three_notions_of_coming_back(
    letters: str, passed: int, returned: int, direct: int, pairs: set[str]
) -> None:
    held = parties(letters)
    assert len(handovers(held, By.PARTY)) == passed
    assert len(returns(held, By.PARTY)) == returned
    assert len(direct_returns(held, By.PARTY)) == direct
    assert {"".join(sorted(map(str, pair))) for pair in mutual_pairs(held, By.PARTY)} == pairs


def test_teams_and_parties_are_counted_apart() -> None:
    held = path(("A", "desk"), ("A", "field"), ("B", "print"), ("A", "desk"))
    assert handovers(held, By.PARTY) == (Handover("A", "B", minute(20)), Handover("B", "A", minute(30)))
    assert [(h.from_id, h.to_id) for h in handovers(held, By.TEAM)] == [
        ("desk", "field"),
        ("field", "print"),
        ("print", "desk"),
    ]
    assert returns(held, By.TEAM) == (Handover("print", "desk", minute(30)),)
    assert direct_returns(held, By.TEAM) == ()
    assert direct_returns(held, By.PARTY) == (Handover("B", "A", minute(30)),)


@pytest.mark.req("C10")
@pytest.mark.parametrize(
    ("letters", "to_party", "limit", "verdict"),
    [
        ("A", "B", 2, Verdict(False, False, 0, False)),
        ("AB", "A", 2, Verdict(True, False, 0, False)),
        ("ABA", "B", 2, Verdict(True, False, 1, False)),
        ("ABAB", "A", 2, Verdict(True, False, 2, True)),
        ("ABAB", "C", 2, Verdict(False, False, 2, False)),
        ("ABAB", "B", 2, Verdict(False, False, 2, False)),
        ("ABAB", "A", None, Verdict(True, False, 2, False)),
        ("AB", "A", 0, Verdict(True, False, 0, True)),
    ],
)
def test_a_return_beyond_the_limit_needs_a_named_owner(
    letters: str, to_party: str, limit: int | None, verdict: Verdict
) -> None:
    assert judge(parties(letters), Holder(letters[-1], None), Holder(to_party, None), limit) == verdict


def test_a_return_to_a_team_of_the_same_party_is_no_return_between_parties() -> None:
    held = path(("A", "desk"), ("A", "field"))
    assert judge(held, Holder("A", "field"), Holder("A", "desk"), 0) == Verdict(False, True, 0, False)


def test_possession_that_tiles_the_life_of_a_ticket() -> None:
    held = path(("A", None), ("B", None), (None, None))
    assert gaps_and_overlaps(held, OPENED, None) == ()
    closed = [*held[:2], PossessionInterval(None, None, minute(20), minute(30))]
    assert gaps_and_overlaps(closed, OPENED, minute(30)) == ()
    at_once = [PossessionInterval("A", None, OPENED, OPENED), PossessionInterval("B", None, OPENED, None)]
    assert gaps_and_overlaps(at_once, OPENED, None) == ()
    assert held[0].holder == Holder("A", None)


def span(start: int, end: int | None) -> PossessionInterval:
    return PossessionInterval("A", None, minute(start), None if end is None else minute(end))


@pytest.mark.parametrize(
    ("held", "closed", "faults"),
    [
        ([], None, ("nobody ever held the ticket",)),
        (
            [span(5, None)],
            None,
            ("opened at 2026-03-02T08:00:00+00:00, first held from 2026-03-02T08:05:00+00:00",),
        ),
        (
            [span(0, 10), span(12, None)],
            None,
            ("held by nobody from 2026-03-02T08:10:00+00:00 to 2026-03-02T08:12:00+00:00",),
        ),
        ([span(0, 10), span(8, None)], None, ("held twice from 2026-03-02T08:08:00+00:00",)),
        ([span(0, None), span(8, None)], None, ("held twice from 2026-03-02T08:08:00+00:00",)),
        (
            [span(0, 10), span(10, 8)],
            8,
            ("held from 2026-03-02T08:10:00+00:00 until before that",),
        ),
        ([span(0, None)], 9, ("held until never, closed 2026-03-02T08:09:00+00:00",)),
        ([span(0, 9)], None, ("held until 2026-03-02T08:09:00+00:00, closed never",)),
    ],
)
def test_every_gap_and_overlap_is_named(
    held: list[PossessionInterval], closed: int | None, faults: tuple[str, ...]
) -> None:
    closed_at = None if closed is None else minute(closed)
    assert gaps_and_overlaps(held, OPENED, closed_at) == faults
