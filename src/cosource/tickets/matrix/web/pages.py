"""The pages of the matrix: those of one's engagements and who is away; one with who is reached now, its gaps and lines; one line.

Not here: what a line may be (`rules.reading`), and the steps themselves (`services.keeping`).
"""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from cosource.foundation import clock
from cosource.foundation.doors import PageRequest, is_fragment, signed_in
from cosource.foundation.errors import Conflict, CosourceError, Invalid, NotAllowed, NotFound, StaleVersion
from cosource.parties.queries.absences import absence_list
from cosource.parties.queries.frame import leads_here
from cosource.parties.services.absences import absence_add, absence_call_off
from cosource.tickets.matrix.queries.on_ticket import reach_of
from cosource.tickets.matrix.queries.parts import (
    WINDOW,
    Matrix,
    Side,
    engagements_with_matrix,
    matrix_get,
    nameable_people,
    nameable_teams,
    reads_matrices,
    side_name,
)
from cosource.tickets.matrix.queries.shown import gap_lines, now_of, rows_of
from cosource.tickets.matrix.services.keeping import part_set
from cosource.tickets.matrix.web.forms import AbsenceForm, AskForm, LineForm, initial_of
from cosource.tickets.web.parsing import one_uuid, text_in

NEW = "new"
METHODS = ["GET", "HEAD", "POST"]


@require_http_methods(METHODS)
@signed_in
def matrices(request: PageRequest) -> HttpResponse:
    """Show the engagements with a matrix and who of one's own people is away, or note an absence."""
    actor, at = request.actor, clock.now()
    if not reads_matrices(actor):
        raise NotFound
    people = nameable_people(actor.reads_as, at)
    if not leads_here(actor):
        people = {i: name for i, name in people.items() if i == actor.person_id}
    form, status = AbsenceForm(people=people), 200
    if request.method == "POST":
        try:
            if text_in(request, "do") == "call-off":
                absence_call_off(absence_id=one_uuid(text_in(request, "id"), "id"), actor=actor, at=at)
                return _back(request, _("It is called off."))
            form = AbsenceForm(request.POST, people=people)
            status = 422
            if form.is_valid():
                absence_add(**form.cleaned_data, actor=actor, at=at)
                return _back(request, _("It is noted; the matrix looks for a deputy then."))
        except (Invalid, Conflict) as refusal:
            status = refusal.status
            form = form if form.is_bound else AbsenceForm(request.POST, people=people)
            form.add_error(None, _said(refusal))
    away = absence_list(actor, at=at)
    context = {
        "engagements": engagements_with_matrix(actor),
        "absences": [(row, row.person_id in people, row.starts_at <= at) for row in away],
        "form": form,
        "has_people": bool(people),
        "room": "tickets",
    }
    return render(request, "tickets/matrices.html", context, status=status)


def _back(request: PageRequest, said: str, where: str = "") -> HttpResponse:
    messages.success(request, said)
    return HttpResponseRedirect(where or reverse("tickets:matrices"), status=303)


def _said(refusal: CosourceError) -> str:
    """Return a refusal in one line; where a field says more than the whole, that."""
    fields = refusal.details.get("fields", {})
    said = [str(_(fix[0] if isinstance(fix, list) else str(fix))) for fix in fields.values() if fix]
    return "; ".join(said) or refusal.message


@require_http_methods(METHODS)
@signed_in
def matrix(request: PageRequest, engagement_id: UUID) -> HttpResponse:
    """Show a matrix with who is reached at an instant and where nobody is; or take a line out."""
    at = clock.now()
    found = matrix_get(request.actor, engagement_id, at=at, until=at + WINDOW)
    wrong: CosourceError | None = None
    if request.method == "POST":
        try:
            return _remove(request, found)
        except (Conflict, StaleVersion) as refusal:
            wrong = refusal
    ask = AskForm(request.GET or None)
    kind, priority, instant = ask.asked(at, at + WINDOW)
    initial = {"kind": kind, "priority": priority, "at": instant}
    sides = [
        {
            "side": side,
            "name": side_name(found.engagement, side.organization.id),
            "now": now_of(side, kind=kind, priority=priority, at=instant),
            "gaps": gap_lines(side, side.holes(at, at + WINDOW)),
            "rows": rows_of(side),
        }
        for side in found.sides
    ]
    context = {
        "matrix": found,
        "sides": sides,
        "ask": AskForm(initial=initial),
        "instant": instant,
        "is_now": instant == at,
        "until": at + WINDOW,
        "any_lines": any(side.lines for side in found.sides if side.is_in_hand),
        "has_gap": any(not gap.level for entry in sides for gap in entry["gaps"]),  # type: ignore[attr-defined]  # values of several sorts
        "wrong": wrong.message if wrong else "",
        "room": "tickets",
    }
    return render(request, "tickets/matrix.html", context, status=wrong.status if wrong else 200)


def _remove(request: PageRequest, found: Matrix) -> HttpResponse:
    side = found.side(text_in(request, "side"))
    document = _document(side)
    left = [line for line in document if line["id"] != text_in(request, "line")]
    if text_in(request, "do") != "remove" or len(left) == len(document):
        raise NotFound
    _set(request, found, side, left, clock.now())
    return _back(request, _("The line is taken out."), reverse("tickets:matrix", args=[found.engagement.id]))


def _document(side: Side) -> list[dict[str, Any]]:
    return list(side.part.document) if side.part else []


def _set(
    request: PageRequest, found: Matrix, side: Side, document: list[dict[str, Any]], at: datetime
) -> None:
    version = text_in(request, "version")
    part_set(
        engagement_id=found.engagement.id,
        side=side_name(found.engagement, side.organization.id),
        document=document,
        actor=request.actor,
        at=at,
        expected_version=int(version) if version.isdecimal() and len(version) < 10 else 0,
    )


@require_http_methods(METHODS)
@signed_in
def line(request: PageRequest, engagement_id: UUID, side: str, key: str) -> HttpResponse:
    """Show the form of one line of a part (`new` for another one), or keep what was filled in."""
    actor, at = request.actor, clock.now()
    found = matrix_get(actor, engagement_id, at=at)
    mine = found.side(side)
    if not mine.may_keep:
        raise NotAllowed(_("Who leads this side keeps its part of the matrix."), action="escalation.manage")
    document = _document(mine)
    present = next((one for one in document if one["id"] == key), None)
    if present is None and key != NEW:
        raise NotFound
    given: dict[str, Any] = {
        "people": nameable_people(mine.organization.id, at),
        "teams": nameable_teams(mine.organization.id),
        "zone": mine.organization.time_zone,
    }
    form = LineForm(initial=initial_of(present) if present else None, **given)
    status, changed = 200, _("The line is kept; the other side reads it.")
    if request.method == "POST":
        form, status = LineForm(request.POST, **given), 422
        if form.is_valid():
            kept = form.document(key if present else "")
            lines = [kept if one["id"] == key else one for one in document] if present else [*document, kept]
            try:
                _set(request, found, mine, lines, at)
                return _back(request, changed, reverse("tickets:matrix", args=[engagement_id]))
            except (Invalid, Conflict, StaleVersion) as refusal:
                form.add_error(None, _said(refusal))
                status = refusal.status
    context = {
        "form": form,
        "line": present,
        "matrix": found,
        "side": mine,
        "other": next(s.organization for s in found.sides if s is not mine),
        "room": "tickets",
    }
    return render(request, "tickets/matrix_line.html", context, status=status)


@require_safe
@signed_in
def reach(request: PageRequest, ticket_id: UUID) -> HttpResponse:
    """Show who is to be reached about a ticket now: a part of its page, or a page of its own."""
    at = clock.now()
    found = reach_of(request.actor, ticket_id, at=at)
    context = {
        "found": found,
        "ticket_id": ticket_id,
        "decides": "decides" in request.GET,
        "read_at": at,
        "room": "tickets",
    }
    template = "tickets/_reach.html" if is_fragment(request) else "tickets/reach.html"
    return render(request, template, context)
