"""The service catalog: items that a desk offers, and asking for one.

Not here: what a form may hold (`rules.forms`), and how a request is worked on, which is as any ticket is.
"""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from cosource.foundation.errors import Invalid, NotAllowed, NotFound
from cosource.foundation.sight import REQUESTER, Actor
from cosource.parties.models import Engagement, Service, Team
from cosource.tickets.models import CatalogItem, Ticket
from cosource.tickets.rules.forms import answers_checked, answers_text, fields_read
from cosource.tickets.rules.states import TicketKind
from cosource.tickets.services.approving import approval_begin
from cosource.tickets.services.kept import (
    form_written,
    keeper_of,
    kept_change,
    kept_end,
    kept_tell,
    one_line,
    require_kept,
    require_known,
)
from cosource.tickets.services.opening import record_open
from cosource.tickets.services.record import require_text

_TEXTS = {"name": 120, "description": 300, "section": 60}
_PLAIN = ("impact", "urgency", "approval", "for_requesters", "service_id", "team_id", "form")
CHANGEABLE = (*_TEXTS, *_PLAIN)
SUBJECT = "catalog_item"


@transaction.atomic
def catalog_item_add(*, values: dict[str, Any], actor: Actor, at: datetime) -> CatalogItem:
    """Offer something at the actor's own desk. Appends `catalog.item_added/1` to the organization's own record.

    `values`: of `CHANGEABLE`; `form` is the fields as text. Raises: NotAllowed, NotFound, Invalid naming the field.
    """
    organization = keeper_of(actor)
    item = CatalogItem(organization=organization, created_at=at)
    _set(item, {"name": "", **values})
    item.save()
    kept_tell(item, "catalog.item_added/1", actor, at, subject=SUBJECT)
    return item


@transaction.atomic
def catalog_item_change(
    *, item_id: UUID, values: dict[str, Any], actor: Actor, at: datetime, expected_version: int | None = None
) -> CatalogItem:
    """Change what is offered; requests that were made stay as they are. Appends `catalog.item_changed/1`.

    Raises: NotFound, NotAllowed, Invalid, Conflict (no longer offered), StaleVersion.
    """
    item = _own_item(item_id, actor)
    require_kept(item, expected_version)
    before = {name: getattr(item, name) for name in CHANGEABLE}
    _set(item, values)
    if changed := kept_change(item, before, CHANGEABLE):
        kept_tell(item, "catalog.item_changed/1", actor, at, subject=SUBJECT, fields=changed)
    return item


@transaction.atomic
def catalog_item_end(*, item_id: UUID, actor: Actor, at: datetime) -> None:
    """Offer it no longer. Appends `catalog.item_ended/1`. Raises: NotFound, NotAllowed, Conflict."""
    item = _own_item(item_id, actor)
    kept_end(item, at)
    kept_tell(item, "catalog.item_ended/1", actor, at, subject=SUBJECT)


@transaction.atomic
def request_open(
    *,
    item_id: UUID,
    answers: dict[str, str],
    actor: Actor,
    at: datetime,
    remark: str = "",
    site_id: UUID | None = None,
    requester_name: str = "",
    demo: bool = False,
) -> Ticket:
    """Ask for an item of the catalog: a service request with the answers as its first text.

    Where the item needs it, the owner's approval is asked for at once. A partner asks on the desk of the client under the
    engagement that covers the item's service.
    Raises: NotFound, NotAllowed, Invalid naming each answer that is missing or wrong.
    """
    item = CatalogItem.objects.visible_to(actor).filter(id=item_id, ended_at__isnull=True).first()
    if item is None:
        raise NotFound
    fields = fields_read(item.form)
    unknown = set(answers) - {field.key for field in fields}
    if unknown:
        raise Invalid("Unknown fields.", fields=dict.fromkeys(sorted(unknown), "The form has no such field."))
    kept, wrong = answers_checked(fields, answers)
    if wrong:
        raise Invalid("Some answers are missing or wrong.", fields=wrong)
    told = [answers_text(fields, kept), require_text(remark, "remark", limit=5_000, optional=True)]
    engagement_id = _engagement_for(item, actor)
    record = record_open(
        actor=actor,
        at=at,
        kind=TicketKind.REQUEST,
        title=item.name,
        text="\n\n".join(text for text in told if text) or item.name,
        impact=item.impact,
        urgency=item.urgency,
        topic=item.section,
        service_id=item.service_id,
        team_id=item.team_id if engagement_id is None else None,
        site_id=site_id,
        requester_name="" if actor.sight.roles == {REQUESTER} else requester_name,
        engagement_id=engagement_id,
        demo=demo,
    )
    if item.approval:
        approval_begin(record, actor=actor, at=at)
    return record.ticket


def _engagement_for(item: CatalogItem, actor: Actor) -> UUID | None:
    if item.organization_id == actor.reads_as:
        return None
    if item.service_id is None:
        raise NotFound
    served = Engagement.objects.visible_to(actor).filter(
        client_id=item.organization_id,
        covered_services__service_id=item.service_id,
        covered_services__ends_at__isnull=True,
        id__in=actor.sight.engagement_ids,
    )
    found = served.order_by("created_at", "id").values_list("id", flat=True).first()
    if found is None:
        raise NotFound
    return found


def _set(item: CatalogItem, values: dict[str, Any]) -> None:
    require_known(values, CHANGEABLE)
    for name, value in values.items():
        if value is None and name not in ("service_id", "team_id"):
            raise Invalid("Something is missing.", fields={name: "This cannot be empty."})
        if name in _TEXTS:
            item_value: Any = one_line(value, name, limit=_TEXTS[name], optional=name != "name")
        elif name in ("impact", "urgency"):
            if value not in (1, 2, 3):
                raise Invalid("Impact and urgency are 1, 2 or 3.", fields={name: "1 high, 2 medium, 3 low."})
            item_value = value
        elif name == "form":
            item_value = form_written(str(value), optional=True)
        else:
            item_value = value
        setattr(item, name, item_value)
    _require_own(item)


def _require_own(item: CatalogItem) -> None:
    """Refuse a service or team that is not the organization's own. Raises: NotFound."""
    for model, pk in ((Service, item.service_id), (Team, item.team_id)):
        if pk is None:
            continue
        if not model.objects.filter(
            id=pk, organization_id=item.organization_id, ended_at__isnull=True
        ).exists():
            raise NotFound


def _own_item(item_id: UUID, actor: Actor) -> CatalogItem:
    item = CatalogItem.objects.visible_to(actor).filter(id=item_id).first()
    if item is None:
        raise NotFound
    if item.organization_id != keeper_of(actor).id:
        raise NotAllowed("Only the desk that offers it changes it.")
    return item
