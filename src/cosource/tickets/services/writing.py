"""Words on their way into a ticket: kept while they are written, and for a moment after they were sent.

They are one person's own and stand in no record. Sending them on a page only says when: until then they can be taken back, and
nobody else is shown them or told of them. At that instant they are said as any message is, with the rights that the writer has
then; what can't be said any more stays with the writer, with the reason. Not here: saying them (`conversation`).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cosource.foundation import clock
from cosource.foundation.errors import Conflict, CosourceError, NotAllowed, StaleVersion
from cosource.foundation.services.duework import Later, Task, register_work, work_enqueue
from cosource.foundation.sight import Actor
from cosource.parties.models import Person
from cosource.parties.queries.sight import actor_for_person
from cosource.parties.services.leaving import register_leaving
from cosource.tickets.models import Message, Writing
from cosource.tickets.services import policy
from cosource.tickets.services.conversation import letter_checked, ticket_reply
from cosource.tickets.services.policy import Action
from cosource.tickets.services.record import load

KIND = "tickets.sending"
LONGEST = 20_000
_AGAIN_SECONDS = 0.5


@dataclass(frozen=True, slots=True)
class Words:
    """What is written, and for whom: `audience` as the form sends the choice, the parties that it names; and files."""

    text: str
    audience: str
    party_ids: frozenset[UUID]
    with_requester: bool
    file_ids: tuple[UUID, ...] = ()


@transaction.atomic
def writing_keep(
    *, ticket_id: UUID, words: Words, actor: Actor, at: datetime, seen_at: datetime | None = None
) -> None:
    """Keep what the actor has written on a ticket so far, for them alone; empty words are forgotten.

    What was sent and not said yet stays as it was sent. `seen_at`: when the page was drawn; what the actor has said since then
    came from there, and is not kept once more behind it. Raises: NotFound, NotAllowed.
    """
    person_id, organization_id = _writer(ticket_id, actor)
    said = Message.objects.filter(ticket_id=ticket_id, author_id=person_id)
    if seen_at is not None and said.filter(at__gt=seen_at).exists():
        return
    mine = Writing.objects.filter(ticket_id=ticket_id, person_id=person_id, organization_id=organization_id)
    text = words.text.replace("\x00", "")[:LONGEST]
    if not text.strip() and not words.file_ids:
        mine.filter(send_at=None).delete()
        return
    kept: dict[str, Any] = {
        "text": text,
        "audience": words.audience[:4_000],
        "with_requester": words.with_requester,
        "file_ids": [file_id.hex for file_id in words.file_ids],
        "kept_at": at,
        "refused": "",
    }
    if not mine.filter(send_at=None).update(**kept) and not mine.exists():
        Writing.objects.bulk_create(
            [Writing(ticket_id=ticket_id, person_id=person_id, organization_id=organization_id, **kept)],
            ignore_conflicts=True,
        )


@transaction.atomic
def writing_send(
    *,
    ticket_id: UUID,
    words: Words,
    actor: Actor,
    at: datetime,
    wider_confirmed: bool = False,
    expected_version: int | None = None,
) -> None:
    """Say it once the time for taking it back is over; at once where the installation gives none.

    What the actor sent on this ticket before and could still take back is said now. Refusals come now, as those of
    `ticket_reply`, and again when it is due. Raises: as `ticket_reply`.
    """
    seconds = settings.UNDO_SEND_SECONDS
    person_id, organization_id = _writer(ticket_id, actor)
    said_before = writing_say(ticket_id=ticket_id, actor=actor, at=at)
    given: dict[str, Any] = {
        "ticket_id": ticket_id,
        "text": words.text,
        "party_ids": words.party_ids,
        "with_requester": words.with_requester,
        "wider_confirmed": wider_confirmed,
        "expected_version": None if said_before else expected_version,
        "file_ids": words.file_ids,
        "actor": actor,
    }
    mine = Writing.objects.filter(ticket_id=ticket_id, person_id=person_id, organization_id=organization_id)
    if not seconds:
        ticket_reply(at=at, **given)
        mine.delete()
        return
    letter = letter_checked(**given)
    send_at = at + timedelta(seconds=seconds)
    writing, _made = Writing.objects.update_or_create(
        ticket_id=ticket_id,
        person_id=person_id,
        organization_id=organization_id,
        defaults={
            "text": letter.text,
            "audience": words.audience,
            "with_requester": words.with_requester,
            "file_ids": [file_id.hex for file_id in words.file_ids],
            "kept_at": at,
            "send_at": send_at,
            "wider_confirmed": wider_confirmed,
            "refused": "",
        },
    )
    work_enqueue(
        kind=KIND,
        args={"writing": writing.id.hex, "send_at": send_at.isoformat(), "channel": actor.channel},
        due_at=send_at,
        at=at,
        fair_key=organization_id,
        urgency=-5,
    )


@transaction.atomic
def writing_undo(*, ticket_id: UUID, actor: Actor, at: datetime) -> None:
    """Take back what was sent a moment ago: it is a draft again. Raises: NotFound, Conflict when it has been said."""
    _writer(ticket_id, actor)
    mine = Writing.objects.visible_to(actor).filter(ticket_id=ticket_id)
    if not mine.exclude(send_at=None).update(send_at=None, wider_confirmed=False, kept_at=at):
        raise Conflict(_("It has been sent already, and others may have read it."), code="sent_already")


@transaction.atomic
def writing_say(*, ticket_id: UUID, actor: Actor, at: datetime) -> bool:
    """Say now what the actor sent and could still take back; return whether there was anything. Raises: as `ticket_reply`."""
    _writer(ticket_id, actor)
    mine = Writing.objects.visible_to(actor).filter(ticket_id=ticket_id).exclude(send_at=None)
    return any(_say(writing, actor, at) for writing in mine)


def _say(writing: Writing, actor: Actor, at: datetime) -> bool:
    """Say it, unless it was taken back or said meanwhile: whoever deletes the row says it."""
    if not Writing.objects.filter(id=writing.id, send_at=writing.send_at).delete()[0]:
        return False
    ticket_reply(
        ticket_id=writing.ticket_id,
        text=writing.text,
        party_ids=parties_named(writing.audience),
        with_requester=writing.with_requester,
        wider_confirmed=writing.wider_confirmed,
        file_ids=[UUID(file_id) for file_id in writing.file_ids],
        actor=actor,
        at=at,
    )
    return True


def parties_named(audience: str) -> frozenset[UUID]:
    """Return the parties that a choice of readers names, as the form sends it. Raises: ValueError."""
    return frozenset(UUID(part) for part in audience.removesuffix("+").split(".") if part)


def _send(tasks: Sequence[Task]) -> None:
    for task in tasks:
        with task.attempt():
            task.done({"said": _send_one(task)})


def _send_one(task: Task) -> bool:
    writing = Writing.objects.filter(
        id=UUID(task.args["writing"]), send_at=datetime.fromisoformat(task.args["send_at"])
    ).first()
    if writing is None:
        return False
    at = clock.now()
    try:
        actor = actor_for_person(
            Person.objects.get(id=writing.person_id),
            organization_id=writing.organization_id,
            at=at,
            channel=task.args["channel"],
        )
        with transaction.atomic():
            return _say(writing, actor, at)
    except StaleVersion:
        # Somebody took a step at the same instant; a message wants no particular state.
        raise Later(_AGAIN_SECONDS) from None
    except CosourceError as refusal:
        Writing.objects.filter(id=writing.id, send_at=writing.send_at).update(
            send_at=None, wider_confirmed=False, refused=refusal.message[:300]
        )
        return False


def _writer(ticket_id: UUID, actor: Actor) -> tuple[UUID, UUID]:
    """Return who writes, for which organization. Raises: NotFound, NotAllowed."""
    policy.require(actor, Action.REPLY, load(ticket_id, actor))
    if actor.person_id is None or actor.organization_id is None:
        raise NotAllowed("Only a person keeps what they write.", code="no_person")
    return actor.person_id, actor.organization_id


def _forget(person_id: UUID, organization_id: UUID, at: datetime) -> None:
    Writing.objects.filter(person_id=person_id, organization_id=organization_id).delete()


def register() -> None:
    """Let the worker say what was sent, and forget the words of those who leave."""
    register_work(KIND, _send, batch=True, label=gettext_lazy("Messages that could be taken back"))
    register_leaving(_forget)
