"""Clocks: how far they have run, how they are drawn and said."""

from datetime import UTC, datetime, timedelta

import pytest

from cosource.calendars.rules.business_time import Calendar
from cosource.tickets.rules.clocks import (
    ClockPause,
    ClockState,
    ClockStatus,
    clock_bar,
    clock_state,
    counting_pauses,
    duration_words,
    next_due,
)
from cosource.tickets.rules.states import Turn

ALWAYS = Calendar("UTC", (((0, 1440),),) * 7)
OFFICE = Calendar("UTC", (((8 * 60, 17 * 60),),) * 5 + ((), ()))
STARTED = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)  # a Monday


def minute(count: float) -> datetime:
    return STARTED + timedelta(minutes=count)


def pause(
    start: float, end: float | None, turn: Turn = Turn.CLIENT, reason: str = "site access"
) -> ClockPause:
    return ClockPause(minute(start), None if end is None else minute(end), turn, reason)


def at(
    now: float, *pauses: ClockPause, met: float | None = None, target: int = 100, calendar: Calendar = ALWAYS
) -> ClockState:
    return clock_state(
        started_at=STARTED,
        target_minutes=target,
        calendar=calendar,
        now=minute(now),
        pauses=pauses,
        met_at=None if met is None else minute(met),
    )


@pytest.mark.parametrize(
    ("now", "status", "fill", "tick", "label", "sentence"),
    [
        (0, "ok", 0.0, None, "1 h 40", "Resolve: 1 h 40 left of 1 h 40"),
        (74.9, "ok", 74.9, None, "25 m", "Resolve: 25 m left of 1 h 40"),
        (75, "soon", 75.0, None, "25 m", "Resolve: 25 m left of 1 h 40"),
        (100, "soon", 100.0, None, "0 m", "Resolve: 0 m left of 1 h 40"),
        (100.5, "over", 100.0, 82.0, "−1 m", "Resolve: 1 m over the target of 1 h 40"),
        (125, "over", 100.0, 80.0, "−25 m", "Resolve: 25 m over the target of 1 h 40"),
        (400, "over", 100.0, 25.0, "−5 h 00", "Resolve: 5 h 00 over the target of 1 h 40"),
    ],
)
def test_a_running_clock(
    now: float, status: str, fill: float, tick: float | None, label: str, sentence: str
) -> None:
    state = at(now)
    bar = clock_bar(state, "Resolve")
    assert (bar.state, bar.fill_percent, bar.tick_percent) == (status, fill, tick)
    assert (str(bar.label), str(bar.sentence)) == (label, sentence)
    assert (state.is_running, state.due_at, state.gross_minutes) == (True, minute(100), now)


def test_an_open_pause_holds_the_clock_and_moves_the_due_time() -> None:
    state = at(60, pause(10, 20), pause(40, None))
    assert (state.status, state.net_minutes, state.gross_minutes) == (ClockStatus.PAUSED, 30.0, 60.0)
    assert (state.first_due_at, state.due_at) == (minute(100), minute(130))
    assert state.open_pause == pause(40, None)
    bar = clock_bar(state, "Resolve")
    assert (bar.state, bar.fill_percent, bar.tick_percent) == ("paused", 30.0, None)
    assert str(bar.label) == "1 h 10"
    assert str(bar.sentence) == "Resolve: paused (site access), 1 h 10 left of 1 h 40"
    assert not state.is_running


def test_a_clock_paused_when_already_over_keeps_saying_by_how_much() -> None:
    bar = clock_bar(at(150, pause(130, None)), "Resolve")
    assert (bar.state, bar.fill_percent, bar.tick_percent) == ("paused", 100.0, None)
    assert str(bar.label) == "−30 m"
    assert str(bar.sentence) == "Resolve: paused (site access), 30 m over the target of 1 h 40"


def test_pauses_that_ended_or_have_not_begun_leave_the_clock_running() -> None:
    state = at(60, pause(10, 20), pause(70, None))
    assert (state.status, state.net_minutes, state.due_at) == (ClockStatus.OK, 50.0, minute(110))
    assert at(15, pause(10, 20)).status is ClockStatus.PAUSED
    assert at(20, pause(10, 20)).status is ClockStatus.OK


def test_a_clock_that_was_met_stays_met() -> None:
    state = at(500, met=13, target=30)
    bar = clock_bar(state, "Respond")
    assert (bar.state, bar.fill_percent, bar.tick_percent) == ("met", 43.3, None)
    assert str(bar.sentence) == "Respond: met, 13 m of 30 m"
    assert str(bar.label) == "met, 13 m of 30 m"
    assert at(500, met=100).status is ClockStatus.MET
    assert at(500, pause(90, None), met=120).status is ClockStatus.MET


def test_a_clock_that_was_missed() -> None:
    bar = clock_bar(at(500, met=125), "Resolve")
    assert (bar.state, bar.fill_percent, bar.tick_percent) == ("missed", 100.0, 80.0)
    assert str(bar.label) == "missed by 25 m"
    assert str(bar.sentence) == "Resolve: missed by 25 m, took 2 h 05 of 1 h 40"


def test_what_happened_before_the_start_took_no_time() -> None:
    state = at(10, met=-5)
    assert (state.status, state.net_minutes, state.gross_minutes) == (ClockStatus.MET, 0.0, 0.0)


def test_net_is_business_time_and_gross_is_wall_time() -> None:
    state = at(26 * 60, calendar=OFFICE, target=600)
    assert (state.net_minutes, state.gross_minutes) == (660.0, 1560.0)
    assert state.due_at == datetime(2026, 3, 3, 9, 0, tzinfo=UTC)
    assert state.status is ClockStatus.OVER


@pytest.mark.parametrize("target", [0, -1])
def test_a_target_that_is_not_positive_is_refused(target: int) -> None:
    with pytest.raises(ValueError, match=f"a target of {target} minutes can't be kept"):
        at(1, target=target)


def test_each_clock_stops_only_for_its_own_turns_and_reasons() -> None:
    on_client = pause(0, 10)
    on_requester = pause(20, 30, Turn.REQUESTER, "answer")
    both = [on_client, on_requester]
    assert counting_pauses(both, {Turn.REQUESTER}) == (on_requester,)
    assert counting_pauses(both, {Turn.CLIENT, Turn.REQUESTER}) == (on_client, on_requester)
    assert counting_pauses(both, {Turn.CLIENT, Turn.REQUESTER}, {"site access"}) == (on_client,)
    assert counting_pauses(both, ()) == ()


def test_next_due_looks_at_running_clocks_only() -> None:
    paused, met, running = at(10, pause(5, None), target=20), at(10, met=5, target=15), at(10, target=90)
    assert next_due([paused, met, running, at(10, target=95)]) == minute(90)
    assert next_due([paused, met]) is None


@pytest.mark.parametrize(
    ("minutes", "words"),
    [
        (0, "0 m"),
        (59.99, "59 m"),
        (60, "1 h 00"),
        (2879, "47 h 59"),
        (2880, "2 d 0 h"),
        (-0.1, "−1 m"),
        (-2880, "−2 d 0 h"),
    ],
)
def test_durations_in_words(minutes: float, words: str) -> None:
    assert str(duration_words(minutes)) == words
