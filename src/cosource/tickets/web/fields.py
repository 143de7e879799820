"""A desk's own fields: declaring them, their inputs in forms, and answering them on a ticket."""

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
from cosource.tickets.models import FieldSet
from cosource.tickets.queries.catalog import may_keep
from cosource.tickets.queries.desks import desks_of
from cosource.tickets.queries.fields import field_set_get, field_sets, sets_asked
from cosource.tickets.rules.forms import FieldKind
from cosource.tickets.rules.states import KIND_LABELS, TicketKind
from cosource.tickets.services.fields import field_set_add, field_set_change, field_set_end, fields_set
from cosource.tickets.web.field_inputs import answers_of, declared, set_inputs
from cosource.tickets.web.parsing import text_in
from cosource.tickets.web.refused import MENDED, Refused, require_own_people, said_of, version_in
from cosource.tickets.web.ticket import Common, step


@require_POST
@signed_in
def asked(request: PageRequest) -> HttpResponse:
    """Draw the fields that a new ticket is asked for, as its form stands."""
    desks = desks_of(request.actor, clock.now())
    desk = next((d for d in desks if d.key == text_in(request, "desk")), None)
    if desk is None:
        raise NotFound
    sets = sets_asked(desk.owner.id, request.actor, text_in(request, "kind"), text_in(request, "topic"))
    context = {"sets": set_inputs(declared(sets), answers_of(request.POST), {})}
    return render(request, "tickets/_asked_fields.html", context)


@step("fields")
def answer(request: PageRequest, common: Common) -> None:
    """Answer the fields of a ticket."""
    fields_set(answers=answers_of(request.POST), **common)


@require_safe
@signed_in
def listing(request: PageRequest) -> HttpResponse:
    """Show the sets that the desk has declared."""
    require_own_people(request)
    rows = [
        (one, _(KIND_LABELS[TicketKind(one.kind)]) if one.kind else "") for one in field_sets(request.actor)
    ]
    context = {"room": "tickets", "rows": rows, "may_keep": may_keep(request.actor)}
    return render(request, "tickets/fields.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def keep(request: PageRequest, set_id: UUID | None = None) -> HttpResponse:
    """Declare a set of fields, or change one."""
    require_own_people(request)
    found = field_set_get(set_id, request.actor) if set_id else None
    if not may_keep(request.actor) or (found is not None and found.ended_at is not None):
        raise NotFound
    if request.method != "POST":
        names = ("name", "kind", "topic", "form", "version")
        values = {name: str(getattr(found, name)) for name in names} if found else {}
        values["internal"] = "1" if found and found.internal else ""
        return _draw(request, found, Refused(values))
    values = {name: text_in(request, name) for name in ("name", "kind", "topic", "form")}
    given: dict[str, Any] = {
        "values": {**values, "internal": "internal" in request.POST},
        "actor": request.actor,
        "at": clock.now(),
    }
    try:
        if found is None:
            field_set_add(**given)
        else:
            field_set_change(set_id=found.id, expected_version=version_in(request), **given)
    except MENDED as refusal:
        refused = Refused(request.POST.dict(), said_of(refusal), refusal.message)
        return _draw(request, found, refused, status=refusal.status)
    return HttpResponseRedirect(reverse("tickets:fields"), status=303)


@require_POST
@signed_in
def end(request: PageRequest, set_id: UUID) -> HttpResponse:
    """Ask for a set no longer."""
    field_set_end(set_id=set_id, actor=request.actor, at=clock.now())
    return HttpResponseRedirect(reverse("tickets:fields"), status=303)


def _draw(
    request: PageRequest, found: FieldSet | None, refused: Refused, *, status: int = 200
) -> HttpResponse:
    context = {
        "room": "tickets",
        "set": found,
        "values": refused.values,
        "errors": refused.errors,
        "refused": refused,
        "kinds": [(k.value, _(KIND_LABELS[k])) for k in TicketKind],
        "field_kinds": list(FieldKind),
    }
    return render(request, "tickets/fields_keep.html", context, status=status)
