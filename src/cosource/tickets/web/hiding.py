"""Personal or patient data in a conversation: hiding it with one click, and what those who lead decide of it."""

from collections.abc import Callable
from functools import partial
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from cosource.foundation import clock
from cosource.foundation.doors import PageRequest, signed_in
from cosource.foundation.errors import Conflict, Invalid
from cosource.tickets.services.hiding import (
    answers_hide,
    answers_redact,
    answers_release,
    message_hide,
    message_redact,
    message_release,
)
from cosource.tickets.web.parsing import text_in

# A service that lacks nothing but who does it, when, and perhaps why.
type Step = Callable[..., None]
# Where the answers stand on the page.
_FIELDS = "fs-1-h"


@require_POST
@signed_in
def hide(request: PageRequest, ticket_id: UUID, entry_id: UUID) -> HttpResponse:
    """Hide what one message says from all but a few."""
    _hide(request, partial(message_hide, ticket_id=ticket_id, entry_id=entry_id))
    return _back(ticket_id, f"e{entry_id.hex}")


@require_POST
@signed_in
def release(request: PageRequest, ticket_id: UUID, entry_id: UUID) -> HttpResponse:
    """Show a hidden text again."""
    _release(request, partial(message_release, ticket_id=ticket_id, entry_id=entry_id))
    return _back(ticket_id, f"e{entry_id.hex}")


@require_POST
@signed_in
def redact(request: PageRequest, ticket_id: UUID, entry_id: UUID) -> HttpResponse:
    """Erase a hidden text for good."""
    _redact(request, partial(message_redact, ticket_id=ticket_id, entry_id=entry_id))
    return _back(ticket_id, f"e{entry_id.hex}")


@require_POST
@signed_in
def hide_answers(request: PageRequest, ticket_id: UUID, set_id: UUID) -> HttpResponse:
    """Hide what was answered to a set of fields from all but a few."""
    _hide(request, partial(answers_hide, ticket_id=ticket_id, set_id=set_id))
    return _back(ticket_id, _FIELDS)


@require_POST
@signed_in
def release_answers(request: PageRequest, ticket_id: UUID, set_id: UUID) -> HttpResponse:
    """Show hidden answers again."""
    _release(request, partial(answers_release, ticket_id=ticket_id, set_id=set_id))
    return _back(ticket_id, _FIELDS)


@require_POST
@signed_in
def redact_answers(request: PageRequest, ticket_id: UUID, set_id: UUID) -> HttpResponse:
    """Erase hidden answers for good."""
    _redact(request, partial(answers_redact, ticket_id=ticket_id, set_id=set_id))
    return _back(ticket_id, _FIELDS)


def _hide(request: PageRequest, step: Step) -> None:
    try:
        step(actor=request.actor, at=clock.now())
    except Conflict as refusal:
        messages.error(request, refusal.message)
    else:
        messages.success(
            request, _("Hidden. Who leads its readers has been told, and decides what becomes of it.")
        )


def _release(request: PageRequest, step: Step) -> None:
    step(actor=request.actor, at=clock.now())
    messages.success(request, _("It is shown again to all who read it before."))


def _redact(request: PageRequest, step: Step) -> None:
    try:
        step(reason=text_in(request, "reason"), actor=request.actor, at=clock.now())
    except Invalid:
        messages.error(request, _("Say why, in at most 300 characters."))
    else:
        messages.success(request, _("Erased. Everybody who reads this record is told that it was."))


def _back(ticket_id: UUID, place: str) -> HttpResponse:
    return HttpResponseRedirect(f"{reverse('tickets:ticket', args=[ticket_id])}#{place}", status=303)
