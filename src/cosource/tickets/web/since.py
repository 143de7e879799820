"""What happened while the reader was away: the page, and its counts beside Today."""

from datetime import datetime, timedelta
from itertools import groupby

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from cosource.foundation import clock
from cosource.foundation.doors import PageRequest, signed_in
from cosource.foundation.errors import Invalid
from cosource.parties.services.presence import away_from
from cosource.tickets.queries.since import Matter, since
from cosource.tickets.queries.today import leads
from cosource.tickets.rules.wording import gettext_lazy

HOURS = (8, 16, 72)
# Where nobody knows when the reader left, as on the first day.
_UNKNOWN = timedelta(hours=16)
_TITLES = {
    Matter.ESCALATED: gettext_lazy("Escalated"),
    Matter.CAME: gettext_lazy("Came in or changed hands"),
    Matter.SAID: gettext_lazy("Somebody wrote or decided"),
    Matter.OVER: gettext_lazy("Done"),
    Matter.ELSE: gettext_lazy("Changed"),
}


@require_safe
@signed_in
def since_page(request: PageRequest) -> HttpResponse:
    """Show what others did since the reader left, or in the last `?hours=`; `?whose=all` with all tickets in sight.

    Raises: Invalid for hours that are none of those offered.
    """
    at, actor = clock.now(), request.actor
    hours, left_at = _hours(request.GET.get("hours", "")), _left_at(request)
    start = at - timedelta(hours=hours) if hours else left_at or at - _UNKNOWN
    by_team = bool(actor.sight.team_ids) or not leads(actor)
    for_teams = by_team and request.GET.get("whose") != "all"
    found = since(actor, start, at=at, for_teams=for_teams)
    groups = groupby(found.tickets, key=lambda one: one.matter)
    context = {
        "room": "today",
        "start": start,
        "hours": hours,
        "choices": HOURS,
        "knows": left_at is not None,
        "for_teams": for_teams,
        "may_switch": by_team,
        "groups": [(matter.value, _TITLES[matter], list(some)) for matter, some in groups],
        "is_cut": found.is_cut,
        "several_clients": len({one.row.client_id for one in found.tickets}) > 1,
    }
    return render(request, "tickets/since.html", context)


@require_safe
@signed_in
def since_panel(request: PageRequest) -> HttpResponse:
    """Give the counts, for the panel that Today asks for once it is there."""
    at, actor = clock.now(), request.actor
    start = _left_at(request) or at - _UNKNOWN
    found = since(actor, start, at=at, for_teams=bool(actor.sight.team_ids) or not leads(actor))
    groups = groupby(found.tickets, key=lambda one: one.matter)
    counts = [(_TITLES[matter], len(list(some))) for matter, some in groups]
    return render(request, "tickets/_since.html", {"start": start, "counts": counts, "is_cut": found.is_cut})


def _left_at(request: PageRequest) -> datetime | None:
    return away_from(request.actor.person_id) if request.actor.person_id else None


def _hours(text: str) -> int | None:
    if not text:
        return None
    if text not in {str(h) for h in HOURS}:
        raise Invalid(
            _("That is no time that is offered here."),
            fields={"hours": _("One of %(hours)s.") % {"hours": ", ".join(map(str, HOURS))}},
        )
    return int(text)
