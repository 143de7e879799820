"""A major incident as its page shows it, and who leads it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from cosource.foundation.pages import PartyBadge
from cosource.foundation.sight import Actor
from cosource.parties.models import Employment
from cosource.parties.queries.sight import live
from cosource.tickets.models import MajorIncident
from cosource.tickets.queries.approvals import may_approve
from cosource.tickets.queries.capacities import capacities, may_write
from cosource.tickets.queries.conversation import Conversation
from cosource.tickets.queries.record import Record
from cosource.tickets.rules.sayings import REVIEW, UPDATE
from cosource.tickets.rules.states import TicketKind, Who


@dataclass(frozen=True, slots=True)
class MajorView:
    """How a major incident stands: who leads and who speaks, the last word to all, and whose part of the review is written."""

    declared_at: datetime
    ended_at: datetime | None
    reviewed_at: datetime | None
    commander: str
    communicator: str
    last_update_at: datetime | None
    reviews: tuple[tuple[PartyBadge, bool], ...]
    may_lead: bool
    may_review: bool


def major_of(ticket_id: UUID) -> MajorIncident | None:
    """Return what leads the ticket as a major incident, where something does. One query."""
    found = MajorIncident.objects.filter(ticket_id=ticket_id).select_related("commander", "communicator")
    return found.first()


def may_declare(actor: Actor, record: Record) -> bool:
    """Tell whether the actor may lead it: who answers for the party that owns or holds it."""
    have = capacities(actor, record)
    return may_approve(actor, record.mine) and bool(have & {Who.OWNER, Who.HOLDER})


def leads_major(actor: Actor, record: Record, major: MajorIncident | None) -> bool:
    """Tell whether the actor leads or speaks for it, or answers for the party that owns or holds it."""
    if major is not None and actor.person_id in (major.commander_id, major.communicator_id):
        return actor.person_id is not None and may_write(actor, record.mine)
    return may_declare(actor, record)


def major_view(
    record: Record, actor: Actor, badges: Mapping[UUID, PartyBadge], talk: Conversation
) -> MajorView | None:
    """Return how it stands for one reader; names only of people that read along here. Two queries."""
    major = major_of(record.ticket.id)
    if major is None:
        return None
    at_work = [p.organization_id for p in record.parts if p.organization_id in badges]
    people = [i for i in (major.commander_id, major.communicator_id) if i is not None]
    known = set(
        Employment.objects.filter(person_id__in=people, organization_id__in=at_work).values_list(
            "person_id", flat=True
        )
    )

    def name(person_id: UUID | None, written: str) -> str:
        return written if person_id in known else ""

    updates = [line.at for line in talk.messages if line.says == UPDATE]
    wrote = {line.badge for line in talk.messages if line.says == REVIEW}
    sides = sides_of(record)
    return MajorView(
        declared_at=major.declared_at,
        ended_at=major.ended_at,
        reviewed_at=major.reviewed_at,
        commander=name(major.commander_id, major.commander.name if major.commander else ""),
        communicator=name(major.communicator_id, major.communicator.name if major.communicator else ""),
        last_update_at=updates[-1] if updates else None,
        reviews=tuple((badges[i], badges[i] in wrote) for i in dict.fromkeys(sides) if i in badges),
        may_lead=leads_major(actor, record, major) and major.ended_at is None,
        may_review=bool(capacities(actor, record) & {Who.OWNER, Who.HOLDER})
        and major.ended_at is not None
        and major.reviewed_at is None,
    )


def is_declarable(actor: Actor, record: Record) -> bool:
    """Tell whether the ticket is an open incident that the actor may lead as a major one. No query."""
    ticket = record.ticket
    return ticket.kind == TicketKind.INCIDENT and ticket.category != "closed" and may_declare(actor, record)


def sides_of(record: Record) -> list[UUID]:
    """Return the two sides that lead it: the owner, and the party that holds it."""
    holder = record.ticket.holder_organization_id
    return [record.ticket.owner_id] + ([holder] if holder not in (None, record.ticket.owner_id) else [])


def leaders_of(record: Record, at: datetime) -> list[tuple[UUID, str]]:
    """Return the people who may be named to lead it. One query."""
    rows = Employment.objects.filter(live(at), organization_id__in=sides_of(record)).order_by(
        "person__name", "person_id"
    )
    return list(rows.values_list("person_id", "person__name")[:300])
