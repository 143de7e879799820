"""The calendar of changes in sight, week by week, with the times in which nothing may be changed."""

from datetime import date, datetime, time, timedelta
from itertools import groupby
from uuid import UUID

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.timezone import get_current_timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from cosource.foundation import clock
from cosource.foundation.doors import PageRequest, signed_in
from cosource.foundation.errors import Invalid
from cosource.foundation.sight import MANAGER, SERVICE_OWNER
from cosource.tickets.queries.changes import Planned, changes_between, freezes_ahead
from cosource.tickets.queries.desks import may_open, openable_kinds
from cosource.tickets.rules.change_words import RISKS, TYPES
from cosource.tickets.rules.states import TicketKind, label_of
from cosource.tickets.services.changes import YEARS, freeze_add, freeze_lift
from cosource.tickets.web.kind_forms import moment_needed
from cosource.tickets.web.parsing import text_in
from cosource.tickets.web.refused import Refused


@require_safe
@signed_in
def calendar(request: PageRequest) -> HttpResponse:
    """Show a week of changes. `?week=2026-11-23`: the week of that day."""
    return _draw(request)


@require_POST
@signed_in
def freeze_new(request: PageRequest) -> HttpResponse:
    """Say that nothing may be changed for a time."""
    try:
        freeze_add(
            name=text_in(request, "name"),
            starts_at=moment_needed(request, "starts_at"),
            ends_at=moment_needed(request, "ends_at"),
            shared="shared" in request.POST,
            actor=request.actor,
            at=clock.now(),
        )
    except Invalid as refusal:
        fields = refusal.details.get("fields", {})
        return _draw(request, Refused(request.POST.dict(), fields, refusal.message), refusal.status)
    return HttpResponseRedirect(reverse("tickets:changes"), status=303)


@require_POST
@signed_in
def freeze_end(request: PageRequest, freeze_id: UUID) -> HttpResponse:
    """Take a freeze back."""
    freeze_lift(freeze_id=freeze_id, actor=request.actor, at=clock.now())
    return HttpResponseRedirect(reverse("tickets:changes"), status=303)


def _draw(request: PageRequest, refused: Refused | None = None, status: int = 200) -> HttpResponse:
    zone, actor = get_current_timezone(), request.actor
    monday = _week(request, clock.now().astimezone(zone).date())
    start, end = (datetime.combine(d, time(), zone) for d in (monday, monday + timedelta(days=7)))

    def day_of(change: Planned) -> date:
        return max(change.starts_at.astimezone(zone).date(), monday)

    rows = sorted(changes_between(actor, start, end), key=lambda c: (day_of(c), c.starts_at))
    context = {
        "room": "tickets",
        "days": [
            (
                day,
                [
                    (c, _(label_of(TicketKind.CHANGE, c.state)), _(RISKS[c.risk]), _(TYPES[c.type]))
                    for c in some
                ],
            )
            for day, some in groupby(rows, key=day_of)
        ],
        "monday": monday,
        "sunday": monday + timedelta(days=6),
        "before": (monday - timedelta(days=7)).isoformat(),
        "after": (monday + timedelta(days=7)).isoformat(),
        "freezes": freezes_ahead(actor, clock.now())[:50],
        "own_id": actor.organization_id,
        "may_plan": may_open(actor) and TicketKind.CHANGE in openable_kinds(actor),
        "may_freeze": bool(actor.sight.roles_on(None) & {SERVICE_OWNER, MANAGER}),
        "refused": refused,
    }
    return render(request, "tickets/changes.html", context, status=status)


def _week(request: HttpRequest, today: date) -> date:
    """Return the Monday of the week that is asked for; of this one where nothing that can be shown is."""
    try:
        day = date.fromisoformat(request.GET.get("week", ""))
    except ValueError:
        day = today
    if not YEARS[0] <= day.year <= YEARS[1]:
        day = today
    return day - timedelta(days=day.weekday())
