"""The page of what goes back and forth: open tickets that came back, by the two parties between which they go, with reasons."""

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from cosource.foundation import clock
from cosource.foundation.doors import PageRequest, signed_in
from cosource.foundation.errors import NotAllowed
from cosource.tickets.queries.back_and_forth import back_and_forth
from cosource.tickets.queries.list_ranges import asks_only


@require_safe
@signed_in
def page(request: PageRequest) -> HttpResponse:
    """Show it. Raises: NotAllowed for whoever only asks for help."""
    if asks_only(request.actor):
        raise NotAllowed(_("This is for who reads a desk’s tickets."), code="not_for_you")
    pairs, is_cut = back_and_forth(request.actor, at=clock.now())
    context = {"room": "tickets", "pairs": pairs, "is_cut": is_cut}
    return render(request, "tickets/back_and_forth.html", context)
