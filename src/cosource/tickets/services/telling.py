"""Who is told of a step on a ticket: the person who gets it, those who work on what is answered, those who asked.

While a team has no people, who leads its side of the engagement is told in their place.
Nobody is told of what they did themselves. Whether somebody may still read the ticket is looked at when they are told. Not
here: handovers (`handover_telling`), and by which way somebody is told (`foundation.services.notices`).
"""

from collections.abc import Collection, Iterable
from datetime import datetime
from uuid import UUID

from django.utils import translation

from cosource.agreements.rules.terms import MANAGER
from cosource.foundation.notices import register_notice_kind, register_notice_subject
from cosource.foundation.prepared import Prepared
from cosource.foundation.services.notices import notify
from cosource.foundation.sight import Actor
from cosource.parties.models import Membership
from cosource.parties.queries.sight import live
from cosource.tickets.models import Participation, TicketLink
from cosource.tickets.models.participation import Beside, Kind
from cosource.tickets.queries.escalation_people import People, Seat
from cosource.tickets.queries.notices import ticket_lines
from cosource.tickets.rules.links import MERGED_HERE
from cosource.tickets.rules.wording import Phrase, gettext_lazy
from cosource.tickets.services.record import Record

ASSIGNED = "ticket.assigned"
ANSWERED = "ticket.answered"
TO_APPROVE = "ticket.to_approve"
DECIDED = "ticket.approval_decided"
MAJOR = "ticket.major"
MERGED = "ticket.merged"
# So many merges in a row are followed to those who asked.
_DEEPEST = 20

_members = Prepared[UUID](
    lambda team_id, at: Membership.objects.filter(live(at), team_id=team_id).values_list(
        "person_id", flat=True
    ),
    team_id=UUID,
    at=datetime,
)


def assignment_tell(
    record: Record, *, entry_id: UUID, person_id: UUID | None, actor: Actor, at: datetime
) -> None:
    """Tell a person that a ticket is theirs now."""
    part = record.part_of(record.ticket.holder_organization_id)
    if part is None or person_id is None:
        return
    part_tell(
        record,
        part,
        effect_key=f"ticket.assigned:{entry_id.hex}",
        person_ids=[person_id],
        kind=ASSIGNED,
        words=gettext_lazy("%(reference)s is assigned to you", reference=part.reference),
        actor=actor,
        at=at,
    )


def reply_tell(
    record: Record,
    *,
    entry_id: UUID,
    readers: Collection[UUID],
    with_requester: bool,
    actor: Actor,
    at: datetime,
    but: Collection[UUID] = (),
) -> set[UUID]:
    """Tell who works on the ticket for the other readers, a person or else the team that holds it; and the requester.

    `but`: those who are told of it otherwise. Returns whom it told.
    """
    writer = actor.on_behalf_of or actor.organization_id
    all_told: set[UUID] = set()
    for part in record.parts:
        if part.organization_id not in readers:
            continue
        told = set(workers_of(record, part, at)) if part.organization_id != writer else set()
        if with_requester and part.organization_id == record.ticket.owner_id and record.ticket.requester_id:
            told.add(record.ticket.requester_id)
        told -= set(but)
        all_told |= told
        part_tell(
            record,
            part,
            effect_key=f"ticket.answered:{entry_id.hex}:{part.organization_id.hex}",
            person_ids=told,
            kind=ANSWERED,
            words=gettext_lazy("New word on %(reference)s", reference=part.reference),
            actor=actor,
            at=at,
        )
    return all_told


def approval_asked_tell(
    record: Record, part: Participation, *, number: int, actor: Actor, at: datetime
) -> None:
    """Tell who answers for a party that a ticket waits for its approval."""
    part_tell(
        record,
        part,
        effect_key=f"ticket.to_approve:{record.ticket.id.hex}:{number}:{part.organization_id.hex}",
        person_ids=leader_of(record, part, at),
        kind=TO_APPROVE,
        words=gettext_lazy("%(reference)s waits for your approval", reference=part.reference),
        actor=actor,
        at=at,
    )


def approval_decided_tell(record: Record, *, number: int, state: str, actor: Actor, at: datetime) -> None:
    """Tell who works on the ticket, and who asked for it, what became of the approval."""
    part = record.part_of(record.ticket.holder_organization_id) or record.owner_part
    words = {
        "approved": gettext_lazy("%(reference)s is approved", reference=part.reference),
        "sent_back": gettext_lazy(
            "%(reference)s is sent back: mend it and ask again", reference=part.reference
        ),
    }.get(state, gettext_lazy("%(reference)s is not approved", reference=part.reference))
    part_tell(
        record,
        part,
        effect_key=f"ticket.approval_decided:{record.ticket.id.hex}:{number}",
        person_ids=workers_of(record, part, at),
        kind=DECIDED,
        words=words,
        actor=actor,
        at=at,
    )


def merge_tell(record: Record, *, link_id: UUID, is_over: bool, actor: Actor, at: datetime) -> None:
    """Tell who asked that their ticket ended as a duplicate; or with `is_over`, that it goes on by itself again."""
    part, asked = record.owner_part, record.ticket.requester_id
    words = (
        gettext_lazy("%(reference)s is worked on by itself again", reference=part.reference)
        if is_over
        else gettext_lazy(
            "%(reference)s is known already and goes on in another ticket; you are told when it is solved",
            reference=part.reference,
        )
    )
    part_tell(
        record,
        part,
        effect_key=f"ticket.merged:{link_id.hex}:{'over' if is_over else 'begun'}",
        person_ids=[asked] if asked is not None else [],
        kind=MERGED,
        words=words,
        actor=actor,
        at=at,
    )


def duplicates_tell(record: Record, *, actor: Actor, at: datetime) -> None:
    """Tell who asked in a ticket that was merged into this one, however often, that it is solved."""
    if not record.owner_part.has_beside(Beside.LINKS):
        return
    merged = [record.ticket.id]
    asked: dict[UUID, tuple[UUID | None, str]] = {}
    for _step in range(_DEEPEST):
        ends = TicketLink.objects.filter(ticket_id__in=merged, kind=MERGED_HERE)
        merged = [i for i in ends.values_list("other_id", flat=True) if i not in asked]
        if not merged:
            break
        owners = Participation.objects.filter(ticket_id__in=merged, kind=Kind.OWNER)
        for ticket_id, requester_id, reference in owners.values_list(
            "ticket_id", "ticket__requester_id", "reference"
        ):
            asked[ticket_id] = (requester_id, reference)
    for ticket_id, (who, reference) in asked.items():
        notify(
            effect_key=f"ticket.merged:{record.ticket.id.hex}:{ticket_id.hex}:{record.ticket.version}",
            person_ids=[] if who is None or who == actor.person_id else [who],
            kind=MERGED,
            subject_kind="ticket",
            subject_id=ticket_id,
            url=f"/tickets/{ticket_id}/",
            words=gettext_lazy("What you asked for in %(reference)s is solved", reference=reference),
            at=at,
            organization_id=record.ticket.owner_id,
        )


def major_tell(record: Record, *, what: str, readers: Collection[UUID], actor: Actor, at: datetime) -> None:
    """Tell who leads each party that reads along, and who works there, of a major incident or of its review."""
    for part in record.parts:
        if part.organization_id not in readers:
            continue
        words = (
            gettext_lazy("%(reference)s is a major incident", reference=part.reference)
            if what == "declared"
            else gettext_lazy(
                "The review of %(reference)s is open: write your part", reference=part.reference
            )
        )
        part_tell(
            record,
            part,
            effect_key=f"ticket.major:{what}:{record.ticket.id.hex}:{part.organization_id.hex}",
            person_ids={*leader_of(record, part, at), *workers_of(record, part, at)},
            kind=MAJOR,
            words=words,
            actor=actor,
            at=at,
        )


def workers_of(record: Record, part: Participation, at: datetime) -> list[UUID]:
    """Return who works on the ticket for a party: a person, or else the team that has it, or who leads the party there."""
    if part.assignee_id is not None:
        return [part.assignee_id]
    if not part.holds or part.team_id is None:
        return []
    return team_of(record, part, part.team_id, at)


def team_of(record: Record, part: Participation, team_id: UUID, at: datetime) -> list[UUID]:
    """Return the members of a party's team; who leads the party there, while the team has none."""
    return list(_members(team_id=team_id, at=at)) or leader_of(record, part, at)


def leader_of(record: Record, part: Participation, at: datetime) -> list[UUID]:
    """Return who leads a party on the ticket; nobody where nobody does."""
    engagement = part.engagement
    seat = Seat(
        ticket_id=record.ticket.id,
        party_id=part.organization_id,
        engagement_id=part.engagement_id,
        service_id=record.ticket.service_id,
        is_partner=engagement is not None and engagement.partner_id == part.organization_id,
    )
    return People([seat], at).of(seat, MANAGER)


def part_tell(
    record: Record,
    part: Participation,
    *,
    effect_key: str,
    person_ids: Iterable[UUID],
    kind: str,
    words: Phrase,
    actor: Actor,
    at: datetime,
) -> None:
    """Tell people of one party of something on the ticket; the actor knows already."""
    notify(
        effect_key=effect_key,
        person_ids=set(person_ids) - {actor.person_id},
        kind=kind,
        subject_kind="ticket",
        subject_id=record.ticket.id,
        url=f"/tickets/{record.ticket.id}/",
        words=words,
        at=at,
        organization_id=part.organization_id,
    )


def register() -> None:
    """Let people choose how they are told of tickets."""
    register_notice_subject("ticket", ticket_lines)
    register_notice_kind(ASSIGNED, translation.gettext_lazy("A ticket is assigned to me"))
    register_notice_kind(TO_APPROVE, translation.gettext_lazy("A change or request waits for my approval"))
    register_notice_kind(MAJOR, translation.gettext_lazy("A major incident, and its review"))
    register_notice_kind(DECIDED, translation.gettext_lazy("What I work on is approved, or not"))
    register_notice_kind(
        MERGED,
        translation.gettext_lazy("What I asked for goes on in another ticket, and when it is solved"),
    )
    register_notice_kind(
        ANSWERED, translation.gettext_lazy("Somebody writes on a ticket that I work on or asked for")
    )
