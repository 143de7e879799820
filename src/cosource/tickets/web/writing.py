"""Where somebody writes on a ticket: keeping what is there, seeing how it will look, taking back what was just sent."""

from uuid import UUID

from django.http import HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.views.decorators.http import require_POST

from cosource.foundation import clock
from cosource.foundation.doors import PageRequest, signed_in
from cosource.foundation.errors import Conflict
from cosource.tickets.services.writing import writing_keep, writing_say, writing_undo
from cosource.tickets.web.files import files_in, files_kept
from cosource.tickets.web.pages import Draft, draw, instant_of
from cosource.tickets.web.parsing import audience_in, text_in, words_in


@require_POST
@signed_in
def look(request: PageRequest, ticket_id: UUID) -> HttpResponse:
    """Show the words as they will be shown, above the place where they are written."""
    files_in(request)
    draft = Draft("reply", request.POST.dict(), looked_at=True, files=files_kept(request))
    return draw(request, ticket_id, draft)


@require_POST
@signed_in
def keep(request: PageRequest, ticket_id: UUID) -> HttpResponse:
    """Keep what is written so far. A script gets no page back."""
    words = words_in(request, audience_in(request), files_in(request))
    seen_at = instant_of(text_in(request, "since"))
    writing_keep(ticket_id=ticket_id, words=words, actor=request.actor, at=clock.now(), seen_at=seen_at)
    if "by_itself" in request.POST:
        return HttpResponse(status=204)
    return _back(ticket_id)


@require_POST
@signed_in
def undo(request: PageRequest, ticket_id: UUID) -> HttpResponse:
    """Take back what was sent a moment ago; what has been said is shown as said."""
    try:
        writing_undo(ticket_id=ticket_id, actor=request.actor, at=clock.now())
    except Conflict as refusal:
        return draw(request, ticket_id, Draft("undo", message=refusal.message, status=refusal.status))
    return _back(ticket_id)


@require_POST
@signed_in
def say(request: PageRequest, ticket_id: UUID) -> HttpResponse:
    """Say at once what could still be taken back."""
    try:
        writing_say(ticket_id=ticket_id, actor=request.actor, at=clock.now())
    except Conflict as refusal:
        return draw(request, ticket_id, Draft("undo", message=refusal.message, status=refusal.status))
    return _back(ticket_id)


def _back(ticket_id: UUID) -> HttpResponse:
    return HttpResponseRedirect(f"{reverse('tickets:ticket', args=[ticket_id])}#compose", status=303)
