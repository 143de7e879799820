"""Answering how well a ticket was solved, and the page on which a desk says whether it asks."""

from typing import Any
from uuid import UUID

from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from cosource.foundation import clock
from cosource.foundation.doors import PageRequest, signed_in
from cosource.foundation.errors import CosourceError, Invalid, NotAllowed, StaleVersion
from cosource.foundation.pages import Command, register_command
from cosource.tickets.queries.surveys import keeps_survey, survey_settings
from cosource.tickets.services.surveys import survey_answer, survey_settings_set
from cosource.tickets.web.parsing import text_in


@require_POST
@signed_in
def answer(request: PageRequest, ticket_id: UUID) -> HttpResponse:
    """Take the requester's answer, or another in place of it."""
    score = text_in(request, "score")
    survey_answer(
        ticket_id=ticket_id,
        score=int(score) if score.isdecimal() and len(score) == 1 else 0,
        text=text_in(request, "text"),
        actor=request.actor,
        at=clock.now(),
    )
    return HttpResponseRedirect(reverse("tickets:ticket", args=[ticket_id]), status=303)


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def settings(request: PageRequest) -> HttpResponse:
    """Show whether the own desk asks, or change it."""
    if not keeps_survey(request.actor):
        raise NotAllowed(_("A service owner or manager decides whether the desk asks."), code="not_yours")
    if request.method != "POST":
        return _draw(request)
    days, version = text_in(request, "every_days"), text_in(request, "version")
    try:
        survey_settings_set(
            active="active" in request.POST,
            every_days=int(days) if days.isdecimal() and len(days) < 5 else 0,
            own_only=text_in(request, "readers") == "own",
            expected_version=int(version) if version.isdecimal() and len(version) < 10 else None,
            actor=request.actor,
            at=clock.now(),
        )
    except (Invalid, StaleVersion) as refusal:
        return _draw(request, refusal)
    return HttpResponseRedirect(reverse("tickets:surveys"), status=303)


def _draw(request: PageRequest, refusal: CosourceError | None = None) -> HttpResponse:
    kept = survey_settings(request.actor)
    settled = {
        "version": kept.version,
        "active": kept.active,
        "every_days": kept.every_days,
        "readers": "own" if kept.own_only else "both",
    }
    context: dict[str, Any] = {
        "room": "tickets",
        "values": request.POST.dict() if refusal else settled,
        "refused": refusal.message if refusal else "",
        "errors": {k: _(str(v)) for k, v in refusal.details.get("fields", {}).items()} if refusal else {},
    }
    return render(request, "tickets/surveys.html", context, status=refusal.status if refusal else 200)


def register() -> None:
    """Add the page to the palette."""
    register_command(
        Command(
            key="tickets.surveys",
            label=gettext_lazy("Ask how well tickets were solved"),
            url_name="tickets:surveys",
            icon="star",
            order=43,
            visible=keeps_survey,
        )
    )
