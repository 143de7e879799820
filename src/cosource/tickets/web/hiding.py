"""Personal or patient data in a conversation: hiding it with one click, and what those who lead decide of it."""

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


@require_POST
@signed_in
def hide(request: PageRequest, ticket_id: UUID, entry_id: UUID) -> HttpResponse:
    """Hide what one message says from all but a few."""
    try:
        message_hide(ticket_id=ticket_id, entry_id=entry_id, actor=request.actor, at=clock.now())
        messages.success(
            request, _("Hidden. Who leads its readers has been told, and decides what becomes of it.")
        )
    except Conflict as refusal:
        messages.error(request, refusal.message)
    return _back(ticket_id, entry_id)


@require_POST
@signed_in
def release(request: PageRequest, ticket_id: UUID, entry_id: UUID) -> HttpResponse:
    """Show a hidden text again."""
    message_release(ticket_id=ticket_id, entry_id=entry_id, actor=request.actor, at=clock.now())
    messages.success(request, _("It is shown again to all who read it before."))
    return _back(ticket_id, entry_id)


@require_POST
@signed_in
def redact(request: PageRequest, ticket_id: UUID, entry_id: UUID) -> HttpResponse:
    """Erase a hidden text for good."""
    try:
        message_redact(
            ticket_id=ticket_id,
            entry_id=entry_id,
            reason=text_in(request, "reason"),
            actor=request.actor,
            at=clock.now(),
        )
        messages.success(request, _("Erased. Everybody who reads this record is told that it was."))
    except Invalid:
        messages.error(request, _("Say why, in at most 300 characters."))
    return _back(ticket_id, entry_id)


@require_POST
@signed_in
def hide_answers(request: PageRequest, ticket_id: UUID, set_id: UUID) -> HttpResponse:
    """Hide what was answered to a set of fields from all but a few."""
    try:
        answers_hide(ticket_id=ticket_id, set_id=set_id, actor=request.actor, at=clock.now())
        messages.success(
            request, _("Hidden. Who leads its readers has been told, and decides what becomes of it.")
        )
    except Conflict as refusal:
        messages.error(request, refusal.message)
    return _to_fields(ticket_id)


@require_POST
@signed_in
def release_answers(request: PageRequest, ticket_id: UUID, set_id: UUID) -> HttpResponse:
    """Show hidden answers again."""
    answers_release(ticket_id=ticket_id, set_id=set_id, actor=request.actor, at=clock.now())
    messages.success(request, _("It is shown again to all who read it before."))
    return _to_fields(ticket_id)


@require_POST
@signed_in
def redact_answers(request: PageRequest, ticket_id: UUID, set_id: UUID) -> HttpResponse:
    """Erase hidden answers for good."""
    try:
        answers_redact(
            ticket_id=ticket_id,
            set_id=set_id,
            reason=text_in(request, "reason"),
            actor=request.actor,
            at=clock.now(),
        )
        messages.success(request, _("Erased. Everybody who reads this record is told that it was."))
    except Invalid:
        messages.error(request, _("Say why, in at most 300 characters."))
    return _to_fields(ticket_id)


def _to_fields(ticket_id: UUID) -> HttpResponse:
    return HttpResponseRedirect(f"{reverse('tickets:ticket', args=[ticket_id])}#fs-1-h", status=303)


def _back(ticket_id: UUID, entry_id: UUID) -> HttpResponse:
    return HttpResponseRedirect(f"{reverse('tickets:ticket', args=[ticket_id])}#e{entry_id.hex}", status=303)
