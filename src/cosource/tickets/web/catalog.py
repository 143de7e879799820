"""The pages of the service catalog: what can be asked for, asking for it, and looking after what is offered."""

from itertools import groupby
from typing import Any
from uuid import UUID

from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from cosource.foundation import clock
from cosource.foundation.doors import PageRequest, signed_in
from cosource.foundation.errors import Invalid, NotFound
from cosource.foundation.web.once import taken_once
from cosource.tickets.models import CatalogItem
from cosource.tickets.queries.catalog import catalog_items, item_choices, item_get, may_keep, site_choices
from cosource.tickets.queries.desks import may_open
from cosource.tickets.queries.today import is_requester_only
from cosource.tickets.rules.forms import FieldKind, fields_read
from cosource.tickets.rules.priority import LEVEL_LABELS
from cosource.tickets.services.catalog import (
    catalog_item_add,
    catalog_item_change,
    catalog_item_end,
    request_open,
)
from cosource.tickets.web.field_inputs import field_input
from cosource.tickets.web.parsing import level_in, one_uuid, text_in
from cosource.tickets.web.refused import Refused


@require_safe
@signed_in
def catalog(request: PageRequest) -> HttpResponse:
    """Show what the reader may ask for, by section."""
    items = catalog_items(request.actor)
    sections = [
        (key, list(some)) for key, some in groupby(items, key=lambda i: (i.organization_id, i.section))
    ]
    context = {
        "room": _room(request),
        "sections": [(some[0].section, some[0].organization, some) for _key, some in sections],
        "several": len({i.organization_id for i in items}) > 1,
        "may_keep": may_keep(request.actor),
        "may_open": may_open(request.actor),
    }
    return render(request, "tickets/catalog.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def item(request: PageRequest, item_id: UUID) -> HttpResponse:
    """Show the form of an item, or ask for it."""
    found = item_get(item_id, request.actor)
    if found.ended_at is not None:
        raise NotFound
    if request.method != "POST":
        return _draw_item(request, found, Refused())
    try:
        ticket_id = _ask(request, found)
    except Invalid as refusal:
        errors = {k: _(v) for k, v in refusal.details.get("fields", {}).items()}
        refused = Refused(request.POST.dict(), errors, refusal.message)
        return _draw_item(request, found, refused, status=refusal.status)
    return HttpResponseRedirect(reverse("tickets:ticket", args=[ticket_id]), status=303)


def _ask(request: PageRequest, found: CatalogItem) -> UUID:
    """Ask for it, or find the ticket that this very form opened before."""
    actor, at = request.actor, clock.now()
    with taken_once(request, at=at) as taking:
        if taking.before is not None:
            return UUID(taking.before)
        site = text_in(request, "site_id")
        ticket = request_open(
            item_id=found.id,
            answers={f.key: text_in(request, f"f-{f.key}") for f in fields_read(found.form)},
            remark=text_in(request, "remark"),
            site_id=one_uuid(site, "site_id") if site else None,
            requester_name=" ".join(text_in(request, "requester").split()),
            actor=actor,
            at=at,
        )
        taking.result = ticket.id.hex
        return ticket.id


def _draw_item(
    request: PageRequest, found: CatalogItem, refused: Refused, *, status: int = 200
) -> HttpResponse:
    context = {
        "room": _room(request),
        "item": found,
        "fields": [
            field_input(
                field,
                refused.values.get(f"f-{field.key}", ""),
                refused.errors.get(field.key, ""),
                f"f-{field.key}",
            )
            for field in fields_read(found.form)
        ],
        "sites": site_choices(found, request.actor),
        "values": refused.values,
        "errors": refused.errors,
        "refused": refused,
        "for_requester": is_requester_only(request.actor),
        "may_keep": may_keep(request.actor) and found.organization_id == request.actor.organization_id,
    }
    return render(request, "tickets/catalog_item.html", context, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def keep(request: PageRequest, item_id: UUID | None = None) -> HttpResponse:
    """Add an item, or change one."""
    found = item_get(item_id, request.actor) if item_id else None
    if not may_keep(request.actor) or (found and found.organization_id != request.actor.organization_id):
        raise NotFound
    if request.method != "POST":
        return _draw_keep(request, found, Refused(_kept(found)))
    try:
        values = _values_in(request)
        common: dict[str, Any] = {"values": values, "actor": request.actor, "at": clock.now()}
        saved = catalog_item_change(item_id=found.id, **common) if found else catalog_item_add(**common)
    except Invalid as refusal:
        refused = Refused(request.POST.dict(), refusal.details.get("fields", {}), refusal.message)
        return _draw_keep(request, found, refused, status=refusal.status)
    return HttpResponseRedirect(reverse("tickets:catalog_item", args=[saved.id]), status=303)


@require_POST
@signed_in
def end(request: PageRequest, item_id: UUID) -> HttpResponse:
    """Offer it no longer."""
    catalog_item_end(item_id=item_id, actor=request.actor, at=clock.now())
    return HttpResponseRedirect(reverse("tickets:catalog"), status=303)


def _values_in(request: PageRequest) -> dict[str, Any]:
    values: dict[str, Any] = {
        name: text_in(request, name) for name in ("name", "description", "section", "form")
    }
    values |= {name: level_in(request, name) for name in ("impact", "urgency")}
    values |= {name: name in request.POST for name in ("approval", "for_requesters")}
    for name in ("service_id", "team_id"):
        chosen = text_in(request, name)
        values[name] = one_uuid(chosen, name) if chosen else None
    return values


def _kept(found: CatalogItem | None) -> dict[str, str]:
    if found is None:
        return {"impact": "3", "urgency": "2", "for_requesters": "1"}
    return {
        "name": found.name,
        "description": found.description,
        "section": found.section,
        "form": found.form,
        "impact": str(found.impact),
        "urgency": str(found.urgency),
        "approval": "1" if found.approval else "",
        "for_requesters": "1" if found.for_requesters else "",
        "service_id": str(found.service_id or ""),
        "team_id": str(found.team_id or ""),
    }


def _draw_keep(
    request: PageRequest, found: CatalogItem | None, refused: Refused, *, status: int = 200
) -> HttpResponse:
    services, teams = item_choices(request.actor)
    context = {
        "room": "tickets",
        "item": found,
        "values": refused.values,
        "errors": refused.errors,
        "refused": refused,
        "selects": [
            ("service_id", _("Service"), services, refused.values.get("service_id", "")),
            ("team_id", _("First with"), teams, refused.values.get("team_id", "")),
        ],
        "levels": [(str(k), _(v)) for k, v in LEVEL_LABELS.items()],
        "kinds": list(FieldKind),
    }
    return render(request, "tickets/catalog_keep.html", context, status=status)


def _room(request: PageRequest) -> str:
    return "today" if is_requester_only(request.actor) else "tickets"
