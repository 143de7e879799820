"""Handing a ticket over: offered by the team that holds it, accepted or declined by the other, never in between.

Possession moves on acceptance, so that a ticket is always with exactly one team. A party that gets a ticket back which it had
before counts a return; at the agreement's limit the offer must name one owner who keeps it to the end.
"""

from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from cosource.agreements.queries.terms import terms_of
from cosource.foundation.bulk import insert_all, update_all
from cosource.foundation.errors import Conflict, Invalid, NotFound
from cosource.foundation.sight import Actor
from cosource.parties.models import Engagement, Membership, Person, Team
from cosource.parties.queries.sight import live
from cosource.tickets.models import Handover, Possession
from cosource.tickets.models.participation import Kind
from cosource.tickets.queries.receivers import handover_teams, reachable_engagements, receiving_team
from cosource.tickets.rules.clock_kinds import Happening
from cosource.tickets.rules.handover import DECLINE_REASONS, OFFER_REASONS, REASONS
from cosource.tickets.rules.possession import Holder, PossessionInterval, Verdict, judge
from cosource.tickets.services import at_hand, policy
from cosource.tickets.services.absent_telling import (
    absent_tell,
    absentees_tell,
    offer_words,
    withdrawal_words,
)
from cosource.tickets.services.clocks import clock_of_offer, clocks_happen, clocks_place, clocks_start
from cosource.tickets.services.first_team import route_taken
from cosource.tickets.services.handover_telling import decline_tell, limit_tell, offer_tell
from cosource.tickets.services.listkeys import sync
from cosource.tickets.services.opening import share_description
from cosource.tickets.services.policy import Action
from cosource.tickets.services.record import (
    Record,
    audience_of,
    join,
    load,
    message_add,
    note,
    parties_seen_by,
    readers_with,
    refuse,
    require_open,
    require_text,
    save,
    tell_others,
)
from cosource.tickets.services.sharing import description_of

__all__ = [
    "handover_accept",
    "handover_decline",
    "handover_offer",
    "handover_teams",
    "handover_withdraw",
    "ticket_hand_over",
]


@transaction.atomic
def ticket_hand_over(
    *,
    ticket_id: UUID,
    to_team_id: UUID,
    reason: str,
    text: str,
    actor: Actor,
    at: datetime,
    named_owner_id: UUID | None = None,
    expected_version: int | None = None,
) -> Handover:
    """Offer the ticket to another team, which must accept it; until then it stays where it is.

    `reason`: a key of `rules.handover.REASONS`; `text`: the note that both sides read. A partner that had no part in the ticket
    gets one, with its own reference, its own terms and the description. A stand-in party is told by mail. At the agreed limit of
    returns one owner has to be named, of whom those who lead both sides are told.
    Appends `ticket.handover_offered/1`, and `ticket.shared/1` for a newcomer.
    Raises: NotFound (ticket or team out of sight), NotAllowed, Conflict (closed, already offered, return limit), Invalid.
    """
    record = load(ticket_id, actor, expected_version=expected_version)
    policy.require(actor, Action.HAND_OVER, record)
    actor = policy.acting_for(actor, record, record.ticket.holder_organization_id)
    require_open(record.ticket)
    if reason not in REASONS:
        raise Invalid(
            "That is no reason for a handover.",
            fields={"reason": _("One of: %(choices)s.") % {"choices": ", ".join(REASONS)}},
        )
    return handover_offer(
        record,
        to_team_id=to_team_id,
        reason=reason,
        text=text,
        actor=actor,
        at=at,
        named_owner_id=named_owner_id,
    )


def handover_offer(
    record: Record,
    *,
    to_team_id: UUID,
    reason: str,
    text: str,
    actor: Actor,
    at: datetime,
    named_owner_id: UUID | None = None,
) -> Handover:
    """Offer a ticket that is at hand, whoever decided it; the caller has looked at rights, and its transaction is this one's.

    `reason`: a key of `rules.handover.OFFER_REASONS`. Appends and raises as `ticket_hand_over` says.
    """
    ticket = record.ticket
    if reason not in OFFER_REASONS:
        raise KeyError(reason)
    body = require_text(text, "text", limit=20_000)
    team, engagement = _receiving_team(record, to_team_id, at)
    if team.id == ticket.holder_team_id:
        raise Conflict("The ticket is with that team already.", code="same_team")
    handovers = at_hand.handovers(record)
    if at_hand.open_handover(record) is not None:
        raise Conflict(
            "The ticket is offered to a team already; it must answer first.", code="already_offered"
        )
    verdict = _judge(record, team)
    owner = _named_owner(verdict, named_owner_id, team, at)
    save(record, at=at)
    part = record.part_of(team.organization_id)
    begins = part is None or part.asked_at is None
    if part is None:
        if engagement is None:
            raise NotFound
        part = join(record, ticket, engagement, kind=Kind.WORKER, at=at)
        share_description(record, part, first=description_of(ticket), actor=actor, at=at)
    if begins:
        part.asked_at = at
        clocks_start(record, part)
    readers = _told(record, actor, ticket.holder_organization_id, team.organization_id)
    entry_id = note(
        record,
        kind="ticket.handover_offered/1",
        actor=actor,
        at=at,
        readers=readers,
        facts={
            **_giver(readers, ticket.holder_organization_id, ticket.holder_team_id),
            "to": team.organization_id.hex,
            "to_team": team.id.hex,
            "reason": reason,
            "is_return": verdict.is_return,
            "named_owner": _hex(owner.id if owner else None),
        },
        payload={"text": body},
    )
    message_add(record, entry_id, audience_of(record, readers), actor, at, text=body, kind="handover")
    handover = Handover(
        ticket=ticket,
        entry_id=entry_id,
        from_organization_id=ticket.holder_organization_id,
        from_team_id=ticket.holder_team_id,
        to_organization_id=team.organization_id,
        to_team=team,
        reason=reason,
        is_return=verdict.is_return,
        named_owner=owner,
        offered_at=at,
        offered_by_id=actor.id,
    )
    insert_all([handover])
    handovers.append(handover)
    clock_of_offer(record, part, at=at)
    clocks_place(record)
    sync(record, at=at)
    offer_tell(record, handover_id=handover.id, team=team, part=part, actor=actor, at=at)
    if verdict.limit_reached:
        limit_tell(record, handover, readers=readers, actor=actor, at=at)
    absent_tell(
        record,
        part,
        effect_key=f"handover:{handover.id}",
        words=offer_words(record, part, team=team.name, readers=readers, actor=actor),
        text=body,
        at=at,
    )
    return handover


@transaction.atomic
def handover_accept(
    *, ticket_id: UUID, actor: Actor, at: datetime, expected_version: int | None = None
) -> None:
    """Take the offered ticket: from now on it is with the actor's team, and assigned to the actor if a person accepts.

    Appends `ticket.handed_over/1`. Raises: NotFound, NotAllowed, Conflict when nothing is offered.
    """
    record, handover, actor = _offered(ticket_id, actor, expected_version)
    ticket = record.ticket
    held = at_hand.possessions(record)
    last = held[-1] if held else None
    # No stretch ends before it began, though a clock was set back meanwhile; the next begins where it ends.
    from_at = max(at, last.from_at) if last is not None else at
    by_person = actor.person_id if actor.on_behalf_of is None else None
    assignee = handover.named_owner_id or (
        by_person if _in_team(by_person, handover.to_team_id, at) else None
    )
    changes: dict[str, object] = {
        "holder_organization_id": handover.to_organization_id,
        "holder_team_id": handover.to_team_id,
        "assignee_id": assignee,
        "named_owner_id": handover.named_owner_id or ticket.named_owner_id,
        "handovers": ticket.handovers + 1,
        "returns": ticket.returns + int(handover.is_return),
    }
    if ticket.turn == "holder":
        changes["turn_organization_id"] = handover.to_organization_id
    readers = _told(record, actor, handover.from_organization_id, handover.to_organization_id)
    save(record, at=at, **changes)
    _answer(handover, Handover.State.ACCEPTED, actor, at)
    if last is not None and last.until_at is None:
        last.until_at = from_at
        update_all([last], ["until_at"])
    taken = Possession(
        ticket=ticket,
        sequence=(last.sequence if last else 0) + 1,
        organization_id=handover.to_organization_id,
        team_id=handover.to_team_id,
        from_at=from_at,
    )
    insert_all([taken])
    held.append(taken)
    note(
        record,
        kind="ticket.handed_over/1",
        actor=actor,
        at=at,
        readers=readers,
        facts={
            **_giver(readers, handover.from_organization_id, handover.from_team_id),
            "to": handover.to_organization_id.hex,
            "to_team": handover.to_team_id.hex,
            "reason": handover.reason,
            "is_return": handover.is_return,
        },
    )
    tell_others(record, readers=readers, at=at, facts={"state": ticket.state, "category": ticket.category})
    if handover.is_return:
        _mark_returned(record, readers)
    _settled(record, handover, Happening.TAKEN, at)
    sync(record, at=at)
    route_taken(record, at)


@transaction.atomic
def handover_decline(
    *,
    ticket_id: UUID,
    reason: str,
    text: str,
    actor: Actor,
    at: datetime,
    expected_version: int | None = None,
) -> None:
    """Refuse the offered ticket, saying why; it stays with the team that offered it.

    Appends `ticket.handover_declined/1`. Raises: NotFound, NotAllowed, Conflict when nothing is offered, Invalid.
    """
    if reason not in DECLINE_REASONS:
        raise Invalid(
            "That is no reason to decline.",
            fields={"reason": _("One of: %(choices)s.") % {"choices": ", ".join(DECLINE_REASONS)}},
        )
    body = require_text(text, "text", limit=20_000)
    record, handover, actor = _offered(ticket_id, actor, expected_version)
    save(record, at=at)
    _answer(handover, Handover.State.DECLINED, actor, at, decline_reason=reason)
    readers = _told(record, actor, handover.from_organization_id, handover.to_organization_id)
    entry_id = note(
        record,
        kind="ticket.handover_declined/1",
        actor=actor,
        at=at,
        readers=readers,
        facts={"to": handover.to_organization_id.hex, "to_team": handover.to_team_id.hex, "reason": reason},
        payload={"text": body},
    )
    message_add(record, entry_id, audience_of(record, readers), actor, at, text=body, kind="handover")
    absentees_tell(record, entry_id=entry_id, readers=readers, text=body, actor=actor, at=at)
    decline_tell(record, handover, readers=readers, actor=actor, at=at)
    _settled(record, handover, Happening.TAKEN, at)
    sync(record, at=at)


@transaction.atomic
def handover_withdraw(
    *, ticket_id: UUID, actor: Actor, at: datetime, expected_version: int | None = None
) -> None:
    """Take an offer back before it is answered; a stand-in party is told by mail. Appends `ticket.handover_withdrawn/1`.

    Raises: NotFound, NotAllowed, Conflict when nothing is offered.
    """
    record = load(ticket_id, actor, expected_version=expected_version)
    policy.require(actor, Action.HAND_OVER, record)
    actor = policy.acting_for(actor, record, record.ticket.holder_organization_id)
    handover = _open_handover(record)
    save(record, at=at)
    _answer(handover, Handover.State.WITHDRAWN, actor, at)
    readers = _told(record, actor, handover.from_organization_id, handover.to_organization_id)
    note(
        record,
        kind="ticket.handover_withdrawn/1",
        actor=actor,
        at=at,
        readers=readers,
        facts={"to": handover.to_organization_id.hex, "to_team": handover.to_team_id.hex},
    )
    part = record.part_of(handover.to_organization_id)
    if part is not None:
        absent_tell(
            record,
            part,
            effect_key=f"handover:{handover.id}:withdrawn",
            words=withdrawal_words(record, part, team=handover.to_team.name, readers=readers, actor=actor),
            at=at,
        )
    _settled(record, handover, Happening.WITHDRAWN, at)
    sync(record, at=at)


def _receiving_team(record: Record, team_id: UUID, at: datetime) -> tuple[Team, Engagement | None]:
    engagements = reachable_engagements(record, at)
    team = receiving_team(record, team_id, engagements, at)
    if team is None:
        raise NotFound
    return team, next((e for e in engagements if e.partner_id == team.organization_id), None)


def _judge(record: Record, team: Team) -> Verdict:
    held = at_hand.possessions(record)
    intervals = [PossessionInterval(p.organization_id, p.team_id, p.from_at, p.until_at) for p in held]
    holder = record.part_of(record.ticket.holder_organization_id) or record.owner_part
    pinned = holder.agreement_version_id or record.owner_part.agreement_version_id
    limit = terms_of(pinned).return_limit if pinned else None
    return judge(
        intervals,
        Holder(record.ticket.holder_organization_id, record.ticket.holder_team_id),
        Holder(team.organization_id, team.id),
        limit,
    )


def _named_owner(verdict: Verdict, person_id: UUID | None, team: Team, at: datetime) -> Person | None:
    if person_id is None:
        if verdict.limit_reached:
            raise Conflict(
                "This ticket came back as often as the agreement allows. Name the one person who keeps it to the end.",
                code="return_limit_reached",
                returns=verdict.returns_so_far,
            )
        return None
    if not _in_team(person_id, team.id, at):
        raise Invalid(
            "That person is not in the team.", fields={"named_owner_id": "Somebody of the receiving team."}
        )
    return Person.objects.get(id=person_id)


def _in_team(person_id: UUID | None, team_id: UUID, at: datetime) -> bool:
    return (
        person_id is not None
        and Membership.objects.filter(live(at), person_id=person_id, team_id=team_id).exists()
    )


def _open_handover(record: Record) -> Handover:
    at_hand.handovers(record)
    handover = at_hand.open_handover(record)
    if handover is None:
        raise Conflict("No handover waits for an answer.", code="nothing_offered")
    return handover


def _offered(ticket_id: UUID, actor: Actor, expected_version: int | None) -> tuple[Record, Handover, Actor]:
    """Return the record, the open offer, and the actor: as the receiver's keeper where that is a stand-in."""
    record = load(ticket_id, actor, expected_version=expected_version)
    handover = _open_handover(record)
    receiver = record.part_of(handover.to_organization_id)
    own = receiver is not None and receiver.id == record.mine.id
    if own:
        if not policy.may_write(actor, record.mine):
            raise refuse("The offer is for another team.", "not_offered_to_you")
    elif receiver is None or not (policy.keeps(actor, receiver) and policy.may_write(actor, record.mine)):
        raise refuse("The offer is for another party.", "not_offered_to_you")
    return record, handover, policy.acting_for(actor, record, handover.to_organization_id)


def _settled(record: Record, handover: Handover, what: Happening, at: datetime) -> None:
    clocks_happen(record, what, at=at, owed_by={handover.to_organization_id})
    clocks_place(record)


def _mark_returned(record: Record, readers: set[UUID]) -> None:
    """Let lists find the ticket as one that came back, for those who learn of this return and nobody else."""
    told = [p for p in record.parts if p.organization_id in readers and not p.came_back]
    for part in told:
        part.came_back = True
    update_all(told, ["came_back"])


def _answer(handover: Handover, state: str, actor: Actor, at: datetime, *, decline_reason: str = "") -> None:
    at = max(at, handover.offered_at)
    answered = Handover.objects.filter(id=handover.id, state=Handover.State.OFFERED).update(
        state=state, answered_at=at, answered_by_id=actor.id, decline_reason=decline_reason
    )
    if not answered:
        raise Conflict("The offer was answered meanwhile.", code="nothing_offered")
    handover.state, handover.answered_at, handover.decline_reason = state, at, decline_reason


def _told(record: Record, actor: Actor, from_id: UUID | None, to_id: UUID) -> set[UUID]:
    """Return who learns of a handover between two parties: the giver only where it and the receiver know of each other.

    When the owner passes a ticket on from one partner to another, neither learns who the other is.
    """
    readers = readers_with(record, actor, to_id)
    knows = from_id in parties_seen_by(to_id, record.parts) and to_id in parties_seen_by(
        from_id, record.parts
    )
    return readers | readers_with(record, actor, from_id) if knows else readers


def _giver(readers: set[UUID], party_id: UUID | None, team_id: UUID | None) -> dict[str, str | None]:
    """Return the facts of who gave the ticket, where all readers may know that party."""
    known = party_id in readers
    return {"from": _hex(party_id) if known else None, "from_team": _hex(team_id) if known else None}


def _hex(value: UUID | None) -> str | None:
    return value.hex if value else None
