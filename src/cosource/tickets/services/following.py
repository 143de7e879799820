"""Following a ticket: being told of what is said and of where it goes, within what one may read there."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext_lazy as label

from cosource.foundation.errors import NotAllowed
from cosource.foundation.notices import register_notice_kind
from cosource.foundation.sight import Actor
from cosource.parties.services.leaving import register_leaving
from cosource.tickets.models import Following, Participation
from cosource.tickets.models.participation import Beside
from cosource.tickets.queries.record import Record, load
from cosource.tickets.queries.taking_part import Taking, readers_among
from cosource.tickets.rules.wording import gettext_lazy
from cosource.tickets.services.beside import beside_clear, beside_set
from cosource.tickets.services.telling import part_tell

FOLLOWED = "ticket.followed"


@transaction.atomic
def ticket_follow(*, ticket_id: UUID, follows: bool, actor: Actor, at: datetime) -> None:
    """Follow a ticket in sight, or follow it no more; again is harmless. Raises: NotFound, NotAllowed for a program."""
    record = load(ticket_id, actor)
    if actor.kind != "person" or actor.person_id is None or actor.organization_id is None:
        raise NotAllowed("Only a person follows a ticket.", code="no_person")
    part = Participation.objects.filter(id=record.mine.id)
    if follows:
        row = Following(ticket_id=ticket_id, person_id=actor.person_id, organization_id=actor.organization_id)
        Following.objects.bulk_create([row], ignore_conflicts=True)
        beside_set(part, Beside.FOLLOWED)
        return
    Following.objects.visible_to(actor).filter(ticket_id=ticket_id).delete()
    if not Following.objects.filter(ticket_id=ticket_id, organization_id=actor.organization_id).exists():
        beside_clear(part, Beside.FOLLOWED)


def followers_tell(
    record: Record,
    *,
    entry_id: UUID,
    readers: Collection[UUID],
    with_requester: bool,
    actor: Actor,
    at: datetime,
    but: Collection[UUID] = (),
) -> None:
    """Tell who follows the ticket and may read what happened; not those who are told of it otherwise (`but`)."""
    parts = [p for p in record.parts if p.organization_id in readers and p.has_beside(Beside.FOLLOWED)]
    if not parts:
        return
    rows = Following.objects.filter(
        ticket=record.ticket, organization_id__in=[p.organization_id for p in parts]
    )
    people = [Taking(i, "", o) for i, o in rows.values_list("person_id", "organization_id") if i not in but]
    told = readers_among(people, record, readers=readers, with_requester=with_requester, at=at)
    for part in parts:
        part_tell(
            record,
            part,
            effect_key=f"ticket.followed:{entry_id.hex}:{part.organization_id.hex}",
            person_ids={t.person_id for t in told if t.organization_id == part.organization_id},
            kind=FOLLOWED,
            words=gettext_lazy("Something happened on %(reference)s", reference=part.reference),
            actor=actor,
            at=at,
        )


def _forget(person_id: UUID, organization_id: UUID, at: datetime) -> None:
    Following.objects.filter(person_id=person_id, organization_id=organization_id).delete()


def register() -> None:
    """Let people choose how they are told of what they follow."""
    register_notice_kind(FOLLOWED, label("Something happens on a ticket that I follow"))
    register_leaving(_forget)
