"""What a party takes out beside its tickets: plans, approvals, links, effort, and what its desk keeps.

One table says what goes out and how it comes back in (`services.intake_beside`).
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import partial
from typing import Any
from uuid import UUID

from django.db import models
from django.db.models import F, Q

from cosource.foundation.exports import register_export
from cosource.foundation.models import AudienceReader
from cosource.foundation.sight import Actor
from cosource.parties.models import Employment, Engagement, Organization, Service
from cosource.tickets.models import (
    Approval,
    Call,
    CallLoad,
    CannedReply,
    CatalogItem,
    ChangePlan,
    Contact,
    Effort,
    FieldAnswers,
    FieldSet,
    Freeze,
    MajorIncident,
    MatrixPart,
    Recurrence,
    RecurringTicket,
    RoutingRules,
    Survey,
    SurveySettings,
    Ticket,
    TicketLink,
    TicketTemplate,
)


@dataclass(frozen=True, slots=True)
class RecordKind:
    """A kind of record that is rows of one table.

    `belonging`: the condition for an organization's rows. `parties`, `people`, `services`: the columns that name one. Only
    known parties and services and one's own people go out; the entries say who did what, as far as each may know.
    """

    name: str
    model: type[models.Model]
    belonging: Callable[[Actor], Q]
    parties: tuple[str, ...] = ()
    people: tuple[str, ...] = ()
    services: tuple[str, ...] = ()

    told_as_entry: bool = False

    @property
    def columns(self) -> tuple[str, ...]:
        """Return the columns that go out: all of the table, but for an audience, which the row's entry has."""
        names = (str(field.attname) for field in self.model._meta.concrete_fields)  # noqa: SLF001 - Django's own way to ask
        return tuple(name for name in names if not (self.told_as_entry and name == AUDIENCE))


AUDIENCE = "audience_id"


def _own(actor: Actor) -> Q:
    return Q(organization_id=actor.reads_as)


def _seen(actor: Actor) -> Q:
    return Q(ticket_id__in=Ticket.objects.visible_to(actor).values("id"))


def _approvals(actor: Actor) -> Q:
    """Return the condition for the owner's approvals and one's own; an owner has those of all parties."""
    known = Q(ticket__owner_id=actor.reads_as) | _own(actor) | Q(organization_id=F("ticket__owner_id"))
    return known & _seen(actor)


def _at_desk(actor: Actor) -> Q:
    """Return the condition for what was counted at the own desk, and at those that the engagements in sight serve."""
    return _own(actor) | Q(engagement_id__in=Engagement.objects.visible_to(actor).values("id"))


def _told(actor: Actor) -> Q:
    """Return the condition for what the actor's organization was told of tickets in sight."""
    told = AudienceReader.objects.filter(organization_id=actor.reads_as)
    return Q(audience_id__in=told.values("audience_id")) & _seen(actor)


def _field_sets(actor: Actor) -> Q:
    """Return the condition for the own sets, and those of others whose answers go out."""
    read = FieldAnswers.objects.filter(_own(actor) & _seen(actor))
    return _own(actor) | Q(internal=False, id__in=read.values("field_set_id"))


def _linked(actor: Actor) -> Q:
    return _seen(actor) & Q(other_id__in=Ticket.objects.visible_to(actor).values("id"))


KINDS = (
    RecordKind(
        "major_incidents", MajorIncident, _seen, people=("declared_by_id", "commander_id", "communicator_id")
    ),
    RecordKind("change_plans", ChangePlan, _seen),
    RecordKind(
        "approvals",
        Approval,
        _approvals,
        parties=("organization_id",),
        people=("asked_by_id", "decided_by_id"),
    ),
    RecordKind("freezes", Freeze, _own),
    RecordKind("catalog_items", CatalogItem, _own),
    RecordKind("ticket_templates", TicketTemplate, _own, services=("service_id",)),
    RecordKind("recurring_tickets", RecurringTicket, _own, people=("by_id",)),
    RecordKind(
        "recurrences", Recurrence, lambda actor: Q(recurring__organization_id=actor.reads_as) & _seen(actor)
    ),
    RecordKind("field_sets", FieldSet, _field_sets),
    RecordKind("field_answers", FieldAnswers, lambda actor: _own(actor) & _seen(actor)),
    RecordKind("ticket_links", TicketLink, _linked, parties=("made_by_id",)),
    RecordKind("efforts", Effort, lambda actor: _own(actor) & _seen(actor), people=("person_id",)),
    RecordKind(
        "contacts", Contact, _told, parties=("taken_for_id",), people=("taken_by_id",), told_as_entry=True
    ),
    RecordKind("call_loads", CallLoad, _at_desk, parties=("brought_for_id",)),
    RecordKind("survey_settings", SurveySettings, _own),
    RecordKind("surveys", Survey, _told, people=("person_id",), told_as_entry=True),
    RecordKind("calls", Call, _at_desk),
    RecordKind("canned_replies", CannedReply, _own),
    RecordKind("escalation_matrix", MatrixPart, _own),
    RecordKind("routing_rules", RoutingRules, _own, people=("created_by_id",)),
)


def _records(kind: RecordKind, actor: Actor, at: datetime) -> Iterator[dict[str, Any]]:
    found = kind.model._default_manager.filter(kind.belonging(actor))  # noqa: SLF001 - the model is not known here
    named = {
        **dict.fromkeys(kind.parties, _ids(Organization.objects.visible_to(actor)) if kind.parties else ()),
        **dict.fromkeys(kind.people, _own_people(actor) if kind.people else ()),
        **dict.fromkeys(kind.services, _ids(Service.objects.visible_to(actor)) if kind.services else ()),
    }
    others = (
        frozenset(found.exclude(ticket__owner_id=actor.reads_as).values_list("ticket_id", flat=True))
        if kind.model is Approval
        else frozenset()
    )
    foreign = (
        CallLoad.objects.exclude(brought_for_id=actor.reads_as)
        if kind.model is Call
        else CallLoad.objects.none()
    )
    not_ours = _ids(foreign)
    rows: Any = found.order_by("pk").values(*kind.columns)
    for row in rows.iterator(2_000):
        shown = {name: v if name not in named or v in named[name] else None for name, v in row.items()}
        if kind.model is Approval and row["ticket_id"] in others:
            # Its own was asked first and the owner's last; a gap would tell that somebody unknown was asked in between.
            shown["sequence"] = 1 if row["organization_id"] == actor.reads_as else 2
        if kind.model is Call and row["load_id"] in not_ours:
            shown |= {"caller": "", "technician": ""}
        yield {name: f"{v:f}" if isinstance(v, Decimal) else v for name, v in shown.items()}


def _ids(rows: Any) -> frozenset[UUID]:
    return frozenset(rows.values_list("id", flat=True))


def _own_people(actor: Actor) -> frozenset[UUID]:
    rows = Employment.objects.filter(organization_id=actor.reads_as)
    return frozenset(rows.values_list("person_id", flat=True))


def register() -> None:
    """Let them be taken out."""
    for kind in KINDS:
        register_export(kind.name, partial(_records, kind))
