"""The incident's states and moves."""

import pytest

from cosource.tickets.rules import states
from cosource.tickets.rules.states import Category, StateMoveRefused, Turn, UnknownState, Who

EXPECTED_NEXT = {
    "new": (
        "in_progress",
        "waiting_requester",
        "waiting_client",
        "waiting_partner",
        "resolved",
        "cancelled",
    ),
    "in_progress": ("waiting_requester", "waiting_client", "waiting_partner", "resolved", "cancelled"),
    "waiting_requester": ("in_progress", "waiting_client", "waiting_partner", "resolved", "cancelled"),
    "waiting_client": ("in_progress", "waiting_requester", "waiting_partner", "resolved", "cancelled"),
    "waiting_partner": ("in_progress", "waiting_requester", "waiting_client", "resolved", "cancelled"),
    "resolved": ("in_progress", "closed"),
    "closed": (),
    "cancelled": (),
}


def test_every_state_has_its_followers_and_no_others() -> None:
    assert {key: states.next_states(key) for key in states.STATES} == EXPECTED_NEXT
    assert {key for key, state in states.STATES.items() if state.is_final} == {"closed", "cancelled"}


def test_may_move_agrees_with_the_table_for_every_pair() -> None:
    for from_key, followers in EXPECTED_NEXT.items():
        for to_key in states.STATES:
            assert states.may_move(from_key, to_key) is (to_key in followers)


def test_category_and_turn_of_each_state() -> None:
    assert {key: (s.category, s.turn, s.verb) for key, s in states.STATES.items()} == {
        "new": (Category.OPEN, Turn.HOLDER, "start work"),
        "in_progress": (Category.OPEN, Turn.HOLDER, "work on it"),
        "waiting_requester": (Category.PAUSED, Turn.REQUESTER, "answer"),
        "waiting_client": (Category.PAUSED, Turn.CLIENT, "decide"),
        "waiting_partner": (Category.PAUSED, Turn.PARTNER, "deliver"),
        "resolved": (Category.RESOLVED, Turn.REQUESTER, "confirm"),
        "closed": (Category.CLOSED, Turn.NOBODY, ""),
        "cancelled": (Category.CLOSED, Turn.NOBODY, ""),
    }


def test_capacity_narrows_the_moves() -> None:
    assert states.next_states("new", {Who.REQUESTER}) == ("cancelled",)
    assert states.next_states("new", {Who.OWNER}) == ("cancelled",)
    assert states.next_states("waiting_requester", {Who.REQUESTER}) == ("in_progress", "cancelled")
    assert states.next_states("waiting_partner", {Who.ANY}) == ("in_progress",)
    assert states.next_states("resolved", {Who.HOLDER}) == ("in_progress",)
    assert states.next_states("resolved", {Who.REQUESTER}) == ("in_progress", "closed")
    assert not states.may_move("in_progress", "resolved", {Who.REQUESTER, Who.OWNER})


def test_a_move_has_an_action_and_reopening_is_told_apart() -> None:
    reopening = states.move("resolved", "in_progress", {Who.REQUESTER})
    assert (reopening.action, reopening.is_reopening, reopening.is_ending) == ("Reopen", True, False)
    closing = states.move("resolved", "closed")
    assert (closing.action, closing.is_reopening, closing.is_ending) == ("Close", False, True)
    resuming = states.move("waiting_client", "in_progress", {Who.OWNER})
    assert (resuming.action, resuming.is_reopening) == ("Take up again", False)


def test_a_refused_move_names_the_allowed_ones() -> None:
    with pytest.raises(StateMoveRefused) as refused:
        states.move("resolved", "new")
    assert str(refused.value) == (
        "a ticket that is resolved can't become new: it may become in_progress, closed"
    )
    assert refused.value.allowed == ("in_progress", "closed")


def test_nothing_follows_a_closed_ticket() -> None:
    with pytest.raises(
        StateMoveRefused, match=r"^a ticket that is closed can't become in_progress: nothing follows it$"
    ):
        states.move("closed", "in_progress")


@pytest.mark.parametrize(("from_key", "to_key"), [("opened", "new"), ("new", "opened")])
def test_an_unknown_state_is_named_with_those_there_are(from_key: str, to_key: str) -> None:
    with pytest.raises(UnknownState) as unknown:
        states.may_move(from_key, to_key)
    assert str(unknown.value) == (
        "there is no state 'opened': use one of new, in_progress, waiting_requester, waiting_client, "
        "waiting_partner, resolved, closed, cancelled"
    )
