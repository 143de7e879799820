"""A desk's ticket templates, and what of one holds where a ticket is about to be opened."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from cosource.foundation.errors import NotFound
from cosource.foundation.sight import WORKERS, Actor
from cosource.parties.models import Service, Team
from cosource.tickets.models import TicketTemplate
from cosource.tickets.queries.desks import Desk, DeskChoices, choices_on, desks_of
from cosource.tickets.queries.fields import sets_asked

# More than this nobody chooses from by looking.
SHOWN = 300


def uses_templates(actor: Actor) -> bool:
    """Tell whether templates are anything to the actor."""
    return actor.organization_id is not None and bool(actor.sight.roles & WORKERS)


def templates(actor: Actor) -> list[TicketTemplate]:
    """Return what the actor may begin with, by kind and name. One query."""
    found = TicketTemplate.objects.visible_to(actor).filter(ended_at__isnull=True)
    return list(found.select_related("service", "team").order_by("kind", "name", "id")[:SHOWN])


def template_get(template_id: UUID, actor: Actor) -> TicketTemplate:
    """Return one template in sight, also one that was taken away. Raises: NotFound."""
    found = TicketTemplate.objects.visible_to(actor).filter(id=template_id)
    template = found.select_related("service", "team").first()
    if template is None:
        raise NotFound
    return template


def shown(rows: list[TicketTemplate], actor: Actor) -> list[TicketTemplate]:
    """Return templates without the services that the actor does not see. At most one query."""
    named = {row.service_id for row in rows if row.service_id is not None}
    seen = (
        set(Service.objects.visible_to(actor).filter(id__in=named).values_list("id", flat=True))
        if named
        else ()
    )
    for row in rows:
        if row.service_id not in seen:
            row.service = None
    return rows


def template_choices(
    actor: Actor, template: TicketTemplate | None = None
) -> tuple[list[tuple[UUID, str]], list[tuple[UUID, str]]]:
    """Return the services, own ones and those of clients, and the teams that a template may name. Two queries."""
    services = Service.objects.visible_to(actor).filter(ended_at=None).select_related("organization")
    named = [
        (s.id, s.name if s.organization_id == actor.reads_as else f"{s.name} · {s.organization.name}")
        for s in services.order_by("organization__name", "name", "id")
    ]
    if template is not None and template.service is not None and template.service_id not in dict(named):
        named.append((template.service.id, _("a service that you do not see")))
    teams = Team.objects.filter(organization_id=actor.reads_as, ended_at=None)
    return named, list(teams.order_by("name", "id").values_list("id", "name"))


@dataclass(slots=True)
class Filled:
    """What a template gives the form of a new ticket, and in words what of it was left out there."""

    values: dict[str, Any]
    left_out: list[str] = field(default_factory=list)


def filled(template: TicketTemplate, choices: DeskChoices) -> Filled:
    """Return what of a template holds where these can be chosen; what the opener may not set or see there is left out."""
    values: dict[str, Any] = {
        name: getattr(template, name)
        for name in ("kind", "title", "text", "topic", "subtopic", "impact", "urgency", "checklist")
    }
    found = Filled(values)
    for name, options, label in (
        ("service_id", choices.services, _("Service")),
        ("team_id", choices.teams, _("First with")),
    ):
        chosen = getattr(template, name)
        if chosen is None:
            continue
        if any(pk == chosen for pk, _name in options):
            values[name] = chosen
        else:
            found.left_out.append(label)
    return found


def filled_on(
    *, template_id: UUID, engagement_id: UUID | None, actor: Actor, at: datetime
) -> tuple[TicketTemplate, Filled]:
    """Return a template with what of it holds on a desk where the actor may open tickets. Raises: NotFound."""
    template = template_get(template_id, actor)
    desk = next((d for d in desks_of(actor, at) if _is(d, engagement_id)), None)
    if desk is None or template.ended_at is not None:
        raise NotFound
    found = filled(template, choices_on(desk, actor, at, for_requester=False))
    if template.answers:
        asked = sets_asked(desk.owner.id, actor, template.kind, template.topic)
        found.values["fields"] = {
            one.id.hex: template.answers[one.id.hex] for one in asked if one.id.hex in template.answers
        }
    return template, found


def _is(desk: Desk, engagement_id: UUID | None) -> bool:
    return engagement_id == (desk.engagement.id if desk.engagement else None)
