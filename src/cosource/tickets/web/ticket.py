"""The page of one ticket, and the steps that its forms take: parse, one service, back to the page.

A refused step draws the page again with what was written, what was wrong, and what has changed meanwhile.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any
from uuid import UUID

from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from cosource.foundation import clock
from cosource.foundation.doors import PageRequest, signed_in
from cosource.foundation.errors import Conflict, CosourceError, Invalid, StaleVersion
from cosource.foundation.web.once import taken_once
from cosource.tickets.queries.steps import Steps
from cosource.tickets.queries.ticket_page import ticket_get
from cosource.tickets.rules.states import CANCELLED, CLOSED, IN_PROGRESS, RESOLVED
from cosource.tickets.services.acknowledging import escalation_acknowledge
from cosource.tickets.services.answers import answer_accept, answer_challenge, service_restored
from cosource.tickets.services.canned import reply_then
from cosource.tickets.services.changing import ticket_assign, ticket_update
from cosource.tickets.services.handover import (
    handover_accept,
    handover_decline,
    handover_withdraw,
    ticket_hand_over,
)
from cosource.tickets.services.moving import ticket_move
from cosource.tickets.services.writing import writing_send
from cosource.tickets.web.files import FILE_REFUSALS, files_in, files_kept
from cosource.tickets.web.pages import Draft, draw, instant_of
from cosource.tickets.web.parsing import audience_in, level_in, one_uuid, text_in, words_in
from cosource.tickets.web.versions import version_meant

# Refusals after which the page is drawn again with all that was written and brought.
MENDED = (Invalid, Conflict, StaleVersion, *FILE_REFUSALS)
# What a service is given besides what its form says.
type Common = dict[str, Any]
# A step leads back to its ticket, or where it says.
type Step = Callable[[PageRequest, Common], HttpResponse | None]


@require_safe
@signed_in
def ticket(request: PageRequest, ticket_id: UUID) -> HttpResponse:
    """Show a ticket. `?do=` opens a form, `?show=` filters the conversation, `?table` gives the ribbon as rows."""
    return draw(request, ticket_id)


@require_safe
@signed_in
def printed(request: PageRequest, ticket_id: UUID) -> HttpResponse:
    """Show a ticket for paper: the whole conversation that the reader may see, and nothing to press."""
    view = ticket_get(actor=request.actor, ticket_id=ticket_id, at=clock.now(), whole_conversation=True)
    view.steps = Steps()
    return render(request, "tickets/print.html", {"ticket": view, "on_paper": True})


def step(form: str) -> Callable[[Step], Callable[..., Any]]:
    """Make a view of a step: refusals that its form can mend are drawn on the page, all others become their own page.

    What else the address names is given to the service as well.
    """

    def made(take: Step) -> Callable[..., Any]:
        @require_POST
        @signed_in
        @wraps(take)
        def view(request: PageRequest, /, ticket_id: UUID, **named: UUID) -> HttpResponse:
            try:
                version = version_meant(text_in(request, "version"), ticket_id=ticket_id, actor=request.actor)
                answer = take(
                    request,
                    {
                        "ticket_id": ticket_id,
                        "actor": request.actor,
                        "at": clock.now(),
                        "expected_version": version,
                        **named,
                    },
                )
            except MENDED as refusal:
                return draw(request, ticket_id, _draft(form, request, refusal))
            return answer or HttpResponseRedirect(reverse("tickets:ticket", args=[ticket_id]), status=303)

        return view

    return made


def _draft(form: str, request: PageRequest, refusal: CosourceError) -> Draft:
    stale = isinstance(refusal, StaleVersion)
    message = (
        _(
            "The ticket has changed since you opened it. What you wrote is still here; look, and send it again."
        )
        if stale
        else refusal.message
    )
    return Draft(
        form=form,
        values=request.POST.dict(),
        errors=refusal.details.get("fields", {}),
        message=message,
        code=refusal.code,
        status=refusal.status,
        details=refusal.details,
        since=instant_of(text_in(request, "since")) if stale else None,
        files=files_kept(request),
    )


@step("reply")
def reply(request: PageRequest, common: Common) -> None:
    """Write into the conversation."""
    file_ids = files_in(request)
    chosen, then = audience_in(request), text_in(request, "then")
    # The very audience that was asked about, not another one chosen since.
    common |= {
        "words": words_in(request, chosen, file_ids),
        "wider_confirmed": text_in(request, "confirmed") == chosen.key,
    }
    with taken_once(request, at=common["at"]) as taking:
        if taking.before is not None:
            return
        if then:
            reply_then(then=then, **common)
        else:
            writing_send(**common)


@step("")
def start(request: PageRequest, common: Common) -> None:
    """Start work, or take a waiting ticket up again."""
    ticket_move(to_state=IN_PROGRESS, **common)


@step("pause")
def pause(request: PageRequest, common: Common) -> None:
    """Wait for somebody, for an agreed reason, with the request itself."""
    state, _colon, reason = text_in(request, "pause").partition(":")
    if not state:
        raise Invalid(_("Something is missing."), fields={"pause": _("Choose what the ticket waits for.")})
    ticket_move(to_state=state, reason=reason, text=text_in(request, "text"), **common)


@step("resolve")
def resolve(request: PageRequest, common: Common) -> None:
    """Resolve, saying what was done."""
    ticket_move(to_state=RESOLVED, text=text_in(request, "text"), **common)


@step("cancel")
def cancel(request: PageRequest, common: Common) -> None:
    """End the ticket without work, saying why."""
    ticket_move(to_state=CANCELLED, text=text_in(request, "text"), **common)


@step("close")
def close(request: PageRequest, common: Common) -> None:
    """Confirm that it works and close."""
    ticket_move(to_state=CLOSED, text=text_in(request, "text"), **common)


@step("reopen")
def reopen(request: PageRequest, common: Common) -> None:
    """Take a resolved ticket up again, saying what is still wrong."""
    ticket_move(to_state=IN_PROGRESS, text=text_in(request, "text"), **common)


@step("hand-over")
def hand_over(request: PageRequest, common: Common) -> None:
    """Offer the ticket to another team."""
    team, owner = text_in(request, "team"), text_in(request, "named_owner")
    if not team:
        raise Invalid(_("Something is missing."), fields={"team": _("Choose the team that should take it.")})
    ticket_hand_over(
        to_team_id=one_uuid(team, "team"),
        reason=text_in(request, "reason"),
        text=text_in(request, "text"),
        named_owner_id=one_uuid(owner, "named_owner") if owner else None,
        **common,
    )


@step("")
def accept(request: PageRequest, common: Common) -> None:
    """Take the offered ticket."""
    handover_accept(**common)


@step("decline")
def decline(request: PageRequest, common: Common) -> None:
    """Refuse the offered ticket, saying why."""
    handover_decline(reason=text_in(request, "reason"), text=text_in(request, "text"), **common)


@step("")
def withdraw(request: PageRequest, common: Common) -> None:
    """Take an offer back."""
    handover_withdraw(**common)


@step("restored")
def restored(request: PageRequest, common: Common) -> None:
    """Say that the service works again."""
    service_restored(text=text_in(request, "text"), **common)


@step("")
def accept_answer(request: PageRequest, common: Common) -> None:
    """Take what came as the answer."""
    answer_accept(**common)


@step("no-answer")
def challenge_answer(request: PageRequest, common: Common) -> None:
    """Say that what came was no answer."""
    answer_challenge(text=text_in(request, "text"), **common)


@require_POST
@signed_in
def acknowledge(request: PageRequest, ticket_id: UUID, escalation_id: UUID) -> HttpResponse:
    """Take an escalation on; one that somebody took on before is shown as theirs."""
    try:
        escalation_acknowledge(
            ticket_id=ticket_id, escalation_id=escalation_id, actor=request.actor, at=clock.now()
        )
    except Conflict as refusal:
        return draw(request, ticket_id, _draft("acknowledge", request, refusal))
    return HttpResponseRedirect(reverse("tickets:ticket", args=[ticket_id]), status=303)


@step("assign")
def assign(request: PageRequest, common: Common) -> None:
    """Say who of the holding team works on it."""
    person = text_in(request, "person")
    ticket_assign(person_id=one_uuid(person, "person") if person else None, **common)


@step("edit")
def edit(request: PageRequest, common: Common) -> None:
    """Change what the ticket says of itself."""
    changes: dict[str, Any] = {
        name: text_in(request, name)
        for name in ("title", "topic", "subtopic", "asset_name", "requester_name")
        if name in request.POST
    }
    changes |= {name: level_in(request, name) for name in ("impact", "urgency") if name in request.POST}
    for name in ("service_id", "site_id"):
        if name in request.POST:
            chosen = text_in(request, name)
            changes[name] = one_uuid(chosen, name) if chosen else None
    ticket_update(changes=changes, **common)
