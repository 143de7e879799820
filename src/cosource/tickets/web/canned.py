"""Ready replies: the page where a desk writes them, and putting one into what somebody writes on a ticket."""

from typing import Any
from uuid import UUID

from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from cosource.foundation import clock
from cosource.foundation.doors import PageRequest, signed_in
from cosource.foundation.errors import Conflict, CosourceError, Invalid, NotAllowed, StaleVersion
from cosource.tickets.models import CannedReply
from cosource.tickets.queries.canned import (
    canned_get,
    canned_list,
    may_manage,
    teams_for,
    uses_canned,
    values_for,
)
from cosource.tickets.queries.record import load
from cosource.tickets.rules.canned import PLACES, STEPS, fill
from cosource.tickets.services.canned import canned_delete, canned_save
from cosource.tickets.web.files import files_in, files_kept
from cosource.tickets.web.pages import Draft, draw
from cosource.tickets.web.parsing import audience_in, one_uuid, text_in


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def replies(request: PageRequest) -> HttpResponse:
    """Show the ready replies, or write a new one."""
    _require(request)
    return _save(request, None) if request.method == "POST" else _draw(request, None)


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def reply(request: PageRequest, reply_id: UUID) -> HttpResponse:
    """Show one for changing, or change it."""
    chosen = canned_get(request.actor, reply_id)
    if not may_manage(request.actor, chosen.team_id):
        raise NotAllowed(
            _("Who leads writes replies for everybody; technicians write those of their own teams.")
        )
    return _save(request, chosen) if request.method == "POST" else _draw(request, chosen)


@require_POST
@signed_in
def delete(request: PageRequest, reply_id: UUID) -> HttpResponse:
    """Delete one."""
    canned_delete(reply_id=reply_id, actor=request.actor, at=clock.now())
    return HttpResponseRedirect(reverse("tickets:replies"), status=303)


@require_POST
@signed_in
def offer(request: PageRequest, ticket_id: UUID) -> HttpResponse:
    """Offer the ready replies above the place to write."""
    ready = [_worded(one) for one in canned_list(request.actor)]
    files_in(request)
    draft = Draft("reply", request.POST.dict(), files=files_kept(request), more={"ready": ready})
    return draw(request, ticket_id, draft)


@require_POST
@signed_in
def insert(request: PageRequest, ticket_id: UUID, reply_id: UUID) -> HttpResponse:
    """Put one behind what is written, with the values that the chosen readers may know; what stayed empty is said."""
    record = load(ticket_id, request.actor)
    chosen, audience = canned_get(request.actor, reply_id), audience_in(request)
    readers = audience.party_ids | {request.actor.reads_as}
    values = values_for(record, request.actor, readers, with_requester=audience.with_requester)
    filled = fill(chosen.text, values)
    before = text_in(request, "text").rstrip()
    given: dict[str, Any] = request.POST.dict() | {
        "text": f"{before}\n\n{filled.text}" if before else filled.text,
        "then": chosen.then,
    }
    files_in(request)
    lacking = [_(PLACES[name]) for name in filled.lacking]
    draft = Draft("reply", given, files=files_kept(request), more={"lacking": lacking})
    return draw(request, ticket_id, draft)


def _require(request: PageRequest) -> None:
    if not uses_canned(request.actor):
        raise NotAllowed(_("Ready replies are for who works on tickets."), code="no_canned")


def _save(request: PageRequest, chosen: CannedReply | None) -> HttpResponse:
    team, version = text_in(request, "team"), text_in(request, "version")
    try:
        canned_save(
            title=text_in(request, "title"),
            text=text_in(request, "text"),
            then=text_in(request, "then"),
            team_id=one_uuid(team, "team") if team else None,
            reply_id=chosen.id if chosen else None,
            expected_version=int(version) if version.isdecimal() and len(version) < 10 else None,
            actor=request.actor,
            at=clock.now(),
        )
    except (Invalid, Conflict, StaleVersion) as refusal:
        return _draw(request, chosen, refusal)
    return HttpResponseRedirect(reverse("tickets:replies"), status=303)


def _draw(
    request: PageRequest, chosen: CannedReply | None, refusal: CosourceError | None = None
) -> HttpResponse:
    actor = request.actor
    values: dict[str, Any] = {}
    if refusal is not None:
        values = request.POST.dict()
    elif chosen is not None:
        values = {"title": chosen.title, "text": chosen.text, "then": chosen.then, "team": chosen.team_id}
    teams = teams_for(actor)
    context = {
        "replies": [] if chosen else [_worded(one, actor) for one in canned_list(actor)],
        "chosen": chosen,
        "values": values,
        "errors": {k: _(str(v)) for k, v in refusal.details.get("fields", {}).items()} if refusal else {},
        "refused": refusal.message if refusal else "",
        "places": [(name, _(label)) for name, label in PLACES.items()],
        "steps": [(key, _(label)) for key, label in STEPS.items()],
        "teams": teams,
        "leads": may_manage(actor, None),
        "may_write": may_manage(actor, None) or any(may_manage(actor, team) for team, _name in teams),
        "room": "tickets",
    }
    return render(request, "tickets/replies.html", context, status=refusal.status if refusal else 200)


def _worded(one: CannedReply, actor: Any = None) -> dict[str, Any]:
    return {
        "id": one.id,
        "title": one.title,
        "text": one.text,
        "team": one.team,
        "then": one.then,
        "then_words": _(STEPS.get(one.then, "")) if one.then else "",
        "may_change": actor is not None and may_manage(actor, one.team_id),
    }
