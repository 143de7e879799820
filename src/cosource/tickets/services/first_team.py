"""Where a desk's rules are asked: who gets a ticket that is opened, and what becomes of one that a party has taken.

The rules themselves are above this (`tickets.routing`), and say here that they are there. Without rules nothing changes.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

from cosource.tickets.queries.record import Record


@dataclass(frozen=True, slots=True)
class Opening:
    """A ticket that is about to be opened. `party_id`: who is to hold it; `engagement_id`: under which a partner opens it."""

    owner_id: UUID
    party_id: UUID
    engagement_id: UUID | None
    kind: str
    title: str
    topic: str
    subtopic: str
    service_id: UUID | None
    site_id: UUID | None
    priority: int
    requester_id: UUID | None
    internal: bool


class Routed(Protocol):
    """What the rules chose."""

    @property
    def team_id(self) -> UUID | None:
        """Return the team that holds the ticket first; None for the desk's first team."""

    @property
    def person_id(self) -> UUID | None:
        """Return who works on it."""

    def follow(self, record: Record, *, at: datetime) -> None:
        """Note why, once the ticket is there, and offer it on where the rules chose another party's team."""
        ...


class Router(Protocol):
    """The rules, as opening and acceptance ask them."""

    def opening(self, opening: Opening, at: datetime) -> Routed | None:
        """Return what the live rules choose; None where there are none, or none holds."""
        ...

    def taken(self, record: Record, at: datetime) -> None:
        """Let the rules of the party that has just taken a ticket say who of it goes on."""
        ...


_routers: list[Router] = []


def register_router(router: Router) -> None:
    """Let the rules be asked."""
    _routers[:] = [router]


def routed(opening: Opening, at: datetime) -> Routed | None:
    """Return what the live rules choose for a ticket that is about to be opened."""
    return _routers[0].opening(opening, at) if _routers else None


def route_taken(record: Record, at: datetime) -> None:
    """Ask the rules of the party that has taken the ticket."""
    for router in _routers:
        router.taken(record, at)
