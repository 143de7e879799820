"""The people who take part in a ticket, as far as the reader knows of their parties: teams, assignees, who asked, who wrote.

Not here: whom a message may mention (`services.mentions`).
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from cosource.foundation.models import Audience
from cosource.foundation.sight import Actor, resolve_sight
from cosource.parties.models import Membership, Person
from cosource.parties.queries.sight import live
from cosource.tickets.models import Message
from cosource.tickets.queries.as_requester import reads_as_requester
from cosource.tickets.queries.record import Record, parties_seen_by
from cosource.tickets.rules.sight import Part, may_be_told


@dataclass(frozen=True, slots=True)
class Taking:
    """A person who takes part, and for which party."""

    person_id: UUID
    name: str
    organization_id: UUID


def taking_part(record: Record, actor: Actor, at: datetime) -> list[Taking]:
    """Return the people who take part, by name. At most three queries."""
    if reads_as_requester(record, actor):
        return _who_answered(record)
    known = parties_seen_by(record.mine.organization_id, record.parts)
    parts = [p for p in record.parts if p.organization_id in known]
    teams = {t for p in parts for t in (p.team_id, p.offered_team_id) if t is not None}
    found: dict[tuple[UUID, UUID], str] = {}
    members = Membership.objects.filter(live(at), team_id__in=teams, person__is_active=True)
    for person_id, name, organization_id in members.values_list(
        "person_id", "person__name", "team__organization_id"
    ):
        if organization_id in known:
            found[person_id, organization_id] = name
    others = {(p.assignee_id, p.organization_id) for p in parts if p.assignee_id is not None}
    if record.ticket.requester_id is not None:
        others.add((record.ticket.requester_id, record.ticket.owner_id))
    wrote = Message.objects.filter(
        ticket=record.ticket, author_organization_id__in=known, author__isnull=False
    )
    others |= set(wrote.values_list("author_id", "author_organization_id").distinct())
    names = dict(
        Person.objects.filter(id__in={i for i, _ in others}, is_active=True).values_list("id", "name")
    )
    found |= {(i, o): names[i] for i, o in others if i in names and o is not None}
    people = [Taking(i, name, o) for (i, o), name in found.items()]
    return sorted(people, key=lambda t: (t.name.casefold(), t.person_id))


def _who_answered(record: Record) -> list[Taking]:
    """Return the people whose answers the requester reads: who else works on it is the desk's own business. One query."""
    wrote = Message.objects.filter(
        ticket=record.ticket,
        author__isnull=False,
        author__is_active=True,
        author_organization_id=record.ticket.owner_id,
        audience_id__in=Audience.objects.filter(with_requester=True).values("id"),
    )
    rows = wrote.values_list("author_id", "author__name").distinct()
    people = [Taking(i, name, record.ticket.owner_id) for i, name in rows if i is not None]
    return sorted(people, key=lambda t: (t.name.casefold(), t.person_id))


def readers_among(
    people: Iterable[Taking],
    record: Record,
    *,
    readers: Collection[UUID],
    with_requester: bool,
    at: datetime,
) -> list[Taking]:
    """Return those who would read what is written for these readers, by the rights that they have at `at`."""
    found = []
    for one in people:
        row = record.part_of(one.organization_id) if one.organization_id in readers else None
        if row is None:
            continue
        part = Part(**{name: getattr(row, name) for name in Part.__dataclass_fields__})
        sight = resolve_sight(one.person_id, one.organization_id, at)
        if may_be_told(sight, part, readers=readers, with_requester=with_requester, is_written=True):
            found.append(one)
    return found
