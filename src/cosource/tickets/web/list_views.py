"""Saving, renaming and deleting a view: a page each, a form, one service, back to the list.

Not here: the list (`list`), and what may be shared (`services.views`).
"""

from typing import Any
from uuid import UUID

from django.http import HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from cosource.foundation import clock
from cosource.foundation.doors import PageRequest, signed_in
from cosource.foundation.errors import Conflict, CosourceError, Invalid, NotAllowed
from cosource.tickets.models import SavedView
from cosource.tickets.queries.filters import TicketFilter, filter_from
from cosource.tickets.queries.list_choices import KEY_LABELS, ORDER_WORDS, chips_of
from cosource.tickets.queries.views import (
    may_change,
    saved_view_get,
    shareable_engagements,
    shareable_teams,
)
from cosource.tickets.services.views import view_delete, view_rename, view_save
from cosource.tickets.web.list import asked, refused
from cosource.tickets.web.parsing import one_uuid, text_in


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def new(request: PageRequest) -> HttpResponse:
    """Offer to save the filters of an address, or save them."""
    try:
        filters = (
            filter_from(QueryDict(text_in(request, "query")).dict())
            if request.method == "POST"
            else asked(request)
        )
        chips_of(request.actor, filters)
    except Invalid as refusal:
        return refused(request, refusal)
    if request.method != "POST":
        return _form(request, filters)
    shared, _colon, with_whom = text_in(request, "shared").partition(":")
    whom_id = one_uuid(with_whom, "shared") if with_whom else None
    try:
        view_save(
            actor=request.actor,
            at=clock.now(),
            name=text_in(request, "name"),
            filters=filters,
            shared=shared or SavedView.Shared.ME,
            engagement_id=whom_id if shared == SavedView.Shared.ENGAGEMENT else None,
            team_id=whom_id if shared == SavedView.Shared.TEAM else None,
        )
    except (Invalid, Conflict) as refusal:
        return _form(request, filters, refusal=refusal)
    return _to_list(filters)


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def view(request: PageRequest, view_id: UUID) -> HttpResponse:
    """Offer to rename or delete a view, or rename it."""
    saved = saved_view_get(view_id, request.actor)
    if not may_change(saved, request.actor):
        raise NotAllowed("Only who saved this view, or who leads there, may change it.", code="not_yours")
    filters = _filters(saved)
    if request.method != "POST":
        return _form(request, filters, saved=saved)
    try:
        view_rename(view_id=view_id, name=text_in(request, "name"), actor=request.actor, at=clock.now())
    except Invalid as refusal:
        return _form(request, filters, saved=saved, refusal=refusal)
    return _to_list(filters)


@require_POST
@signed_in
def delete(request: PageRequest, view_id: UUID) -> HttpResponse:
    """Delete a view."""
    view_delete(view_id=view_id, actor=request.actor, at=clock.now())
    return HttpResponseRedirect(reverse("tickets:list"), status=303)


def _filters(saved: SavedView) -> TicketFilter:
    try:
        return filter_from(QueryDict(saved.query).dict())
    except Invalid:
        # Written by an older version: it can still be deleted.
        return TicketFilter()


def _to_list(filters: TicketFilter) -> HttpResponse:
    query = filters.query()
    return HttpResponseRedirect(f"{reverse('tickets:list')}{'?' if query else ''}{query}", status=303)


def _form(
    request: PageRequest,
    filters: TicketFilter,
    *,
    saved: SavedView | None = None,
    refusal: CosourceError | None = None,
) -> HttpResponse:
    fields: dict[str, Any] = refusal.details.get("fields", {}) if refusal else {}
    query = filters.query()
    try:
        chips = chips_of(request.actor, filters)
    except Invalid:
        chips = []
    context = {
        "view": saved,
        "filters": filters,
        "chips": chips,
        "order_words": _(ORDER_WORDS[filters.order]),
        "name": text_in(request, "name") if refusal else saved.name if saved else "",
        "shared": text_in(request, "shared") or SavedView.Shared.ME,
        "readers": _readers(request) if saved is None else [],
        "refused": {"message": refusal.message} if refusal else None,
        "errors": {k: _(str(v)) for k, v in fields.items()},
        "problems": [(_(KEY_LABELS[k]), _(str(v))) for k, v in fields.items() if k in KEY_LABELS],
        "list_url": f"{reverse('tickets:list')}{'?' if query else ''}{query}",
        "room": "tickets",
    }
    return render(request, "tickets/list_view.html", context, status=refusal.status if refusal else 200)


def _readers(request: PageRequest) -> list[tuple[str, str, str]]:
    """Return who may be given the view: as a form sends it, in words, and a note."""
    both = [
        (
            f"{SavedView.Shared.ENGAGEMENT}:{engagement_id}",
            _("%(name)s and we") % {"name": other},
            name,
        )
        for engagement_id, name, other in shareable_engagements(request.actor)
    ]
    teams = [
        (f"{SavedView.Shared.TEAM}:{team_id}", _("Whoever is in the team %(name)s") % {"name": name}, "")
        for team_id, name in shareable_teams(request.actor)
    ]
    return [
        (str(SavedView.Shared.ME), _("Only I"), ""),
        *teams,
        (str(SavedView.Shared.ORGANIZATION), _("Everybody in our organization who reads tickets"), ""),
        *both,
    ]
