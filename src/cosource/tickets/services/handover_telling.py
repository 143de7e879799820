"""Who is told of a handover: the team that is offered the ticket, who offered what is declined, and both managers at the limit.

A party is told only of what it may know, as by the entry itself. Not here: offers to a party that is not there
(`absent_telling`), and who is told of other steps (`telling`).
"""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from django.utils import translation

from cosource.foundation.models import Entry
from cosource.foundation.notices import register_notice_kind
from cosource.foundation.sight import Actor
from cosource.parties.models import Team
from cosource.tickets.models import Handover, Participation
from cosource.tickets.rules.handover import DECLINE_REASONS
from cosource.tickets.rules.wording import Phrase, gettext_lazy
from cosource.tickets.services.record import Record
from cosource.tickets.services.telling import leader_of, part_tell, team_of, workers_of

OFFERED = "ticket.offered"
DECLINED = "ticket.declined"
KEPT = "ticket.return_limit"


def offer_tell(
    record: Record, *, handover_id: UUID, team: Team, part: Participation, actor: Actor, at: datetime
) -> None:
    """Tell the members of a team that a ticket is offered to it; who leads there, while the team has none."""
    part_tell(
        record,
        part,
        effect_key=f"ticket.offered:{handover_id.hex}",
        person_ids=team_of(record, part, team.id, at),
        kind=OFFERED,
        words=gettext_lazy("%(reference)s is offered to %(team)s", reference=part.reference, team=team.name),
        actor=actor,
        at=at,
    )


def decline_tell(
    record: Record, handover: Handover, *, readers: Collection[UUID], actor: Actor, at: datetime
) -> None:
    """Tell who offered the ticket, and who has it still, that the other team declined, and for which listed reason."""
    offered = Entry.objects.get(id=handover.entry_id)
    by_person = {offered.actor_id} if offered.actor_kind == "person" else set()
    for part in record.parts:
        if part.organization_id not in readers:
            continue
        told = set(workers_of(record, part, at)) if part.holds else set()
        if part.organization_id in (offered.organization_id, offered.on_behalf_of_id):
            told |= {person for person in by_person if person is not None}
        part_tell(
            record,
            part,
            effect_key=f"ticket.declined:{handover.id.hex}:{part.organization_id.hex}",
            person_ids=told,
            kind=DECLINED,
            words=gettext_lazy(
                "%(team)s declined %(reference)s: %(reason)s",
                team=handover.to_team.name,
                reference=part.reference,
                reason=Phrase(DECLINE_REASONS[handover.decline_reason]),
            ),
            actor=actor,
            at=at,
        )


def limit_tell(
    record: Record, handover: Handover, *, readers: Collection[UUID], actor: Actor, at: datetime
) -> None:
    """Tell who leads the giver, the receiver and the owner that it came back as often as agreed, and who is to keep it."""
    concerned = {handover.from_organization_id, handover.to_organization_id, record.ticket.owner_id}
    for part in record.parts:
        if part.organization_id not in concerned or part.organization_id not in readers:
            continue
        part_tell(
            record,
            part,
            effect_key=f"ticket.return_limit:{handover.id.hex}:{part.organization_id.hex}",
            person_ids=leader_of(record, part, at),
            kind=KEPT,
            words=gettext_lazy(
                "%(reference)s came back as often as agreed; %(name)s is to keep it to the end",
                reference=part.reference,
                name=handover.named_owner.name if handover.named_owner else "–",
            ),
            actor=actor,
            at=at,
        )


def register() -> None:
    """Let people choose how they are told of handovers."""
    register_notice_kind(OFFERED, translation.gettext_lazy("A ticket is offered to my team"))
    register_notice_kind(DECLINED, translation.gettext_lazy("What I or my team offered is declined"))
    register_notice_kind(
        KEPT, translation.gettext_lazy("A ticket came back as often as agreed, and one person is to keep it")
    )
