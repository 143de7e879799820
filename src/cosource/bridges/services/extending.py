"""Tickets that an import meets again: lines that are known, and lines that came since.

A ticket's story is told anew from all its lines, those in the ledger and those in the file, and its rows follow. What was
worked on here meanwhile keeps its state; then the new lines are history only. Not here: new tickets (`batch`).
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from django.db.models import F

from cosource.bridges.models import Import
from cosource.bridges.rules.events import SourceEvent
from cosource.bridges.rules.mapping import Kind
from cosource.bridges.rules.source_line import event_again
from cosource.bridges.rules.ticket_story import TicketStory, tell_story
from cosource.bridges.services.rows import PART_TOLD, TOLD, Gathered, RowMaker, Series
from cosource.bridges.services.telling import LINE, NAMES, Teller
from cosource.foundation.models import Entry
from cosource.foundation.services.ledger import Draft
from cosource.tickets.models import Participation, Pause, Possession, StatedFigures, Ticket


@dataclass(frozen=True, slots=True)
class Known:
    """A ticket that is here, with the keys of its lines."""

    id: UUID
    keys: frozenset[str]


@dataclass(slots=True)
class Extension:
    """A known ticket with more lines: its story from all of them, and which are new, in the order of the facts."""

    ticket_id: UUID
    story: TicketStory
    new: list[SourceEvent]
    worked_here: bool
    parties: frozenset[str] = field(default_factory=frozenset)


def known_tickets(source_keys: Sequence[str], *, owner_id: UUID, source_name: str) -> dict[str, Known]:
    """Return the tickets of this source that are here, by their number there. In: at most some hundred numbers."""
    imports = Import.objects.filter(owner_id=owner_id, source_name=source_name)
    found = Ticket.objects.filter(
        owner_id=owner_id, source_key__in=source_keys, import_id__in=imports.values("id")
    )
    ids = dict(found.values_list("id", "source_key"))
    if not ids:
        return {}
    keys: dict[UUID, set[str]] = defaultdict(set)
    lines = Entry.objects.filter(subject_id__in=ids, kind=LINE).values_list("subject_id", "key")
    for ticket_id, key in lines:
        keys[ticket_id].add(key or "")
    return {name: Known(ticket_id, frozenset(keys[ticket_id])) for ticket_id, name in ids.items()}


def extensions(
    found: Iterable[tuple[Known, Sequence[SourceEvent]]], teller: Teller, kind: Kind
) -> list[Extension]:
    """Tell anew the stories of known tickets that have new lines, in the order given."""
    wanted = [(k, events) for k, events in found]
    ids = [k.id for k, _ in wanted]
    earlier = _events_of(ids, teller)
    worked = set(
        Entry.objects.filter(subject_id__in=ids, subject_kind="ticket")
        .exclude(kind__in=(LINE, NAMES))
        .values_list("subject_id", flat=True)
    )
    parties: dict[UUID, set[str]] = defaultdict(set)
    names = {seat.organization.id: party for party, seat in teller.seats.items()}
    for ticket_id, organization_id in Participation.objects.filter(ticket_id__in=ids).values_list(
        "ticket_id", "organization_id"
    ):
        if organization_id in names:
            parties[ticket_id].add(names[organization_id])
    made = []
    for known, events in wanted:
        keys = {teller.key_of(event.digest): event for event in events}
        # What the file no longer holds came before what it holds.
        before = [event for key, event in earlier[known.id].items() if key not in keys]
        story = tell_story([*before, *events], kind)
        fresh = {id(event) for key, event in keys.items() if key not in known.keys}
        new = [event for event in story.facts if id(event) in fresh]
        made.append(Extension(known.id, story, new, known.id in worked, frozenset(parties[known.id])))
    return made


def _events_of(ticket_ids: Sequence[UUID], teller: Teller) -> dict[UUID, dict[str, SourceEvent]]:
    party_of = {seat.organization.id.hex: party for party, seat in teller.seats.items()}
    found: dict[UUID, dict[str, SourceEvent]] = {i: {} for i in ticket_ids}
    lines = (
        Entry.objects.filter(subject_id__in=ticket_ids, kind=LINE)
        .select_related("payload")
        .order_by("occurred_at", "source_seq", "id")
    )
    for entry in lines:
        payload = getattr(entry, "payload", None)
        # A party that the present mapping does not name has the owner's seat in the story.
        party = party_of.get(entry.facts.get("holder") or "", teller.client)
        if entry.facts.get("team"):
            teller.book.knows_team(party, entry.facts["team"])
        found[entry.subject_id][entry.key or ""] = event_again(
            "",
            key=entry.key or "",
            occurred_at=entry.occurred_at,
            source_seq=entry.source_seq,
            facts=entry.facts,
            names=payload.body if payload is not None else {},
            party=party,
        )
    return found


def extension_write(extension: Extension, maker: RowMaker, series: Series, gathered: Gathered) -> list[Draft]:
    """Write what a known ticket has become, and return the entries of its new lines."""
    story, ticket_id = extension.story, extension.ticket_id
    teller = maker.teller
    newcomers = [p for p in teller.partners_of(story) if p not in extension.parties]
    told = teller.lines(ticket_id, story, extension.new, maker.texts(story.final), newcomers)
    for party in newcomers:
        maker.part(ticket_id.hex, story, party, series, gathered)
    maker.describe(ticket_id, story, told, gathered)
    if extension.worked_here:
        return told.drafts
    ticket = Ticket.objects.filter(id=ticket_id)
    ticket.update(version=F("version") + 1, **dict(zip(TOLD, maker.told(story), strict=True)))
    for party in extension.parties:
        organization_id = teller.seats[party].organization.id
        Participation.objects.filter(ticket_id=ticket_id, organization_id=organization_id).update(
            revision=F("revision") + 1, **dict(zip(PART_TOLD, maker.part_told(story, party), strict=True))
        )
    Possession.objects.filter(ticket_id=ticket_id).delete()
    Pause.objects.filter(ticket_id=ticket_id).delete()
    StatedFigures.objects.filter(ticket_id=ticket_id).delete()
    maker.stretches(ticket_id.hex, story, gathered)
    gathered.rows[StatedFigures].append((ticket_id.hex, *maker.stated(story)))
    return told.drafts
