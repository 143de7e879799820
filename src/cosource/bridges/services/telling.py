"""The entries of a ticket's lines: who reads which, and which of them carries the description.

A line that a partner held is read by the owner and that partner; any other line by the owner and every partner that ever held
the ticket. So no partner learns of another from a line.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import partial
from hashlib import sha256
from typing import Any
from uuid import UUID

from cosource.bridges.rules.events import SourceEvent
from cosource.bridges.rules.source_line import Places, hands, line_facts, line_names
from cosource.bridges.rules.ticket_story import TicketStory
from cosource.bridges.services.places import PlaceBook, Seat
from cosource.foundation.services.audience import audience_intern
from cosource.foundation.services.ledger import Draft

LINE = "ticket.source_line/1"
NAMES = "ticket.source_names/1"
# What the column holds; beyond it a line's place among those of its ticket orders it as well.
LARGEST_SEQUENCE = 2**31 - 1


@dataclass(slots=True)
class Teller:
    """Will make the entries of one owner's tickets. It remembers audiences, and where the words of places lead."""

    client: str
    seats: dict[str, Seat]
    people: frozenset[str]
    book: PlaceBook
    _audiences: dict[tuple[str, ...], UUID] = field(default_factory=dict)
    _places: dict[tuple[str | None, ...], Places] = field(default_factory=dict)
    _owner: str = ""

    def __post_init__(self) -> None:
        self._owner = self.seats[self.client].organization.id.hex

    def partners_of(self, story: TicketStory) -> tuple[str, ...]:
        """Return the partners that ever held the ticket, in the order in which they did."""
        return tuple(party for party in story.parties if party != self.client)

    def audience(self, partners: tuple[str, ...]) -> UUID:
        """Return the audience of the owner and these partners."""
        found = self._audiences.get(partners)
        if found is None:
            seats = [self.seats[p] for p in partners] or [self.seats[self.client]]
            found = self._audiences[partners] = audience_intern([seat.stream_id for seat in seats])
        return found

    def readers(self, event: SourceEvent, partners: tuple[str, ...]) -> tuple[str, ...]:
        """Return which of the ticket's partners read a line."""
        return partners if event.party is None or event.party == self.client else (event.party,)

    def places(self, event: SourceEvent) -> Places:
        """Return the ids of what a line names."""
        key = (event.party, event.team, event.service, event.site)
        found = self._places.get(key)
        if found is None:
            party = event.party
            found = self._places[key] = Places(
                holder=None if party is None else self.seats[party].organization.id.hex,
                team=self.book.team(party, event.team),
                service=self.book.place("service", self.client, event.service),
                site=self.book.place("site", self.client, event.site),
            )
        return found

    def key_of(self, digest: str) -> str:
        """Return the idempotency key of a line: its digest under its owner, so that two owners may hold one file."""
        return sha256(f"{self._owner}{digest}".encode()).hexdigest()

    def lines(
        self,
        ticket_id: UUID,
        story: TicketStory,
        events: Sequence[SourceEvent],
        texts: dict[str, Any],
        newcomers: Iterable[str],
    ) -> "Told":
        """Return the entries of these lines, in the order given.

        `texts`: the ticket's title and description, which ride on the first line that each of the `newcomers` reads.
        """
        partners = self.partners_of(story)
        draft = partial(Draft, subject_kind="ticket", subject_id=ticket_id)
        told = Told()
        unserved = set(newcomers)
        apart: list[dict[str, Any]] = []
        people = self.people
        for number, event in enumerate(events, start=1):
            readers = self.readers(event, partners)
            audience_id = self.audience(readers)
            withheld = len(readers) > 1
            names = line_names(event, people, withheld=withheld)
            if withheld and (acted := hands(event, people)):
                apart.append({"line": self.key_of(event.digest)[:16], **acted})
            line = draft(
                kind=LINE,
                audience_id=audience_id,
                occurred_at=event.occurred_at,
                source_seq=event.source_seq if event.source_seq <= LARGEST_SEQUENCE else number,
                facts=line_facts(event, self.places(event), people),
                payload=names or None,
                key=self.key_of(event.digest),
            )
            if unserved and not unserved.isdisjoint((self.client, *readers)):
                unserved.difference_update((self.client, *readers))
                line.payload = names | texts
                told.descriptions.append(line)
            told.drafts.append(line)
        if apart:
            told.drafts.append(
                draft(
                    kind=NAMES,
                    audience_id=self.audience(()),
                    occurred_at=events[-1].occurred_at,
                    payload={"lines": apart},
                )
            )
        return told


@dataclass(slots=True)
class Told:
    """The entries of a ticket's lines; `descriptions` are those that carry title and text."""

    drafts: list[Draft] = field(default_factory=list)
    descriptions: list[Draft] = field(default_factory=list)
