"""A recurring ticket that cannot open stands still, says why, and tells who keeps the desk. Not here: when (`recurring`)."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.urls import reverse
from django.utils import translation

from cosource.foundation.live.registry import register_harmless
from cosource.foundation.notices import SubjectLine, register_notice_kind, register_notice_subject
from cosource.foundation.services.notices import notify
from cosource.foundation.sight import MANAGER, SERVICE_OWNER, Actor, system_actor
from cosource.parties.models import Grant
from cosource.parties.queries.sight import live
from cosource.tickets.models import RecurringTicket
from cosource.tickets.rules.wording import gettext_lazy
from cosource.tickets.services.kept import kept_tell

SUBJECT = "recurring_ticket"
HALTED = "recurring_ticket.halted"


@transaction.atomic
def recurring_halt(
    row: RecurringTicket, *, at_next: datetime | None, why: str, code: str, at: datetime
) -> None:
    """Let a rule stand still, unless somebody changed it meanwhile. Appends `recurring_ticket.halted/1`.

    `at_next`: when it would come next, as it is kept. Who may set it going again is told once.
    """
    standing = RecurringTicket.objects.filter(
        pk=row.pk, version=row.version, next_at=at_next, ended_at=None, trouble=""
    )
    if not standing.update(trouble=why[:300]):
        return
    system = system_actor(reason="its ticket was refused", organization_id=row.organization_id)
    kept_tell(row, f"{HALTED}/1", system, at, code=code)
    notify(
        # Saved anew, and standing still again, it is told again.
        effect_key=f"{HALTED}:{row.id.hex}:{row.version}",
        person_ids=_keepers(row.organization_id, at),
        kind=HALTED,
        subject_kind=SUBJECT,
        subject_id=row.id,
        url=reverse("tickets:recurring_one", args=[row.id]),
        words=gettext_lazy("The recurring ticket “%(name)s” stands still", name=row.name),
        at=at,
        organization_id=row.organization_id,
    )


def _keepers(organization_id: UUID, at: datetime) -> set[UUID]:
    """Return the people who keep the settings of a desk."""
    rows = Grant.objects.filter(
        live(at),
        engagement=None,
        organization_id=organization_id,
        role__in=(MANAGER, SERVICE_OWNER),
        person__is_active=True,
    )
    return {person_id for person_id in rows.values_list("person_id", flat=True) if person_id is not None}


def _lines(actor: Actor, ids: Collection[UUID]) -> dict[UUID, SubjectLine]:
    rows = RecurringTicket.objects.visible_to(actor).filter(id__in=ids)
    return {pk: SubjectLine(name) for pk, name in rows.values_list("id", "name")}


def register() -> None:
    """Recurring tickets change nobody's rights; people choose how they are told of those that stand still."""
    register_harmless(SUBJECT)
    register_notice_subject(SUBJECT, _lines)
    register_notice_kind(HALTED, translation.gettext_lazy("A recurring ticket of my desk stands still"))
