"""The counts in the menu, asked for when the page is there already, so that no page waits for them."""

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from cosource.foundation import pages
from cosource.foundation.doors import PageRequest, signed_in
from cosource.shell.web.context import TAB_COUNT


@require_safe
@signed_in
def menu_counts(request: PageRequest) -> HttpResponse:
    """Give what waits in each room."""
    bell = pages.bell()
    context = {
        "entries": pages.navigation_for(request.actor),
        "tab_count": TAB_COUNT,
        "bell_count": pages.count_text(bell.count(request.actor)) if bell else "",
    }
    return render(request, "shell/menu_counts.html", context)
