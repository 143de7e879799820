"""The pages of recurring tickets: what comes when, and looking after it. The next dates are shown before anything is saved."""

from datetime import date, datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo, available_timezones

from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from cosource.foundation import clock
from cosource.foundation.doors import PageRequest, signed_in
from cosource.foundation.errors import Invalid, NotFound
from cosource.tickets.models import RecurringTicket
from cosource.tickets.queries.catalog import may_keep
from cosource.tickets.queries.desks import desks_of
from cosource.tickets.queries.recurring import (
    calendar_names,
    dates_after,
    own_zone,
    recurring_get,
    recurring_tickets,
    rule_words,
)
from cosource.tickets.queries.templates import templates
from cosource.tickets.rules.recurrence import EXAMPLES, ON_HOLIDAYS, rule_read
from cosource.tickets.services.recurring import (
    recurring_add,
    recurring_change,
    recurring_draft,
    recurring_end,
)
from cosource.tickets.web.parsing import one_uuid, text_in
from cosource.tickets.web.refused import MENDED, Refused, require_own_people, said_of, version_in

_TEXTS = ("name", "rule", "zone", "calendar", "on_holidays")


@require_safe
@signed_in
def listing(request: PageRequest) -> HttpResponse:
    """Show what recurs, the next one first."""
    require_own_people(request)
    context = {
        "room": "tickets",
        "rows": [(row, rule_words(rule_read(row.rule))) for row in recurring_tickets(request.actor)],
        "may_keep": may_keep(request.actor),
        "templates": templates(request.actor),
    }
    return render(request, "tickets/recurring.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def keep(request: PageRequest, recurring_id: UUID | None = None) -> HttpResponse:
    """Set a rule, or change one; `look` shows its next dates and saves nothing. Who keeps no settings reads it."""
    require_own_people(request)
    found = recurring_get(recurring_id, request.actor) if recurring_id else None
    if (found is None and not may_keep(request.actor)) or (found is not None and found.ended_at is not None):
        raise NotFound
    if request.method != "POST":
        now = clock.now()
        shown = dates_after(found, now, now) if found and not found.paused and not found.trouble else []
        return _draw(request, found, Refused(_kept(request, found)), shown)
    try:
        given: dict[str, Any] = {"values": _values_in(request), "actor": request.actor, "at": clock.now()}
        if "look" in request.POST:
            return _draw(request, found, Refused(request.POST.dict()), _next(given))
        if found is None:
            recurring_add(**given)
        else:
            recurring_change(recurring_id=found.id, expected_version=version_in(request), **given)
    except MENDED as refusal:
        refused = Refused(request.POST.dict(), said_of(refusal), refusal.message)
        return _draw(request, found, refused, status=refusal.status)
    return HttpResponseRedirect(reverse("tickets:recurring"), status=303)


@require_POST
@signed_in
def dates(request: PageRequest) -> HttpResponse:
    """Show the next dates of a rule that is being written, or why there are none."""
    require_own_people(request)
    try:
        given = {"values": _values_in(request), "actor": request.actor, "at": clock.now()}
        context: dict[str, Any] = {"dates": _next(given), "zone": _zone(text_in(request, "zone"))}
    except Invalid as refusal:
        context = {"unread": " ".join(said_of(refusal).values()) or refusal.message}
    return render(request, "tickets/_recurring_dates.html", context)


@require_POST
@signed_in
def pause(request: PageRequest, recurring_id: UUID) -> HttpResponse:
    """Pause a rule, or let it go on."""
    values = {"paused": text_in(request, "paused") == "1"}
    recurring_change(recurring_id=recurring_id, values=values, actor=request.actor, at=clock.now())
    return HttpResponseRedirect(reverse("tickets:recurring"), status=303)


@require_POST
@signed_in
def end(request: PageRequest, recurring_id: UUID) -> HttpResponse:
    """Take a rule away."""
    recurring_end(recurring_id=recurring_id, actor=request.actor, at=clock.now())
    return HttpResponseRedirect(reverse("tickets:recurring"), status=303)


def _next(given: dict[str, Any]) -> list[datetime]:
    values = given["values"]
    # Looking at dates needs neither a name nor a template.
    draft = recurring_draft(
        values={k: v for k, v in values.items() if k not in ("name", "template_id", "engagement_id")},
        actor=given["actor"],
        at=given["at"],
    )
    return dates_after(draft, given["at"], given["at"])


def _zone(name: str) -> ZoneInfo | None:
    return ZoneInfo(name) if name in available_timezones() else None


def _values_in(request: PageRequest) -> dict[str, Any]:
    values: dict[str, Any] = {name: text_in(request, name) for name in _TEXTS}
    for name in ("template_id", "engagement_id"):
        chosen = text_in(request, name)
        values[name] = one_uuid(chosen, name) if chosen else None
    try:
        sent = text_in(request, "first_on")
        values["first_on"] = date.fromisoformat(sent) if sent else None
    except ValueError:
        raise Invalid(
            _("That is not one of the choices."), fields={"first_on": _("A day, such as 2026-03-02.")}
        ) from None
    return values


def _kept(request: PageRequest, found: RecurringTicket | None) -> dict[str, str]:
    if found is None:
        zone = own_zone(request.actor.reads_as)
        today = clock.now().astimezone(ZoneInfo(zone)).date()
        chosen = request.GET.get("template", "")
        return {"zone": zone, "on_holidays": "keep", "first_on": today.isoformat(), "template_id": chosen}
    return {
        **{name: getattr(found, name) for name in _TEXTS},
        "first_on": found.first_on.isoformat(),
        "template_id": str(found.template_id),
        "engagement_id": str(found.engagement_id or ""),
        "version": str(found.version),
    }


def _draw(
    request: PageRequest,
    found: RecurringTicket | None,
    refused: Refused,
    shown: list[datetime] | None = None,
    *,
    status: int = 200,
) -> HttpResponse:
    now, values = clock.now(), refused.values
    context = {
        "room": "tickets",
        "row": found,
        "words": rule_words(rule_read(found.rule)) if found else "",
        "may_keep": may_keep(request.actor),
        "values": values,
        "errors": refused.errors,
        "refused": refused,
        "dates": shown,
        "zone": _zone(values.get("zone", "")),
        "templates": templates(request.actor),
        "desks": desks_of(request.actor, now),
        "calendars": calendar_names(request.actor.reads_as, now),
        "on_holidays": [(key, _(label)) for key, label in ON_HOLIDAYS.items()],
        "examples": EXAMPLES,
        "zones": sorted(available_timezones()),
    }
    return render(request, "tickets/recurring_keep.html", context, status=status)
