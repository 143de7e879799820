"""A step with the tickets that are marked in the list: choosing it, how far it is, and taking it back."""

from typing import Any
from uuid import UUID

from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from cosource.foundation import clock
from cosource.foundation.doors import PageRequest, signed_in
from cosource.foundation.errors import Conflict, Invalid
from cosource.tickets.queries.bulk import bulk_choices, bulk_get
from cosource.tickets.queries.links import tickets_found
from cosource.tickets.rules import bulk as rules
from cosource.tickets.rules.handover import REASONS
from cosource.tickets.rules.priority import LEVEL_LABELS
from cosource.tickets.services.bulk import bulk_start, bulk_undo
from cosource.tickets.web.parsing import text_in


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def bulk(request: PageRequest) -> HttpResponse:
    """Show what can be done with the marked tickets, or do it."""
    if request.method != "POST":
        return _draw(request, _ids(request.GET.getlist("id")))
    ids = _ids(request.POST.getlist("id"))
    try:
        action = text_in(request, "action")
        run = bulk_start(
            action=action,
            ticket_ids=ids,
            given=_given(request, action),
            actor=request.actor,
            at=clock.now(),
        )
    except Invalid as refusal:
        return _draw(request, ids, refusal)
    return HttpResponseRedirect(reverse("tickets:bulk_run", args=[run.id]), status=303)


@require_safe
@signed_in
def run(request: PageRequest, run_id: UUID) -> HttpResponse:
    """Show how far a run is, and what became of each ticket."""
    view = bulk_get(actor=request.actor, run_id=run_id, at=clock.now())
    return render(request, "tickets/bulk_run.html", {"run": view, "room": "tickets"})


@require_POST
@signed_in
def undo(request: PageRequest, run_id: UUID) -> HttpResponse:
    """Take a run back."""
    try:
        bulk_undo(run_id=run_id, actor=request.actor, at=clock.now())
    except Conflict as refusal:
        view = bulk_get(actor=request.actor, run_id=run_id, at=clock.now())
        context = {"run": view, "refused": refusal.message, "room": "tickets"}
        return render(request, "tickets/bulk_run.html", context, status=refusal.status)
    return HttpResponseRedirect(reverse("tickets:bulk_run", args=[run_id]), status=303)


def _ids(texts: list[str]) -> list[UUID]:
    """Return the marked tickets. Raises: Invalid for what is no id."""
    try:
        return [UUID(text) for text in texts]
    except ValueError:
        raise Invalid(_("That is no ticket."), fields={"id": _("An id is expected here.")}) from None


def _given(request: PageRequest, action: str) -> dict[str, Any]:
    given: dict[str, Any] = {
        name: text_in(request, name)
        for name in ("person_id", "to_team_id", "reason", "text", "impact", "urgency")
        if text_in(request, name)
    }
    for name in ("person_id", "to_team_id"):
        if name in given:
            given[name] = _one(given[name], name)
    if {given.get(name, "1") for name in ("impact", "urgency")} - {"1", "2", "3"}:
        raise Invalid(_("That is not one of the choices."), fields={"impact": _("High, medium or low.")})
    if action == rules.PAUSE:
        given["to_state"], _colon, given["reason"] = text_in(request, "pause").partition(":")
    wanted = {rules.MERGE: "into_id", rules.PARENT: "parent_id"}.get(action)
    if wanted:
        given[wanted] = _ticket_meant(request, wanted)
    return given


def _one(text: str, name: str) -> str:
    try:
        return UUID(text).hex
    except ValueError:
        raise Invalid(
            _("That is not one of the choices."), fields={name: _("Choose one of the list.")}
        ) from None


def _ticket_meant(request: PageRequest, name: str) -> str:
    typed = text_in(request, "to")
    meant, found = tickets_found(actor=request.actor, text=typed, but=None, at=clock.now())
    if meant is None and len(found) == 1:
        meant = found[0].ticket_id
    if meant is None:
        more = ", ".join(f"{c.reference} {c.title}" for c in found)
        words = _("Write the reference of one ticket.")
        raise Invalid(_("Which ticket?"), fields={name: f"{words} {more}".strip()})
    return meant.hex


def _draw(request: PageRequest, ids: list[UUID], refusal: Invalid | None = None) -> HttpResponse:
    context = {
        "choices": bulk_choices(actor=request.actor, ticket_ids=ids, at=clock.now()),
        "actions": [
            {"key": a.key, "label": _(a.label), "undoable": a.undoable} for a in rules.ACTIONS.values()
        ],
        "levels": [(str(k), _(v)) for k, v in LEVEL_LABELS.items()],
        "reasons": [(k, _(v)) for k, v in REASONS.items()],
        "chosen": request.POST.get("action", ""),
        "values": request.POST,
        "message": refusal.message if refusal else "",
        "errors": refusal.details.get("fields", {}) if refusal else {},
        "room": "tickets",
    }
    return render(request, "tickets/bulk.html", context, status=refusal.status if refusal else 200)
