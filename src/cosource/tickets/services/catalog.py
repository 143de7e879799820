"""The service catalog: items that a desk offers, and asking for one.

Not here: what a form may hold (`rules.forms`), and how a request is worked on, which is as any ticket is.
"""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from cosource.foundation.bulk import update_guarded
from cosource.foundation.errors import Conflict, Invalid, NotAllowed, NotFound, StaleVersion
from cosource.foundation.services.audience import audience_intern
from cosource.foundation.services.ledger import append
from cosource.foundation.sight import MANAGER, REQUESTER, SERVICE_OWNER, Actor
from cosource.parties.models import Engagement, Organization, Service, Team
from cosource.tickets.models import CatalogItem, Ticket
from cosource.tickets.rules.forms import BadForm, answers_checked, answers_text, fields_read, fields_written
from cosource.tickets.rules.states import TicketKind
from cosource.tickets.services.approving import approval_begin
from cosource.tickets.services.opening import record_open
from cosource.tickets.services.record import require_text

_TEXTS = {"name": 120, "description": 300, "section": 60}
_PLAIN = ("impact", "urgency", "approval", "for_requesters", "service_id", "team_id", "form")
CHANGEABLE = (*_TEXTS, *_PLAIN)


@transaction.atomic
def catalog_item_add(*, values: dict[str, Any], actor: Actor, at: datetime) -> CatalogItem:
    """Offer something at the actor's own desk. Appends `catalog.item_added/1` to the organization's own record.

    `values`: of `CHANGEABLE`; `form` is the fields as text. Raises: NotAllowed, NotFound, Invalid naming the field.
    """
    organization = _kept_by(actor)
    item = CatalogItem(organization=organization, created_at=at)
    _set(item, {"name": "", **values})
    item.save()
    _tell(item, "catalog.item_added/1", actor, at, {"name": item.name})
    return item


@transaction.atomic
def catalog_item_change(
    *, item_id: UUID, values: dict[str, Any], actor: Actor, at: datetime, expected_version: int | None = None
) -> CatalogItem:
    """Change what is offered; requests that were made stay as they are. Appends `catalog.item_changed/1`.

    Raises: NotFound, NotAllowed, Invalid, Conflict (no longer offered), StaleVersion.
    """
    item = _own_item(item_id, actor)
    if item.ended_at is not None:
        raise Conflict("This is no longer offered.", code="ended")
    if expected_version is not None and item.version != expected_version:
        raise StaleVersion
    before = {name: getattr(item, name) for name in CHANGEABLE}
    _set(item, values)
    changed = {name: getattr(item, name) for name in CHANGEABLE if getattr(item, name) != before[name]}
    if not changed:
        return item
    if not update_guarded(item, changed, guard="version"):
        raise StaleVersion
    item.version += 1
    _tell(item, "catalog.item_changed/1", actor, at, {"name": item.name}, fields=sorted(changed))
    return item


@transaction.atomic
def catalog_item_end(*, item_id: UUID, actor: Actor, at: datetime) -> None:
    """Offer it no longer. Appends `catalog.item_ended/1`. Raises: NotFound, NotAllowed, Conflict."""
    item = _own_item(item_id, actor)
    if not CatalogItem.objects.filter(id=item.id, ended_at__isnull=True).update(
        ended_at=at, version=item.version + 1
    ):
        raise Conflict("This is no longer offered.", code="ended")
    _tell(item, "catalog.item_ended/1", actor, at, None)


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
    unknown = set(values) - set(CHANGEABLE)
    if unknown:
        raise Invalid("Unknown fields.", fields=dict.fromkeys(sorted(unknown), "This cannot be set here."))
    for name, value in values.items():
        if value is None and name not in ("service_id", "team_id"):
            raise Invalid("Something is missing.", fields={name: "This cannot be empty."})
        if name in _TEXTS:
            item_value: Any = require_text(
                " ".join(str(value).split()), name, limit=_TEXTS[name], optional=name != "name"
            )
        elif name in ("impact", "urgency"):
            if value not in (1, 2, 3):
                raise Invalid("Impact and urgency are 1, 2 or 3.", fields={name: "1 high, 2 medium, 3 low."})
            item_value = value
        elif name == "form":
            item_value = _form(str(value))
        else:
            item_value = value
        setattr(item, name, item_value)
    _require_own(item)


def _form(text: str) -> str:
    if len(text) > 10_000 or "\x00" in text:
        raise Invalid("The form is too long.", fields={"form": "At most 10000 characters."})
    try:
        return fields_written(fields_read(text))
    except BadForm as bad:
        raise Invalid("A line of the form cannot be read.", fields={"form": str(bad)}) from None


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
    if item.organization_id != _kept_by(actor).id:
        raise NotAllowed("Only the desk that offers it changes it.")
    return item


def _kept_by(actor: Actor) -> Organization:
    if actor.organization_id is None or not actor.sight.roles_on(None) & {SERVICE_OWNER, MANAGER}:
        raise NotAllowed("A service owner or manager decides what a desk offers.")
    return Organization.objects.get(id=actor.organization_id)


def _tell(  # noqa: PLR0917 - private, an entry's parts in their order
    item: CatalogItem,
    kind: str,
    actor: Actor,
    at: datetime,
    texts: dict[str, str] | None,
    fields: list[str] | None = None,
) -> None:
    append(
        kind=kind,
        subject_kind="catalog_item",
        subject_id=item.id,
        audience_id=audience_intern([item.organization.own_stream_id]),
        actor=actor,
        at=at,
        facts={"version": item.version} | ({"fields": fields} if fields else {}),
        payload=texts,
    )
