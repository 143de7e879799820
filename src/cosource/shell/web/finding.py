"""What the command palette finds while words are typed, beside what it can do and where it can go."""

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from cosource.foundation.doors import PageRequest, signed_in
from cosource.foundation.finding import found_for


@require_safe
@signed_in
def find(request: PageRequest) -> HttpResponse:
    """Give the entries that the reader may open. `?q=`: the words."""
    return render(request, "shell/found.html", {"found": found_for(request.actor, request.GET.get("q", ""))})
