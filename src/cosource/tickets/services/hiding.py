"""Taking personal or patient data out of a conversation: hidden at once by whoever sees it, then erased or shown again.

Hidden, a text is read by its author, by who hid it, and by who leads a party that reads it; nobody else finds it, is sent it or
takes it out. Not here: the payload itself (`foundation.services.hiding`, `erasure`).
"""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as label

from cosource.foundation.errors import Conflict, NotAllowed, NotFound
from cosource.foundation.models import Entry, Hiding, Payload
from cosource.foundation.notices import register_notice_kind
from cosource.foundation.services.audience import audience_readers
from cosource.foundation.services.erasure import may_decide, payload_erase
from cosource.foundation.services.hiding import payloads_hide, payloads_release
from cosource.foundation.sight import MANAGER, REQUESTER, SERVICE_OWNER, Actor
from cosource.tickets.models import Message
from cosource.tickets.queries.fields import answered_sets
from cosource.tickets.rules.wording import Phrase, gettext_noop
from cosource.tickets.services import policy
from cosource.tickets.services.fields import ANSWERED
from cosource.tickets.services.policy import Action
from cosource.tickets.services.record import Record, load, require_text
from cosource.tickets.services.sharing import copies_of
from cosource.tickets.services.telling import leader_of, part_tell

HIDDEN = "ticket.hidden"


@transaction.atomic
def message_hide(*, ticket_id: UUID, entry_id: UUID, actor: Actor, at: datetime) -> None:
    """Hide what a message says, which contains personal or patient data, from all but a few. A description is hidden everywhere.

    Whoever may write on the ticket and reads the message does so. Appends `payload.hidden/1` to its readers; its author and who
    leads their sides are told. Raises: NotFound, NotAllowed, Conflict when it is hidden or erased already.
    """
    case = _case(ticket_id, entry_id, actor)
    policy.require(actor, Action.REPLY, case.record)
    payloads_hide(entry_ids=case.entry_ids, actor=actor, at=at)
    words = gettext_noop("A text on %(reference)s was hidden: personal or patient data")
    _tell(case, words, "hidden", actor, at)


@transaction.atomic
def message_release(*, ticket_id: UUID, entry_id: UUID, actor: Actor, at: datetime) -> None:
    """Show a hidden text again: it was harmless. Appends `payload.released/1`.

    Raises: NotFound, NotAllowed (only who leads the side that wrote it or whose record it is), Conflict when it is not hidden.
    """
    case = _decided(ticket_id, entry_id, actor)
    payloads_release(entry_ids=case.entry_ids, actor=actor, at=at)
    _tell(case, gettext_noop("A hidden text on %(reference)s is shown again"), "released", actor, at)


@transaction.atomic
def message_redact(*, ticket_id: UUID, entry_id: UUID, reason: str, actor: Actor, at: datetime) -> None:
    """Erase a hidden text for good, for a stated reason. Appends `payload.erased/1` to its readers.

    Raises: as `message_release`; Invalid without a reason.
    """
    case = _decided(ticket_id, entry_id, actor)
    said = require_text(reason, "reason", limit=300)
    payload_erase(entry_id=entry_id, reason=said, actor=actor, at=at)
    _tell(case, gettext_noop("A hidden text on %(reference)s was erased"), "erased", actor, at)


@transaction.atomic
def answers_hide(*, ticket_id: UUID, set_id: UUID, actor: Actor, at: datetime) -> None:
    """Hide what was ever answered to a set of fields on a ticket, in the records of all parties. As `message_hide`."""
    case = _answers(ticket_id, set_id, actor)
    policy.require(actor, Action.REPLY, case.record)
    if case.hidden_by_id is not None:
        raise Conflict(_("This is hidden or erased already."), code="already_hidden")
    payloads_hide(entry_ids=case.entry_ids, actor=actor, at=at)
    words = gettext_noop("Answers on %(reference)s were hidden: personal or patient data")
    _tell(case, words, "hidden", actor, at)


@transaction.atomic
def answers_release(*, ticket_id: UUID, set_id: UUID, actor: Actor, at: datetime) -> None:
    """Show hidden answers again, those that were hidden with them too. As `message_release`."""
    case = _decides(_answers(ticket_id, set_id, actor), actor)
    together = Hiding.objects.get(entry=case.entry)
    hidden = Hiding.objects.filter(
        entry_id__in=_answered(ticket_id, set_id), at=together.at, hidden_by_id=together.hidden_by_id
    )
    # Answers are never among the words that search finds.
    payloads_release(
        entry_ids=list(hidden.values_list("entry_id", flat=True)), actor=actor, at=at, searched=False
    )
    _tell(case, gettext_noop("Hidden answers on %(reference)s are shown again"), "released", actor, at)


@transaction.atomic
def answers_redact(*, ticket_id: UUID, set_id: UUID, reason: str, actor: Actor, at: datetime) -> None:
    """Erase hidden answers for good, and what was answered there before. As `message_redact`."""
    case = _decides(_answers(ticket_id, set_id, actor), actor)
    said = require_text(reason, "reason", limit=300)
    for entry in Entry.objects.filter(id__in=_answered(ticket_id, set_id)).order_by("id"):
        # What repeats an entry to others goes with it; what another party answered is for that or the owner to erase.
        mine = entry.audience.readers.filter(organization_id=actor.reads_as).exists()
        if mine and may_decide(entry, actor) and Payload.objects.filter(entry=entry).exists():
            payload_erase(entry_id=entry.id, reason=said, actor=actor, at=at)
    _tell(case, gettext_noop("Hidden answers on %(reference)s were erased"), "erased", actor, at)


@dataclass(frozen=True, slots=True)
class _Case:
    """A message at issue: the ticket, the entry, and those that repeat it in other streams; who hid it, if it is hidden."""

    record: Record
    entry: Entry
    entry_ids: list[UUID]
    hidden_by_id: UUID | None


def _case(ticket_id: UUID, entry_id: UUID, actor: Actor) -> _Case:
    """Find a message that the actor reads. Raises: NotFound for what is not there and what is out of sight alike."""
    record = load(ticket_id, actor)
    message = Message.objects.filter(ticket_id=ticket_id, id=entry_id).first()
    if message is None:
        raise NotFound
    readers, with_requester = audience_readers(message.audience_id)
    if actor.reads_as not in readers or (actor.sight.roles == {REQUESTER} and not with_requester):
        raise NotFound
    # The same text stands in every stream that it was shared into, and in tickets that were made of it.
    copies = Entry.objects.filter(id__in=copies_of(ticket_id, entry_id), payload__isnull=False)
    entry_ids = [entry_id, *copies.values_list("id", flat=True)]
    hidden_by_id = Hiding.objects.filter(entry_id=entry_id).values_list("hidden_by_id", flat=True).first()
    return _Case(record, Entry.objects.get(id=entry_id), entry_ids, hidden_by_id)


def _decided(ticket_id: UUID, entry_id: UUID, actor: Actor) -> _Case:
    """Find a hidden message of which the actor decides. Raises: NotFound, NotAllowed."""
    return _decides(_case(ticket_id, entry_id, actor), actor)


def _answers(ticket_id: UUID, set_id: UUID, actor: Actor) -> _Case:
    """Find what was answered to a set of fields that the actor reads on a ticket. Raises: NotFound."""
    record = load(ticket_id, actor)
    one = next((s for s in answered_sets(record, actor) if s.id == set_id), None)
    if one is None or one.entry_id is None:
        raise NotFound
    hidden = dict(
        Hiding.objects.filter(entry_id__in=(ids := _answered(ticket_id, set_id))).values_list(
            "entry_id", "hidden_by_id"
        )
    )
    entry_ids = [i for i in ids if i not in hidden]
    return _Case(record, Entry.objects.get(id=one.entry_id), entry_ids, hidden.get(one.entry_id))


def _answered(ticket_id: UUID, set_id: UUID) -> list[UUID]:
    """Return the entries that hold answers to a set on a ticket, of all times and in all streams."""
    rows = Entry.objects.filter(
        subject_id=ticket_id, kind=ANSWERED, facts__set=set_id.hex, payload__isnull=False
    )
    return list(rows.values_list("id", flat=True))


def _decides(case: _Case, actor: Actor) -> _Case:
    """Return a case of which the actor decides. Raises: NotFound, NotAllowed."""
    leads = policy.roles_on(actor, case.record.mine) & {SERVICE_OWNER, MANAGER}
    if actor.kind != "person" or not leads or not may_decide(case.entry, actor):
        raise NotAllowed(
            _("Who leads the side that wrote it, or whose record it is, decides what becomes of it."),
            code="not_yours",
        )
    if case.hidden_by_id is None:
        raise NotFound
    return case


def _tell(case: _Case, words: str, what: str, actor: Actor, at: datetime) -> None:
    """Tell the author, who hid it, and who leads each side that reads it."""
    record = case.record
    concerned = {case.entry.actor_id, case.hidden_by_id} - {None}
    readers = audience_readers(case.entry.audience_id)[0]
    for part in record.parts:
        if part.organization_id not in readers:
            continue
        told = set(leader_of(record, part, at))
        if part.organization_id == case.entry.organization_id:
            told |= {i for i in concerned if i is not None}
        part_tell(
            record,
            part,
            effect_key=f"ticket.{what}:{case.entry.id.hex}:{at.isoformat()}:{part.organization_id.hex}",
            person_ids=told,
            kind=HIDDEN,
            words=Phrase(words, (("reference", part.reference),)),
            actor=actor,
            at=at,
        )


def register() -> None:
    """Let people choose how they are told of what was hidden."""
    register_notice_kind(HIDDEN, label("Personal or patient data was found in a text that my side reads"))
