"""A party's own checklist on a ticket: adding points, ticking them off, taking one away.

It is the party's own affair, in its own record. Not here: telling others, which is what messages are for.
"""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from cosource.foundation.errors import Invalid, NotAllowed, NotFound
from cosource.foundation.live.registry import register_harmless
from cosource.foundation.services.audience import audience_intern
from cosource.foundation.services.ledger import append
from cosource.foundation.sight import Actor
from cosource.tickets.models import ChecklistItem, Participation
from cosource.tickets.models.participation import Beside
from cosource.tickets.rules.states import Who
from cosource.tickets.services import policy
from cosource.tickets.services.beside import beside_clear, beside_set
from cosource.tickets.services.record import Record, load, require_text, save

SUBJECT = "checklist_item"
# A checklist is for one head: longer than this it is a project.
MOST = 100
LONGEST = 200


@transaction.atomic
def checklist_add(*, ticket_id: UUID, texts: Sequence[str], actor: Actor, at: datetime) -> list[UUID]:
    """Add points to the own party's checklist and return their ids. Appends `ticket.checklist_added/1` for each.

    Raises: NotFound, NotAllowed, Invalid (none, too many, too long), StaleVersion when two add at once.
    """
    record = _worked(ticket_id, actor)
    wanted = _wanted(texts, "text")
    mine = ChecklistItem.objects.filter(ticket=record.ticket, organization_id=record.mine.organization_id)
    places = list(mine.values_list("place", flat=True))
    if not wanted or len(places) + len(wanted) > MOST:
        raise Invalid(
            "That is no checklist.",
            fields={"text": _("Write 1 to %(most)s points, one in a line.") % {"most": MOST}},
        )
    save(record, at=at)
    return _write(record, wanted, max(places, default=0) + 1, actor, at)


def checklist_begin(record: Record, texts: Sequence[str], *, actor: Actor, at: datetime) -> None:
    """Give a ticket that the actor just opened the points that its own party begins with. Raises: Invalid."""
    wanted = _wanted(texts, "checklist")
    if len(wanted) > MOST:
        raise Invalid(
            "That is no checklist.",
            fields={"checklist": _("At most %(most)s points, one in a line.") % {"most": MOST}},
        )
    if wanted:
        _write(record, wanted, 1, actor, at)


def _wanted(texts: Sequence[str], field: str) -> list[str]:
    return [require_text(" ".join(text.split()), field, limit=LONGEST) for text in texts if text.strip()]


def _write(record: Record, wanted: Sequence[str], first: int, actor: Actor, at: datetime) -> list[UUID]:
    made = []
    for place, text in enumerate(wanted, start=first):
        entry_id = _append("ticket.checklist_added/1", None, record, actor, at, text)
        made.append(entry_id)
        ChecklistItem.objects.create(
            id=entry_id, ticket=record.ticket, organization_id=record.mine.organization_id, place=place
        )
    beside_set(Participation.objects.filter(id=record.mine.id), Beside.CHECKLIST)
    return made


@transaction.atomic
def checklist_tick(*, ticket_id: UUID, point_id: UUID, done: bool, actor: Actor, at: datetime) -> None:
    """Say that a point is done, by whom and when; or that it is not. Saying it twice changes nothing.

    Appends `ticket.checklist_ticked/1`. Raises: NotFound, NotAllowed.
    """
    record, item = _item(ticket_id, point_id, actor)
    open_now = ChecklistItem.objects.filter(id=item.id, done_at__isnull=done)
    changed = (
        {"done_at": at, "done_by_id": actor.person_id} if done else {"done_at": None, "done_by_id": None}
    )
    if open_now.update(**changed):
        _append("ticket.checklist_ticked/1", item.id, record, actor, at, "", done=done)


@transaction.atomic
def checklist_remove(*, ticket_id: UUID, point_id: UUID, actor: Actor, at: datetime) -> None:
    """Take a point off the list. Appends `ticket.checklist_removed/1`. Raises: NotFound, NotAllowed."""
    record, item = _item(ticket_id, point_id, actor)
    ChecklistItem.objects.filter(id=item.id).delete()
    left = ChecklistItem.objects.filter(ticket=record.ticket, organization_id=record.mine.organization_id)
    if not left.exists():
        beside_clear(Participation.objects.filter(id=record.mine.id), Beside.CHECKLIST)
    _append("ticket.checklist_removed/1", item.id, record, actor, at, "")


def _item(ticket_id: UUID, point_id: UUID, actor: Actor) -> tuple[Record, ChecklistItem]:
    item = ChecklistItem.objects.visible_to(actor).filter(ticket_id=ticket_id, id=point_id).first()
    if item is None:
        raise NotFound
    return _worked(ticket_id, actor), item


def _worked(ticket_id: UUID, actor: Actor) -> Record:
    record = load(ticket_id, actor)
    if Who.ANY not in policy.capacities(actor, record):
        raise NotAllowed("You may read this ticket, but not work on it.", action="ticket.checklist")
    return record


def _append(  # noqa: PLR0917 - private, the parts of an entry
    kind: str,
    point_id: UUID | None,
    record: Record,
    actor: Actor,
    at: datetime,
    text: str,
    **facts: bool,
) -> UUID:
    return append(
        kind=kind,
        subject_kind=SUBJECT,
        subject_id=point_id or record.ticket.id,
        audience_id=audience_intern([record.mine.organization.own_stream_id]),
        actor=actor,
        at=at,
        facts={"ticket": record.ticket.id.hex, **facts},
        payload={"text": text} if text else None,
    )


def register() -> None:
    """Pages are not told of points at once."""
    register_harmless(SUBJECT)
