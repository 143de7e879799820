"""A desk's own fields: declaring them, and answering them on a ticket.

Answers of shared fields are told to everybody who takes part, each group of parties by an entry of its own, so that nobody learns
of another by them; internal ones stand in the own record. Not here: who is asked what (`queries.fields`).
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from cosource.foundation.errors import Conflict, Invalid, NotAllowed, NotFound
from cosource.foundation.ids import new_id
from cosource.foundation.live.registry import register_harmless
from cosource.foundation.models import Entry, Hiding
from cosource.foundation.services.audience import audience_intern
from cosource.foundation.services.erasure import register_eraser
from cosource.foundation.services.ledger import append
from cosource.foundation.sight import WORKERS, Actor, system_actor
from cosource.tickets.models import FieldAnswers, FieldSet, Participation
from cosource.tickets.queries.capacities import capacities
from cosource.tickets.queries.fields import answers_in, sets_asked, sets_for
from cosource.tickets.rules.forms import answers_checked, fields_read
from cosource.tickets.rules.states import TicketKind, Who
from cosource.tickets.services import policy
from cosource.tickets.services.kept import (
    form_written,
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
from cosource.tickets.services.listkeys import sync
from cosource.tickets.services.policy import Action
from cosource.tickets.services.record import (
    Record,
    audience_of,
    load,
    readers_with,
    require_open,
    save,
)

# By the id of a set, then by the key of a field.
type Answers = Mapping[str, Mapping[str, str]]

SUBJECT, ANSWERED = "field_set", "ticket.fields_set/1"
MOST_KEPT = 100
CHANGEABLE = ("name", "kind", "topic", "form", "internal")


@transaction.atomic
def field_set_add(*, values: dict[str, Any], actor: Actor, at: datetime) -> FieldSet:
    """Declare fields for the actor's own desk. Appends `field_set.added/1` to the organization's own record.

    Raises: NotAllowed, Invalid naming the field and the line, Conflict.
    """
    organization = keeper_of(actor)
    require_room(FieldSet.objects.all(), organization, MOST_KEPT)
    row = FieldSet(organization=organization, created_at=at)
    _set(row, {"name": "", "form": "", **values})
    row.save()
    kept_tell(row, "field_set.added/1", actor, at)
    return row


@transaction.atomic
def field_set_change(
    *, set_id: UUID, values: dict[str, Any], actor: Actor, at: datetime, expected_version: int | None = None
) -> FieldSet:
    """Change fields; what was answered stays as it was. Appends `field_set.changed/1`.

    Who reads them cannot be changed once somebody answered. Raises: NotFound, NotAllowed, Invalid, Conflict, StaleVersion.
    """
    row = kept_get(FieldSet.objects.visible_to(actor), set_id, actor)
    require_kept(row, expected_version)
    before = {name: getattr(row, name) for name in CHANGEABLE}
    _set(row, values)
    if row.internal != before["internal"] and row.answers.exists():
        raise Conflict("These were answered already; declare others, with other readers.", code="answered")
    if changed := kept_change(row, before, CHANGEABLE):
        kept_tell(row, "field_set.changed/1", actor, at, fields=changed)
    return row


@transaction.atomic
def field_set_end(*, set_id: UUID, actor: Actor, at: datetime) -> None:
    """Ask for them no longer; what was answered stays. Appends `field_set.ended/1`. Raises: NotFound, NotAllowed, Conflict."""
    row = kept_get(FieldSet.objects.visible_to(actor), set_id, actor)
    kept_end(row, at)
    kept_tell(row, "field_set.ended/1", actor, at)


@transaction.atomic
def fields_set(
    *,
    ticket_id: UUID,
    answers: Answers,
    actor: Actor,
    at: datetime,
    expected_version: int | None = None,
) -> None:
    """Answer sets of fields on a ticket, each as a whole; what stays the same is not told again. Appends `ticket.fields_set/1`.

    Shared ones are answered by who may change the ticket, internal ones by whoever of the own party works on it.
    Raises: NotFound, NotAllowed, Conflict when closed, Invalid naming each answer as `set.key`, StaleVersion.
    """
    record = load(ticket_id, actor, expected_version=expected_version)
    ticket = record.ticket
    works = bool(actor.sight.roles_on(record.mine.engagement_id) & WORKERS)
    offered = sets_for(
        owner_id=ticket.owner_id,
        reader_id=record.mine.organization_id,
        works=works,
        kind=ticket.kind,
        topic=ticket.topic,
    )
    chosen = {one.id: one for one in offered if one.id.hex in _by_hex(answers)}
    if len(chosen) < len(answers):
        raise NotFound
    for one in chosen.values():
        if not one.internal:
            policy.require(actor, Action.UPDATE, record)
        elif Who.ANY not in capacities(actor, record):
            raise NotAllowed("You may read this ticket, but not work on it.", action="ticket.fields")
    require_open(ticket)
    known = FieldAnswers.objects.filter(
        ticket=ticket, organization_id=record.mine.organization_id, field_set__in=chosen.values()
    )
    entries = dict(known.values_list("field_set_id", "entry_id"))
    if Hiding.objects.filter(entry_id__in=list(entries.values())).exists():
        raise Conflict(
            "These answers are hidden. Who leads decides what becomes of them first.", code="hidden"
        )
    checked = _checked(chosen.values(), answers, must=True)
    bodies = answers_in(entries.values())
    changed = [
        (one, kept)
        for one, kept in checked
        if kept != (bodies.get(entries[one.id]) if one.id in entries else {})
    ]
    if changed:
        save(record, at=at)
        readers: set[UUID] = set()
        for one, kept in changed:
            readers |= _write(record, one, kept, actor, at)
        sync(record, at=at, told=readers)


def fields_begin(record: Record, answers: Answers, *, must: bool, actor: Actor, at: datetime) -> None:
    """Give a ticket that the actor just opened its first answers. `must`: what is starred has to be answered.

    Raises: Invalid naming each answer that is missing or wrong as `set.key`, and sets that this ticket does not have.
    """
    ticket = record.ticket
    asked = sets_asked(ticket.owner_id, actor, ticket.kind, ticket.topic)
    unknown = set(_by_hex(answers)) - {one.id.hex for one in asked}
    if unknown and must:
        raise Invalid(
            "Unknown fields.", fields=dict.fromkeys(sorted(unknown), "This ticket has no such fields.")
        )
    for one, kept in _checked(asked, answers, must=must):
        if kept:
            _write(record, one, kept, actor, at)


def fields_bring(record: Record, part: Participation, *, at: datetime) -> None:
    """Let a party that joins read the shared answers, by the system for the owner. Appends `ticket.fields_set/1`."""
    owner_id = record.ticket.owner_id
    if part.engagement is None:
        return
    rows = FieldAnswers.objects.filter(
        ticket=record.ticket, organization_id=owner_id, field_set__internal=False
    ).select_related("field_set")
    found = list(rows)
    bodies = answers_in(row.entry_id for row in found)
    facts = dict(Entry.objects.filter(id__in=list(bodies)).values_list("id", "facts")) if bodies else {}
    for row in found:
        if row.entry_id in bodies:
            # The same step, so that erasing one erases what is brought here as well.
            step = UUID(facts[row.entry_id]["step"])
            entry_id = _tell_apart(record, part, row.field_set, bodies[row.entry_id], step, at)
            _point(record, row.field_set, [part.organization_id], entry_id)


def _write(record: Record, one: FieldSet, kept: dict[str, str], actor: Actor, at: datetime) -> set[UUID]:
    """Append the entries of one answered set, and let each party find its own; return who learned who did it."""
    mine, step = record.mine.organization_id, new_id()
    if one.internal:
        audience = audience_intern([record.mine.organization.own_stream_id])
        _point(record, one, [mine], _append(record, one, kept, step, audience, actor, at))
        return {mine}
    readers = readers_with(record, actor, record.ticket.holder_organization_id)
    entry_id = _append(record, one, kept, step, audience_of(record, readers), actor, at)
    _point(record, one, readers, entry_id)
    for part in record.parts:
        if part.organization_id not in readers and part.engagement is not None:
            entry_id = _tell_apart(record, part, one, kept, step, at)
            _point(record, one, [part.organization_id], entry_id)
    return readers


def _tell_apart(  # noqa: PLR0917 - private, an entry's parts in their order
    record: Record, part: Participation, one: FieldSet, kept: dict[str, str], step: UUID, at: datetime
) -> UUID:
    assert part.engagement is not None  # noqa: S101 - who calls has looked
    system = system_actor(
        reason="a step of a party that is not named here", organization_id=record.ticket.owner_id
    )
    audience = audience_intern([part.engagement.stream_id])
    return _append(record, one, kept, step, audience, system, at)


def _append(  # noqa: PLR0917 - private, an entry's parts in their order
    record: Record,
    one: FieldSet,
    kept: dict[str, str],
    step: UUID,
    audience_id: UUID,
    actor: Actor,
    at: datetime,
) -> UUID:
    labels = {f.key: f.label for f in fields_read(one.form) if f.key in kept}
    return append(
        kind=ANSWERED,
        subject_kind="ticket",
        subject_id=record.ticket.id,
        audience_id=audience_id,
        actor=actor,
        at=at,
        facts={"set": one.id.hex, "step": step.hex, "answered": len(kept)},
        payload={"name": one.name, "labels": labels, "answers": kept},
    )


def _point(record: Record, one: FieldSet, parties: Iterable[UUID], entry_id: UUID) -> None:
    for party in sorted(parties):
        FieldAnswers.objects.update_or_create(
            ticket=record.ticket, field_set=one, organization_id=party, defaults={"entry_id": entry_id}
        )


def _by_hex(answers: Answers) -> dict[str, Mapping[str, str]]:
    try:
        return {UUID(str(key)).hex: given for key, given in answers.items()}
    except ValueError:
        raise Invalid("Unknown fields.", fields={"fields": "Name each set by its id."}) from None


def _checked(
    sets: Iterable[FieldSet], answers: Answers, *, must: bool
) -> list[tuple[FieldSet, dict[str, str]]]:
    """Return what counts of the answers, by set. Raises: Invalid naming the others as `set.key`, where they must be right."""
    given, found = _by_hex(answers), []
    wrong: dict[str, str] = {}
    for one in sets:
        fields, said = fields_read(one.form), given.get(one.id.hex, {})
        kept, bad = answers_checked(fields, said)
        bad |= dict.fromkeys(set(said) - {f.key for f in fields}, "The form has no such field.")
        wrong |= {f"{one.id.hex}.{key}": words for key, words in bad.items()}
        found.append((one, kept))
    if wrong and must:
        raise Invalid("Some answers are missing or wrong.", fields=wrong)
    return found


def _set(row: FieldSet, values: dict[str, Any]) -> None:
    require_known(values, CHANGEABLE)
    for name, value in values.items():
        setattr(row, name, _declared(name, value))


def _declared(name: str, value: Any) -> Any:
    if name in ("name", "topic"):
        return one_line(value, name, limit=120, optional=name == "topic")
    if name == "kind" and value and value not in TicketKind:
        raise Invalid(
            "There is no such kind of ticket.",
            fields={name: _("One of %(choices)s, or empty.") % {"choices": ", ".join(TicketKind)}},
        )
    if name == "form":
        return form_written(str(value or ""), optional=False)
    return bool(value) if name == "internal" else str(value or "")


def _copies(subject_id: UUID, entry_id: UUID) -> list[UUID]:
    """Return the entries that repeat erased answers in other streams."""
    step = Entry.objects.filter(id=entry_id, kind=ANSWERED).values_list("facts", flat=True).first()
    if not step:
        return []
    same = Entry.objects.filter(subject_id=subject_id, kind=ANSWERED).exclude(id=entry_id)
    return [i for i, facts in same.values_list("id", "facts") if facts.get("step") == step.get("step")]


def register() -> None:
    """Declaring fields changes nobody's rights; erasing answers erases those of all streams."""
    register_harmless(SUBJECT)
    register_eraser("ticket", _copies)
