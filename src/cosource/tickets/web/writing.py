"""Where somebody writes on a ticket: keeping what is there, seeing how it will look, taking back what was just sent."""

from uuid import UUID

from django.http import HttpResponse, HttpResponseRedirect, JsonResponse
from django.urls import reverse
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from cosource.foundation import clock
from cosource.foundation.doors import PageRequest, signed_in
from cosource.foundation.errors import Conflict, Invalid, NotFound
from cosource.tickets.queries.badges import badges_of
from cosource.tickets.queries.record import load
from cosource.tickets.queries.taking_part import readers_among, taking_part
from cosource.tickets.queries.writers import writers_of
from cosource.tickets.services.following import ticket_follow
from cosource.tickets.services.writing import writing_keep, writing_say, writing_undo
from cosource.tickets.web.files import files_in, files_kept
from cosource.tickets.web.pages import Draft, draw, instant_of
from cosource.tickets.web.parsing import audience_in, audience_of_text, text_in, words_in

# So many names are offered at once.
_MOST = 20


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
    """Keep what is written so far. A script gets no page back, but who else is writing, where anybody is."""
    words = words_in(request, audience_in(request), files_in(request))
    seen_at = instant_of(text_in(request, "since"))
    writing_keep(ticket_id=ticket_id, words=words, actor=request.actor, at=clock.now(), seen_at=seen_at)
    if "by_itself" in request.POST:
        writers = writers_of(ticket_id, request.actor, at=clock.now())
        if not writers:
            return HttpResponse(status=204)
        names = ", ".join(f"{one.name} ({one.party})" if one.party else one.name for one in writers)
        said = ngettext("%(names)s is writing, too.", "%(names)s are writing, too.", len(writers)) % {
            "names": names
        }
        return HttpResponse(said, content_type="text/plain; charset=utf-8")
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


@require_POST
@signed_in
def follow(request: PageRequest, ticket_id: UUID) -> HttpResponse:
    """Follow the ticket, or follow it no more."""
    ticket_follow(
        ticket_id=ticket_id, follows=text_in(request, "follows") == "1", actor=request.actor, at=clock.now()
    )
    return HttpResponseRedirect(reverse("tickets:ticket", args=[ticket_id]), status=303)


@require_safe
@signed_in
def people(request: PageRequest, ticket_id: UUID) -> HttpResponse:
    """Give the names that go on from what stands behind an @, of those who take part and would read what is written."""
    record, at = load(ticket_id, request.actor), clock.now()
    typed = " ".join(request.GET.get("q", "")[:80].split()).casefold()
    try:
        chosen = audience_of_text(request.GET.get("audience", ""), "with_requester" in request.GET)
    except Invalid:
        raise NotFound from None
    fitting = [
        t
        for t in taking_part(record, request.actor, at)
        if typed in t.name.casefold() and t.person_id != request.actor.person_id
    ]
    readers = chosen.party_ids | {request.actor.reads_as}
    found = readers_among(
        fitting[:_MOST], record, readers=readers, with_requester=chosen.with_requester, at=at
    )
    badges = badges_of(record)
    named = [
        {"name": t.name, "party": badges[t.organization_id].initials}
        for t in found
        if t.organization_id in badges
    ]
    return JsonResponse({"people": named})
