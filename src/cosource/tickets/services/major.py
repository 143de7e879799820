"""Leading a major incident over both organizations: declaring it, telling everybody, ending it, and the review after it.

The review has no verdict on persons: each side writes what contributed on its side, and what it changes. Not here: working on
the incident, which is as on any ticket.
"""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from django.db import transaction

from cosource.foundation.errors import Conflict, Invalid, NotFound
from cosource.foundation.sight import Actor
from cosource.parties.models import Employment
from cosource.parties.queries.sight import live
from cosource.tickets.models import MajorIncident, Message
from cosource.tickets.queries.major import leads_major, major_of, sides_of
from cosource.tickets.rules.sayings import REVIEW, UPDATE
from cosource.tickets.rules.states import TicketKind
from cosource.tickets.services.changing import ticket_update
from cosource.tickets.services.listkeys import sync
from cosource.tickets.services.policy import Action, require
from cosource.tickets.services.record import (
    Record,
    load,
    note,
    parties_seen_by,
    readers_with,
    refuse,
    require_open,
    require_text,
    save,
)
from cosource.tickets.services.sayings import said_to
from cosource.tickets.services.telling import major_tell


@transaction.atomic
def major_declare(
    *,
    ticket_id: UUID,
    text: str,
    actor: Actor,
    at: datetime,
    commander_id: UUID | None = None,
    communicator_id: UUID | None = None,
    expected_version: int | None = None,
) -> None:
    """Lead an incident as a major one: highest impact and urgency, a named person who decides, everybody told at once.

    A service owner or manager of the party that owns or holds it declares it. Without `commander_id` they lead it themselves.
    Appends `ticket.major_declared/1` and the first update.
    Raises: NotFound (also a person of no party here), NotAllowed, Invalid, Conflict (no incident, or led already), StaleVersion.
    """
    record = load(ticket_id, actor, expected_version=expected_version)
    require(actor, Action.LEAD, record)
    require_open(record.ticket)
    if record.ticket.kind != TicketKind.INCIDENT or major_of(ticket_id) is not None:
        raise Conflict("This is no incident, or it is led as a major one already.", code="no_major")
    body = require_text(text, "text", limit=20_000)
    commander_id = commander_id or actor.person_id
    _require_people(record, (commander_id, communicator_id), at)
    ticket_update(ticket_id=ticket_id, changes={"impact": 1, "urgency": 1}, actor=actor, at=at)
    record = load(ticket_id, actor)
    # Of two at once the second waits here, and finds itself late.
    save(record, at=at)
    MajorIncident.objects.create(
        ticket=record.ticket,
        declared_at=at,
        declared_by_id=actor.person_id,
        commander_id=commander_id,
        communicator_id=communicator_id,
    )
    readers = _readers(record, actor)
    note(
        record,
        kind="ticket.major_declared/1",
        actor=actor,
        at=at,
        readers=readers,
        facts={"person": commander_id.hex if commander_id else None},
    )
    _say(record, UPDATE, body, actor, at, to_all=True)
    major_tell(record, what="declared", readers=readers, actor=actor, at=at)


@transaction.atomic
def major_update(
    *, ticket_id: UUID, text: str, actor: Actor, at: datetime, expected_version: int | None = None
) -> UUID:
    """Tell everybody how it stands: both parties and whoever asked. Appends `ticket.message_added/1`; return its id.

    Who leads or speaks for it, and who answers for a party that owns or holds it, may.
    Raises: NotFound, NotAllowed, Invalid, Conflict (not led, or over), StaleVersion.
    """
    record, _major = _led(ticket_id, actor, expected_version)
    body = require_text(text, "text", limit=20_000)
    return _say(record, UPDATE, body, actor, at, to_all=True)


@transaction.atomic
def major_end(
    *, ticket_id: UUID, text: str, actor: Actor, at: datetime, expected_version: int | None = None
) -> None:
    """Say that it is over; the review is open from now on. Appends `ticket.major_ended/1` and the last update.

    Raises: NotFound, NotAllowed, Invalid, Conflict (not led, or over), StaleVersion.
    """
    record, major = _led(ticket_id, actor, expected_version)
    body = require_text(text, "text", limit=20_000)
    major.ended_at = at
    major.save(update_fields=["ended_at"])
    readers = _readers(record, actor)
    minutes = int((at - major.declared_at).total_seconds() // 60)
    note(record, kind="ticket.major_ended/1", actor=actor, at=at, readers=readers, facts={"minutes": minutes})
    _say(record, UPDATE, body, actor, at, to_all=True)
    major_tell(record, what="review", readers=readers, actor=actor, at=at)


@transaction.atomic
def major_review(
    *, ticket_id: UUID, text: str, actor: Actor, at: datetime, expected_version: int | None = None
) -> UUID:
    """Write what contributed on the actor's side, and what it changes. Appends `ticket.message_added/1`; return its id.

    Raises: NotFound, NotAllowed, Invalid, Conflict (no review is open), StaleVersion.
    """
    record, _major = _reviewed(ticket_id, actor, expected_version)
    return _say(record, REVIEW, require_text(text, "text", limit=20_000), actor, at, to_all=False)


@transaction.atomic
def major_review_close(
    *, ticket_id: UUID, actor: Actor, at: datetime, expected_version: int | None = None
) -> None:
    """Close the review once the owner and the party that holds it have written their part. Appends `ticket.major_reviewed/1`.

    Raises: NotFound, NotAllowed, Conflict (no review is open, or a side has not written), StaleVersion.
    """
    record, major = _reviewed(ticket_id, actor, expected_version)
    ticket = record.ticket
    written = set(
        Message.objects.filter(ticket=ticket, kind=REVIEW).values_list("author_organization_id", flat=True)
    )
    holder = record.part_of(ticket.holder_organization_id)
    needed = {ticket.owner_id} | (
        {holder.organization_id} if holder and not holder.organization.stand_in else set()
    )
    if not needed <= written:
        raise Conflict("One side has not written its part yet.", code="review_incomplete")
    major.reviewed_at = at
    major.save(update_fields=["reviewed_at"])
    save(record, at=at)
    readers = _readers(record, actor)
    note(record, kind="ticket.major_reviewed/1", actor=actor, at=at, readers=readers, facts={})
    sync(record, at=at, told=readers)


def _led(ticket_id: UUID, actor: Actor, expected_version: int | None) -> tuple[Record, MajorIncident]:
    record = load(ticket_id, actor, expected_version=expected_version)
    major = major_of(ticket_id)
    if not leads_major(actor, record, major):
        raise refuse("Who leads a major incident tells everybody how it stands.", "not_leading")
    if major is None or major.ended_at is not None:
        raise Conflict("This is not led as a major incident, or it is over.", code="no_major")
    return record, major


def _reviewed(ticket_id: UUID, actor: Actor, expected_version: int | None) -> tuple[Record, MajorIncident]:
    record = load(ticket_id, actor, expected_version=expected_version)
    require(actor, Action.REVIEW_MAJOR, record)
    major = major_of(ticket_id)
    if major is None or major.ended_at is None or major.reviewed_at is not None:
        raise Conflict("No review is open here.", code="no_review")
    return record, major


def _readers(record: Record, actor: Actor) -> set[UUID]:
    """Return who learns of a step: the owner, the actor's party, and the holder where that party knows of it."""
    holder = record.ticket.holder_organization_id
    known = parties_seen_by(actor.on_behalf_of or actor.organization_id, record.parts)
    return readers_with(record, actor, holder if holder in known else None)


def _say(record: Record, says: str, text: str, actor: Actor, at: datetime, *, to_all: bool) -> UUID:
    """Say it to both sides, and `to_all` to whoever asked as well."""
    return said_to(
        record,
        says=says,
        text=text,
        readers=_readers(record, actor),
        actor=actor,
        at=at,
        with_requester=to_all and record.ticket.requester_id is not None,
    )


def _require_people(record: Record, people: Iterable[UUID | None], at: datetime) -> None:
    """Refuse a person of neither the owner nor the holder: whoever reads along knows both. Raises: NotFound, Invalid."""
    wanted = {person for person in people if person is not None}
    if not wanted:
        raise Invalid("Somebody has to lead it.", fields={"commander_id": "Name a person."})
    sides = sides_of(record)
    employed = Employment.objects.filter(live(at), person_id__in=wanted, organization_id__in=sides)
    if set(employed.values_list("person_id", flat=True)) != wanted:
        raise NotFound
