"""Telling people of a step of the ladder, each once, in their language.

Work of its own, enqueued with what it tells. Not here: who is told, which stands on the row already.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.conf import settings
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cosource.agreements.rules.terms import OTHER_PARTY
from cosource.foundation import clock
from cosource.foundation.services.duework import Task, register_work, work_enqueue
from cosource.foundation.services.mail import mail_enqueue
from cosource.parties.models import Person
from cosource.tickets.models import Escalation, Participation
from cosource.tickets.rules.clock_kinds import KINDS
from cosource.tickets.rules.wording import Phrase
from cosource.tickets.rules.wording import gettext_lazy as phrase

KIND = "tickets.escalations_tell"


def tell_enqueue(ids: Sequence[UUID], *, at: datetime) -> None:
    """Enqueue telling of raised steps, in the transaction that raised them."""
    if ids:
        work_enqueue(kind=KIND, args={"ids": [i.hex for i in ids]}, due_at=at, at=at)


def escalation_words(escalation: Escalation, reference: str) -> Phrase:
    """Say what came, without a word of the ticket itself."""
    name = KINDS[escalation.clock.kind].label
    if escalation.notify == OTHER_PARTY:
        return phrase("%(reference)s: the other side is late, “%(clock)s”", reference=reference, clock=name)
    if escalation.is_warning:
        return phrase("%(reference)s: “%(clock)s” is due soon", reference=reference, clock=name)
    return phrase("%(reference)s: “%(clock)s” is overdue", reference=reference, clock=name)


def _tell(task: Task) -> dict[str, Any]:
    ids = [UUID(i) for i in task.args["ids"]]
    rows = Escalation.objects.filter(id__in=ids).select_related("clock", "party").order_by("raised_at", "id")
    references = {
        (ticket_id, party_id): reference
        for ticket_id, party_id, reference in Participation.objects.filter(
            ticket__escalations__id__in=ids
        ).values_list("ticket_id", "organization_id", "reference")
    }
    people = Person.objects.in_bulk({UUID(p) for row in rows for p in row.told})
    at, told = clock.now(), 0
    for row in rows:
        words = escalation_words(row, references.get((row.ticket_id, row.party_id), ""))
        url = settings.BASE_URL.rstrip("/") + reverse("tickets:ticket", args=[row.ticket_id])
        for to, locale, key in _addresses(row, people):
            with translation.override(locale or settings.LANGUAGE_CODE):
                subject = words.text(lambda message, _plural, _count: _(message))
                text = _("%(what)s.\n\nOpen it and acknowledge, or it goes on to the next.\n%(url)s\n") % {
                    "what": subject,
                    "url": url,
                }
            mail_enqueue(
                effect_key=f"escalation:{row.id}:{key}",
                to=to,
                subject=subject,
                text=text,
                at=at,
                organization_id=row.party_id,
            )
            told += 1
    return {"told": told}


def _addresses(row: Escalation, people: dict[UUID, Person]) -> list[tuple[str, str, str]]:
    """Return address, language and key of whoever is told; of a party that is kept by another, its contact."""
    found = [people[UUID(p)] for p in row.told if UUID(p) in people]
    if not found and row.party.contact_email:
        return [(row.party.contact_email, "", "contact")]
    return [(person.email, person.locale, str(person.id)) for person in found]


def register() -> None:
    """Make the worker able to tell."""
    register_work(KIND, _tell, label=gettext_lazy("Telling of escalations"))
