"""Linking tickets, and taking a link off again.

A link shows itself to whoever sees both tickets, and to nobody else; it lets nobody read what they did not read before. Its
entries are about the link and not about the tickets, so that the record of one ticket says nothing of another.
Not here: merging and splitting, which link too.
"""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from cosource.foundation.bulk import insert_all
from cosource.foundation.errors import Conflict, Invalid, NotAllowed, NotFound
from cosource.foundation.ids import new_id
from cosource.foundation.live.registry import register_harmless
from cosource.foundation.services.audience import audience_intern
from cosource.foundation.services.ledger import append
from cosource.foundation.sight import Actor, system_actor
from cosource.tickets.models import Participation, TicketLink
from cosource.tickets.queries.record import parties_seen_by
from cosource.tickets.rules.links import CHILD, KINDS, PARENT, closes_a_circle, shared_desks
from cosource.tickets.rules.states import Who
from cosource.tickets.services import policy
from cosource.tickets.services.beside import links_flag, links_unflag
from cosource.tickets.services.record import Record, load, save

SUBJECT = "ticket_link"
# Deeper than this no work is broken down.
_DEEPEST = 50


@transaction.atomic
def ticket_link(
    *,
    ticket_id: UUID,
    other_id: UUID,
    kind: str,
    actor: Actor,
    at: datetime,
    expected_version: int | None = None,
) -> UUID:
    """Link two tickets and return the link's id. `kind`: what the other is to this one, a key of `rules.links.KINDS`.

    The actor works on both. A ticket is part of one other at most, and never of itself. Appends `ticket.linked/1`, read by the
    parties that take part in both.
    Raises: NotFound (either ticket out of sight), NotAllowed, Invalid, Conflict (linked so already), StaleVersion.
    """
    record, other = pair_load(ticket_id, other_id, actor, expected_version=expected_version)
    chosen = KINDS.get(kind)
    if chosen is None or not chosen.by_hand:
        keys = ", ".join(k.key for k in KINDS.values() if k.by_hand)
        raise Invalid(
            "That is no kind of link.", fields={"kind": _("One of: %(choices)s.") % {"choices": keys}}
        )
    if TicketLink.objects.filter(ticket_id=ticket_id, other_id=other_id, kind=kind).exists():
        raise Conflict("These tickets are linked so already.", code="linked_already")
    if kind in (PARENT, CHILD):
        child, parent = (record, other) if kind == PARENT else (other, record)
        _require_tree(child, parent, actor)
    pair_hold(record, other, at=at)
    return link_write(record, other, kind=kind, actor=actor, at=at)


@transaction.atomic
def ticket_unlink(
    *, ticket_id: UUID, link_id: UUID, actor: Actor, at: datetime, expected_version: int | None = None
) -> None:
    """Take a link off. Appends `ticket.unlinked/1`. A merge or a split is no link of this kind and stays.

    Raises: NotFound, NotAllowed, Conflict, StaleVersion.
    """
    end = TicketLink.objects.visible_to(actor).filter(ticket_id=ticket_id, link_id=link_id).first()
    if end is None:
        raise NotFound
    record, other = pair_load(ticket_id, end.other_id, actor, expected_version=expected_version)
    if not KINDS[end.kind].by_hand:
        raise Conflict("This link belongs to a merge or a split and stays.", code="link_stays")
    pair_hold(record, other, at=at)
    link_delete(record, other, end, actor=actor, at=at)


def pair_load(
    ticket_id: UUID, other_id: UUID, actor: Actor, *, expected_version: int | None = None
) -> tuple[Record, Record]:
    """Return the records of two tickets that the actor sees and works on. Raises: NotFound, NotAllowed, Invalid, StaleVersion."""
    record = load(ticket_id, actor, expected_version=expected_version)
    if Who.ANY not in policy.capacities(actor, record):
        raise NotAllowed("You may read this ticket, but not link it.", action="ticket.link")
    if ticket_id == other_id:
        raise Invalid("A ticket is not linked with itself.", fields={"other_id": "Name another ticket."})
    other = load(other_id, actor)
    if Who.ANY not in policy.capacities(actor, other):
        raise NotAllowed("You may read the other ticket, but not link it.", action="ticket.link")
    return record, other


def pair_hold(record: Record, other: Record, *, at: datetime) -> None:
    """Hold both tickets by compare-and-set, in one order for all. Raises: StaleVersion."""
    for one in sorted((record, other), key=lambda r: r.ticket.id):
        save(one, at=at)


def link_write(
    record: Record, other: Record, *, kind: str, actor: Actor, at: datetime, came_from: str = ""
) -> UUID:
    """Write both ends of a link and its entries; return its id. The caller holds both tickets."""
    link_id = new_id()
    made_by = actor.on_behalf_of or actor.organization_id
    insert_all(
        TicketLink(
            link_id=link_id,
            ticket=one.ticket,
            other=another.ticket,
            kind=key,
            made_by_id=made_by,
            at=at,
            came_from=came_from,
        )
        for one, another, key in ((record, other, kind), (other, record, KINDS[kind].mirror))
    )
    links_flag(record.ticket.id, other.ticket.id)
    _tell("ticket.linked/1", link_id, record, other, kind, actor, at)
    return link_id


def link_delete(record: Record, other: Record, end: TicketLink, *, actor: Actor, at: datetime) -> None:
    """Delete both ends of a link and say so. The caller holds both tickets."""
    TicketLink.objects.filter(link_id=end.link_id).delete()
    links_unflag(record.ticket.id, other.ticket.id)
    _tell("ticket.unlinked/1", end.link_id, record, other, end.kind, actor, at)


def _tell(  # noqa: PLR0917 - private, what an entry says
    what: str, link_id: UUID, record: Record, other: Record, kind: str, actor: Actor, at: datetime
) -> None:
    """Say it to the parties of both tickets: together those that know the actor, each other engagement by itself."""
    known = parties_seen_by(record.mine.organization_id, record.parts)
    known &= parties_seen_by(other.mine.organization_id, other.parts)
    with_actor: list[Participation] = []
    strangers: list[Participation] = []
    for part in _of_both(record, other):
        (with_actor if part.organization_id in known else strangers).append(part)
    facts = {"kind": kind, "ticket": record.ticket.id.hex, "other": other.ticket.id.hex}
    streams = _streams(with_actor, record.mine)
    _append(what, link_id, streams, facts, actor, at)
    author = system_actor(
        reason="a step of a party that is not named here", organization_id=record.ticket.owner_id
    )
    for part in strangers:
        if part.engagement is not None:
            _append(what, link_id, [part.engagement.stream_id], facts, author, at)


def _append(  # noqa: PLR0917 - private, the parts of an entry
    what: str, link_id: UUID, streams: list[UUID], facts: dict[str, str], actor: Actor, at: datetime
) -> None:
    append(
        kind=what,
        subject_kind=SUBJECT,
        subject_id=link_id,
        audience_id=audience_intern(streams),
        actor=actor,
        at=at,
        facts=facts,
    )


def _of_both(record: Record, other: Record) -> list[Participation]:
    """Return the parts of desks and engagements under which both tickets are worked: what is said there widens nothing."""
    by_desk = {(p.organization_id, p.engagement_id): p for p in record.parts}
    there = [(p.organization_id, p.engagement_id) for p in other.parts]
    return [by_desk[key] for key in shared_desks(list(by_desk), there)]


def _streams(parts: Collection[Participation], mine: Participation) -> list[UUID]:
    parties = {p.organization_id for p in parts}
    found = [
        p.engagement.stream_id
        for p in parts
        if p.engagement is not None and p.engagement.client_id in parties
    ]
    return found or [mine.organization.own_stream_id]


def _require_tree(child: Record, parent: Record, actor: Actor) -> None:
    """Refuse a second parent and a circle, as far as the actor sees them: a refusal must tell of nothing else."""
    parents = TicketLink.objects.visible_to(actor).filter(kind=PARENT)
    if parents.filter(ticket=child.ticket).exists():
        raise Conflict("A ticket is part of one other at most.", code="has_parent")
    above: dict[UUID, UUID] = {}
    at = parent.ticket.id
    while at not in above and len(above) < _DEEPEST:
        over = parents.filter(ticket_id=at).values_list("other_id", flat=True).first()
        if over is None:
            break
        above[at] = over
        at = over
    if closes_a_circle(child.ticket.id, parent.ticket.id, above):
        raise Conflict("A ticket would become part of itself.", code="link_circle")


def register() -> None:
    """Pages are not told of links at once: their tickets' own entries say what changes there."""
    register_harmless(SUBJECT)
