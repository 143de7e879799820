"""Changing what a ticket says of itself, and who of the holding team works on it."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from cosource.foundation.errors import Invalid, NotFound
from cosource.foundation.services.search import text_index
from cosource.foundation.sight import Actor
from cosource.parties.models import Membership, Service, Site
from cosource.parties.queries.sight import live
from cosource.tickets.models.participation import Kind
from cosource.tickets.services import policy
from cosource.tickets.services.clocks import clocks_retarget
from cosource.tickets.services.listkeys import sync
from cosource.tickets.services.openable import engagements_covering
from cosource.tickets.services.policy import Action
from cosource.tickets.services.record import (
    Record,
    agreed_priority,
    audience_of,
    join,
    load,
    note,
    readers_with,
    require_open,
    require_text,
    save,
    tell_others,
)
from cosource.tickets.services.sharing import share_with
from cosource.tickets.services.telling import assignment_tell

TEXT_FIELDS = {"title": 200, "topic": 120, "subtopic": 120, "asset_name": 120, "requester_name": 120}


@transaction.atomic
def ticket_update(
    *,
    ticket_id: UUID,
    changes: dict[str, Any],
    actor: Actor,
    at: datetime,
    expected_version: int | None = None,
) -> None:
    """Change title, topic, subtopic, asset name, requester name, impact, urgency, service or site.

    Priority follows from impact and urgency; the clocks follow from priority, service and site, counted from the opening. A
    service or site that brings the ticket into an engagement's scope lets that partner take part. Appends `ticket.changed/1`
    with what changed from what to what; names and texts are in its payload.
    Raises: NotFound, NotAllowed, Conflict when closed, Invalid, StaleVersion.
    """
    record = load(ticket_id, actor, expected_version=expected_version)
    policy.require(actor, Action.UPDATE, record)
    ticket = record.ticket
    require_open(ticket)
    unknown = set(changes) - {*TEXT_FIELDS, "impact", "urgency", "service_id", "site_id"}
    if unknown:
        raise Invalid(
            "Unknown fields.", fields=dict.fromkeys(sorted(unknown), "This cannot be changed here.")
        )
    new: dict[str, Any] = {}
    for name, value in changes.items():
        if name in TEXT_FIELDS:
            new[name] = require_text(
                " ".join(str(value).split()), name, limit=TEXT_FIELDS[name], optional=name != "title"
            )
        elif name in ("impact", "urgency"):
            if value not in (1, 2, 3):
                raise Invalid("Impact and urgency are 1, 2 or 3.", fields={name: "1 high, 2 medium, 3 low."})
            new[name] = value
        else:
            model = Service if name == "service_id" else Site
            if (
                value is not None
                and not model.objects.visible_to(actor)
                .filter(id=value, organization_id=ticket.owner_id)
                .exists()
            ):
                raise NotFound
            new[name] = value
    new = {k: v for k, v in new.items() if getattr(ticket, k) != v}
    if not new:
        return
    priority = agreed_priority(
        new.get("impact", ticket.impact),
        new.get("urgency", ticket.urgency),
        ticket.owner_id,
        ticket.opened_at,
    )
    if priority != ticket.priority:
        new["priority"] = priority
    before = {name: getattr(ticket, name) for name in new}
    readers = readers_with(record, actor, ticket.holder_organization_id)
    save(record, at=at, **new)
    facts, texts = _said(before, new)
    entry_id = note(
        record,
        kind="ticket.changed/1",
        actor=actor,
        at=at,
        readers=readers,
        facts=facts,
        payload=texts or None,
    )
    if texts:
        text_index(
            subject_kind="ticket",
            subject_id=ticket.id,
            entry_id=entry_id,
            audience_id=audience_of(record, readers),
            text=" ".join(str(t["to"]) for t in texts.values()),
        )
    tell_others(record, readers=readers, at=at, facts={"state": ticket.state, "priority": ticket.priority})
    if "service_id" in new or "site_id" in new:
        _join_scope(record, at)
    clocks_retarget(record, at=at)
    sync(record, at=at)


@transaction.atomic
def ticket_assign(
    *,
    ticket_id: UUID,
    person_id: UUID | None,
    actor: Actor,
    at: datetime,
    expected_version: int | None = None,
) -> None:
    """Assign the ticket to a person of the team that holds it, or to nobody yet.

    Appends `ticket.assigned/1` to the holder's own record and the owner's shared one.
    Raises: NotFound, NotAllowed, Conflict when closed, Invalid when the person is not in the team, StaleVersion.
    """
    record = load(ticket_id, actor, expected_version=expected_version)
    policy.require(actor, Action.ASSIGN, record)
    ticket = record.ticket
    require_open(ticket)
    team = Membership.objects.filter(live(at), team=ticket.holder_team)
    if person_id is not None and not team.filter(person_id=person_id).exists():
        raise Invalid(
            "That person is not in the team.",
            fields={"person_id": "Somebody of the team that holds the ticket."},
        )
    if person_id == ticket.assignee_id:
        return
    readers = readers_with(record, actor, ticket.holder_organization_id)
    save(record, at=at, assignee_id=person_id)
    entry_id = note(
        record,
        kind="ticket.assigned/1",
        actor=actor,
        at=at,
        readers=readers,
        facts={"person": person_id.hex if person_id else None},
    )
    sync(record, at=at, told=readers)
    assignment_tell(record, entry_id=entry_id, person_id=person_id, actor=actor, at=at)


def _said(before: dict[str, Any], new: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    facts: dict[str, Any] = {}
    texts: dict[str, Any] = {}
    for name, value in new.items():
        if name in TEXT_FIELDS:
            texts[name] = {"from": before[name], "to": value}
            facts[name] = "changed"
        else:
            facts[name] = {"from": _plain(before[name]), "to": _plain(value)}
    return facts, texts


def _plain(value: Any) -> Any:
    return value.hex if isinstance(value, UUID) else value


def _join_scope(record: Record, at: datetime) -> None:
    ticket = record.ticket
    if ticket.internal:
        return
    for engagement in engagements_covering(
        client_id=ticket.owner_id, service_id=ticket.service_id, site_id=ticket.site_id, at=at
    ):
        if record.part_of(engagement.partner_id) is None:
            share_with(record, join(record, ticket, engagement, kind=Kind.SCOPE, at=at), at=at)
