"""Ticket templates: what a desk writes beforehand. A template opens nothing by itself; it fills the form of a new ticket.

Not here: what of it holds on which desk (`queries.templates`), and what opens tickets by a calendar (`services.recurring`).
"""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from cosource.foundation.errors import Conflict, Invalid, NotFound
from cosource.foundation.live.registry import register_harmless
from cosource.foundation.sight import Actor
from cosource.parties.models import Service, Team
from cosource.tickets.models import TicketTemplate
from cosource.tickets.rules.states import TicketKind
from cosource.tickets.services.checklists import LONGEST, MOST
from cosource.tickets.services.kept import (
    keeper_of,
    kept_change,
    kept_end,
    kept_get,
    kept_tell,
    one_line,
    require_kept,
    require_known,
    require_room,
)
from cosource.tickets.services.record import require_text

SUBJECT = "ticket_template"
MOST_KEPT = 300
_LONGEST_ANSWERS = 20_000
_LINES = {"name": 120, "title": 200, "topic": 120, "subtopic": 120}
CHANGEABLE = (*_LINES, "kind", "text", "impact", "urgency", "service_id", "team_id", "checklist", "answers")


@transaction.atomic
def template_add(*, values: dict[str, Any], actor: Actor, at: datetime) -> TicketTemplate:
    """Write a template for the actor's own desk. Appends `ticket_template.added/1` to the organization's own record.

    `values`: of `CHANGEABLE`. Raises: NotAllowed, NotFound (a service or team out of sight), Invalid naming the field, Conflict.
    """
    organization = keeper_of(actor)
    require_room(TicketTemplate.objects.all(), organization, MOST_KEPT)
    template = TicketTemplate(organization=organization, created_at=at, kind=TicketKind.INCIDENT)
    _set(template, {"name": "", **values}, actor)
    template.save()
    kept_tell(template, "ticket_template.added/1", actor, at)
    return template


@transaction.atomic
def template_change(
    *,
    template_id: UUID,
    values: dict[str, Any],
    actor: Actor,
    at: datetime,
    expected_version: int | None = None,
) -> TicketTemplate:
    """Change a template; tickets that began with it stay as they are. Appends `ticket_template.changed/1`.

    Raises: NotFound, NotAllowed, Invalid, Conflict (taken away), StaleVersion.
    """
    template = kept_get(TicketTemplate.objects.visible_to(actor), template_id, actor)
    require_kept(template, expected_version)
    before = {name: getattr(template, name) for name in CHANGEABLE}
    _set(template, values, actor)
    if changed := kept_change(template, before, CHANGEABLE):
        kept_tell(template, "ticket_template.changed/1", actor, at, fields=changed)
    return template


@transaction.atomic
def template_end(*, template_id: UUID, actor: Actor, at: datetime) -> None:
    """Take a template away. Appends `ticket_template.ended/1`.

    Raises: NotFound, NotAllowed, Conflict (a recurring ticket opens with it).
    """
    template = kept_get(TicketTemplate.objects.visible_to(actor), template_id, actor)
    if template.recurring.filter(ended_at=None).exists():
        raise Conflict("A recurring ticket opens with this; take that away first.", code="in_use")
    kept_end(template, at)
    kept_tell(template, "ticket_template.ended/1", actor, at)


def _set(template: TicketTemplate, values: dict[str, Any], actor: Actor) -> None:
    require_known(values, CHANGEABLE)
    for name, value in values.items():
        setattr(template, name, _checked(name, value))
    # What was chosen before stays, also when its keeper would not see it any more.
    if values.get("service_id") is not None:
        _require(Service.objects.visible_to(actor).filter(ended_at=None), values["service_id"])
    if values.get("team_id") is not None:
        own = Team.objects.filter(organization_id=template.organization_id, ended_at=None)
        _require(own, values["team_id"])


def _require(rows: Any, pk: UUID) -> None:
    if not rows.filter(pk=pk).exists():
        raise NotFound


def _checked(name: str, value: Any) -> Any:
    if name in _LINES:
        return one_line(value, name, limit=_LINES[name], optional=name != "name")
    if name == "text":
        return require_text(str(value or ""), name, limit=20_000, optional=True)
    if name == "checklist":
        return _points(str(value or ""))
    if name == "kind":
        if value not in TicketKind:
            raise Invalid(
                "There is no such kind of ticket.",
                fields={name: _("One of %(choices)s.") % {"choices": ", ".join(TicketKind)}},
            )
        return str(value)
    if name in ("impact", "urgency"):
        if value not in (1, 2, 3):
            raise Invalid("Impact and urgency are 1, 2 or 3.", fields={name: "1 high, 2 medium, 3 low."})
        return value
    if name == "answers":
        return _answers(value or {})
    return value


def _answers(value: dict[str, dict[str, str]]) -> dict[str, dict[str, str]]:
    """Return answers by set and key, as far as there are any; whether they fit is asked when a ticket is opened with them."""
    try:
        kept = {
            UUID(str(pk)).hex: {str(k): str(v) for k, v in given.items() if str(v).strip()}
            for pk, given in value.items()
        }
    except ValueError:
        raise Invalid("Unknown fields.", fields={"answers": "Name each set by its id."}) from None
    if sum(len(k) + len(v) for given in kept.values() for k, v in given.items()) > _LONGEST_ANSWERS:
        raise Invalid(
            "The text is too long.",
            fields={"answers": _("At most %(limit)s characters.") % {"limit": _LONGEST_ANSWERS}},
        )
    return {pk: given for pk, given in kept.items() if given}


def _points(text: str) -> str:
    points = [" ".join(line.split()) for line in text.splitlines() if line.strip()]
    if len(points) > MOST or any(len(point) > LONGEST or "\x00" in point for point in points):
        raise Invalid(
            "That is no checklist.",
            fields={
                "checklist": _("At most %(most)s points of %(longest)s characters, one in a line.")
                % {"most": MOST, "longest": LONGEST}
            },
        )
    return "\n".join(points)


def register() -> None:
    """Templates change nobody's rights."""
    register_harmless(SUBJECT)
