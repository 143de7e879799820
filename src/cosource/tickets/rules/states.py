"""The states of a ticket and the moves between them, as data, for each kind of ticket.

A state says three things that lists, clocks and pages need: its category, whose turn it is, and the verb that
this turn asks for. Labels and verbs are message ids: pages translate them. A move that nobody makes by hand is made by a
service of its own, such as the decision on an approval. Not here: rights (a policy decides who *is* the holder), the rows, and
what a move does to clocks.
"""

from collections.abc import Collection, Iterable
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


class TicketKind(StrEnum):
    """What a ticket is about, in the terms of ITIL.

    Something is broken, something is wanted, a cause is sought, something is to be changed.
    """

    INCIDENT = "incident"
    REQUEST = "request"
    PROBLEM = "problem"
    CHANGE = "change"


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
    """A permitted move of tickets of some kinds. `action` is the label of the button that makes it.

    `who` is empty where no button does: a service makes the move, when what it waits for has come.
    """

    from_key: str
    to_key: str
    action: str
    who: frozenset[Who]
    kinds: frozenset[TicketKind]

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
AWAITING_APPROVAL = "awaiting_approval"
SCHEDULED = "scheduled"
KNOWN_ERROR = "known_error"
RESOLVED = "resolved"
CLOSED = "closed"
CANCELLED = "cancelled"
REJECTED = "rejected"
MERGED = "merged"

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
        State(
            AWAITING_APPROVAL,
            Category.OPEN,
            Turn.CLIENT,
            gettext_noop("approve"),
            gettext_noop("Waiting for approval"),
        ),
        State(SCHEDULED, Category.OPEN, Turn.HOLDER, gettext_noop("carry it out"), gettext_noop("Scheduled")),
        State(
            KNOWN_ERROR,
            Category.OPEN,
            Turn.HOLDER,
            gettext_noop("remove the cause"),
            gettext_noop("Known error"),
        ),
        State(RESOLVED, Category.RESOLVED, Turn.REQUESTER, gettext_noop("confirm"), gettext_noop("Resolved")),
        State(CLOSED, Category.CLOSED, Turn.NOBODY, "", gettext_noop("Closed")),
        State(CANCELLED, Category.CLOSED, Turn.NOBODY, "", gettext_noop("Cancelled")),
        State(REJECTED, Category.CLOSED, Turn.NOBODY, "", gettext_noop("Not approved")),
        State(MERGED, Category.CLOSED, Turn.NOBODY, "", gettext_noop("Ended as a duplicate")),
    )
}

_HOLDER = frozenset({Who.HOLDER})
_HOLDER_OR_OWNER = frozenset({Who.HOLDER, Who.OWNER})
_ASKED_SIDE = frozenset({Who.REQUESTER, Who.OWNER})
_ANY = frozenset({Who.ANY})
_BY_SERVICE: frozenset[Who] = frozenset()

_EVERY = frozenset(TicketKind)
_CHANGE = frozenset({TicketKind.CHANGE})
_PROBLEM = frozenset({TicketKind.PROBLEM})
_APPROVED = frozenset({TicketKind.REQUEST, TicketKind.CHANGE})
_BUT_CHANGE = _EVERY - _CHANGE

_START = gettext_noop("Start work")
_INVESTIGATE = gettext_noop("Look for the cause")
_CARRY_OUT = gettext_noop("Carry it out")
_RESUME = gettext_noop("Take up again")
_ASK_REQUESTER = gettext_noop("Ask the requester")
_ASK_CLIENT = gettext_noop("Ask the client")
_ASK_PARTNER = gettext_noop("Ask another partner")
_KNOW = gettext_noop("Name the cause")
_RESOLVE = gettext_noop("Resolve")
_CARRIED_OUT = gettext_noop("Carried out")
_REOPEN = gettext_noop("Reopen")
_CLOSE = gettext_noop("Close")
_CANCEL = gettext_noop("Cancel")
_ASK_APPROVAL = gettext_noop("Ask for approval")
_APPROVE = gettext_noop("Approve")
_SEND_BACK = gettext_noop("Send back")
_REJECT = gettext_noop("Reject")

_ASKS = (
    (WAITING_REQUESTER, _ASK_REQUESTER),
    (WAITING_CLIENT, _ASK_CLIENT),
    (WAITING_PARTNER, _ASK_PARTNER),
)
_RESUMED_BY = {
    WAITING_REQUESTER: frozenset({Who.REQUESTER, Who.HOLDER}),
    WAITING_CLIENT: _HOLDER_OR_OWNER,
    WAITING_PARTNER: _ANY,
}
# From where work may wait for somebody, and be cancelled. The draft of a change waits for nothing but its approval: whatever
# took it up again would carry it out.
_AT_WORK = ((NEW, _BUT_CHANGE), (IN_PROGRESS, _EVERY), (KNOWN_ERROR, _PROBLEM))


def _at_work() -> Iterable[Transition]:
    yield Transition(NEW, IN_PROGRESS, _START, _HOLDER, frozenset({TicketKind.INCIDENT, TicketKind.REQUEST}))
    yield Transition(NEW, IN_PROGRESS, _INVESTIGATE, _HOLDER, _PROBLEM)
    yield Transition(SCHEDULED, IN_PROGRESS, _CARRY_OUT, _HOLDER, _CHANGE)
    yield Transition(KNOWN_ERROR, IN_PROGRESS, _INVESTIGATE, _HOLDER, _PROBLEM)
    for state, kinds in _AT_WORK:
        yield from (Transition(state, waiting, action, _HOLDER, kinds) for waiting, action in _ASKS)
    yield Transition(IN_PROGRESS, KNOWN_ERROR, _KNOW, _HOLDER, _PROBLEM)
    yield Transition(NEW, RESOLVED, _RESOLVE, _HOLDER, _BUT_CHANGE)
    yield Transition(IN_PROGRESS, RESOLVED, _RESOLVE, _HOLDER, _BUT_CHANGE)
    yield Transition(KNOWN_ERROR, RESOLVED, _RESOLVE, _HOLDER, _PROBLEM)
    yield Transition(IN_PROGRESS, RESOLVED, _CARRIED_OUT, _HOLDER, _CHANGE)
    yield from (Transition(state, CANCELLED, _CANCEL, _ASKED_SIDE, kinds) for state, kinds in _AT_WORK)
    yield Transition(NEW, CANCELLED, _CANCEL, _ASKED_SIDE, _CHANGE)
    yield Transition(SCHEDULED, CANCELLED, _CANCEL, _ASKED_SIDE, _CHANGE)


def _waiting() -> Iterable[Transition]:
    for state, who in _RESUMED_BY.items():
        yield Transition(state, IN_PROGRESS, _RESUME, who, _EVERY)
        yield from (
            Transition(state, waiting, action, _HOLDER, _EVERY)
            for waiting, action in _ASKS
            if waiting != state
        )
        yield Transition(state, RESOLVED, _RESOLVE, _HOLDER, _BUT_CHANGE)
        yield Transition(state, CANCELLED, _CANCEL, _ASKED_SIDE, _EVERY)


def _approval() -> Iterable[Transition]:
    yield Transition(NEW, AWAITING_APPROVAL, _ASK_APPROVAL, _BY_SERVICE, _APPROVED)
    yield Transition(IN_PROGRESS, AWAITING_APPROVAL, _ASK_APPROVAL, _BY_SERVICE, _APPROVED)
    yield Transition(NEW, SCHEDULED, _APPROVE, _BY_SERVICE, _CHANGE)
    yield Transition(AWAITING_APPROVAL, SCHEDULED, _APPROVE, _BY_SERVICE, _CHANGE)
    yield Transition(AWAITING_APPROVAL, IN_PROGRESS, _APPROVE, _BY_SERVICE, _APPROVED)
    yield Transition(AWAITING_APPROVAL, NEW, _SEND_BACK, _BY_SERVICE, _APPROVED)
    yield Transition(SCHEDULED, NEW, _SEND_BACK, _BY_SERVICE, _CHANGE)
    yield Transition(AWAITING_APPROVAL, REJECTED, _REJECT, _BY_SERVICE, _APPROVED)
    yield Transition(AWAITING_APPROVAL, CANCELLED, _CANCEL, _ASKED_SIDE, _APPROVED)


TRANSITIONS: tuple[Transition, ...] = (
    *_at_work(),
    *_waiting(),
    *_approval(),
    Transition(RESOLVED, IN_PROGRESS, _REOPEN, _ANY, _EVERY),
    Transition(RESOLVED, CLOSED, _CLOSE, _ASKED_SIDE, _EVERY),
)

_BY_ENDS = {(kind, move.from_key, move.to_key): move for move in TRANSITIONS for kind in move.kinds}
# How a kind calls a state that means something of its own there.
_CALLED = {
    (TicketKind.CHANGE, NEW): gettext_noop("Draft"),
    (TicketKind.CHANGE, IN_PROGRESS): gettext_noop("Being carried out"),
    (TicketKind.CHANGE, RESOLVED): gettext_noop("To be reviewed"),
    (TicketKind.PROBLEM, IN_PROGRESS): gettext_noop("Looking for the cause"),
}
_ASKS_FOR = {
    (TicketKind.CHANGE, NEW): gettext_noop("plan it"),
    (TicketKind.CHANGE, IN_PROGRESS): gettext_noop("carry it out"),
    (TicketKind.CHANGE, RESOLVED): gettext_noop("review"),
    (TicketKind.PROBLEM, NEW): gettext_noop("look for the cause"),
    (TicketKind.PROBLEM, IN_PROGRESS): gettext_noop("look for the cause"),
}
KIND_LABELS = {
    TicketKind.INCIDENT: gettext_noop("Incident"),
    TicketKind.REQUEST: gettext_noop("Service request"),
    TicketKind.PROBLEM: gettext_noop("Problem"),
    TicketKind.CHANGE: gettext_noop("Change request"),
}


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


def label_of(kind: str, key: str) -> str:
    """Return what a kind of ticket calls one of its states, as a message id.

    >>> label_of("change", "new"), label_of("incident", "new")
    ('Draft', 'New')
    """
    return _CALLED.get((TicketKind(kind), key), STATES[key].label)


def verb_of(kind: str, key: str) -> str:
    """Return what a state asks of whose turn it is, as a message id.

    >>> verb_of("change", "new"), verb_of("request", "new")
    ('plan it', 'start work')
    """
    return _ASKS_FOR.get((TicketKind(kind), key), STATES[key].verb)


def next_moves(
    from_key: str, capacities: Collection[Who] | None = None, *, kind: str = TicketKind.INCIDENT
) -> tuple[Transition, ...]:
    """List the moves that leave a state, in the order in which a page offers them.

    With `capacities`, only the moves which one of them may make.
    Raises: UnknownState.

    >>> [move.action for move in next_moves("resolved", {Who.HOLDER})]
    ['Reopen']
    """
    state_named(from_key)
    leaving = (move for move in TRANSITIONS if move.from_key == from_key and kind in move.kinds)
    return tuple(move for move in leaving if capacities is None or move.permits(capacities))


def next_states(
    from_key: str, capacities: Collection[Who] | None = None, *, kind: str = TicketKind.INCIDENT
) -> tuple[str, ...]:
    """List the keys of the states that may follow.

    Raises: UnknownState.

    >>> next_states("resolved")
    ('in_progress', 'closed')
    """
    return tuple(move.to_key for move in next_moves(from_key, capacities, kind=kind))


def may_move(
    from_key: str,
    to_key: str,
    capacities: Collection[Who] | None = None,
    *,
    kind: str = TicketKind.INCIDENT,
) -> bool:
    """Tell whether a ticket may go from one state to the other.

    Staying is no move. Raises: UnknownState.

    >>> may_move("new", "resolved"), may_move("new", "closed"), may_move("new", "resolved", kind="change")
    (True, False, False)
    """
    state_named(to_key)
    return to_key in next_states(from_key, capacities, kind=kind)


def move(
    from_key: str,
    to_key: str,
    capacities: Collection[Who] | None = None,
    *,
    kind: str = TicketKind.INCIDENT,
) -> Transition:
    """Find the permitted move between two states.

    Raises: UnknownState; StateMoveRefused, naming the moves that are allowed to these capacities.

    >>> move("new", "closed")
    Traceback (most recent call last):
        ...
    cosource.tickets.rules.states.StateMoveRefused: a ticket that is new can't become closed: it may become \
in_progress, waiting_requester, waiting_client, waiting_partner, resolved, cancelled
    """
    if not may_move(from_key, to_key, capacities, kind=kind):
        raise StateMoveRefused(from_key, to_key, next_states(from_key, capacities, kind=kind))
    return _BY_ENDS[TicketKind(kind), from_key, to_key]
