"""The ticket endpoints: parse, call one service or query, answer."""

from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from ninja import Status

from cosource.foundation import clock
from cosource.foundation.api import creates, edits, stamp
from cosource.foundation.api import router as room_router
from cosource.foundation.api.schemas import ListOut, list_out
from cosource.foundation.doors import actor_of
from cosource.foundation.errors import Invalid
from cosource.foundation.models import Entry
from cosource.parties.queries.sight import actor_on_notices
from cosource.tickets.api.articles import router as articles
from cosource.tickets.api.back_and_forth import router as back_and_forth
from cosource.tickets.api.bulk import router as bulk
from cosource.tickets.api.calls import router as calls
from cosource.tickets.api.catalog import router as catalog
from cosource.tickets.api.changes import router as changes
from cosource.tickets.api.checklists import router as checklists
from cosource.tickets.api.contacts import router as contacts
from cosource.tickets.api.effort import router as effort
from cosource.tickets.api.fields import router as fields_router
from cosource.tickets.api.files import router as files_router
from cosource.tickets.api.major import router as major
from cosource.tickets.api.ready import router as ready
from cosource.tickets.api.recurring import router as recurring
from cosource.tickets.api.schemas import (
    AssigneeIn,
    ClockOut,
    DeclineIn,
    EntryOut,
    EscalationOut,
    HandoverIn,
    MadeOut,
    MessageIn,
    MoveIn,
    TicketChangeIn,
    TicketIn,
    TicketListOut,
    TicketOut,
    TicketRowOut,
    WordIn,
)
from cosource.tickets.api.stepping import stepped
from cosource.tickets.api.structure import router as structure
from cosource.tickets.api.surveys import router as surveys
from cosource.tickets.api.templates import router as templates
from cosource.tickets.matrix.api.router import router as matrix_router
from cosource.tickets.queries.alike import tickets_alike
from cosource.tickets.queries.attachments import attachments_in
from cosource.tickets.queries.escalations import escalations_of
from cosource.tickets.queries.filters import TicketFilter
from cosource.tickets.queries.list_rows import TicketRow
from cosource.tickets.queries.lists import ticket_list
from cosource.tickets.queries.record import in_sight
from cosource.tickets.queries.ticket_facts import TicketFacts, clocks_of, entries_of, facts_of, ticket_facts
from cosource.tickets.routing.api.router import router as routing_router
from cosource.tickets.services.acknowledging import escalation_acknowledge
from cosource.tickets.services.answers import answer_accept, answer_challenge, service_restored
from cosource.tickets.services.beginning import ticket_begin
from cosource.tickets.services.changing import ticket_assign, ticket_update
from cosource.tickets.services.conversation import ticket_reply
from cosource.tickets.services.handover import (
    handover_accept,
    handover_decline,
    handover_withdraw,
    ticket_hand_over,
)
from cosource.tickets.services.hiding import message_hide
from cosource.tickets.services.moving import ticket_move

router = room_router(tag="tickets")
router.add_router("", structure)
router.add_router("", files_router)
router.add_router("", back_and_forth)
router.add_router("", bulk)
router.add_router("", articles)
router.add_router("", ready)
router.add_router("", effort)
router.add_router("", contacts)
router.add_router("", calls)
router.add_router("", surveys)
router.add_router("", checklists)
router.add_router("", routing_router)
router.add_router("", matrix_router)
router.add_router("", changes)
router.add_router("", catalog)
router.add_router("", templates)
router.add_router("", fields_router)
router.add_router("", recurring)
router.add_router("", major)
_MOST = 200


@router.get("/tickets/alike", response=list[TicketRowOut], summary="List open tickets that may say the same")
def tickets_alike_list(
    request: HttpRequest, title: str, engagement_id: UUID | None = None
) -> list[TicketRow]:
    """Return at most three open tickets in sight whose titles have most in common with this one.

    `engagement_id`: of the client's desk at which a partner would open it; without, the own desk.
    """
    return tickets_alike(actor_of(request), title[:200], engagement_id=engagement_id, at=clock.now())


@router.get("/tickets", response=TicketListOut, summary="List tickets in sight")
def tickets_list(  # noqa: PLR0917 - each is a query parameter of its own
    request: HttpRequest,
    state: str = "open",
    kind: str = "",
    turn: str = "",
    due: str = "",
    priority: str = "",
    team: str = "",
    assignee: str = "",
    client: str = "",
    engagement: str = "",
    service: str = "",
    site: str = "",
    holder: str = "",
    flag: str = "",
    field: str = "",
    text: str = "",
    order: str = "due",
    cursor: str = "",
    limit: int = 50,
) -> dict[str, Any]:
    """Return one page of the tickets in the caller's sight, filtered and in a total order.

    `field`: one of the desk's own, as `SET.KEY:VALUE` by the set's id and the field's key; without a value any answer.
    """
    if not 1 <= limit <= _MOST:
        raise Invalid(
            _("A page has 1 to %(most)s rows.") % {"most": _MOST},
            fields={"limit": _("give 1 to %(most)s") % {"most": _MOST}},
            code="bad_limit",
        )
    filters = TicketFilter(
        state,
        kind,
        turn,
        due,
        priority,
        team,
        assignee,
        client,
        engagement,
        service,
        site,
        holder,
        flag,
        field,
        text,
        order,
    )
    page = ticket_list(actor=actor_of(request), filters=filters, at=clock.now(), cursor=cursor, limit=limit)
    return {"items": page.rows, "next_cursor": page.next_cursor or None, "stopped_after": page.stopped_after}


@router.post("/tickets", response={201: TicketOut}, summary="Open a ticket")
@creates
def ticket_create(request: HttpRequest, response: HttpResponse, body: TicketIn) -> Status[TicketFacts]:
    """Open a ticket on the caller's own desk, or on that of an engagement's client."""
    actor = actor_of(request)
    facts = facts_of(in_sight(ticket_begin(actor=actor, at=clock.now(), **body.dict()), actor))
    stamp(response, facts.version)
    response["Location"] = f"/api/v1/tickets/{facts.id}"
    return Status(201, facts)


@router.get("/tickets/{uuid:ticket_id}", response=TicketOut, summary="Read a ticket")
def ticket_read(request: HttpRequest, response: HttpResponse, ticket_id: UUID) -> TicketFacts:
    """Return one ticket with its version as ETag."""
    facts = ticket_facts(actor=actor_of(request), ticket_id=ticket_id)
    stamp(response, facts.version)
    return facts


@router.patch("/tickets/{uuid:ticket_id}", response=TicketOut, summary="Change a ticket")
@edits
def ticket_change(
    request: HttpRequest, response: HttpResponse, ticket_id: UUID, body: TicketChangeIn
) -> TicketFacts:
    """Change what a ticket says of itself; priority and clocks follow."""
    return stepped(request, response, ticket_id, ticket_update, changes=body.dict(exclude_unset=True))


@router.post("/tickets/{uuid:ticket_id}/messages", response={201: MadeOut}, summary="Write into a ticket")
@creates
def ticket_message_create(request: HttpRequest, ticket_id: UUID, body: MessageIn) -> Status[dict[str, UUID]]:
    """Write to named parties. A first reader is asked for once: 409 with code wider-audience, then `wider_confirmed`."""
    made = ticket_reply(ticket_id=ticket_id, actor=actor_of(request), at=clock.now(), **body.dict())
    return Status(201, {"id": made})


@router.post(
    "/tickets/{uuid:ticket_id}/messages/{uuid:entry_id}/hide",
    response={204: None},
    summary="Hide a message with personal data",
)
def message_hide_create(request: HttpRequest, ticket_id: UUID, entry_id: UUID) -> Status[None]:
    """Hide what a message says, from all but its author and who leads its readers, until a person erases or releases it."""
    message_hide(ticket_id=ticket_id, entry_id=entry_id, actor=actor_of(request), at=clock.now())
    return Status(204, None)


@router.get("/tickets/{uuid:ticket_id}/entries", response=ListOut[EntryOut], summary="Read what happened")
def ticket_entries_list(
    request: HttpRequest, ticket_id: UUID, cursor: str = "", limit: int = 50
) -> dict[str, object]:
    """Return the ledger entries of the ticket that the caller reads, in the order of what happened."""
    return list_out(
        entries_of(actor=actor_of(request), ticket_id=ticket_id, cursor=cursor, limit=limit), _entry
    )


@router.get("/tickets/{uuid:ticket_id}/clocks", response=list[ClockOut], summary="Read a ticket's clocks")
def ticket_clocks_list(request: HttpRequest, ticket_id: UUID) -> list[dict[str, Any]]:
    """Return the clocks that the caller may see."""
    return clocks_of(actor=actor_of(request), ticket_id=ticket_id, at=clock.now())


@router.get(
    "/tickets/{uuid:ticket_id}/escalations",
    response=list[EscalationOut],
    summary="Read who was told of a clock",
)
def ticket_escalations_list(request: HttpRequest, ticket_id: UUID) -> list[dict[str, Any]]:
    """Return the steps of the ladder that the caller's party was told of."""
    return escalations_of(actor=actor_of(request), ticket_id=ticket_id)


@router.post(
    "/tickets/{uuid:ticket_id}/escalations/{uuid:escalation_id}/acknowledge",
    response={204: None},
    summary="Take an escalation on",
)
def escalation_acknowledge_create(request: HttpRequest, ticket_id: UUID, escalation_id: UUID) -> Status[None]:
    """Acknowledge for the caller's party: no further step of this clock tells it until the clock is due, or for good.

    A person acknowledges: the token is one that acts on its maker's notices.
    """
    at = clock.now()
    actor = actor_on_notices(actor_of(request), at=at)
    escalation_acknowledge(ticket_id=ticket_id, escalation_id=escalation_id, actor=actor, at=at)
    return Status(204, None)


@router.post("/tickets/{uuid:ticket_id}/moves", response=TicketOut, summary="Move a ticket to another state")
@edits
def ticket_move_create(
    request: HttpRequest, response: HttpResponse, ticket_id: UUID, body: MoveIn
) -> TicketFacts:
    """Start, ask, resolve, reopen, close or cancel."""
    return stepped(request, response, ticket_id, ticket_move, **body.dict())


@router.post(
    "/tickets/{uuid:ticket_id}/handover", response=TicketOut, summary="Offer a ticket to another team"
)
@edits
def handover_create(
    request: HttpRequest, response: HttpResponse, ticket_id: UUID, body: HandoverIn
) -> TicketFacts:
    """Offer the ticket; it stays where it is until the other team accepts."""
    return stepped(request, response, ticket_id, ticket_hand_over, **body.dict())


@router.post(
    "/tickets/{uuid:ticket_id}/handover/accept", response=TicketOut, summary="Accept an offered ticket"
)
@edits
def handover_accept_create(request: HttpRequest, response: HttpResponse, ticket_id: UUID) -> TicketFacts:
    """Take the ticket: from now on the caller's party holds it."""
    return stepped(request, response, ticket_id, handover_accept)


@router.post(
    "/tickets/{uuid:ticket_id}/handover/decline", response=TicketOut, summary="Decline an offered ticket"
)
@edits
def handover_decline_create(
    request: HttpRequest, response: HttpResponse, ticket_id: UUID, body: DeclineIn
) -> TicketFacts:
    """Say why it is not taken; it stays with the team that offered it."""
    return stepped(request, response, ticket_id, handover_decline, **body.dict())


@router.post("/tickets/{uuid:ticket_id}/handover/withdraw", response=TicketOut, summary="Take an offer back")
@edits
def handover_withdraw_create(request: HttpRequest, response: HttpResponse, ticket_id: UUID) -> TicketFacts:
    """Take an offer back before it is answered."""
    return stepped(request, response, ticket_id, handover_withdraw)


@router.post("/tickets/{uuid:ticket_id}/answer/accept", response=TicketOut, summary="Take an answer as given")
@edits
def answer_accept_create(request: HttpRequest, response: HttpResponse, ticket_id: UUID) -> TicketFacts:
    """Accept the answer that ended the pause; it cannot be challenged any more."""
    return stepped(request, response, ticket_id, answer_accept)


@router.post("/tickets/{uuid:ticket_id}/answer/challenge", response=TicketOut, summary="Say it was no answer")
@edits
def answer_challenge_create(
    request: HttpRequest, response: HttpResponse, ticket_id: UUID, body: WordIn
) -> TicketFacts:
    """Say why what came was no answer; the pause goes on as if it had not ended."""
    return stepped(request, response, ticket_id, answer_challenge, text=body.text)


@router.post(
    "/tickets/{uuid:ticket_id}/restored", response=TicketOut, summary="Say that a service works again"
)
@edits
def ticket_restored_create(
    request: HttpRequest, response: HttpResponse, ticket_id: UUID, body: WordIn
) -> TicketFacts:
    """Say that the service works again, if only by a detour; the ticket stays open."""
    return stepped(request, response, ticket_id, service_restored, text=body.text)


@router.put("/tickets/{uuid:ticket_id}/assignee", response=TicketOut, summary="Assign a ticket")
@edits
def ticket_assignee_set(
    request: HttpRequest, response: HttpResponse, ticket_id: UUID, body: AssigneeIn
) -> TicketFacts:
    """Assign the ticket to a person of the team that holds it."""
    return stepped(request, response, ticket_id, ticket_assign, person_id=body.person_id)


def _entry(entry: Entry) -> dict[str, Any]:
    is_hidden = hasattr(entry, "hiding")
    payload = None if is_hidden else getattr(entry, "payload", None)
    body = payload.body if payload is not None else None
    return {
        "id": entry.id,
        "kind": entry.kind,
        "occurred_at": entry.occurred_at,
        "recorded_at": entry.recorded_at,
        "source_seq": entry.source_seq,
        "organization_id": entry.organization_id,
        "facts": entry.facts,
        "payload": body,
        "files": attachments_in(entry.facts, body),
        "hidden": is_hidden,
    }
