"""The states of an incident and the moves between them, as data.

A state says three things that lists, clocks and pages need: its category, whose turn it is, and the verb that
this turn asks for. Labels and verbs are message ids: pages translate them. Not here: rights (a policy decides
who *is* the holder), the rows, and what a move does to clocks.
"""

from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum

from cosource.tickets.rules.wording import gettext_noop


class Category(StrEnum):
    """How a state counts in lists and figures."""

    OPEN = "open"
    PAUSED = "paused"
    RESOLVED = "resolved"
    CLOSED = "closed"


class Turn(StrEnum):
    """Who has to act next. `holder` is the team that holds the ticket; `partner` a partner other than it."""

    HOLDER = "holder"
    REQUESTER = "requester"
    CLIENT = "client"
    PARTNER = "partner"
    VENDOR = "vendor"
    NOBODY = "nobody"


class Who(StrEnum):
    """In what capacity somebody makes a move.

    `owner` is the organization that the ticket belongs to; `any` everyone who takes part in the ticket.
    """

    REQUESTER = "requester"
    HOLDER = "holder"
    OWNER = "owner"
    ANY = "any"


@dataclass(frozen=True, slots=True)
class State:
    """A state with its category, turn and the verb of the turn."""

    key: str
    category: Category
    turn: Turn
    verb: str
    label: str

    @property
    def is_final(self) -> bool:
        """Tell whether no move leaves this state."""
        return not any(move.from_key == self.key for move in TRANSITIONS)


@dataclass(frozen=True, slots=True)
class Transition:
    """A permitted move. `action` is the label of the button that makes it."""

    from_key: str
    to_key: str
    action: str
    who: frozenset[Who]

    @property
    def is_reopening(self) -> bool:
        """Tell whether the move takes a resolved ticket up again."""
        return STATES[self.from_key].category is Category.RESOLVED and not self.is_ending

    @property
    def is_ending(self) -> bool:
        """Tell whether the move ends the work for good."""
        return STATES[self.to_key].category is Category.CLOSED

    def permits(self, capacities: Collection[Who]) -> bool:
        """Tell whether one of the capacities may make this move."""
        return Who.ANY in self.who or not self.who.isdisjoint(capacities)


NEW = "new"
IN_PROGRESS = "in_progress"
WAITING_REQUESTER = "waiting_requester"
WAITING_CLIENT = "waiting_client"
WAITING_PARTNER = "waiting_partner"
RESOLVED = "resolved"
CLOSED = "closed"
CANCELLED = "cancelled"

# What is asked of a party to which a ticket is offered, whatever its state.
ACCEPT = gettext_noop("accept")

STATES: dict[str, State] = {
    state.key: state
    for state in (
        State(NEW, Category.OPEN, Turn.HOLDER, gettext_noop("start work"), gettext_noop("New")),
        State(
            IN_PROGRESS, Category.OPEN, Turn.HOLDER, gettext_noop("work on it"), gettext_noop("In progress")
        ),
        State(
            WAITING_REQUESTER,
            Category.PAUSED,
            Turn.REQUESTER,
            gettext_noop("answer"),
            gettext_noop("Waiting for the requester"),
        ),
        State(
            WAITING_CLIENT,
            Category.PAUSED,
            Turn.CLIENT,
            gettext_noop("decide"),
            gettext_noop("Waiting for the client"),
        ),
        State(
            WAITING_PARTNER,
            Category.PAUSED,
            Turn.PARTNER,
            gettext_noop("deliver"),
            gettext_noop("Waiting for another partner"),
        ),
        State(RESOLVED, Category.RESOLVED, Turn.REQUESTER, gettext_noop("confirm"), gettext_noop("Resolved")),
        State(CLOSED, Category.CLOSED, Turn.NOBODY, "", gettext_noop("Closed")),
        State(CANCELLED, Category.CLOSED, Turn.NOBODY, "", gettext_noop("Cancelled")),
    )
}

_HOLDER = frozenset({Who.HOLDER})
_HOLDER_OR_OWNER = frozenset({Who.HOLDER, Who.OWNER})
_ASKED_SIDE = frozenset({Who.REQUESTER, Who.OWNER})
_ANY = frozenset({Who.ANY})

_START = gettext_noop("Start work")
_RESUME = gettext_noop("Take up again")
_ASK_REQUESTER = gettext_noop("Ask the requester")
_ASK_CLIENT = gettext_noop("Ask the client")
_ASK_PARTNER = gettext_noop("Ask another partner")
_RESOLVE = gettext_noop("Resolve")
_REOPEN = gettext_noop("Reopen")
_CLOSE = gettext_noop("Close")
_CANCEL = gettext_noop("Cancel")

TRANSITIONS: tuple[Transition, ...] = (
    Transition(NEW, IN_PROGRESS, _START, _HOLDER),
    Transition(NEW, WAITING_REQUESTER, _ASK_REQUESTER, _HOLDER),
    Transition(NEW, WAITING_CLIENT, _ASK_CLIENT, _HOLDER),
    Transition(NEW, WAITING_PARTNER, _ASK_PARTNER, _HOLDER),
    Transition(NEW, RESOLVED, _RESOLVE, _HOLDER),
    Transition(NEW, CANCELLED, _CANCEL, _ASKED_SIDE),
    Transition(IN_PROGRESS, WAITING_REQUESTER, _ASK_REQUESTER, _HOLDER),
    Transition(IN_PROGRESS, WAITING_CLIENT, _ASK_CLIENT, _HOLDER),
    Transition(IN_PROGRESS, WAITING_PARTNER, _ASK_PARTNER, _HOLDER),
    Transition(IN_PROGRESS, RESOLVED, _RESOLVE, _HOLDER),
    Transition(IN_PROGRESS, CANCELLED, _CANCEL, _ASKED_SIDE),
    Transition(WAITING_REQUESTER, IN_PROGRESS, _RESUME, frozenset({Who.REQUESTER, Who.HOLDER})),
    Transition(WAITING_REQUESTER, WAITING_CLIENT, _ASK_CLIENT, _HOLDER),
    Transition(WAITING_REQUESTER, WAITING_PARTNER, _ASK_PARTNER, _HOLDER),
    Transition(WAITING_REQUESTER, RESOLVED, _RESOLVE, _HOLDER),
    Transition(WAITING_REQUESTER, CANCELLED, _CANCEL, _ASKED_SIDE),
    Transition(WAITING_CLIENT, IN_PROGRESS, _RESUME, _HOLDER_OR_OWNER),
    Transition(WAITING_CLIENT, WAITING_REQUESTER, _ASK_REQUESTER, _HOLDER),
    Transition(WAITING_CLIENT, WAITING_PARTNER, _ASK_PARTNER, _HOLDER),
    Transition(WAITING_CLIENT, RESOLVED, _RESOLVE, _HOLDER),
    Transition(WAITING_CLIENT, CANCELLED, _CANCEL, _ASKED_SIDE),
    Transition(WAITING_PARTNER, IN_PROGRESS, _RESUME, _ANY),
    Transition(WAITING_PARTNER, WAITING_REQUESTER, _ASK_REQUESTER, _HOLDER),
    Transition(WAITING_PARTNER, WAITING_CLIENT, _ASK_CLIENT, _HOLDER),
    Transition(WAITING_PARTNER, RESOLVED, _RESOLVE, _HOLDER),
    Transition(WAITING_PARTNER, CANCELLED, _CANCEL, _ASKED_SIDE),
    Transition(RESOLVED, IN_PROGRESS, _REOPEN, _ANY),
    Transition(RESOLVED, CLOSED, _CLOSE, _ASKED_SIDE),
)

_BY_ENDS = {(move.from_key, move.to_key): move for move in TRANSITIONS}


class UnknownState(ValueError):
    """The key names no state."""


class StateMoveRefused(ValueError):
    """The move is not among those that leave the state; `allowed` are the keys that are."""

    def __init__(self, from_key: str, to_key: str, allowed: tuple[str, ...]) -> None:
        self.from_key = from_key
        self.to_key = to_key
        self.allowed = allowed
        choice = f"it may become {', '.join(allowed)}" if allowed else "nothing follows it"
        super().__init__(f"a ticket that is {from_key} can't become {to_key}: {choice}")


def state_named(key: str) -> State:
    """Find the state with this key.

    Raises: UnknownState, naming the keys there are.

    >>> state_named("waiting_client").turn.value
    'client'
    """
    try:
        return STATES[key]
    except KeyError:
        raise UnknownState(f"there is no state {key!r}: use one of {', '.join(STATES)}") from None


def next_moves(from_key: str, capacities: Collection[Who] | None = None) -> tuple[Transition, ...]:
    """List the moves that leave a state, in the order in which a page offers them.

    With `capacities`, only the moves which one of them may make.
    Raises: UnknownState.

    >>> [move.action for move in next_moves("resolved", {Who.HOLDER})]
    ['Reopen']
    """
    state_named(from_key)
    leaving = (move for move in TRANSITIONS if move.from_key == from_key)
    return tuple(move for move in leaving if capacities is None or move.permits(capacities))


def next_states(from_key: str, capacities: Collection[Who] | None = None) -> tuple[str, ...]:
    """List the keys of the states that may follow.

    Raises: UnknownState.

    >>> next_states("resolved")
    ('in_progress', 'closed')
    """
    return tuple(move.to_key for move in next_moves(from_key, capacities))


def may_move(from_key: str, to_key: str, capacities: Collection[Who] | None = None) -> bool:
    """Tell whether a ticket may go from one state to the other.

    Staying is no move. Raises: UnknownState.

    >>> may_move("new", "resolved"), may_move("new", "closed")
    (True, False)
    """
    state_named(to_key)
    return to_key in next_states(from_key, capacities)


def move(from_key: str, to_key: str, capacities: Collection[Who] | None = None) -> Transition:
    """Find the permitted move between two states.

    Raises: UnknownState; StateMoveRefused, naming the moves that are allowed to these capacities.

    >>> move("new", "closed")
    Traceback (most recent call last):
        ...
    cosource.tickets.rules.states.StateMoveRefused: a ticket that is new can't become closed: it may become \
in_progress, waiting_requester, waiting_client, waiting_partner, resolved, cancelled
    """
    if not may_move(from_key, to_key, capacities):
        raise StateMoveRefused(from_key, to_key, next_states(from_key, capacities))
    return _BY_ENDS[from_key, to_key]
