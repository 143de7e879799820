"""The rows of imported tickets, gathered for a batch and written at once.

Here: what a ticket's story becomes in each table. Not here: entries (`telling`), and tickets that are known (`extending`).
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.db.models import F, Model

from cosource.bridges.rules.events import SourceEvent
from cosource.bridges.rules.ticket_story import TicketStory
from cosource.bridges.services.places import Seat, cut
from cosource.bridges.services.telling import Teller, Told
from cosource.foundation.bulk import insert_rows
from cosource.foundation.ids import new_id
from cosource.foundation.services.search import texts_index
from cosource.tickets.models import (
    NEVER,
    Message,
    Participation,
    Pause,
    Possession,
    SeriesCounter,
    StatedFigures,
    Ticket,
    TicketReference,
)
from cosource.tickets.models.participation import Kind
from cosource.tickets.rules.priority import priority_of
from cosource.tickets.services.listkeys import OPEN_CATEGORIES, turn_for

TICKET = (
    "id", "owner_id", "kind", "import_id", "source_key", "version", "demo", "internal", "title", "state", "category",
    "stated_state", "impact", "urgency", "priority", "topic", "subtopic", "service_id", "site_id", "asset_name",
    "requester_name", "holder_organization_id", "holder_team_id", "turn", "turn_organization_id", "handovers", "returns",
    "opened_at", "resolved_at", "closed_at", "updated_at",
)  # fmt: skip
# What a ticket's own row says from its story on; the names before are given once.
TOLD = TICKET[8:]
REFERENCE = ("id", "ticket_id", "series_id", "number", "text")
PART = (
    "id", "ticket_id", "organization_id", "engagement_id", "kind", "reference", "owner_id", "opened_at", "internal",
    "unanswered", "joint", "next_due_at", "service_id", "site_id", "team_id", "holds", "came_back", "open", "category",
    "turn", "priority", "updated_at",
)  # fmt: skip
PART_TOLD = PART[12:]
POSSESSION = ("id", "ticket_id", "sequence", "organization_id", "team_id", "from_at", "until_at")
PAUSE = ("id", "ticket_id", "sequence", "turn", "turn_organization_id", "reason", "from_at", "until_at")
STATED = ("ticket_id", "resolved_at", "closed_at", "reassignments", "reopens", "sla_met", "knowledge", "kept")
MESSAGE = ("id", "ticket_id", "audience_id", "kind", "author_organization_id", "author_id", "at")
TABLES: tuple[tuple[type[Model], tuple[str, ...]], ...] = (
    (Ticket, TICKET),
    (TicketReference, REFERENCE),
    (Participation, PART),
    (Possession, POSSESSION),
    (Pause, PAUSE),
    (StatedFigures, STATED),
    (Message, MESSAGE),
)
# What nobody stated counts as the middle.
MIDDLE = 2
_TURNS = {"vendor": "third_party"}


@dataclass(slots=True)
class Series:
    """The numbers that a batch takes from each series, from the last one given on."""

    last: dict[UUID, int] = field(default_factory=dict)

    def next(self, series_id: UUID) -> int:
        """Return the next number of a series."""
        self.last[series_id] += 1
        return self.last[series_id]


def series_take(wanted: Counter[UUID]) -> Series:
    """Take as many numbers from each series as are wanted, and hold the series until the batch is written."""
    series = Series()
    for series_id, count in sorted(wanted.items()):
        mine = SeriesCounter.objects.filter(series_id=series_id)
        if not mine.update(last=F("last") + count):
            SeriesCounter.objects.get_or_create(series_id=series_id)
            mine.update(last=F("last") + count)
        series.last[series_id] = mine.values_list("last", flat=True).get() - count
    return series


@dataclass(slots=True)
class Gathered:
    """The rows of a batch by table, and the words that are to be found."""

    rows: dict[type[Model], list[tuple[Any, ...]]] = field(
        default_factory=lambda: {model: [] for model, _ in TABLES}
    )
    words: list[tuple[str, UUID, UUID, UUID, str]] = field(default_factory=list)

    def write(self) -> None:
        """Write all of it, table by table."""
        for model, names in TABLES:
            if self.rows[model]:
                insert_rows(model, names, self.rows[model])
        if self.words:
            texts_index(self.words)


@dataclass(slots=True)
class RowMaker:
    """Will turn stories into rows of one owner's tickets."""

    teller: Teller
    import_id: UUID
    _seats: dict[tuple[str, str, str | None, str], int] = field(default_factory=dict)

    @property
    def owner(self) -> Seat:
        """Return the owner's seat."""
        return self.teller.seats[self.teller.client]

    def series_of(self, story: TicketStory) -> list[UUID]:
        """Return the series in which a new ticket gets a reference."""
        seats = [self.teller.seats[party] for party in self.teller.partners_of(story)]
        return [self.owner.organization.id, *(seat.engagement.id for seat in seats if seat.engagement)]

    def parties(self, story: TicketStory) -> tuple[str, ...]:
        """Return who takes part: the owner, and every partner that ever had the ticket."""
        return (self.teller.client, *self.teller.partners_of(story))

    def texts(self, final: SourceEvent) -> dict[str, Any]:
        """Return the title and the description of a ticket, as its entries carry them."""
        title = " ".join((final.title or final.ticket_key).split())
        return {"title": cut(title, 200), "text": final.description or title}

    def fresh(
        self, ticket_id: UUID, story: TicketStory, told: Told, series: Series, gathered: Gathered
    ) -> None:
        """Gather the rows of a new ticket."""
        rows, ticket = gathered.rows, ticket_id.hex
        owner = self.owner.organization
        values = self.told(story)
        rows[Ticket].append(
            (ticket, owner.id.hex, "incident", self.import_id.hex, story.ticket_key, 1, False, False, *values)
        )
        for party in self.parties(story):
            self.part(ticket, story, party, series, gathered)
        self.stretches(ticket, story, gathered)
        rows[StatedFigures].append((ticket, *self.stated(story)))
        self.describe(ticket_id, story, told, gathered)

    def told(self, story: TicketStory) -> tuple[Any, ...]:
        """Return the values of `TOLD` for a ticket's row."""
        final = story.final
        impact, urgency = final.impact or MIDDLE, final.urgency or MIDDLE
        here = self.teller.places(final)
        holder, team = self.holder(story)
        turn = _TURNS.get(final.turn, final.turn)
        return (
            self.texts(final)["title"],
            final.state,
            final.category,
            cut(final.source_state, 80),
            impact,
            urgency,
            final.priority or priority_of(impact, urgency),
            cut(final.category_name or ""),
            cut(final.subcategory or ""),
            here.service,
            here.site,
            cut(final.asset or ""),
            cut(final.requester or ""),
            holder,
            team,
            turn,
            self.turn_party(story, turn),
            len(story.handovers),
            story.party_returns,
            story.opened_at,
            story.resolved_at,
            story.closed_at,
            story.facts[-1].occurred_at,
        )

    def holder(self, story: TicketStory) -> tuple[str | None, str | None]:
        """Return who has the ticket: the last line's group, or for an open one the last in time, who really has it."""
        if story.final.category == "closed":
            return self._holder(story.final.party, story.final.team)
        last = story.possessions[-1]
        return self._holder(last.party, last.team)

    def _holder(self, party: str | None, team: str | None) -> tuple[str | None, str | None]:
        if party is None:
            return None, None
        return self.teller.seats[party].organization.id.hex, self.teller.book.team(party, team)

    def turn_party(self, story: TicketStory, turn: str) -> str | None:
        """Return the organization whose turn it is, where it is a party's."""
        holder, _ = self.holder(story)
        if turn == "holder":
            return holder
        if turn == "client":
            return self.owner.organization.id.hex
        if turn != "partner":
            return None
        ids = [self.teller.seats[p].organization.id.hex for p in self.teller.partners_of(story)]
        others = [i for i in ids if i != holder]
        return others[0] if len(others) == 1 else None

    def part(self, ticket: str, story: TicketStory, party: str, series: Series, gathered: Gathered) -> None:
        """Gather a party's part in the ticket with its reference."""
        seat = self.teller.seats[party]
        engagement = seat.engagement
        series_id = engagement.id if engagement else seat.organization.id
        number = series.next(series_id)
        text = f"{engagement.prefix if engagement else seat.organization.initials}-{number}"
        gathered.rows[TicketReference].append((new_id().hex, ticket, series_id.hex, number, text))
        gathered.rows[Participation].append(
            (
                new_id().hex,
                ticket,
                seat.organization.id.hex,
                engagement.id.hex if engagement else None,
                (Kind.WORKER if engagement else Kind.OWNER).value,
                text,
                self.owner.organization.id.hex,
                story.opened_at,
                False,
                False,
                False,
                NEVER,
                *self.part_told(story, party),
            )
        )

    def part_told(self, story: TicketStory, party: str) -> tuple[Any, ...]:
        """Return the values of `PART_TOLD` for a party: the keys by which its lists filter and sort."""
        final = story.final
        here = self.teller.places(final)
        organization = self.teller.seats[party].organization.id.hex
        holder, _ = self.holder(story)
        teams = [p.team for p in story.possessions if p.party == party]
        if party == self.teller.client:
            came_back = story.party_returns > 0
        else:
            # Between two other parties it may have gone to and fro as well; that is not for this one to know.
            came_back = any(
                h.is_party_return
                and (h.to_party == party or (h.from_party, h.to_party) == (party, self.teller.client))
                for h in story.handovers
            )
        return (
            here.service,
            here.site,
            self.teller.book.team(party, teams[-1]) if teams else None,
            holder == organization,
            came_back,
            final.category in OPEN_CATEGORIES,
            final.category,
            self.seat_turn(story, organization),
            final.priority or priority_of(final.impact or MIDDLE, final.urgency or MIDDLE),
            story.facts[-1].occurred_at,
        )

    def seat_turn(self, story: TicketStory, organization: str) -> int:
        """Return whose turn it is from an organization's seat."""
        turn = _TURNS.get(story.final.turn, story.final.turn)
        party = self.turn_party(story, turn)
        key = (story.final.category, turn, party, organization)
        if key not in self._seats:
            ticket = Ticket(
                category=key[0],
                turn=turn,
                turn_organization_id=UUID(party) if party else None,
                owner=self.owner.organization,
            )
            part = Participation(organization_id=UUID(organization))
            self._seats[key] = int(turn_for(ticket, part, None))
        return self._seats[key]

    def stretches(self, ticket: str, story: TicketStory, gathered: Gathered) -> None:
        """Gather who had the ticket when, and when it waited."""
        for number, held in enumerate(story.possessions, start=1):
            gathered.rows[Possession].append(
                (
                    new_id().hex,
                    ticket,
                    number,
                    *self._holder(held.party, held.team),
                    held.from_at,
                    held.until_at,
                )
            )
        for number, pause in enumerate(story.pauses, start=1):
            turn = _TURNS.get(pause.turn, pause.turn)
            party = self.owner.organization.id.hex if turn == "client" else None
            gathered.rows[Pause].append(
                (
                    new_id().hex,
                    ticket,
                    number,
                    turn,
                    party,
                    cut(pause.reason, 80),
                    pause.from_at,
                    pause.until_at,
                )
            )

    def stated(self, story: TicketStory) -> tuple[Any, ...]:
        """Return what the source stated of a ticket, without the names of people."""
        stated, people = story.final.stated, self.teller.people
        return (
            stated.resolved_at,
            stated.closed_at,
            story.stated_reassignments,
            story.stated_reopens,
            stated.sla_met,
            stated.knowledge,
            {name: text for name, text in story.final.kept.items() if name not in people},
        )

    def describe(self, ticket_id: UUID, story: TicketStory, told: Told, gathered: Gathered) -> None:
        """Gather the description for each group of readers, and its words for their search."""
        texts = self.texts(story.final)
        words = f"{texts['title']}\n{story.final.asset or ''}\n{texts['text']}"
        owner = self.owner.organization.id.hex
        for line in told.descriptions:
            audience = line.audience_id
            gathered.rows[Message].append(
                (line.id.hex, ticket_id.hex, audience.hex, "description", owner, None, line.occurred_at)
            )
            gathered.words.append(("ticket", ticket_id, line.id, audience, words))


def wanted_series(stories: Iterable[list[UUID]]) -> Counter[UUID]:
    """Count how many numbers each series must give."""
    return Counter(series_id for one in stories for series_id in one)
