"""Whether somebody meets a ticket as who asked and nothing else."""

from dataclasses import replace

from cosource.foundation.sight import REQUESTER, Actor
from cosource.tickets.models import Participation
from cosource.tickets.queries.record import Record


def reads_as_requester(record: Record, actor: Actor) -> bool:
    """Tell whether nothing but having asked brings this ticket into the actor's sight."""
    if REQUESTER not in actor.sight.roles or record.ticket.requester_id != actor.person_id:
        return False
    others = tuple(g for g in actor.sight.grants if g.role != REQUESTER)
    otherwise = replace(actor, sight=replace(actor.sight, grants=others))
    return not Participation.objects.visible_to(otherwise).filter(id=record.mine.id).exists()
