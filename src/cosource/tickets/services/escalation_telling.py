"""Telling people of a step of the ladder, each once.

Work of its own, enqueued with what it tells. Not here: who is told, which stands on the row already, and by which way.
"""

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime
from itertools import batched
from typing import Any
from uuid import UUID

from django.conf import settings
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _

from cosource.agreements.rules.terms import OTHER_PARTY
from cosource.foundation import clock
from cosource.foundation.services.duework import Task, work_enqueue
from cosource.foundation.services.mail import mail_enqueue
from cosource.foundation.services.notices import notify
from cosource.tickets.models import Escalation, Participation
from cosource.tickets.rules.clock_kinds import KINDS
from cosource.tickets.rules.wording import Phrase, gettext_lazy

KIND = "tickets.escalations_tell"
NOTICE = "ticket.escalated"
# Of a storm each piece is soon done, so that a worker that ends in one begins little anew, and delays no other.
STEPS_AT_ONCE = 50
_NOTED_EVERY = 5


def tell_enqueue(rows: Iterable[Escalation], *, at: datetime) -> None:
    """Enqueue telling of raised steps, in the transaction that raised them.

    Each party's for itself: a storm at one waits in its own row, and who leads it sees what could not be told.
    """
    of_party: dict[UUID, list[str]] = defaultdict(list)
    for row in rows:
        of_party[row.party_id].append(row.id.hex)
    for party_id, ids in of_party.items():
        for some in batched(ids, STEPS_AT_ONCE):
            work_enqueue(
                kind=KIND,
                args={"ids": list(some)},
                due_at=at,
                at=at,
                fair_key=party_id,
                owner_organization_id=party_id,
                urgency=-10,
            )


def effect_of(escalation_id: UUID) -> str:
    """Return the key by which people are told of a step once."""
    return f"escalation:{escalation_id.hex}"


def escalation_words(escalation: Escalation, reference: str) -> Phrase:
    """Say what came, without a word of the ticket itself."""
    name = KINDS[escalation.clock.kind].label
    if escalation.notify == OTHER_PARTY:
        return gettext_lazy(
            "%(reference)s: the other side is late, “%(clock)s”", reference=reference, clock=name
        )
    if escalation.is_warning:
        return gettext_lazy("%(reference)s: “%(clock)s” is due soon", reference=reference, clock=name)
    return gettext_lazy("%(reference)s: “%(clock)s” is overdue", reference=reference, clock=name)


def escalations_tell(task: Task) -> dict[str, Any]:
    """Do the work of telling."""
    ids = [UUID(i) for i in task.args["ids"]]
    references = {
        (ticket_id, party_id): reference
        for ticket_id, party_id, reference in Participation.objects.filter(
            ticket__escalations__id__in=ids
        ).values_list("ticket_id", "organization_id", "reference")
    }
    at, told = clock.now(), 0
    rows = Escalation.objects.filter(id__in=ids).select_related("clock", "party")
    # Where a worker ended in the middle, the next goes on from what it had noted.
    for number, row in enumerate(rows.order_by("raised_at", "id")[task.reached :], start=task.reached):
        if number > task.reached and number % _NOTED_EVERY == 0:
            task.progress(done=number, total=len(ids))
        words = escalation_words(row, references.get((row.ticket_id, row.party_id), ""))
        if not row.told:
            _tell_contact(row, words, at)
            continue
        notify(
            effect_key=effect_of(row.id),
            person_ids=[UUID(p) for p in row.told],
            kind=NOTICE,
            subject_kind="ticket",
            subject_id=row.ticket_id,
            url=reverse("tickets:ticket", args=[row.ticket_id]),
            words=words,
            at=at,
            organization_id=row.party_id,
            urgent=not row.is_warning,
            acknowledge=row.acknowledged_at is None,
        )
        told += len(row.told)
    return {"told": told}


def _tell_contact(row: Escalation, words: Phrase, at: datetime) -> None:
    """Write to the contact of a party of which nobody has signed in yet."""
    if not row.party.contact_email:
        return
    with translation.override(settings.LANGUAGE_CODE):
        subject = words.text(lambda message, _plural, _count: _(message))
    mail_enqueue(
        effect_key=effect_of(row.id),
        to=row.party.contact_email,
        subject=subject,
        text=f"{subject}\n",
        at=at,
        organization_id=row.party_id,
        about=row.ticket_id,
    )
