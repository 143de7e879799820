"""One batch of an import: some tickets of the file, in one short transaction with everything that belongs to them.

Here: which of them are new, known or have more lines, and writing them. Not here: reading the file and counting up
(`import_run`).
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from django.db.models import F

from cosource.bridges.rules.events import SourceEvent, TicketReading
from cosource.bridges.rules.problems import Problem
from cosource.bridges.rules.ticket_story import TicketStory, tell_story
from cosource.bridges.services.extending import (
    Extension,
    Known,
    extension_write,
    extensions,
    known_tickets,
)
from cosource.bridges.services.places import PlaceBook, open_book, places_write
from cosource.bridges.services.preparing import Plan
from cosource.bridges.services.rows import Gathered, RowMaker, series_take, wanted_series
from cosource.bridges.services.telling import Teller
from cosource.foundation.ids import new_id
from cosource.foundation.services.ledger import append_many
from cosource.foundation.sight import Actor
from cosource.tickets.models import SeriesCounter


@dataclass(slots=True)
class Counts:
    """What became of the rows of some tickets."""

    read: int = 0
    kept: int = 0
    known: int = 0
    repaired: int = 0
    refused: int = 0
    tickets: int = 0
    extended: int = 0

    def add(self, other: "Counts") -> None:
        """Count another's as well."""
        for name in self.__slots__:
            setattr(self, name, getattr(self, name) + getattr(other, name))


@dataclass(slots=True)
class Desk:
    """Everything that a run writes with; opened anew when a batch failed."""

    plan: Plan
    import_id: UUID
    file: str
    teller: Teller
    maker: RowMaker

    @property
    def book(self) -> PlaceBook:
        """Return the names of places."""
        return self.teller.book


def open_desk(plan: Plan, import_id: UUID, file: str) -> Desk:
    """Return a desk with what the database holds now."""
    client = plan.mapping.client.key
    teller = Teller(client, plan.seats, plan.people, open_book(plan.seats, client))
    return Desk(plan, import_id, file, teller, RowMaker(teller, import_id))


@dataclass(slots=True)
class Sorted:
    """A batch's tickets, told apart. `more`: known tickets with lines that are new."""

    fresh: list[TicketStory] = field(default_factory=list)
    more: list[tuple[Known, Sequence[SourceEvent]]] = field(default_factory=list)
    counts: Counts = field(default_factory=Counts)


def batch_sort(desk: Desk, readings: Sequence[TicketReading]) -> Sorted:
    """Tell new tickets from known ones, and count what would be kept."""
    plan = desk.plan
    known = known_tickets(
        [r.ticket_key for r in readings if r.events],
        owner_id=plan.owner.id,
        source_name=plan.mapping.source.name,
    )
    found = Sorted()
    counts = found.counts
    for reading in readings:
        counts.read += reading.read_rows
        counts.refused += reading.refused_rows
        counts.repaired += _repaired(reading)
        if not reading.events:
            continue
        here = known.get(reading.ticket_key)
        if here is None:
            found.fresh.append(tell_story(reading.events, plan.mapping.source.kind))
            counts.kept += len(reading.events)
            counts.tickets += 1
            continue
        new = sum(desk.teller.key_of(event.digest) not in here.keys for event in reading.events)
        counts.kept += new
        counts.known += len(reading.events) - new
        if new:
            found.more.append((here, reading.events))
            counts.extended += 1
    return found


def _repaired(reading: TicketReading) -> int:
    """Count the rows that were kept with a cell changed."""
    if not reading.problems:
        return 0
    refused = {p.row for p in reading.problems if p.outcome == "refused"}
    return len({p.row for p in reading.problems if p.outcome == "repaired"} - refused)


def batch_write(
    desk: Desk, readings: Sequence[TicketReading], *, actor: Actor, at: datetime
) -> tuple[Counts, list[Problem]]:
    """Write a batch inside the caller's transaction; return what became of its rows, and what is to be noted.

    Raises: IntegrityError when somebody else wrote the same meanwhile; then the batch is to be read again.
    """
    # Holds the owner's series from here on, so that two imports see each other's tickets.
    SeriesCounter.objects.filter(series_id=desk.plan.owner.id).update(last=F("last"))
    found = batch_sort(desk, readings)
    more = extensions(found.more, desk.teller, desk.plan.mapping.source.kind) if found.more else []
    desk.book.made.clear()
    desk.book.want(readings, desk.teller.client)
    drafts = places_write(desk.book, desk.plan.seats, import_id=desk.import_id, at=at)
    maker, gathered = desk.maker, Gathered()
    series = series_take(
        wanted_series(
            [maker.series_of(story) for story in found.fresh] + [_new_series(maker, e) for e in more]
        )
    )
    for story in found.fresh:
        ticket_id = new_id()
        told = desk.teller.lines(
            ticket_id, story, story.facts, maker.texts(story.final), maker.parties(story)
        )
        maker.fresh(ticket_id, story, told, series, gathered)
        drafts += told.drafts
    for extension in more:
        drafts += extension_write(extension, maker, series, gathered)
    append_many(drafts, actor=actor, at=at)
    gathered.write()
    return found.counts, [_worked_here(desk, e) for e in more if e.worked_here]


def _new_series(maker: RowMaker, extension: Extension) -> list[UUID]:
    engagements = (
        maker.teller.seats[p].engagement
        for p in maker.teller.partners_of(extension.story)
        if p not in extension.parties
    )
    return [e.id for e in engagements if e is not None]


def _worked_here(desk: Desk, extension: Extension) -> Problem:
    final = extension.story.final
    return Problem(desk.file, final.row_number, None, "worked-here", {"ticket": final.ticket_key})
