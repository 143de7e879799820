"""The endpoints of a desk's own fields: parse, call one service or query, answer."""

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from ninja import Status
from pydantic import Field

from cosource.foundation import clock
from cosource.foundation.api import creates, edits, expected_version, stamp
from cosource.foundation.api import router as room_router
from cosource.foundation.api.schemas import In, Out
from cosource.foundation.doors import actor_of
from cosource.tickets.models import FieldSet
from cosource.tickets.queries.fields import AnsweredSet, field_set_get, field_sets, fields_of
from cosource.tickets.services.fields import field_set_add, field_set_change, field_set_end, fields_set
from cosource.tickets.services.hiding import answers_hide

router = room_router(tag="tickets")


class FieldSetOut(Out):
    """Fields that a desk asks for. `form`: one a line, `label | kind | choice; choice`; `kind`, `topic`: empty for all."""

    id: UUID
    version: int
    name: str
    kind: str
    topic: str
    form: str
    internal: bool


class FieldSetIn(In):
    """Fields to ask for."""

    name: str = Field(max_length=120)
    form: str = Field(max_length=10_000)
    kind: str = Field("", max_length=20)
    topic: str = Field("", max_length=120)
    internal: bool = False


class FieldSetChangeIn(In):
    """What to change; fields that are left out stay."""

    name: str | None = Field(None, max_length=120)
    form: str | None = Field(None, max_length=10_000)
    kind: str | None = Field(None, max_length=20)
    topic: str | None = Field(None, max_length=120)
    internal: bool | None = None


class AnsweredOut(Out):
    """A set on a ticket. `answers`: by key, null where they were erased or are hidden; `may_edit`: by the caller, now."""

    id: UUID
    name: str
    internal: bool
    answers: dict[str, str] | None
    may_edit: bool


class AnswersIn(In):
    """Answers by set and key, each set as a whole; days as 2026-03-02, yes or no."""

    fields: dict[str, dict[str, str]] = Field(max_length=100)


@router.get("/field-sets", response=list[FieldSetOut], summary="List a desk's fields")
def field_sets_list(request: HttpRequest) -> list[FieldSet]:
    """Return what the caller's own organization has declared; at most 300."""
    return field_sets(actor_of(request))


@router.post("/field-sets", response={201: FieldSetOut}, summary="Declare fields")
@creates
def field_set_create(request: HttpRequest, response: HttpResponse, body: FieldSetIn) -> Status[FieldSet]:
    """Declare fields for the caller's own desk."""
    made = field_set_add(values=body.dict(), actor=actor_of(request), at=clock.now())
    stamp(response, made.version)
    return Status(201, made)


@router.get("/field-sets/{uuid:set_id}", response=FieldSetOut, summary="Read declared fields")
def field_set_read(request: HttpRequest, response: HttpResponse, set_id: UUID) -> FieldSet:
    """Return one set with its version as ETag."""
    found = field_set_get(set_id, actor_of(request))
    stamp(response, found.version)
    return found


@router.patch("/field-sets/{uuid:set_id}", response=FieldSetOut, summary="Change declared fields")
@edits
def field_set_update(
    request: HttpRequest, response: HttpResponse, set_id: UUID, body: FieldSetChangeIn
) -> FieldSet:
    """Change what is given; what was answered stays as it was."""
    changed = field_set_change(
        set_id=set_id,
        values=body.dict(exclude_unset=True),
        actor=actor_of(request),
        at=clock.now(),
        expected_version=expected_version(request),
    )
    stamp(response, changed.version)
    return changed


@router.delete("/field-sets/{uuid:set_id}", response={204: None}, summary="Ask for fields no longer")
def field_set_delete(request: HttpRequest, set_id: UUID) -> Status[None]:
    """Ask for them no longer; what was answered stays."""
    field_set_end(set_id=set_id, actor=actor_of(request), at=clock.now())
    return Status(204, None)


@router.get(
    "/tickets/{uuid:ticket_id}/fields", response=list[AnsweredOut], summary="Read a ticket's own fields"
)
def ticket_fields_list(request: HttpRequest, ticket_id: UUID) -> list[AnsweredSet]:
    """Return the fields of a ticket as the caller's party reads them."""
    return fields_of(actor=actor_of(request), ticket_id=ticket_id)


@router.put(
    "/tickets/{uuid:ticket_id}/fields", response=list[AnsweredOut], summary="Answer a ticket's own fields"
)
@edits
def ticket_fields_update(request: HttpRequest, ticket_id: UUID, body: AnswersIn) -> list[AnsweredSet]:
    """Answer whole sets of fields, and return all."""
    actor = actor_of(request)
    fields_set(
        ticket_id=ticket_id,
        answers=body.fields,
        actor=actor,
        at=clock.now(),
        expected_version=expected_version(request),
    )
    return fields_of(actor=actor, ticket_id=ticket_id)


@router.post(
    "/tickets/{uuid:ticket_id}/fields/{uuid:set_id}/hide",
    response={204: None},
    summary="Hide answers with personal data",
)
def fields_hide_create(request: HttpRequest, ticket_id: UUID, set_id: UUID) -> Status[None]:
    """Hide what was answered to a set from all but its author and who leads its readers, until a person erases or releases it."""
    answers_hide(ticket_id=ticket_id, set_id=set_id, actor=actor_of(request), at=clock.now())
    return Status(204, None)
