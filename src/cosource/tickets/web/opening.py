"""The page that opens a ticket: on the own desk, on a client's, or as somebody who asks for help.

A form is taken once: sent again, it leads to the ticket that it opened. Not here: what a ticket needs (`services.opening`).
"""

from itertools import groupby
from typing import Any
from uuid import UUID

from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from cosource.foundation import clock
from cosource.foundation.doors import PageRequest, signed_in
from cosource.foundation.errors import Conflict, Invalid, NotAllowed, NotFound
from cosource.foundation.sight import Actor
from cosource.foundation.web.once import taken_once
from cosource.tickets.models import TicketTemplate
from cosource.tickets.queries.alike import tickets_alike
from cosource.tickets.queries.desks import Desk, DeskChoices, choices_on, desks_of, openable_kinds
from cosource.tickets.queries.fields import sets_asked
from cosource.tickets.queries.templates import filled, template_get, templates
from cosource.tickets.queries.ticket_page import KIND_ICONS
from cosource.tickets.queries.today import is_requester_only
from cosource.tickets.routing.queries.live_rules import live_rules
from cosource.tickets.rules.priority import LEVEL_LABELS
from cosource.tickets.rules.states import KIND_LABELS, TicketKind
from cosource.tickets.services.beginning import ticket_begin
from cosource.tickets.web.field_inputs import answers_of, declared, set_inputs
from cosource.tickets.web.files import FILE_REFUSALS, file_limits, files_in, files_kept
from cosource.tickets.web.parsing import level_in, one_uuid, text_in
from cosource.tickets.web.refused import Refused


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def new(request: PageRequest) -> HttpResponse:
    """Show the form, or open the ticket that it describes. `?desk=` chooses the desk, `?template=` fills the form."""
    desks = desks_of(request.actor, clock.now())
    if not desks:
        raise NotAllowed(_("Your role opens no tickets."), action=_("open a ticket"))
    given = request.POST if request.method == "POST" else request.GET
    template = _template(request.actor, given.get("template", ""))
    kind = given.get("kind", "") or (template.kind if template else TicketKind.INCIDENT.value)
    if kind not in openable_kinds(request.actor):
        raise NotFound
    wanted = given.get("desk", "")
    desk = next((d for d in desks if d.key == wanted), None) if wanted else desks[0]
    if desk is None:
        raise NotFound
    if request.method != "POST":
        blank = {"kind": kind, "impact": "2", "urgency": "2"}
        return _draw(request, desks, desk, Refused(blank), template)
    try:
        ticket_id = _open(request, desk, files_in(request))
    except (Invalid, Conflict, *FILE_REFUSALS) as refusal:
        refused = Refused(
            {k: str(v) for k, v in request.POST.items()},
            refusal.details.get("fields", {}),
            refusal.message,
            files_kept(request),
        )
        return _draw(request, desks, desk, refused, template, status=refusal.status)
    return HttpResponseRedirect(reverse("tickets:ticket", args=[ticket_id]), status=303)


def _template(actor: Actor, chosen: str) -> TicketTemplate | None:
    if not chosen:
        return None
    template = template_get(one_uuid(chosen, "template"), actor)
    if template.ended_at is not None:
        raise NotFound
    return template


def _open(request: PageRequest, desk: Desk, file_ids: list[UUID]) -> UUID:
    """Open the ticket, or find the one that this very form opened before."""
    actor, at = request.actor, clock.now()
    with taken_once(request, at=at) as taking:
        if taking.before is not None:
            return UUID(taking.before)
        record = ticket_begin(
            title=text_in(request, "title"),
            text=text_in(request, "text"),
            kind=text_in(request, "kind") or TicketKind.INCIDENT,
            engagement_id=desk.engagement.id if desk.engagement else None,
            file_ids=file_ids,
            checklist=text_in(request, "checklist").splitlines(),
            fields=_answered(request, desk),
            actor=actor,
            at=at,
            **_details(request, desk),
        )
        taking.result = record.ticket.id.hex
        return record.ticket.id


def _answered(request: PageRequest, desk: Desk) -> dict[str, dict[str, str]]:
    """Return what was answered of the fields that this ticket has; of others, as when the topic was changed, nothing."""
    kind = text_in(request, "kind") or TicketKind.INCIDENT
    asked = sets_asked(desk.owner.id, request.actor, kind, text_in(request, "topic"))
    given = answers_of(request.POST)
    return {one.id.hex: given[one.id.hex] for one in asked if one.id.hex in given}


def _details(request: PageRequest, desk: Desk) -> dict[str, Any]:
    chosen: dict[str, Any] = {"asset_name": text_in(request, "asset_name")}
    for name in ("service_id", "site_id", "team_id"):
        value = text_in(request, name)
        chosen[name] = one_uuid(value, name) if value else None
    if is_requester_only(request.actor):
        # Who asks says how far it reaches; how urgent it is, the desk decides.
        chosen["impact"] = level_in(request, "impact") if "impact" in request.POST else 2
        return {k: v for k, v in chosen.items() if k not in ("service_id", "team_id")}
    chosen |= {name: text_in(request, name) for name in ("topic", "subtopic")}
    chosen |= {"impact": level_in(request, "impact"), "urgency": level_in(request, "urgency")}
    chosen["internal"] = desk.engagement is None and "internal" in request.POST
    return chosen | _requester(request, desk)


def _requester(request: PageRequest, desk: Desk) -> dict[str, Any]:
    """Find the person whose name or address was typed; otherwise the name stands as it is."""
    typed = " ".join(text_in(request, "requester").split())
    if not typed:
        return {}
    choices = choices_on(desk, request.actor, clock.now(), for_requester=False)
    found = [
        i
        for i, name, email in choices.people
        if typed.lower() in (name.lower(), email.lower(), f"{name} <{email}>".lower())
    ]
    return {"requester_id": found[0]} if len(found) == 1 else {"requester_name": typed}


def _offered(actor: Actor) -> list[tuple[str, list[TicketTemplate]]]:
    """Return the templates to begin with, by kind of ticket."""
    return [
        (_(KIND_LABELS[TicketKind(kind)]), list(some))
        for kind, some in groupby(templates(actor), key=lambda t: t.kind)
    ]


def _first_teams(request: PageRequest, desk: Desk, choices: DeskChoices) -> list[tuple[Any, str]]:
    """Return the teams to choose from; where rules are in force they choose, unless somebody does."""
    if not choices.teams or live_rules(request.actor.reads_as) is None:
        return list(choices.teams)
    return [("", _("By the routing rules")), *choices.teams]


def _draw(
    request: PageRequest,
    desks: list[Desk],
    desk: Desk,
    refused: Refused,
    template: TicketTemplate | None,
    *,
    status: int = 200,
) -> HttpResponse:
    for_requester = is_requester_only(request.actor)
    choices: DeskChoices = choices_on(desk, request.actor, clock.now(), for_requester=for_requester)
    left_out: list[str] = []
    answers = answers_of(refused.values)
    if template is not None and request.method != "POST":
        given = filled(template, choices)
        left_out = given.left_out
        # What is chosen in the address, such as another kind, goes before what the template says.
        refused.values.update({k: str(v) for k, v in given.values.items() if k != "kind"})
        answers = template.answers
    asked = sets_asked(
        desk.owner.id, request.actor, refused.values.get("kind", ""), refused.values.get("topic", "")
    )
    context = {
        "room": "today" if for_requester else "tickets",
        "desks": desks,
        "desk": desk,
        "kinds": [(k.value, _(KIND_LABELS[k]), KIND_ICONS[k]) for k in openable_kinds(request.actor)],
        "choices": choices,
        "levels": [(str(k), _(v)) for k, v in LEVEL_LABELS.items()],
        "reach": [("3", _("Only me")), ("2", _("Several of us")), ("1", _("A whole place or service"))],
        "refused": refused,
        "file_limits": file_limits(),
        "values": refused.values,
        "errors": refused.errors,
        "for_requester": for_requester,
        "template": template,
        "templates": [] if for_requester else _offered(request.actor),
        "left_out": left_out,
        "sets": set_inputs(declared(asked), answers, refused.errors),
        "selects": [
            ("service_id", _("Service"), choices.services, refused.values.get("service_id", "")),
            ("site_id", _("Place"), choices.sites, refused.values.get("site_id", "")),
            (
                "team_id",
                _("First with"),
                _first_teams(request, desk, choices),
                refused.values.get("team_id", ""),
            ),
        ],
    }
    page = "tickets/ask.html" if for_requester else "tickets/new.html"
    return render(request, page, context, status=status)


@require_safe
@signed_in
def alike(request: PageRequest) -> HttpResponse:
    """Give the open tickets that may be the one being written. `?title=`: what is written so far; `?desk=`: at which desk."""
    desk = request.GET.get("desk", "")
    rows = tickets_alike(
        request.actor,
        request.GET.get("title", "")[:200],
        engagement_id=one_uuid(desk, "desk") if desk not in {"", "own"} else None,
        at=clock.now(),
    )
    return render(request, "tickets/_alike.html", {"rows": rows})
