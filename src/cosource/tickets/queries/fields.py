"""A desk's own fields: which a ticket has, and what was answered, for one reader.

Not here: what a field may be (`rules.forms`), and answering (`services.fields`).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet

from cosource.foundation.errors import NotFound
from cosource.foundation.json_text import JsonText
from cosource.foundation.models import Payload
from cosource.foundation.prepared import Prepared
from cosource.foundation.sight import WORKERS, Actor
from cosource.tickets.models import FieldAnswers, FieldSet
from cosource.tickets.queries.as_requester import reads_as_requester
from cosource.tickets.queries.capacities import capacities
from cosource.tickets.queries.entry_rows import LEADS
from cosource.tickets.queries.record import Record, load
from cosource.tickets.rules.forms import Field, FieldKind, fields_read
from cosource.tickets.rules.sight import READS_DESKS
from cosource.tickets.rules.states import Who

SHOWN = 300


@dataclass(frozen=True, slots=True)
class AnsweredSet:
    """A set of fields on a ticket. `answers`: by key; None where they were erased or are hidden from the reader.

    `may_edit`: by this reader, now. `entry_id`: where the party of the reader reads the answers. `hidden_at`: hidden since then;
    `may_decide`: the reader says what becomes of them then.
    """

    id: UUID
    name: str
    internal: bool
    fields: tuple[Field, ...]
    answers: Mapping[str, str] | None
    may_edit: bool
    entry_id: UUID | None = None
    hidden_at: datetime | None = None
    may_decide: bool = False

    @property
    def lines(self) -> list[tuple[Field, str]]:
        """Return what was answered, in the order of the form."""
        return [(f, self.answers[f.key]) for f in self.fields if self.answers and f.key in self.answers]


def field_sets(actor: Actor) -> list[FieldSet]:
    """Return the sets that the actor's desk has declared. One query."""
    found = FieldSet.objects.visible_to(actor).filter(ended_at__isnull=True)
    return list(found.order_by("kind", "topic", "name", "id")[:SHOWN])


def field_set_get(set_id: UUID, actor: Actor) -> FieldSet:
    """Return one in sight, also one that was taken away. Raises: NotFound."""
    found = FieldSet.objects.visible_to(actor).filter(id=set_id).select_related("organization").first()
    if found is None:
        raise NotFound
    return found


def sets_for(*, owner_id: UUID, reader_id: UUID, works: bool, kind: str, topic: str) -> list[FieldSet]:
    """Return the sets of a ticket of this owner, kind and topic for one reader: the owner's, and its own internal ones."""
    if works:
        found = _SETS_FOR_WORKERS(owner_id=owner_id, reader_id=reader_id, kind=kind)
    else:
        found = _SETS_SHARED(owner_id=owner_id, kind=kind)
    return [s for s in found if _fits(s.topic, topic)][:SHOWN]


def _sets_of(whose: Q, kind: str) -> QuerySet[FieldSet]:
    found = FieldSet.objects.filter(whose, kind__in=("", kind), ended_at__isnull=True)
    return found.order_by("internal", "created_at", "id")


# Each ticket that is opened asks for them.
_SETS_SHARED = Prepared[FieldSet](
    lambda owner_id, kind: _sets_of(Q(organization_id=owner_id, internal=False), kind),
    owner_id=UUID,
    kind=str,
)
_SETS_FOR_WORKERS = Prepared[FieldSet](
    lambda owner_id, reader_id, kind: _sets_of(
        Q(organization_id=owner_id, internal=False) | Q(organization_id=reader_id, internal=True), kind
    ),
    owner_id=UUID,
    reader_id=UUID,
    kind=str,
)


def _fits(wanted: str, topic: str) -> bool:
    return not wanted or wanted.casefold() == topic.strip().casefold()


def sets_asked(owner_id: UUID, actor: Actor, kind: str, topic: str) -> list[FieldSet]:
    """Return the sets that are asked when the actor opens a ticket on a desk; who only asks for help is not asked. One query."""
    if not actor.sight.roles & WORKERS:
        return []
    return sets_for(owner_id=owner_id, reader_id=actor.reads_as, works=True, kind=kind, topic=topic)


# For the statement that reads what stands beside a ticket: whether there is anything of this at all.
HAS_FIELDS = Exists(
    FieldSet.objects.filter(
        Q(organization_id=OuterRef("owner_id"), internal=False)
        | Q(organization_id=OuterRef("reader_id"), internal=True),
        Q(kind="") | Q(kind=OuterRef("kind")),
        Q(topic="") | Q(topic__iexact=OuterRef("topic")),
        ended_at__isnull=True,
    )
) | Exists(FieldAnswers.objects.filter(ticket_id=OuterRef("pk"), organization_id=OuterRef("reader_id")))


def answered_sets(record: Record, actor: Actor) -> list[AnsweredSet]:
    """Return the fields of a ticket for one reader, answered or not. At most three queries."""
    if reads_as_requester(record, actor):
        return []
    ticket, reader = record.ticket, record.mine.organization_id
    works = bool(actor.sight.roles_on(record.mine.engagement_id) & WORKERS)
    offered = {
        s.id: s
        for s in sets_for(
            owner_id=ticket.owner_id, reader_id=reader, works=works, kind=ticket.kind, topic=ticket.topic
        )
    }
    rows = FieldAnswers.objects.filter(ticket=ticket, organization_id=reader).select_related("field_set")
    answered = {row.field_set_id: row for row in rows if works or not row.field_set.internal}
    said = _said(row.entry_id for row in answered.values())
    leads = bool(actor.sight.roles_on(record.mine.engagement_id) & LEADS) and actor.kind == "person"
    have = capacities(actor, record)
    open_now = ticket.category != "closed"
    found = []
    for one in (
        *offered.values(),
        *(row.field_set for row in answered.values() if row.field_set_id not in offered),
    ):
        row = answered.get(one.id)
        may = Who.ANY in have if one.internal else bool(have & {Who.HOLDER, Who.OWNER})
        text = said.get(row.entry_id) if row else None
        hidden_at = text.hidden_at if text else None
        edits = may and open_now and one.id in offered and hidden_at is None
        if edits or row is not None:
            found.append(
                AnsweredSet(
                    one.id,
                    one.name,
                    one.internal,
                    fields_read(one.form),
                    {} if row is None else text.read_by(actor.person_id, leads=leads) if text else None,
                    may_edit=edits,
                    entry_id=row.entry_id if row and text else None,
                    hidden_at=hidden_at,
                    may_decide=leads
                    and text is not None
                    and reader in {text.organization_id, ticket.owner_id},
                )
            )
    return found


def readable_sets(actor: Actor) -> QuerySet[FieldSet]:
    """Return the sets of whose answers the actor may read some: those of the own desk, and what others ask and told its party.

    Internal ones are for who works there; who only asks for help reads none.
    """
    if not actor.sight.roles & READS_DESKS:
        return FieldSet.objects.none()
    own = Q(organization_id=actor.reads_as)
    if not actor.sight.roles & WORKERS:
        own &= Q(internal=False)
    told = FieldAnswers.objects.filter(field_set_id=OuterRef("pk"), organization_id=actor.reads_as)
    return FieldSet.objects.filter(own | (Q(internal=False) & Exists(told)))


def answered_as(one: FieldSet, field: Field, wanted: str) -> Q:
    """Return the condition on participations that its party reads such an answer; empty: any. Hidden and erased ones are none.

    Lines and texts hold what is wanted, capitals or not; everything else is just that.
    """
    said = Payload.objects.filter(entry_id=OuterRef("entry_id"), entry__hiding=None).alias(
        said=JsonText("body", "answers", field.key)
    )
    if not wanted:
        said = said.filter(said__isnull=False)
    elif field.kind in {FieldKind.LINE, FieldKind.TEXT}:
        said = said.filter(said__icontains=wanted)
    elif field.kind == FieldKind.NUMBER:
        said = said.filter(said__in={wanted, wanted.replace(",", "."), wanted.replace(".", ",")})
    else:
        said = said.filter(said__iexact=wanted)
    return Q(
        Exists(
            FieldAnswers.objects.filter(
                Exists(said),
                ticket_id=OuterRef("ticket_id"),
                organization_id=OuterRef("organization_id"),
                field_set=one,
            )
        )
    )


def answers_in(entry_ids: Iterable[UUID]) -> dict[UUID, dict[str, str]]:
    """Return the answers that entries hold; one that was erased or hidden is not among them."""
    ids = list(entry_ids)
    if not ids:
        return {}
    bodies: Any = Payload.objects.filter(entry_id__in=ids, entry__hiding=None).values_list("entry_id", "body")
    return {i: dict(body.get("answers", {})) for i, body in bodies}


@dataclass(frozen=True, slots=True)
class _Said:
    """The answers of an entry, who wrote it, and from when on and by whom they are hidden."""

    answers: dict[str, str]
    organization_id: UUID | None
    author_id: UUID | None
    hidden_at: datetime | None
    hidden_by_id: UUID | None

    def read_by(self, person_id: UUID | None, *, leads: bool) -> dict[str, str] | None:
        """Return the answers for who still reads them: when hidden their author, who hid them, and who leads a party."""
        if self.hidden_at is None or leads:
            return self.answers
        reads = person_id is not None and person_id in {self.author_id, self.hidden_by_id}
        return self.answers if reads else None


def _said(entry_ids: Iterable[UUID]) -> dict[UUID, _Said]:
    ids = list(entry_ids)
    if not ids:
        return {}
    columns = (
        "entry_id",
        "body",
        "entry__organization_id",
        "entry__actor_id",
        "entry__hiding__at",
        "entry__hiding__hidden_by_id",
    )
    rows: Any = Payload.objects.filter(entry_id__in=ids).values_list(*columns)
    return {i: _Said(dict(body.get("answers", {})), *more) for i, body, *more in rows}


def fields_of(*, actor: Actor, ticket_id: UUID) -> list[AnsweredSet]:
    """Return the fields of a ticket in sight, for programs: what is hidden is hidden from all of them. Raises: NotFound."""
    found = answered_sets(load(ticket_id, actor), actor)
    return [replace(one, answers=None) if one.hidden_at else one for one in found]
