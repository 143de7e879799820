"""A world, and short words for what the tests of this room do in it."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from tests.worlds import World

from cosource.foundation.models import Entry
from cosource.tickets.models import Participation, Ticket
from cosource.tickets.services.handover import handover_accept, ticket_hand_over
from cosource.tickets.services.opening import ticket_open


@dataclass
class Desk:
    """The world and a clock that moves a minute with every step."""

    world: World
    now: datetime

    def tick(self, minutes: int = 1) -> datetime:
        self.now += timedelta(minutes=minutes)
        return self.now

    def actor(self, key: str) -> Any:
        return self.world.actor(key, at=self.now)

    def open(self, by: str = "c1.ct", **more: Any) -> Ticket:
        given: dict[str, Any] = {"title": "Printer down", "text": "Nothing prints on ward 4."} | more
        return ticket_open(actor=self.actor(by), at=self.tick(), **given)

    def offer(self, ticket: Ticket, to: str, by: str = "c1.ct", **more: Any) -> Any:
        given: dict[str, Any] = {"reason": "skill", "text": "Please look."} | more
        return ticket_hand_over(
            ticket_id=ticket.id,
            to_team_id=self.world.teams[to].id,
            actor=self.actor(by),
            at=self.tick(),
            **given,
        )

    def accept(self, ticket: Ticket, by: str) -> None:
        handover_accept(ticket_id=ticket.id, actor=self.actor(by), at=self.tick())

    def give(self, ticket: Ticket, to: str, by: str, taker: str, **more: Any) -> None:
        self.offer(ticket, to, by, **more)
        self.accept(ticket, taker)

    def part(self, ticket: Ticket, organization: str) -> Participation:
        return Participation.objects.get(ticket=ticket, organization=self.world.organizations[organization])

    def org(self, key: str) -> UUID:
        return self.world.organizations[key].id

    def kinds(self, ticket: Ticket, reader: str | None = None) -> list[str]:
        """The kinds of the ticket's entries in order, of all or of those that one organization reads."""
        found = Entry.objects.filter(subject_id=ticket.id)
        if reader is not None:
            found = found.filter(audience__readers__organization_id=self.org(reader))
        return list(found.order_by("occurred_at", "id").values_list("kind", flat=True))

    def readers(self, entry_id: UUID) -> set[UUID]:
        entry = Entry.objects.get(id=entry_id)
        return set(entry.audience.readers.values_list("organization_id", flat=True))


@pytest.fixture
def desk(world: World) -> Desk:
    return Desk(world, world.at)
