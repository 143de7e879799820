"""A ready agreement in one step, for who wants to begin and amend later.

Not here: its text (`rules.quick_start`).
"""

from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import transaction
from django.utils.translation import gettext as _

from cosource.agreements.models import Agreement, AgreementVersion
from cosource.agreements.rules.quick_start import quick_start_text
from cosource.agreements.services.confirmations import version_confirm
from cosource.agreements.services.proposals import version_propose
from cosource.agreements.services.seats import Seat, seat_for
from cosource.foundation.errors import Conflict
from cosource.foundation.sight import Actor


def ready_text(seat: Seat, at: datetime) -> str:
    """Return the ready text for a seat: its name, its owner's zone, starting on the day that it is there now."""
    zone = seat.owner.time_zone or "UTC"
    name = (
        _("%(client)s – %(partner)s") % {"client": seat.owner.name, "partner": seat.engagement.partner.name}
        if seat.engagement
        else _("%(owner)s, own desk") % {"owner": seat.owner.name}
    )
    return quick_start_text(
        name[:120], at.astimezone(ZoneInfo(zone)).date(), zone, two_parties=seat.engagement is not None
    )


@transaction.atomic
def quick_start_agreement(*, engagement_id: UUID | None, actor: Actor, at: datetime) -> AgreementVersion:
    """Table the ready agreement for an engagement, or for the own desk (None), with the own party's word.

    It is in force at once where nobody else's word is needed: on the own desk, and where the other party is a stand-in that
    the actor's organization keeps. Appends as `version_propose` and `version_confirm`.
    Raises: NotFound, NotAllowed, Conflict when something was tabled here before.
    """
    seat = seat_for(actor, engagement_id, at)
    if Agreement.objects.filter(owner=seat.owner, engagement=seat.engagement, last_number__gt=0).exists():
        raise Conflict(_("There is an agreement here already; propose a change of it."), code="begun")
    version = version_propose(
        engagement_id=engagement_id, text=ready_text(seat, at), actor=actor, at=at, tabled=True
    )
    for party in seat.parties:
        kept = party.stand_in and party.kept_by_id == actor.organization_id
        if kept or party.id == actor.organization_id:
            version = version_confirm(
                version_id=version.id,
                digest=version.digest,
                actor=actor,
                at=at,
                organization_id=party.id,
            )
    return version
