"""The states of each kind of ticket, and the moves between them."""

import pytest

from cosource.tickets.rules import states
from cosource.tickets.rules.states import Category, StateMoveRefused, TicketKind, Turn, UnknownState, Who

_WAITING = ("waiting_requester", "waiting_client", "waiting_partner")
_INCIDENT = {
    "new": ("in_progress", *_WAITING, "resolved", "cancelled"),
    "in_progress": (*_WAITING, "resolved", "cancelled"),
    "waiting_requester": ("in_progress", "waiting_client", "waiting_partner", "resolved", "cancelled"),
    "waiting_client": ("in_progress", "waiting_requester", "waiting_partner", "resolved", "cancelled"),
    "waiting_partner": ("in_progress", "waiting_requester", "waiting_client", "resolved", "cancelled"),
    "resolved": ("in_progress", "closed"),
}
_CHANGE_WAITS = {
    state: tuple(key for key in followers if key != "resolved")
    for state, followers in _INCIDENT.items()
    if state in _WAITING
}
EXPECTED_NEXT = {
    "incident": _INCIDENT,
    "request": _INCIDENT
    | {
        "new": (*_INCIDENT["new"], "awaiting_approval"),
        "in_progress": (*_INCIDENT["in_progress"], "awaiting_approval"),
        "awaiting_approval": ("in_progress", "new", "rejected", "cancelled"),
    },
    "problem": _INCIDENT
    | {
        "in_progress": (*_WAITING, "known_error", "resolved", "cancelled"),
        "known_error": ("in_progress", *_WAITING, "resolved", "cancelled"),
    },
    "change": {
        "new": ("cancelled", "awaiting_approval", "scheduled"),
        "awaiting_approval": ("scheduled", "in_progress", "new", "rejected", "cancelled"),
        "scheduled": ("in_progress", "cancelled", "new"),
        "in_progress": (*_WAITING, "resolved", "cancelled", "awaiting_approval"),
        **_CHANGE_WAITS,
        "resolved": ("in_progress", "closed"),
    },
}


@pytest.mark.req("C10")
@pytest.mark.parametrize("kind", list(TicketKind))
def test_every_state_of_a_kind_has_its_followers_and_no_others(kind: TicketKind) -> None:
    found = {key: states.next_states(key, kind=kind) for key in states.STATES}
    assert {key: set(followers) for key, followers in found.items() if followers} == {
        key: set(followers) for key, followers in EXPECTED_NEXT[kind].items()
    }
    assert all(len(followers) == len(set(followers)) for followers in found.values())


@pytest.mark.parametrize("kind", list(TicketKind))
def test_may_move_agrees_with_the_table_for_every_pair(kind: TicketKind) -> None:
    for from_key in states.STATES:
        for to_key in states.STATES:
            followers = EXPECTED_NEXT[kind].get(from_key, ())
            assert states.may_move(from_key, to_key, kind=kind) is (to_key in followers)


def test_only_ended_states_are_final() -> None:
    final = {key for key, state in states.STATES.items() if state.is_final}
    assert final == {"closed", "cancelled", "rejected", "merged"}
    assert final == {key for key, s in states.STATES.items() if s.category is Category.CLOSED}


def test_category_and_turn_of_each_state() -> None:
    assert {key: (s.category, s.turn, s.verb) for key, s in states.STATES.items()} == {
        "new": (Category.OPEN, Turn.HOLDER, "start work"),
        "in_progress": (Category.OPEN, Turn.HOLDER, "work on it"),
        "waiting_requester": (Category.PAUSED, Turn.REQUESTER, "answer"),
        "waiting_client": (Category.PAUSED, Turn.CLIENT, "decide"),
        "waiting_partner": (Category.PAUSED, Turn.PARTNER, "deliver"),
        "awaiting_approval": (Category.OPEN, Turn.CLIENT, "approve"),
        "scheduled": (Category.OPEN, Turn.HOLDER, "carry it out"),
        "known_error": (Category.OPEN, Turn.HOLDER, "remove the cause"),
        "resolved": (Category.RESOLVED, Turn.REQUESTER, "confirm"),
        "closed": (Category.CLOSED, Turn.NOBODY, ""),
        "cancelled": (Category.CLOSED, Turn.NOBODY, ""),
        "rejected": (Category.CLOSED, Turn.NOBODY, ""),
        "merged": (Category.CLOSED, Turn.NOBODY, ""),
    }


def test_capacity_narrows_the_moves() -> None:
    assert states.next_states("new", {Who.REQUESTER}) == ("cancelled",)
    assert states.next_states("new", {Who.OWNER}) == ("cancelled",)
    assert states.next_states("waiting_requester", {Who.REQUESTER}) == ("in_progress", "cancelled")
    assert states.next_states("waiting_partner", {Who.ANY}) == ("in_progress",)
    assert states.next_states("resolved", {Who.HOLDER}) == ("in_progress",)
    assert states.next_states("resolved", {Who.REQUESTER}) == ("in_progress", "closed")
    assert not states.may_move("in_progress", "resolved", {Who.REQUESTER, Who.OWNER})


def test_no_capacity_approves_by_a_plain_move() -> None:
    everybody = set(Who)
    assert states.next_states("awaiting_approval", everybody, kind="change") == ("cancelled",)
    assert states.next_states("new", everybody, kind="change") == ("cancelled",)


def test_a_move_has_an_action_and_reopening_is_told_apart() -> None:
    reopening = states.move("resolved", "in_progress", {Who.REQUESTER})
    assert (reopening.action, reopening.is_reopening, reopening.is_ending) == ("Reopen", True, False)
    closing = states.move("resolved", "closed")
    assert (closing.action, closing.is_reopening, closing.is_ending) == ("Close", False, True)
    resuming = states.move("waiting_client", "in_progress", {Who.OWNER})
    assert (resuming.action, resuming.is_reopening) == ("Take up again", False)
    assert states.move("new", "in_progress", kind="problem").action == "Look for the cause"


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
        "waiting_partner, awaiting_approval, scheduled, known_error, resolved, closed, cancelled, rejected, "
        "merged"
    )
