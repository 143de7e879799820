"""Ready replies as somebody may use them on a ticket: the values that fit are those that everybody who reads may know.

Not here: what the places are (`rules.canned`), and writing replies (`services.canned`).
"""

from collections.abc import Collection, Mapping
from uuid import UUID

from django.utils.formats import date_format
from django.utils.timezone import get_current_timezone
from django.utils.translation import gettext as _

from cosource.foundation.errors import NotFound
from cosource.foundation.sight import MANAGER, SERVICE_OWNER, TECHNICIAN, WORKERS, Actor
from cosource.parties.models import Person, Team
from cosource.tickets.models import NEVER, CannedReply, Clock
from cosource.tickets.queries.clocks import may_see
from cosource.tickets.queries.record import Record

_MOST = 200


def canned_list(actor: Actor) -> list[CannedReply]:
    """Return the replies that the actor may use, by title."""
    found = CannedReply.objects.visible_to(actor).select_related("team").order_by("title", "id")
    return list(found[:_MOST])


def canned_get(actor: Actor, reply_id: UUID) -> CannedReply:
    """Return one reply that the actor may use. Raises: NotFound."""
    found = CannedReply.objects.visible_to(actor).select_related("team").filter(id=reply_id).first()
    if found is None:
        raise NotFound
    return found


def uses_canned(actor: Actor) -> bool:
    """Tell whether ready replies are anything to the actor."""
    return actor.organization_id is not None and bool(actor.sight.roles & WORKERS)


def may_manage(actor: Actor, team_id: UUID | None) -> bool:
    """Tell whether the actor writes replies of a team (None: of everybody): who leads does, a technician of the own."""
    sight = actor.sight
    if sight.as_host or sight.organization_id is None:
        return False
    if sight.roles & {SERVICE_OWNER, MANAGER}:
        return True
    return TECHNICIAN in sight.roles and team_id is not None and team_id in sight.team_ids


def teams_for(actor: Actor) -> list[tuple[UUID, str]]:
    """Return the teams whose replies the actor writes, by name."""
    teams = Team.objects.filter(organization_id=actor.reads_as, ended_at=None)
    if not may_manage(actor, None):
        teams = teams.filter(id__in=actor.sight.team_ids)
    return list(teams.order_by("name", "id").values_list("id", "name"))


def values_for(
    record: Record, actor: Actor, readers: Collection[UUID], *, with_requester: bool
) -> Mapping[str, str]:
    """Return the values that all readers may know, by place; what one of them may not know is left out."""
    ticket = record.ticket
    values = {
        "title": ticket.title,
        "client": record.owner_part.organization.name,
        "requester": ticket.requester_name,
        "me": actor.name if actor.kind == "person" else "",
        "reference": _reference(record, frozenset(readers), with_requester=with_requester),
        "due": "" if with_requester else _due(record, readers),
    }
    if ticket.requester_id is not None:
        names = Person.objects.filter(id=ticket.requester_id).values_list("name", flat=True)
        values["requester"] = names.first() or ""
    return values


def _reference(record: Record, readers: frozenset[UUID], *, with_requester: bool) -> str:
    """Return the ticket's name in the one series that all readers have it in; empty where there is none."""
    for part in record.parts:
        engagement = part.engagement
        known = {part.organization_id} if engagement is None else {part.organization_id, engagement.client_id}
        if readers <= known and (not with_requester or part.organization_id == record.ticket.owner_id):
            return part.reference
    return ""


def _due(record: Record, readers: Collection[UUID]) -> str:
    """Return when the first resolve clock is over that all readers may see."""
    parts = [p for p in record.parts if p.organization_id in readers]
    running = Clock.objects.filter(ticket=record.ticket, kind="resolve", met_at=None, stopped_at=None)
    seen = [
        c.due_at
        for c in running
        if c.due_at != NEVER
        and all(may_see(Record(record.ticket, record.parts, p), c.engagement_id) for p in parts)
    ]
    if not seen:
        return ""
    local = min(seen).astimezone(get_current_timezone())
    return f"{date_format(local, _('j M Y, H:i'))} {local.tzname()}"
