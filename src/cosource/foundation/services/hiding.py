"""Hiding what an entry says from all but a few, at once, until somebody decides: it was harmless, or it goes for good.

The payload stays where it is; whoever shows payloads asks for the `hiding` beside it. Its words leave the search, the mails that
wait and the answers that are kept for a repeat; of these only the search gets them back. Not here: who may hide and who still
reads (the rooms), and erasing (`erasure`).
"""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from cosource.foundation.errors import Conflict, NotAllowed
from cosource.foundation.models import Entry, Hiding, Payload
from cosource.foundation.rules.erasing import texts_in
from cosource.foundation.services.audience import audience_voice
from cosource.foundation.services.ledger import append
from cosource.foundation.services.mail import mails_blank
from cosource.foundation.services.replays import answers_blank
from cosource.foundation.services.search import texts_forget, texts_index
from cosource.foundation.sight import Actor


@transaction.atomic
def payloads_hide(*, entry_ids: Collection[UUID], actor: Actor, at: datetime) -> None:
    """Hide the payloads of these entries. Appends `payload.hidden/1` to the readers of each, so that all are told.

    Raises: NotAllowed for the system, Conflict when one is hidden or erased already.
    """
    if actor.id is None:
        raise NotAllowed("A person hides a text.", code="person_missing")
    for entry in Entry.objects.filter(id__in=entry_ids).select_related("payload").order_by("id"):
        payload = getattr(entry, "payload", None)
        if payload is None or Hiding.objects.filter(entry=entry).exists():
            raise Conflict(_("This is hidden or erased already."), code="already_hidden")
        Hiding.objects.create(
            entry=entry,
            hidden_by_entry_id=_tell("payload.hidden/1", entry, actor, at),
            hidden_by_id=actor.id,
            author_id=entry.actor_id,
            at=at,
        )
        texts = texts_in(payload.body)
        texts_forget([entry.id])
        mails_blank(about=entry.subject_id, texts=texts, at=at)
        answers_blank(about=entry.subject_id, texts=texts)


@transaction.atomic
def payloads_release(
    *, entry_ids: Collection[UUID], actor: Actor, at: datetime, searched: bool = True
) -> None:
    """Show again what was hidden: it was harmless. Appends `payload.released/1` to the readers of each.

    `searched`: its words are found by search, as they were before.

    Raises: Conflict when one is not hidden any more.
    """
    for entry in Entry.objects.filter(id__in=entry_ids).order_by("id"):
        if not Hiding.objects.filter(entry=entry).delete()[0]:
            raise Conflict(_("This is not hidden any more."), code="not_hidden")
        _tell("payload.released/1", entry, actor, at)
        if not searched:
            continue
        body = Payload.objects.values_list("body", flat=True).get(entry=entry)
        words = "\n".join(sorted(texts_in(body)))
        texts_index([(entry.subject_kind, entry.subject_id, entry.id, entry.audience_id, words)])


def _tell(kind: str, entry: Entry, actor: Actor, at: datetime) -> UUID:
    return append(
        kind=kind,
        subject_kind=entry.subject_kind,
        subject_id=entry.subject_id,
        audience_id=entry.audience_id,
        actor=audience_voice(entry.audience_id, actor, of=entry.organization_id),
        at=at,
        facts={"entry": entry.id.hex},
    )
