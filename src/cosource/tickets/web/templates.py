"""The pages of ticket templates: what there is to begin with, and looking after it."""

from dataclasses import replace
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
from cosource.foundation.errors import NotFound
from cosource.tickets.models import TicketTemplate
from cosource.tickets.queries.catalog import may_keep
from cosource.tickets.queries.desks import may_open
from cosource.tickets.queries.fields import field_sets
from cosource.tickets.queries.templates import template_choices, template_get, templates
from cosource.tickets.queries.ticket_page import KIND_ICONS
from cosource.tickets.rules.priority import LEVEL_LABELS
from cosource.tickets.rules.states import KIND_LABELS, TicketKind
from cosource.tickets.services.templates import template_add, template_change, template_end
from cosource.tickets.web.field_inputs import answers_of, declared, set_inputs
from cosource.tickets.web.parsing import level_in, one_uuid, text_in
from cosource.tickets.web.refused import MENDED, Refused, require_own_people, said_of, version_in

_TEXTS = ("name", "kind", "title", "text", "topic", "subtopic", "checklist")


@require_safe
@signed_in
def listing(request: PageRequest) -> HttpResponse:
    """Show the templates, by kind of ticket."""
    require_own_people(request)
    kinds = [
        (_(KIND_LABELS[TicketKind(kind)]), KIND_ICONS[TicketKind(kind)], list(some))
        for kind, some in groupby(templates(request.actor), key=lambda t: t.kind)
    ]
    context = {
        "room": "tickets",
        "kinds": kinds,
        "may_keep": may_keep(request.actor),
        "may_open": may_open(request.actor),
    }
    return render(request, "tickets/templates.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def keep(request: PageRequest, template_id: UUID | None = None) -> HttpResponse:
    """Write a template, or change one."""
    require_own_people(request)
    found = template_get(template_id, request.actor) if template_id else None
    if not may_keep(request.actor) or (found is not None and found.ended_at is not None):
        raise NotFound
    if request.method != "POST":
        return _draw(request, found, Refused(_kept(found)))
    try:
        common: dict[str, Any] = {
            "values": _values_in(request, found),
            "actor": request.actor,
            "at": clock.now(),
        }
        if found is None:
            template_add(**common)
        else:
            template_change(template_id=found.id, expected_version=version_in(request), **common)
    except MENDED as refusal:
        refused = Refused(request.POST.dict(), said_of(refusal), refusal.message)
        return _draw(request, found, refused, status=refusal.status)
    return HttpResponseRedirect(reverse("tickets:templates"), status=303)


@require_POST
@signed_in
def end(request: PageRequest, template_id: UUID) -> HttpResponse:
    """Take a template away."""
    template_end(template_id=template_id, actor=request.actor, at=clock.now())
    return HttpResponseRedirect(reverse("tickets:templates"), status=303)


def _values_in(request: PageRequest, found: TicketTemplate | None) -> dict[str, Any]:
    values: dict[str, Any] = {name: text_in(request, name) for name in _TEXTS}
    values |= {name: level_in(request, name) for name in ("impact", "urgency")}
    for name in ("service_id", "team_id"):
        chosen = text_in(request, name)
        values[name] = one_uuid(chosen, name) if chosen else None
    # What was set for fields that this page does not show, such as those of a client, stays.
    values["answers"] = {**(found.answers if found else {}), **answers_of(request.POST)}
    return values


def _kept(found: TicketTemplate | None) -> dict[str, str]:
    if found is None:
        return {"kind": TicketKind.INCIDENT, "impact": "2", "urgency": "2"}
    return {
        **{name: getattr(found, name) for name in _TEXTS},
        **{name: str(getattr(found, name)) for name in ("impact", "urgency", "version")},
        **{name: str(getattr(found, name) or "") for name in ("service_id", "team_id")},
    }


def _draw(
    request: PageRequest, found: TicketTemplate | None, refused: Refused, *, status: int = 200
) -> HttpResponse:
    services, teams = template_choices(request.actor, found)
    values = refused.values
    levels = [(str(k), _(v)) for k, v in LEVEL_LABELS.items()]
    context = {
        "room": "tickets",
        "template": found,
        "values": values,
        "errors": refused.errors,
        "refused": refused,
        "selects": [
            ("service_id", _("Service"), services, values.get("service_id", "")),
            ("team_id", _("First with"), teams, values.get("team_id", "")),
        ],
        "levels": [
            ("impact", _("Impact"), levels, values.get("impact", "")),
            ("urgency", _("Urgency"), levels, values.get("urgency", "")),
        ],
        "sets": _optional_sets(request, found),
        "kinds": [(k.value, _(KIND_LABELS[k])) for k in TicketKind],
    }
    return render(request, "tickets/template_keep.html", context, status=status)


def _optional_sets(request: PageRequest, found: TicketTemplate | None) -> list[Any]:
    """Return the own desk's fields, none of which a template has to answer."""
    answers = answers_of(request.POST) if request.method == "POST" else found.answers if found else {}
    sets = [
        (pk, name, internal, [replace(f, required=False) for f in fields])
        for pk, name, internal, fields in declared(field_sets(request.actor))
    ]
    return set_inputs(sets, answers, {})
