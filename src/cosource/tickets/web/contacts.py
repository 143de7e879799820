"""The page on which a technician writes down that somebody called or came, in a few seconds and without the mouse.

Everything is one form: finding the caller sends it too, so that nothing needs a script. A form is taken once. Not here: who is
found (`queries.calling`), what is written (`services.contacts`).
"""

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
from cosource.foundation.errors import Conflict, Invalid, NotAllowed, NotFound
from cosource.foundation.pages import Command, register_command
from cosource.foundation.sight import REQUESTER, Actor
from cosource.foundation.web.once import taken_once
from cosource.tickets.queries.calling import Caller, callers_found, last_services, usual_desk
from cosource.tickets.queries.desks import Desk, choices_on, desks_of, may_open
from cosource.tickets.rules.contacts import CHANNELS, PHONE
from cosource.tickets.rules.states import TicketKind
from cosource.tickets.services.contacts import contact_add, contact_log
from cosource.tickets.web.parsing import one_uuid, text_in
from cosource.tickets.web.refused import Refused

FIND, SOLVED = "find", "solved"
# What was picked: a person, somebody known by name, or one of the open tickets of whoever calls.
_PERSON, _NAME, _TICKET = "p", "n", "t"


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def call(request: PageRequest) -> HttpResponse:
    """Show the form, find the caller, or write the call down. `?desk=` chooses the desk."""
    desks, desk = _desk(request, (request.POST if request.method == "POST" else request.GET).get("desk", ""))
    if request.method != "POST":
        return _draw(request, desks, desk, Refused({"channel": PHONE, "kind": "incident"}))
    values = {k: str(v) for k, v in request.POST.items()}
    if text_in(request, "outcome") == FIND:
        return _draw(request, desks, desk, Refused(values))
    try:
        ticket_id = _log(request, desk)
    except (Invalid, Conflict, NotAllowed) as refusal:
        refused = Refused(values, refusal.details.get("fields", {}), refusal.message)
        return _draw(request, desks, desk, refused, status=refusal.status)
    return HttpResponseRedirect(reverse("tickets:ticket", args=[ticket_id]), status=303)


@require_POST
@signed_in
def callers(request: PageRequest) -> HttpResponse:
    """Show who fits what is typed of the caller, beside the form."""
    _desks, desk = _desk(request, text_in(request, "desk"))
    return render(request, "tickets/_callers.html", _found(request, desk, request.POST.dict()))


def _desk(request: PageRequest, wanted: str) -> tuple[list[Desk], Desk]:
    actor = request.actor
    if not logs_calls(actor):
        raise NotAllowed(_("Your role opens no tickets."), action=_("log a call"))
    desks = desks_of(actor, clock.now())
    desk = next((d for d in desks if d.key == wanted), None) if wanted else usual_desk(desks, actor)
    if desk is None:
        raise NotFound
    return desks, desk


def _log(request: PageRequest, desk: Desk) -> UUID:
    """Write it down, or find the ticket of this very form."""
    actor, at = request.actor, clock.now()
    with taken_once(request, at=at) as taking:
        if taking.before is not None:
            return UUID(taking.before)
        what, _colon, picked = text_in(request, "pick").partition(":")
        common: dict[str, Any] = {
            "channel": text_in(request, "channel") or PHONE,
            "solved": text_in(request, "outcome") == SOLVED,
            "actor": actor,
            "at": at,
        }
        title, text, typed = (text_in(request, name).strip() for name in ("title", "text", "caller"))
        if what == _TICKET:
            words = "\n\n".join(filter(None, (title, text)))
            ticket = contact_add(ticket_id=one_uuid(picked, "pick"), text=words, **common)
        else:
            service = text_in(request, "service_id")
            person = one_uuid(picked, "pick") if what == _PERSON else None
            ticket = contact_log(
                title=title,
                text=text,
                kind=text_in(request, "kind") or TicketKind.INCIDENT,
                service_id=one_uuid(service, "service_id") if service else None,
                requester_id=person,
                requester_name="" if person else picked if what == _NAME else " ".join(typed.split()),
                engagement_id=desk.engagement.id if desk.engagement else None,
                **common,
            )
        taking.result = ticket.id.hex
        return ticket.id


def _found(request: PageRequest, desk: Desk, values: dict[str, str]) -> dict[str, Any]:
    typed = values.get("caller", "")
    found = callers_found(desk, typed, request.actor, clock.now())
    picks = {_pick(c) for c in found} | {f"{_TICKET}:{t.id}" for c in found for t in c.tickets}
    picked = values.get("pick", "")
    if picked not in picks:
        # One number is one caller; a name may be that of somebody else.
        only = found[0] if len(found) == 1 else None
        picked = _pick(only) if only and only.person_id else ""
    return {"found": [(_pick(c), c) for c in found], "picked": picked, "typed": typed.strip()}


def _pick(caller: Caller) -> str:
    return f"{_PERSON}:{caller.person_id}" if caller.person_id else f"{_NAME}:{caller.name}"


def _draw(
    request: PageRequest, desks: list[Desk], desk: Desk, refused: Refused, *, status: int = 200
) -> HttpResponse:
    choices = choices_on(desk, request.actor, clock.now(), for_requester=False)
    last = last_services(desk, request.actor)
    names = dict(choices.services)
    context = {
        "room": "tickets",
        "desks": desks,
        "desk": desk,
        "channels": [(key, _(label)) for key, label in CHANNELS.items()],
        "kinds": [("incident", _("Something does not work")), ("request", _("Something is wanted"))],
        "last": [(i, names[i]) for i in last if i in names],
        "services": [(i, name) for i, name in choices.services if i not in last],
        "values": refused.values,
        "errors": {k: _(str(v)) for k, v in refused.errors.items()},
        "refused": refused,
        **_found(request, desk, refused.values),
    }
    return render(request, "tickets/call.html", context, status=status)


def logs_calls(actor: Actor) -> bool:
    """Tell whether the actor answers calls: works at a desk, rather than only asking for help."""
    return may_open(actor) and bool(actor.sight.roles - {REQUESTER})


def register() -> None:
    """Add the page to the palette, with a key."""
    register_command(
        Command(
            key="tickets.call",
            label=gettext_lazy("Log a call or walk-up"),
            url_name="tickets:call",
            icon="phone",
            order=12,
            visible=logs_calls,
            key_hint="l",
        )
    )
