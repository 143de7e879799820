"""What the endpoints that take a step on a ticket do alike."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse

from cosource.foundation import clock
from cosource.foundation.api import expected_version, stamp
from cosource.foundation.doors import actor_of
from cosource.foundation.sight import Actor
from cosource.tickets.queries.ticket_facts import TicketFacts, ticket_facts


def stepped(
    request: HttpRequest,
    response: HttpResponse,
    ticket_id: UUID,
    step: Callable[..., object],
    *,
    acting: Actor | None = None,
    **given: Any,
) -> TicketFacts:
    """Take one step if the ticket still is as the caller saw it, and answer with the ticket as it is then, for the caller.

    `acting`: who takes it, where that is not the caller itself.
    """
    actor = actor_of(request)
    step(
        ticket_id=ticket_id,
        actor=acting or actor,
        at=clock.now(),
        expected_version=expected_version(request),
        **given,
    )
    facts = ticket_facts(actor=actor, ticket_id=ticket_id)
    stamp(response, facts.version)
    return facts
