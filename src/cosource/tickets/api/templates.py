"""The endpoints of ticket templates: parse, call one service or query, answer."""

from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from ninja import Status
from pydantic import Field

from cosource.foundation import clock
from cosource.foundation.api import creates, edits, expected_version, stamp
from cosource.foundation.api import router as room_router
from cosource.foundation.api.schemas import In, Out
from cosource.foundation.doors import actor_of
from cosource.tickets.models import TicketTemplate
from cosource.tickets.queries.templates import filled_on, shown, template_get, templates
from cosource.tickets.services.templates import template_add, template_change, template_end

router = room_router(tag="tickets")


class TemplateOut(Out):
    """A ticket to begin with. `service_id` is null where the caller does not see the service.

    `checklist`: points, one a line. `answers`: by field set and key.
    """

    id: UUID
    version: int
    name: str
    kind: str
    title: str
    text: str
    topic: str
    subtopic: str
    impact: int
    urgency: int
    service_id: UUID | None
    team_id: UUID | None
    checklist: str
    answers: dict[str, dict[str, str]]


class TemplateIn(In):
    """What a ticket begins with."""

    name: str = Field(max_length=120)
    kind: str = Field("incident", max_length=20)
    title: str = Field("", max_length=200)
    text: str = Field("", max_length=20_000)
    topic: str = Field("", max_length=120)
    subtopic: str = Field("", max_length=120)
    impact: int = Field(2, ge=1, le=3)
    urgency: int = Field(2, ge=1, le=3)
    service_id: UUID | None = None
    team_id: UUID | None = None
    checklist: str = Field("", max_length=30_000)
    answers: dict[str, dict[str, str]] = Field(default_factory=dict, max_length=100)


class TemplateChangeIn(In):
    """What to change; fields that are left out stay."""

    name: str | None = Field(None, max_length=120)
    kind: str | None = Field(None, max_length=20)
    title: str | None = Field(None, max_length=200)
    text: str | None = Field(None, max_length=20_000)
    topic: str | None = Field(None, max_length=120)
    subtopic: str | None = Field(None, max_length=120)
    impact: int | None = Field(None, ge=1, le=3)
    urgency: int | None = Field(None, ge=1, le=3)
    service_id: UUID | None = None
    team_id: UUID | None = None
    checklist: str | None = Field(None, max_length=30_000)
    answers: dict[str, dict[str, str]] | None = Field(None, max_length=100)


class FilledOut(Out):
    """What a template gives a new ticket on one desk, as `POST /tickets` takes it; `left_out`: what it cannot give there."""

    values: dict[str, Any]
    left_out: list[str]


@router.get("/ticket-templates", response=list[TemplateOut], summary="List ticket templates")
def ticket_templates_list(request: HttpRequest) -> list[TicketTemplate]:
    """Return the templates of the caller's own organization, by kind and name; at most 300."""
    actor = actor_of(request)
    return shown(templates(actor), actor)


@router.post("/ticket-templates", response={201: TemplateOut}, summary="Write a ticket template")
@creates
def ticket_template_create(
    request: HttpRequest, response: HttpResponse, body: TemplateIn
) -> Status[TicketTemplate]:
    """Write a template for the caller's own desk."""
    actor = actor_of(request)
    made = template_add(values=body.dict(), actor=actor, at=clock.now())
    stamp(response, made.version)
    return Status(201, shown([made], actor)[0])


@router.get("/ticket-templates/{uuid:template_id}", response=TemplateOut, summary="Read a ticket template")
def ticket_template_read(request: HttpRequest, response: HttpResponse, template_id: UUID) -> TicketTemplate:
    """Return one template with its version as ETag."""
    actor = actor_of(request)
    found = template_get(template_id, actor)
    stamp(response, found.version)
    return shown([found], actor)[0]


@router.get(
    "/ticket-templates/{uuid:template_id}/filled",
    response=FilledOut,
    summary="Read what a template gives a new ticket",
)
def ticket_template_filled(
    request: HttpRequest, template_id: UUID, engagement_id: UUID | None = None
) -> dict[str, Any]:
    """Return what of a template holds on the own desk, or on that of an engagement's client; nothing is opened."""
    _template, found = filled_on(
        template_id=template_id, engagement_id=engagement_id, actor=actor_of(request), at=clock.now()
    )
    points = found.values["checklist"].splitlines()
    return {"values": {**found.values, "checklist": points}, "left_out": found.left_out}


@router.patch(
    "/ticket-templates/{uuid:template_id}", response=TemplateOut, summary="Change a ticket template"
)
@edits
def ticket_template_update(
    request: HttpRequest, response: HttpResponse, template_id: UUID, body: TemplateChangeIn
) -> TicketTemplate:
    """Change what is given; tickets that began with it stay as they are."""
    actor = actor_of(request)
    changed = template_change(
        template_id=template_id,
        values=body.dict(exclude_unset=True),
        actor=actor,
        at=clock.now(),
        expected_version=expected_version(request),
    )
    stamp(response, changed.version)
    return shown([changed], actor)[0]


@router.delete(
    "/ticket-templates/{uuid:template_id}", response={204: None}, summary="Take a ticket template away"
)
def ticket_template_delete(request: HttpRequest, template_id: UUID) -> Status[None]:
    """Take a template away; it stays in the record."""
    template_end(template_id=template_id, actor=actor_of(request), at=clock.now())
    return Status(204, None)
