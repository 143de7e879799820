"""Fragments of what past tickets suggest: beside the form of a new ticket, and at the side of one that is there.

They come after their page, which waits for none of it; where nothing was learned they are empty. Not here: what is suggested
(`queries.suggestions`).
"""

from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_POST, require_safe

from cosource.foundation import clock
from cosource.foundation.doors import PageRequest, signed_in
from cosource.tickets.routing.queries.suggestions import Suggestions, similar_to, suggestions_for
from cosource.tickets.routing.services.learning import lost_learn
from cosource.tickets.web.parsing import one_uuid, text_in

_TITLE, _TEXT = 200, 20_000


@require_POST
@signed_in
def suggest(request: PageRequest) -> HttpResponse:
    """Suggest topic and team for what is being written, and show tickets like it. Nothing is opened or changed by it."""
    desk = text_in(request, "desk")
    found = suggestions_for(
        request.actor,
        engagement_id=one_uuid(desk, "desk") if desk not in {"", "own"} else None,
        title=text_in(request, "title")[:_TITLE],
        text=text_in(request, "text")[:_TEXT],
    )
    return _answer(request, "tickets/_suggestions.html", found)


@require_safe
@signed_in
def similar(request: PageRequest, ticket_id: UUID) -> HttpResponse:
    """Show tickets like one, in the reader's sight."""
    return _answer(request, "tickets/_similar.html", similar_to(request.actor, ticket_id))


def _answer(request: PageRequest, template: str, found: Suggestions) -> HttpResponse:
    if found.lost is not None:
        lost_learn(model=found.lost, at=clock.now())
    return render(request, template, {"found": found})
