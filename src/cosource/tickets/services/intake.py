"""The tickets of an export as rows: the organization's part in each, its clocks, and what follows from the ledger's entries.

Who held a ticket when, its state at a partner, its conversation and the words by which it is found are read from the entries,
which came in before. What only another party knows of it stays unknown. Clocks keep their times; none raises a step by
itself, since the people who were to be told were told where the export was taken.
"""

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from itertools import batched
from typing import Any
from uuid import UUID

from django.db import models

from cosource.foundation.exports import Incoming, Layer, insert_in_turn, register_intake, row_of
from cosource.foundation.ids import new_id
from cosource.foundation.models import Entry
from cosource.foundation.services.search import texts_index
from cosource.parties.models import Organization, Person, Service, Site, Team
from cosource.parties.services.intake import strangers_add
from cosource.tickets.models import (
    NEVER,
    Clock,
    Handover,
    Message,
    Participation,
    Pause,
    Possession,
    SeriesCounter,
    Ticket,
    TicketArticle,
    TicketReference,
)
from cosource.tickets.models.participation import Kind, Turn
from cosource.tickets.queries import exporting as taken
from cosource.tickets.queries.entry_rows import DESCRIPTIONS, is_written
from cosource.tickets.rules.sayings import MESSAGE
from cosource.tickets.rules.states import IN_PROGRESS, RESOLVED, STATES, WAITING_CLIENT
from cosource.tickets.services.intake_beside import beside_take_in

_AT_ONCE = 1_000
_NUMBER = re.compile(r"\d{1,9}$")
# Where the entries do not say more than how a state counts.
_LIKELY = {"open": IN_PROGRESS, "paused": WAITING_CLIENT, "resolved": RESOLVED}
_ANSWERS = frozenset({"ticket.handed_over/1", "ticket.handover_declined/1", "ticket.handover_withdrawn/1"})
_OVER = [state for state in STATES.values() if state.category == "closed"]
_ENTRY = ("id", "occurred_at", "organization_id", "actor_id")


@dataclass(slots=True)
class _Story:
    """What the entries tell of one ticket: its state, who held it since when, when it waited, and the offer that is open."""

    state: str = ""
    turn_organization_id: UUID | None = None
    held: list[tuple[UUID | None, UUID | None, datetime]] = field(default_factory=list)
    pauses: list[Pause] = field(default_factory=list)
    offer: Handover | None = None

    def tell(self, record: Mapping[str, Any], at: datetime) -> None:
        """Go on by one entry."""
        kind, facts = record["kind"], record["facts"]
        if kind in DESCRIPTIONS and not self.held:
            self.held.append((_id(facts.get("holder")), _id(facts.get("team")), at))
        elif kind == "ticket.handed_over/1":
            self.held.append((_id(facts.get("to")), _id(facts.get("to_team")), at))
        state = facts.get("to") if kind == "ticket.state_changed/1" else facts.get("state")
        if state in STATES:
            self._becomes(state, facts, at)
        if kind == "ticket.handover_offered/1":
            self.offer = Handover(
                id=new_id(),
                ticket_id=UUID(record["subject_id"]),
                entry_id=UUID(record["id"]),
                from_organization_id=_id(facts.get("from")),
                from_team_id=_id(facts.get("from_team")),
                to_organization_id=UUID(facts["to"]),
                to_team_id=UUID(facts["to_team"]),
                reason=facts["reason"],
                is_return=bool(facts.get("is_return")),
                offered_at=at,
                offered_by_id=_id(record["actor_id"]),
            )
        elif kind in _ANSWERS or STATES.get(self.state) in _OVER:
            self.offer = None

    def _becomes(self, state: str, facts: Mapping[str, Any], at: datetime) -> None:
        self.state, self.turn_organization_id = state, _id(facts.get("turn_organization"))
        if self.pauses and self.pauses[-1].until_at is None:
            self.pauses[-1].until_at = at
        if STATES[state].category == "paused":
            self.pauses.append(
                Pause(
                    id=new_id(),
                    turn=facts.get("turn") or STATES[state].turn,
                    turn_organization_id=self.turn_organization_id,
                    reason=facts.get("reason") or "",
                    asked_by_id=self.held[-1][0] if self.held else None,
                    from_at=at,
                )
            )


def _take_in(incoming: Incoming) -> None:
    # Whose tickets a subcontractor works on stands in nobody's name.
    unknown = new_id()
    owner_of = {
        UUID(record["ticket_id"]): _id(record["owner_id"]) or unknown
        for record in incoming.records("tickets")
    }
    people = (record.get("requester_id") for record in incoming.records("tickets"))
    owing = (record["owed_by_id"] for record in incoming.records("clocks"))
    strangers_add(
        incoming,
        organizations={*owner_of.values(), *(UUID(i) for i in owing if i)},
        people={UUID(i) for i in people if i},
    )
    stories = _conversations(incoming, owner_of)
    insert_in_turn(_tickets(incoming, owner_of, stories))
    insert_in_turn(row_of(Clock, record, taken.CLOCK) for record in incoming.records("clocks"))
    _articles(incoming)
    beside_take_in(incoming)


def _articles(incoming: Incoming) -> None:
    """Take in what articles helped with; to whom that was said stands with the entries that say so."""
    for records in batched(incoming.records("ticket_articles"), _AT_ONCE):
        strangers_add(
            incoming,
            organizations={UUID(r["linked_for_id"]) for r in records},
            people={UUID(r["linked_by_id"]) for r in records if r["linked_by_id"]},
        )
        said = Entry.objects.filter(id__in=[r["id"] for r in records])
        audiences = dict(said.values_list("id", "audience_id"))
        insert_in_turn(
            row_of(TicketArticle, r, taken.ARTICLE, audience_id=audiences[UUID(r["id"])]) for r in records
        )


def _conversations(incoming: Incoming, tickets: Mapping[UUID, UUID]) -> Mapping[UUID, _Story]:
    stories: dict[UUID, _Story] = defaultdict(_Story)
    known = set(Person.objects.values_list("id", flat=True))
    about = (r for r in incoming.records("entries") if r["subject_kind"] == "ticket")
    for records in batched(about, _AT_ONCE):
        audiences = dict(
            Entry.objects.filter(id__in=[r["id"] for r in records]).values_list("id", "audience_id")
        )
        messages, texts = [], []
        for record in records:
            entry = row_of(Entry, record, _ENTRY)
            ticket_id = UUID(record["subject_id"])
            if ticket_id not in tickets:
                continue
            stories[ticket_id].tell(record, entry.occurred_at)
            if not is_written(record["kind"]):
                continue
            payload = record["payload"] or {}
            messages.append(
                Message(
                    id=entry.id,
                    ticket_id=ticket_id,
                    audience_id=audiences[entry.id],
                    kind="description"
                    if record["kind"] in DESCRIPTIONS
                    else record["facts"].get("says", MESSAGE),
                    author_organization_id=entry.organization_id,
                    author_id=entry.actor_id if entry.actor_id in known else None,
                    at=entry.occurred_at,
                )
            )
            words = "\n".join(str(payload[name]) for name in ("title", "asset", "text") if payload.get(name))
            if words:
                texts.append(("ticket", ticket_id, entry.id, audiences[entry.id], words))
        insert_in_turn(messages)
        if texts:
            texts_index(texts)
    return stories


def _id(text: Any) -> UUID | None:
    return UUID(text) if text else None


class _Names:
    """The names of tickets in each series, with numbers that no two share."""

    def __init__(self) -> None:
        self._last: dict[UUID, int] = defaultdict(int)
        self._given: dict[UUID, set[int]] = defaultdict(set)

    def reference(self, ticket_id: UUID, series_id: UUID, text: str) -> TicketReference:
        found = _NUMBER.search(text)
        number = int(found[0]) if found else 0
        if not number or number in self._given[series_id]:
            number = self._last[series_id] + 1
        self._given[series_id].add(number)
        self._last[series_id] = max(self._last[series_id], number)
        return TicketReference(
            id=new_id(), ticket_id=ticket_id, series_id=series_id, number=number, text=text
        )

    def counters(self) -> Iterator[SeriesCounter]:
        for series_id, last in self._last.items():
            yield SeriesCounter(series_id=series_id, last=last)


def _tickets(
    incoming: Incoming, owner_of: Mapping[UUID, UUID], stories: Mapping[UUID, _Story]
) -> Iterator[models.Model]:
    names, versions = _Names(), _versions(incoming, owner_of)
    models_: tuple[Any, ...] = (Organization, Team, Service, Site)
    there: dict[Any, set[UUID]] = {m: set(m.objects.values_list("pk", flat=True)) for m in models_}
    for record in incoming.records("tickets"):
        part = row_of(
            Participation,
            {
                **record,
                "turn": Turn[record["turn"].upper()],
                "next_due_at": record["next_due_at"] or NEVER.isoformat(),
            },
            taken.PART,
            id=new_id(),
            organization_id=incoming.organization_id,
            owner_id=owner_of[UUID(record["ticket_id"])],
        )
        story = stories.get(part.ticket_id) or _Story()
        held = [
            (party if party in there[Organization] else None, team if team in there[Team] else None, since)
            for party, team, since in story.held
        ] or [(None, None, part.opened_at)]
        owns = part.kind == Kind.OWNER
        ticket = row_of(
            Ticket,
            record,
            (
                *taken.SHARED,
                *(taken.OWNERS if owns else ()),
                "category",
                "priority",
                "opened_at",
                "updated_at",
            ),
            id=part.ticket_id,
            owner_id=part.owner_id,
            kind=part.about,
            service_id=part.service_id if part.service_id in there[Service] else None,
            site_id=part.site_id if part.site_id in there[Site] else None,
            assignee_id=part.assignee_id if part.holds else None,
        )
        ticket.holder_organization_id, ticket.holder_team_id, _ = held[-1]
        if not owns:
            ticket.state = story.state or _LIKELY.get(part.category, part.category)
        ticket.turn = STATES[ticket.state].turn
        turn_of = ticket.holder_organization_id if ticket.turn == "holder" else story.turn_organization_id
        ticket.turn_organization_id = turn_of if turn_of in there[Organization] else None
        if owns:
            part.requester_id, part.internal = ticket.requester_id, ticket.internal
        yield ticket
        yield part
        yield from _others(record, part, ticket, versions)
        yield names.reference(ticket.id, part.engagement_id or part.organization_id, part.reference)
        for party in record["parties"]:
            if party["reference"]:
                yield names.reference(ticket.id, UUID(party["engagement_id"]), party["reference"])
        over = (ticket.closed_at or part.updated_at) if part.category == "closed" else None
        for number, (party, team, since) in enumerate(held, 1):
            until = held[number][2] if number < len(held) else over
            yield Possession(
                id=new_id(),
                ticket_id=ticket.id,
                sequence=number,
                organization_id=party,
                team_id=team,
                from_at=since,
                until_at=until,
            )
        for number, pause in enumerate(story.pauses, 1):
            pause.ticket_id, pause.sequence = ticket.id, number
            pause.version_id = versions.get((ticket.id, pause.asked_by_id))
            if pause.turn_organization_id not in there[Organization]:
                pause.turn_organization_id = None
            yield pause
        offer = story.offer
        if offer and offer.to_organization_id in there[Organization] and offer.to_team_id in there[Team]:
            if offer.from_organization_id not in there[Organization]:
                offer.from_organization_id = None
            if offer.from_team_id not in there[Team]:
                offer.from_team_id = None
            yield offer
    yield from names.counters()


def _others(
    record: Mapping[str, Any],
    own: Participation,
    ticket: Ticket,
    versions: Mapping[tuple[UUID, UUID | None], UUID],
) -> Iterator[Participation]:
    """Give the parts of the other parties, so that they can be addressed; the owner's in any case."""
    parties = list(record["parties"])
    if own.kind != Kind.OWNER and not any(party["kind"] == Kind.OWNER for party in parties):
        parties.append(
            {"organization_id": str(own.owner_id), "engagement_id": None, "kind": Kind.OWNER, "reference": ""}
        )
    for party in parties:
        part = row_of(
            Participation,
            party,
            ("organization_id", "engagement_id", "kind", "reference"),
            id=new_id(),
            ticket_id=ticket.id,
            owner_id=own.owner_id,
            about=own.about,
            open=own.open,
            category=own.category,
            turn=Turn.NOBODY,
            priority=own.priority,
            asked_at=None if party["kind"] == Kind.SCOPE else own.opened_at,
            opened_at=own.opened_at,
            updated_at=own.updated_at,
        )
        part.holds = part.organization_id == ticket.holder_organization_id
        part.agreement_version_id = versions.get((ticket.id, part.organization_id))
        yield part


def _versions(incoming: Incoming, owner_of: Mapping[UUID, UUID]) -> dict[tuple[UUID, UUID | None], UUID]:
    """Return by which agreement version a ticket's clocks run, by the ticket and the party that works under it."""
    partner_of = {UUID(e["id"]): UUID(e["partner_id"]) for e in incoming.records("engagements")}
    found: dict[tuple[UUID, UUID | None], UUID] = {}
    for clock in incoming.records("clocks"):
        ticket_id, engagement_id = UUID(clock["ticket_id"]), _id(clock["engagement_id"])
        party = partner_of[engagement_id] if engagement_id else owner_of.get(ticket_id)
        found[ticket_id, party] = UUID(clock["version_id"])
    return found


def register() -> None:
    """Let them be taken in."""
    register_intake(Layer.WORK, _take_in)
