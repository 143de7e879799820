"""The table of clock kinds, and when a partner's clocks stand still because the ticket is elsewhere."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from cosource.agreements.rules.terms import TARGET_KINDS, EscalationTerm
from cosource.calendars.rules.business_time import Calendar
from cosource.tickets.rules.clock_kinds import KINDS, Happening, started_by
from cosource.tickets.rules.elsewhere import Held, Passing, elsewhere
from cosource.tickets.rules.ladder import bit, times

ME, SUB, OWNER = UUID(int=1), UUID(int=2), UUID(int=3)
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
ALWAYS = Calendar("UTC", (((0, 1440),),) * 7)


def at(minutes: int) -> datetime:
    return NOON + timedelta(minutes=minutes)


@pytest.mark.req("C8")
def test_every_kind_of_target_has_a_clock_that_can_begin_and_be_met() -> None:
    assert tuple(KINDS) == TARGET_KINDS
    for kind in KINDS.values():
        assert kind.starts
        assert kind.meets
        assert Happening.CLOSED in kind.ends
        assert not kind.meets & kind.ends
        assert not kind.resumes & (kind.starts | kind.meets | kind.ends)


@pytest.mark.parametrize(
    ("what", "kinds"),
    [
        (Happening.ASKED, ("respond", "update", "restore", "resolve")),
        (Happening.OFFERED, ("accept",)),
        (Happening.WORD, ("update",)),
        (Happening.PAUSED, ("approval", "access", "answer")),
        (Happening.CLOSED, ()),
    ],
)
def test_what_begins_a_clock(what: Happening, kinds: tuple[str, ...]) -> None:
    assert started_by(what) == kinds


def passed(end: int | None, accepted: bool, reason: str, *, to: UUID = ME, begin: int = 0) -> Passing:
    giver = OWNER if to == ME else ME
    return Passing(giver, to, at(begin), at(end) if end is not None else None, accepted, reason)


@pytest.mark.req("X3")
@pytest.mark.parametrize(
    ("why", "passings", "held", "away"),
    [
        ("asked and silent", [passed(None, False, "")], [(OWNER, -60, None)], []),
        ("has it", [passed(10, True, "skill")], [(OWNER, -60, 10), (ME, 10, None)], []),
        ("declined as not its own", [passed(10, False, "not_in_scope")], [(OWNER, -60, None)], [(10, None)]),
        ("declined for want of people", [passed(10, False, "no_capacity")], [(OWNER, -60, None)], []),
        ("taken back", [passed(10, False, "")], [(OWNER, -60, None)], [(10, None)]),
        (
            "passed on when done, and asked again",
            [
                passed(10, True, "skill"),
                passed(30, True, "done_here", to=OWNER, begin=25),
                passed(None, False, "", begin=50),
            ],
            [(OWNER, -60, 10), (ME, 10, 30), (OWNER, 30, None)],
            [(30, 50)],
        ),
        (
            "passed on for want of people",
            [passed(10, True, "skill"), passed(30, True, "capacity", to=OWNER, begin=25)],
            [(OWNER, -60, 10), (ME, 10, 30), (OWNER, 30, None)],
            [],
        ),
        (
            "with its own subcontractor",
            [passed(10, True, "skill")],
            [(OWNER, -60, 10), (ME, 10, 20), (SUB, 20, 40), (ME, 40, None)],
            [],
        ),
    ],
)
def test_elsewhere(
    why: str,
    passings: list[Passing],
    held: list[tuple[UUID, int, int | None]],
    away: list[tuple[int, int | None]],
) -> None:
    stretches = [Held(who, at(a), at(b) if b is not None else None) for who, a, b in held]
    found = elsewhere({ME, SUB}, NOON, stretches, passings)
    assert found == tuple((at(a), at(b) if b is not None else None) for a, b in away), why


@pytest.mark.req("C15")
def test_a_pause_shifts_what_lies_ahead_and_holds_it_while_it_lasts() -> None:
    steps = [
        EscalationTerm(n, "resolve", frozenset({1}), None, m - 60, "team")
        for n, m in ((1, 45), (2, 60), (3, 90))
    ]
    ladder = [(45, steps[0]), (60, steps[1]), (90, steps[2])]
    free = times(NOON, 60, ALWAYS, [], ladder, 0)
    assert (free.due_at, free.paused, free.next_step_at) == (at(60), False, at(45))
    later = times(NOON, 60, ALWAYS, [(at(50), at(70))], ladder, bit(steps[0]))
    assert (later.due_at, later.next_step_at) == (at(80), at(80))
    still = times(NOON, 60, ALWAYS, [(at(50), None)], ladder, bit(steps[0]))
    assert (still.paused, still.next_step_at) == (True, None)
    done = times(NOON, 60, ALWAYS, [], ladder, sum(map(bit, steps)))
    assert (done.due_at, done.next_step_at) == (at(60), None)
