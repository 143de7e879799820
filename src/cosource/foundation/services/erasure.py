"""Erasing what an entry says, while the entry, its place and the chain stay.

What was told of it goes along: notices, mails that wait, answers kept for a repeated request; and the files that came with it,
with their content. Webhooks, browsers and telephones are told from the notice when it goes out, so nothing of theirs is kept.
Rooms register what else must go: their own copies of the text.
"""

from collections.abc import Callable, Iterable
from datetime import datetime
from uuid import UUID

from django.db import transaction

from cosource.foundation.errors import Conflict, NotAllowed, NotFound
from cosource.foundation.models import Entry, Erasure, Hiding, Payload
from cosource.foundation.rules.erasing import texts_in
from cosource.foundation.services.audience import audience_voice
from cosource.foundation.services.files import files_erase
from cosource.foundation.services.ledger import append
from cosource.foundation.services.mail import mails_blank
from cosource.foundation.services.notices import notices_blank
from cosource.foundation.services.replays import answers_blank
from cosource.foundation.services.search import texts_forget
from cosource.foundation.sight import Actor

# Given the subject and the erased entry: removes the room's copies and names further entries that hold the same text.
Eraser = Callable[[UUID, UUID], Iterable[UUID]]
_erasers: dict[str, list[Eraser]] = {}


def register_eraser(subject_kind: str, eraser: Eraser) -> None:
    """Let a room remove its copies: called with (subject id, entry id) inside the erasing transaction.

    It returns the entries that repeat the same text in other streams; they are erased likewise, each to its own readers.
    """
    known = _erasers.setdefault(subject_kind, [])
    if eraser not in known:
        known.append(eraser)


@transaction.atomic
def payload_erase(*, entry_id: UUID, reason: str, actor: Actor, at: datetime) -> UUID:
    """Erase the payload of one entry that the actor's organization wrote or owns, for a stated reason.

    Appends `payload.erased/1` to the same audience, so that every other reader is told. The door checks that the actor may
    approve. Returns the erasing entry's id. Raises: NotFound, Conflict when it is erased already, NotAllowed without a reason
    or for an entry that another party wrote in another party's record.
    """
    entry = Entry.objects.filter(id=entry_id, audience__readers__organization_id=actor.reads_as).first()
    if entry is None:
        raise NotFound
    if not may_decide(entry, actor):
        raise NotAllowed(
            "Only the party that wrote it, or the one whose record it is, erases.", code="not_yours"
        )
    if not reason.strip():
        raise NotAllowed("An erasure needs a reason.", code="reason_missing")
    if actor.id is None:
        raise NotAllowed("A person approves an erasure.", code="approver_missing")
    if not Payload.objects.filter(entry_id=entry_id).exists():
        raise Conflict("There is nothing left to erase.", code="already_erased")
    erasing_id = _erase(entry, reason, actor, actor.id, at)
    for eraser in _erasers.get(entry.subject_kind, ()):
        for copy in Entry.objects.filter(
            id__in=list(eraser(entry.subject_id, entry_id)), payload__isnull=False
        ):
            _erase(copy, reason, actor, actor.id, at)
    return erasing_id


def may_decide(entry: Entry, actor: Actor) -> bool:
    """Tell whether the actor's organization wrote the entry, or it stands in a record of which that is the first party."""
    owned = entry.audience.streams.filter(stream__first_organization_id=actor.reads_as)
    return entry.organization_id == actor.organization_id or owned.exists()


def _erase(entry: Entry, reason: str, actor: Actor, approver_id: UUID, at: datetime) -> UUID:
    erasing_id = append(
        kind="payload.erased/1",
        subject_kind=entry.subject_kind,
        subject_id=entry.subject_id,
        audience_id=entry.audience_id,
        actor=audience_voice(entry.audience_id, actor, of=entry.organization_id),
        at=at,
        facts={"entry": entry.id.hex},
        payload={"reason": reason},
    )
    Erasure.objects.create(
        entry=entry, erased_by_entry_id=erasing_id, reason=reason[:300], approved_by_id=approver_id, at=at
    )
    payload = Payload.objects.filter(entry=entry)
    texts = {text for body in payload.values_list("body", flat=True) for text in texts_in(body)}
    payload.delete()
    Hiding.objects.filter(entry=entry).delete()
    files_erase(entry.id, at=at)
    texts_forget([entry.id])
    notices_blank(about=entry.subject_id, texts=texts)
    mails_blank(about=entry.subject_id, texts=texts, at=at)
    answers_blank(about=entry.subject_id, texts=texts)
    return erasing_id
