"""A ticket with everybody's part in it, as one actor reaches it, and which parties each party knows of.

Services and queries both begin here. Not here: who may take a step (`capacities`), and writing (`services.record`).
"""

from collections.abc import Iterable
from dataclasses import dataclass, fields
from operator import attrgetter
from uuid import UUID

from cosource.foundation.errors import NotFound, StaleVersion
from cosource.foundation.prepared import BySight, Prepared
from cosource.foundation.sight import Actor
from cosource.tickets.models import Clock, Handover, Participation, Possession, Ticket
from cosource.tickets.models.participation import Kind
from cosource.tickets.rules.sight import Part, reaching


@dataclass(slots=True)
class Record:
    """A ticket with everybody's part in it, loaded for one actor. `mine` is the actor's organization's own part.

    The rest is read by the step that needs it (`services.at_hand`); None until then.
    """

    ticket: Ticket
    parts: list[Participation]
    mine: Participation
    clocks: list[Clock] | None = None
    handovers: list[Handover] | None = None
    possessions: list[Possession] | None = None

    def part_of(self, organization_id: UUID | None) -> Participation | None:
        """Return an organization's part, if it has one."""
        return next((p for p in self.parts if p.organization_id == organization_id), None)

    @property
    def owner_part(self) -> Participation:
        """Return the owner's part; every ticket has one."""
        return next(p for p in self.parts if p.kind == Kind.OWNER)


def load(ticket_id: UUID, actor: Actor, *, expected_version: int | None = None) -> Record:
    """Return the record of a ticket in the actor's sight.

    Raises: NotFound for what is not there and for what is out of sight alike; StaleVersion.
    """
    seen = next(iter(_in_sight(actor, ticket_id=ticket_id)), None)
    if seen is None:
        raise NotFound
    parts = _parts(ticket_id=ticket_id)
    mine = next(p for p in parts if p.id == seen.id)
    if expected_version is not None and mine.revision != expected_version:
        raise StaleVersion
    return Record(ticket=seen.ticket, parts=parts, mine=mine)


def in_sight(record: Record, actor: Actor) -> Record:
    """Return the record of a ticket that the actor just opened. Raises: NotFound where no grant of theirs reaches it."""
    if not reaching(actor.sight, Part(*_deciding(record.mine))):
        raise NotFound
    return record


_deciding = attrgetter(*(field.name for field in fields(Part)))
_in_sight = BySight[Participation](
    lambda actor, ticket_id: (
        Participation.objects.visible_to(actor)
        .filter(ticket_id=ticket_id)
        .select_related("ticket")
        .order_by()
    ),
    ticket_id=UUID,
)
_parts = Prepared[Participation](
    lambda ticket_id: (
        Participation.objects.filter(ticket_id=ticket_id)
        .select_related("organization", "engagement")
        .order_by("opened_at", "id")
    ),
    ticket_id=UUID,
)


def parties_seen_by(organization_id: UUID | None, parts: Iterable[Participation]) -> frozenset[UUID]:
    """Return the parties of a ticket that an organization knows of.

    The owner knows all. A partner knows itself, the owner, those it has an engagement with, and, once it is joint, the other
    joint parties.
    """
    known = list(parts)
    own = next((p for p in known if p.organization_id == organization_id), None)
    if own is None:
        return frozenset()
    if own.kind == Kind.OWNER:
        return frozenset(p.organization_id for p in known)
    seen = {own.organization_id, own.owner_id}
    for part in known:
        direct = (part.engagement is not None and part.engagement.client_id == organization_id) or (
            own.engagement is not None and own.engagement.client_id == part.organization_id
        )
        if direct or (own.joint and part.joint):
            seen.add(part.organization_id)
    return frozenset(seen)
