"""When people are away: saying so, for oneself or for those whom one leads, and calling it off."""

from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from cosource.foundation.errors import Conflict, NotFound
from cosource.foundation.live.registry import register_harmless
from cosource.foundation.rules.canonical import instant_text
from cosource.foundation.sight import Actor
from cosource.parties.models import Absence, Employment
from cosource.parties.models.scope import is_staff, live_q
from cosource.parties.services.checks import check_span, field_error
from cosource.parties.services.policy import Party, organization_for, own_organization
from cosource.parties.services.record import append_own

SUBJECT = "absence"
MOST = 200
# Nobody plans further than this; beyond it some zones cannot say the time.
YEARS = (2000, 2200)
_YEARS_SAID = {"first": YEARS[0], "last": YEARS[1]}


@transaction.atomic
def absence_add(
    *, person_id: UUID, starts_at: datetime, ends_at: datetime, actor: Actor, at: datetime
) -> Absence:
    """Say that somebody is away for a time: oneself, or anybody who works here for who leads the desk.

    Appends `absence.added/1` to the organization's own record. Raises: NotFound, NotAllowed, Invalid, Conflict (too many).
    """
    party = _party(actor, person_id)
    employed = Employment.objects.filter(live_q(at), organization=party.organization, person_id=person_id)
    if not employed.exists():
        raise NotFound
    for name, when in (("starts_at", starts_at), ("ends_at", ends_at)):
        if not YEARS[0] <= when.year <= YEARS[1]:
            raise field_error(name, _("Between %(first)s and %(last)s.") % _YEARS_SAID, "too_far")
    check_span("ends_at", starts_at, ends_at)
    if ends_at <= at:
        raise field_error("ends_at", _("This is over already."), "past")
    if (
        Absence.objects.filter(organization=party.organization, person_id=person_id, ends_at__gt=at).count()
        >= MOST
    ):
        raise Conflict(
            _("That is as much as can be kept; take something out first."), code="too_many_absences"
        )
    absence = Absence.objects.create(
        organization=party.organization, person_id=person_id, starts_at=starts_at, ends_at=ends_at
    )
    facts = {"person": person_id.hex, "from": instant_text(starts_at), "until": instant_text(ends_at)}
    append_own(
        party.organization, "absence.added/1", (SUBJECT, absence.id), actor=party.actor, at=at, facts=facts
    )
    return absence


@transaction.atomic
def absence_call_off(*, absence_id: UUID, actor: Actor, at: datetime) -> None:
    """End an absence, or call off one that has not begun. Appends `absence.called_off/1`.

    Raises: NotFound, NotAllowed, Conflict when it is over.
    """
    absence = Absence.objects.visible_to(actor).filter(pk=absence_id).first()
    if absence is None:
        raise NotFound
    party = _party(actor, absence.person_id)
    ended = max(absence.starts_at, at)
    if not Absence.objects.filter(pk=absence_id, ends_at__gt=ended).update(ends_at=ended):
        raise Conflict(_("This has ended already."), code="already_ended")
    facts = {"person": absence.person_id.hex}
    append_own(
        party.organization,
        "absence.called_off/1",
        (SUBJECT, absence.id),
        actor=party.actor,
        at=at,
        facts=facts,
    )


def _party(actor: Actor, person_id: UUID) -> Party:
    """Return the organization that notes it: anybody for themselves, who leads for everybody."""
    if actor.person_id == person_id and actor.kind == "person" and is_staff(actor.sight):
        return own_organization(actor)
    return organization_for(actor, "absence.manage")


def register() -> None:
    """Absences change nobody's rights."""
    register_harmless(SUBJECT)
