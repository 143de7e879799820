"""What starts a clock of each kind, what it waits for, and what ends it without a verdict: one table.

A kind is a word of the agreement's `targets`. Clocks are owed by one party: those of an engagement by its partner, those of an
own desk by its owner, and the obligations by the client of the engagement under which it was asked. Not here: the rows, how
far a clock has run (`rules.clocks`), and when a partner's clocks stand still because the ticket is elsewhere (`rules.elsewhere`).
"""

from dataclasses import dataclass
from enum import StrEnum

from cosource.agreements.rules.terms import (
    ACCEPT,
    ACCESS,
    ANSWER,
    APPROVAL,
    RESOLVE,
    RESPOND,
    RESTORE,
    UPDATE,
)
from cosource.tickets.rules.states import TicketKind
from cosource.tickets.rules.wording import Phrase, gettext_lazy


class Happening(StrEnum):
    """What can start, meet or end a clock.

    `ASKED`: a party is asked to work on the ticket for the first time. `WORD`: somebody of it wrote to the other side (for an
    own desk: to the requester). `BACK`: the service works again, if only by a detour. `ANSWERED`: the client gave what was
    asked; `CHALLENGED`: the asker says that it did not; `TAKEN_UP`: the asker went on without.
    """

    ASKED = "asked"
    OFFERED = "offered"
    TAKEN = "taken"
    WITHDRAWN = "withdrawn"
    WORD = "word"
    BACK = "back"
    RESOLVED = "resolved"
    REOPENED = "reopened"
    PAUSED = "paused"
    ANSWERED = "answered"
    CHALLENGED = "challenged"
    TAKEN_UP = "taken_up"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class ClockKind:
    """A kind of clock: what begins one, what meets it, what ends it without a verdict, what lets the last one run on.

    `label`: what it measures. `recurs`: each start is a new round.
    """

    key: str
    label: Phrase
    starts: frozenset[Happening]
    meets: frozenset[Happening]
    ends: frozenset[Happening]
    resumes: frozenset[Happening] = frozenset()
    recurs: bool = False


def _kind(  # noqa: PLR0917 - a row of the table below
    key: str,
    label: Phrase,
    starts: set[Happening],
    meets: set[Happening],
    ends: set[Happening],
    resumes: set[Happening] | None = None,
) -> ClockKind:
    recurs = Happening.ASKED not in starts or bool(starts & meets)
    return ClockKind(
        key, label, frozenset(starts), frozenset(meets), frozenset(ends), frozenset(resumes or ()), recurs
    )


_H = Happening
_ANSWERS = ({_H.PAUSED}, {_H.ANSWERED}, {_H.TAKEN_UP, _H.RESOLVED, _H.CLOSED}, {_H.CHALLENGED})

KINDS: dict[str, ClockKind] = {
    kind.key: kind
    for kind in (
        _kind(RESPOND, gettext_lazy("Respond"), {_H.ASKED}, {_H.WORD, _H.RESOLVED}, {_H.CLOSED}),
        _kind(
            ACCEPT,
            gettext_lazy("Accept"),
            {_H.OFFERED},
            {_H.TAKEN},
            {_H.WITHDRAWN, _H.RESOLVED, _H.CLOSED},
        ),
        _kind(
            UPDATE,
            gettext_lazy("Next word"),
            {_H.ASKED, _H.WORD, _H.REOPENED},
            {_H.WORD},
            {_H.RESOLVED, _H.CLOSED},
        ),
        _kind(
            RESTORE,
            gettext_lazy("Restore"),
            {_H.ASKED},
            {_H.BACK, _H.RESOLVED},
            {_H.CLOSED},
            {_H.REOPENED},
        ),
        _kind(RESOLVE, gettext_lazy("Resolve"), {_H.ASKED}, {_H.RESOLVED}, {_H.CLOSED}, {_H.REOPENED}),
        _kind(APPROVAL, gettext_lazy("Approval"), *_ANSWERS),
        _kind(ACCESS, gettext_lazy("Access"), *_ANSWERS),
        _kind(ANSWER, gettext_lazy("Answer"), *_ANSWERS),
    )
}


# What agreements promise times for. A problem or a change has none of its own: only what a party owes the other on it.
PROMISED = frozenset({TicketKind.INCIDENT, TicketKind.REQUEST})

# What the offered party, or the client itself, has to do goes on while others wait for it.
UNPAUSED = frozenset({ACCEPT, APPROVAL, ACCESS, ANSWER})


def started_by(happening: Happening) -> tuple[str, ...]:
    """List the kinds of which a clock begins.

    >>> started_by(Happening.ASKED)
    ('respond', 'update', 'restore', 'resolve')
    """
    return tuple(kind.key for kind in KINDS.values() if happening in kind.starts)
