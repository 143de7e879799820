"""Time and cost: writing them down on a ticket, all of a ticket on a page, and one's own week."""

from datetime import date, timedelta
from typing import Any
from uuid import UUID

from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from cosource.foundation import clock
from cosource.foundation.doors import PageRequest, signed_in
from cosource.foundation.errors import Invalid
from cosource.tickets.queries.effort import efforts_of, time_sheet, week_of
from cosource.tickets.rules.effort import cost_of, duration_text, minutes_of
from cosource.tickets.services.effort import effort_log, effort_void
from cosource.tickets.web.parsing import text_in
from cosource.tickets.web.ticket import Common, step


@step("effort")
def log(request: PageRequest, common: Common) -> None:
    """Write down time, and a cost where one is named."""
    common.pop("expected_version")
    effort_log(
        day=_day(request),
        minutes=_minutes(request),
        activity=text_in(request, "activity"),
        billable="billable" in request.POST,
        text=text_in(request, "text"),
        **_cost(request),
        **common,
    )


def _day(request: PageRequest) -> date:
    try:
        return date.fromisoformat(text_in(request, "day"))
    except ValueError:
        raise Invalid(_("That is no day."), fields={"day": _("Write it as 2026-03-31.")}) from None


def _minutes(request: PageRequest) -> int:
    minutes = minutes_of(text_in(request, "minutes"))
    if minutes is None:
        words = _("Minutes, or hours and minutes such as 1:30; at most a day.")
        raise Invalid(_("How long was it?"), fields={"minutes": words})
    return minutes


def _cost(request: PageRequest) -> dict[str, Any]:
    amount, currency = text_in(request, "cost").strip(), text_in(request, "currency").strip()
    if not amount:
        return {}
    cost = cost_of(amount, currency)
    if cost is None:
        words = _("An amount such as 12.50, and the three letters of its currency.")
        raise Invalid(_("That is no cost."), fields={"cost": words})
    return {"cost": cost[0], "currency": cost[1]}


@require_safe
@signed_in
def efforts(request: PageRequest, ticket_id: UUID) -> HttpResponse:
    """Show what was spent on a ticket, as far as it is the reader's to know."""
    record, sums, lines = efforts_of(actor=request.actor, ticket_id=ticket_id)
    context = {
        "ticket_id": ticket_id,
        "reference": record.mine.reference,
        "title": record.ticket.title,
        "sums": sums,
        "lines": lines,
        "room": "tickets",
    }
    return render(request, "tickets/efforts.html", context)


@require_POST
@signed_in
def void(request: PageRequest, ticket_id: UUID, effort_id: UUID) -> HttpResponse:
    """Take a row back."""
    effort_void(ticket_id=ticket_id, effort_id=effort_id, actor=request.actor, at=clock.now())
    return HttpResponseRedirect(reverse("tickets:efforts", args=[ticket_id]), status=303)


@require_safe
@signed_in
def sheet(request: PageRequest) -> HttpResponse:
    """Show the reader's own week. `?week=` names a day of it."""
    monday = week_of(request.GET.get("week", ""), clock.now())
    lines = time_sheet(actor=request.actor, monday=monday)
    days = []
    for day in (monday + timedelta(days=n) for n in range(7)):
        of_day = [line for line in lines if line.day == day]
        if of_day:
            days.append((day, duration_text(sum(line.minutes for line in of_day)), of_day))
    context = {
        "monday": monday,
        "sunday": monday + timedelta(days=6),
        "before": (monday - timedelta(days=7)).isoformat(),
        "after": (monday + timedelta(days=7)).isoformat(),
        "days": days,
        "total": duration_text(sum(line.minutes for line in lines)),
        "billable": duration_text(sum(line.minutes for line in lines if line.billable)),
        "room": "tickets",
    }
    return render(request, "tickets/time_sheet.html", context)
