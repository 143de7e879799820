"""The parts that every ticket service uses: audiences, participations, entries; loading in sight is named here as well.

Not here: use cases; each has a module of its own.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from cosource.agreements.queries.terms import terms_in_force
from cosource.agreements.rules.terms import Terms
from cosource.calendars.queries.sources import computed_with
from cosource.foundation.bulk import counters_advance, insert_all, update_guarded
from cosource.foundation.errors import Conflict, Invalid, NotAllowed, StaleVersion
from cosource.foundation.services.audience import audience_intern
from cosource.foundation.services.files import NO_FILES, Attached, files_attach
from cosource.foundation.services.ledger import Draft, append, append_many
from cosource.foundation.services.search import texts_index
from cosource.foundation.sight import Actor, system_actor
from cosource.parties.models import Engagement, Organization
from cosource.tickets.models import Message, Participation, SeriesCounter, Ticket, TicketReference
from cosource.tickets.models.participation import Beside, Kind, Turn
from cosource.tickets.queries.record import Record, load, parties_seen_by
from cosource.tickets.rules.priority import parse_matrix, priority_of
from cosource.tickets.rules.sayings import MESSAGE
from cosource.tickets.services.absent_telling import absentees_tell
from cosource.tickets.services.beside import newcomer_flag

__all__ = [
    "Description",
    "FirstWords",
    "Record",
    "agreed_priority",
    "audience_of",
    "descriptions_add",
    "join",
    "load",
    "message_add",
    "note",
    "part_new",
    "parties_seen_by",
    "priority_under",
    "readers_with",
    "references_give",
    "refuse",
    "require_open",
    "require_text",
    "save",
    "streams_for",
    "tell_others",
    "text_say",
]


def streams_for(record: Record, party_ids: Iterable[UUID]) -> list[UUID]:
    """Return the streams that reach exactly these parties of the ticket.

    Raises: Invalid when a party takes no part, or when a partner is named without the party it is engaged by.
    """
    parties = set(party_ids)
    if len(parties) == 1:
        part = record.part_of(next(iter(parties)))
        if part is None:
            raise Invalid("That party takes no part in this ticket.", code="no_participant")
        return [part.organization.own_stream_id]
    streams = []
    for party in parties:
        part = record.part_of(party)
        if part is None:
            raise Invalid("That party takes no part in this ticket.", code="no_participant")
        if part.engagement is not None:
            if part.engagement.client_id not in parties:
                raise Invalid(
                    "A partner reads along only together with the party that engaged it.",
                    code="audience_without_client",
                )
            streams.append(part.engagement.stream_id)
    return streams


def readers_with(record: Record, actor: Actor, *more: UUID | None) -> set[UUID]:
    """Return who learns of an ordinary step: the owner, the actor's party, those named, and whom these know jointly."""
    readers = {record.ticket.owner_id}
    for party in (actor.organization_id, actor.on_behalf_of, *more):
        if party is None:
            continue
        part = record.part_of(party)
        if part is None:
            continue
        readers.add(party)
        if part.engagement is not None:
            readers.add(part.engagement.client_id)
        readers |= {p.organization_id for p in record.parts if p.joint and part.joint}
    return readers


def note(
    record: Record,
    *,
    kind: str,
    actor: Actor,
    at: datetime,
    readers: Iterable[UUID],
    facts: dict[str, Any],
    payload: dict[str, Any] | None = None,
    with_requester: bool = False,
    occurred_at: datetime | None = None,
) -> UUID:
    """Append an entry about the ticket for these parties; return its id.

    Each step settles the ticket's clocks, so that each entry keeps with which data they were computed.
    """
    audience_id = audience_of(record, readers, with_requester)
    return append(
        kind=kind,
        subject_kind="ticket",
        subject_id=record.ticket.id,
        audience_id=audience_id,
        actor=actor,
        at=at,
        occurred_at=occurred_at,
        facts=facts | computed_with(),
        payload=payload,
    )


def audience_of(record: Record, readers: Iterable[UUID], with_requester: bool = False) -> UUID:
    """Return the audience that is exactly these parties of the ticket."""
    return audience_intern(streams_for(record, readers), with_requester=with_requester)


def message_add(
    record: Record,
    entry_id: UUID,
    audience_id: UUID,
    actor: Actor,
    at: datetime,
    *,
    text: str,
    kind: str = "message",
    files: Attached = NO_FILES,
) -> None:
    """Put an entry's text and files into the conversation, and its words into the search of those who read it."""
    words = "\n".join([text, *files.names])
    texts_index([("ticket", record.ticket.id, entry_id, audience_id, words)])
    insert_all([_message(record.ticket, entry_id, audience_id, actor, at, kind)])
    files_attach(
        files,
        entry_id=entry_id,
        audience_id=audience_id,
        subject_kind="ticket",
        subject_id=record.ticket.id,
    )


def text_say(
    record: Record,
    *,
    text: str,
    readers: Iterable[UUID],
    actor: Actor,
    at: datetime,
    with_requester: bool = False,
    says: str = MESSAGE,
    files: Attached = NO_FILES,
    facts: dict[str, Any] | None = None,
) -> UUID:
    """Write a text into the record and the conversation for these readers; return the entry's id.

    Those of them that are not here yet have it by mail. `says`: as what it stands there (`rules.sayings`).
    Appends `ticket.message_added/1`.
    """
    said = {} if says == MESSAGE else {"says": says}
    readers = set(readers)
    entry_id = note(
        record,
        kind="ticket.message_added/1",
        actor=actor,
        at=at,
        readers=readers,
        with_requester=with_requester,
        facts={"length": len(text), **said, **(facts or {}), **files.facts},
        payload={"text": text} | files.payload,
    )
    audience_id = audience_of(record, readers, with_requester)
    message_add(record, entry_id, audience_id, actor, at, text=text, kind=says, files=files)
    absentees_tell(record, entry_id=entry_id, readers=readers, text=text, actor=actor, at=at)
    return entry_id


@dataclass(slots=True)
class Description:
    """An entry that describes the ticket to its audience; `words`: what it is found by; `files` that go along."""

    draft: Draft
    actor: Actor
    words: str
    files: Attached = NO_FILES


@dataclass(frozen=True, slots=True)
class FirstWords:
    """What a ticket was opened with, as far as it is there; `files_of`: the entry whose files go along, if it has any."""

    text: str = ""
    files_of: UUID | None = None


def descriptions_add(ticket: Ticket, descriptions: Sequence[Description], *, at: datetime) -> None:
    """Append the entries, and put their texts into conversation and search."""
    for actor in {id(d.actor): d.actor for d in descriptions}.values():
        append_many([d.draft for d in descriptions if d.actor is actor], actor=actor, at=at)
    texts_index([("ticket", ticket.id, d.draft.id, d.draft.audience_id, d.words) for d in descriptions])
    insert_all(
        _message(ticket, d.draft.id, d.draft.audience_id, d.actor, at, "description") for d in descriptions
    )
    for d in descriptions:
        files_attach(
            d.files,
            entry_id=d.draft.id,
            audience_id=d.draft.audience_id,
            subject_kind="ticket",
            subject_id=ticket.id,
        )


def _message(  # noqa: PLR0917 - private, a row's columns in their order
    ticket: Ticket, entry_id: UUID, audience_id: UUID, actor: Actor, at: datetime, kind: str
) -> Message:
    return Message(
        id=entry_id,
        ticket=ticket,
        audience_id=audience_id,
        kind=kind,
        author_organization_id=actor.on_behalf_of or actor.organization_id,
        author_id=actor.person_id,
        at=at,
    )


def tell_others(record: Record, *, readers: set[UUID], at: datetime, facts: dict[str, Any]) -> None:
    """Tell the parties that took part, but may not know who acted, what became of the ticket: its state and nothing else.

    Appends `ticket.state_known/1` to each such engagement, by the system for the owner.
    """
    author = system_actor(
        reason="a step of a party that is not named here", organization_id=record.ticket.owner_id
    )
    for part in record.parts:
        if part.organization_id in readers or part.engagement is None:
            continue
        append(
            kind="ticket.state_known/1",
            subject_kind="ticket",
            subject_id=record.ticket.id,
            audience_id=audience_intern([part.engagement.stream_id]),
            actor=author,
            at=at,
            facts=facts,
        )


def save(record: Record, *, at: datetime, **changes: Any) -> None:
    """Write changed fields of the ticket by compare-and-set on its version.

    The first thing that a step writes of the ticket: of two at once the second waits here and finds itself late, before it
    holds what the first wants. Raises: StaleVersion when somebody else wrote since it was loaded.
    """
    ticket = record.ticket
    if not update_guarded(ticket, {**changes, "updated_at": at}, guard="version"):
        raise StaleVersion
    for name, value in changes.items():
        setattr(ticket, name, value)
    ticket.version += 1
    ticket.updated_at = at


def references_give(ticket: Ticket, parts: Sequence[Participation]) -> list[TicketReference]:
    """Give the ticket the next number in the series of each part, such as `HH-4821`; return the rows to be inserted.

    Others wait for the numbers until this transaction ends: ask for them last.
    """
    series = [
        (part.engagement.id, part.engagement.prefix)
        if part.engagement is not None
        else (part.organization_id, part.organization.initials)
        for part in parts
    ]
    numbers = counters_advance(SeriesCounter, "series_id", "last", [series_id for series_id, _ in series])
    references = []
    for part, (series_id, prefix) in zip(parts, series, strict=True):
        part.reference = f"{prefix}-{numbers[series_id]}"
        references.append(
            TicketReference(
                ticket=ticket, series_id=series_id, number=numbers[series_id], text=part.reference
            )
        )
    return references


def part_new(  # noqa: PLR0917 - what it is made of stands in one line where it is called
    ticket: Ticket,
    organization: Organization,
    engagement: Engagement | None,
    kind: str,
    terms: Terms | None,
    at: datetime,
) -> Participation:
    """Return a part in the ticket, not yet saved and without a reference; its list keys are synced later."""
    return Participation(
        ticket=ticket,
        organization=organization,
        engagement=engagement,
        kind=kind,
        about=ticket.kind,
        agreement_version_id=terms.version_id if terms else None,
        owner_id=ticket.owner_id,
        category=ticket.category,
        turn=Turn.NOBODY,
        priority=ticket.priority,
        internal=ticket.internal,
        asked_at=None if kind == Kind.SCOPE else at,
        opened_at=ticket.opened_at,
        updated_at=at,
    )


def join(
    record: Record | None, ticket: Ticket, engagement: Engagement, *, kind: str, at: datetime
) -> Participation:
    """Let an engagement's partner take part in the ticket: its own reference, its own pinned terms.

    `record`: the parts so far, extended in place. The caller appends `ticket.shared/1` and syncs the list keys.
    """
    terms = terms_in_force(engagement_id=engagement.id, owner_id=engagement.client_id, at=at)
    part = part_new(ticket, engagement.partner, engagement, kind, terms, at)
    insert_all([*references_give(ticket, [part]), part])
    if record is not None:
        if any(p.has_beside(Beside.LINKS) for p in record.parts):
            newcomer_flag(ticket.id)
        record.parts.append(part)
    return part


def agreed_priority(impact: int, urgency: int, owner_id: UUID, at: datetime) -> int:
    """Return the priority by the matrix of the owner's desk as agreed at `at`, or by the standard one."""
    return priority_under(terms_in_force(engagement_id=None, owner_id=owner_id, at=at), impact, urgency)


def priority_under(terms: Terms | None, impact: int, urgency: int) -> int:
    """Return the priority by the matrix of a desk's terms, or by the standard one."""
    if terms is None or terms.priority_matrix is None:
        return priority_of(impact, urgency)
    return priority_of(impact, urgency, parse_matrix(terms.priority_matrix))


def require_open(ticket: Ticket) -> None:
    """Refuse a step on a ticket that is over. Raises: Conflict."""
    if ticket.category == "closed":
        raise Conflict("This ticket is closed.", code="ticket_closed")


def require_text(text: str, field: str, *, limit: int, optional: bool = False) -> str:
    """Return the text without surrounding blanks. Raises: Invalid when it is missing, too long or cannot be stored."""
    cleaned = text.replace("\r\n", "\n").strip()
    if "\x00" in cleaned:
        raise Invalid(
            "The text contains a NUL character.",
            fields={field: "Remove the NUL character; it cannot be stored."},
        )
    if not cleaned and not optional:
        raise Invalid("Something is missing.", fields={field: "Please write something here."})
    if len(cleaned) > limit:
        raise Invalid(
            "The text is too long.",
            fields={
                field: _("At most %(limit)s characters; this has %(length)s.")
                % {"limit": limit, "length": len(cleaned)}
            },
        )
    return cleaned


def refuse(message: str, code: str) -> NotAllowed:
    """Return the refusal of a step in sight but without right."""
    return NotAllowed(message, code=code)
