"""A party gives its word to one exact text; with the last word the version is in force.

Not here: what is then done under it. A ticket pins the version that holds when it is opened.
"""

from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext as _

from cosource.agreements.models import Agreement, AgreementVersion, Confirmation
from cosource.agreements.services.seats import Seat, append_version, party_for, seat_of, version_to_lead
from cosource.foundation.errors import Conflict, NotAllowed
from cosource.foundation.sight import Actor


@transaction.atomic
def version_confirm(
    *,
    version_id: UUID,
    digest: str,
    actor: Actor,
    at: datetime,
    organization_id: UUID | None = None,
) -> AgreementVersion:
    """Give a party's word to a tabled version: the own party's (None), or that of a stand-in which it keeps.

    `digest`: of the text that was read; another one is refused, so nobody confirms what they didn't see. A word given for a
    stand-in is marked as kept by one side. Appends `agreement.version_confirmed/1` and, with the last word,
    `agreement.version_in_force/1`.
    Raises: NotFound, NotAllowed, Conflict.
    """
    version = version_to_lead(actor, version_id, at)
    seat = seat_of(version.agreement)
    party, spoken = party_for(seat, actor, organization_id)
    if actor.person_id is None:
        raise NotAllowed(_("A word is given by a person."))
    _check_open(version, digest)
    # The update locks the version's row: the second of two words at once waits here, and then counts both.
    locked = AgreementVersion.objects.filter(
        pk=version.pk, in_force_at__isnull=True, withdrawn_at__isnull=True
    ).update(confirmed_parties=F("confirmed_parties") + 1)
    if not locked or Confirmation.objects.filter(version=version, organization=party).exists():
        raise Conflict(_("This version has that party's word, or was taken back."), code="settled")
    kept = party.id != actor.organization_id
    Confirmation.objects.create(
        version=version,
        organization=party,
        person_id=actor.person_id,
        digest=digest,
        at=at,
        kept_by_one_side=kept,
    )
    append_version(
        "agreement.version_confirmed/1",
        version,
        seat,
        actor=spoken,
        at=at,
        facts={"party": party.id.hex, "kept_by_one_side": kept},
    )
    version.refresh_from_db(fields=["confirmed_parties"])
    if version.confirmed_parties == len(seat.parties):
        _put_in_force(version, seat, actor=spoken, at=at)
    return version


def _check_open(version: AgreementVersion, digest: str) -> None:
    if version.number is None:
        raise Conflict(_("This is a draft; table it first."), code="draft")
    if version.withdrawn_at is not None:
        raise Conflict(_("This version was taken back."), code="withdrawn")
    if version.in_force_at is not None:
        raise Conflict(_("This version is in force already."), code="in_force")
    newer = (
        AgreementVersion.objects.filter(
            agreement_id=version.agreement_id, number__gt=version.number, withdrawn_at__isnull=True
        )
        .order_by("-number")
        .values_list("number", flat=True)
        .first()
    )
    if newer is not None:
        raise Conflict(
            _("Version %(newer)s was tabled after this one; read that.") % {"newer": newer},
            code="superseded",
        )
    if digest != version.digest:
        raise Conflict(_("That is not the digest of this text; read it again."), code="stale_digest")


def _put_in_force(version: AgreementVersion, seat: Seat, *, actor: Actor, at: datetime) -> None:
    version.in_force_at = at
    AgreementVersion.objects.filter(pk=version.pk).update(in_force_at=at)
    Agreement.objects.filter(pk=version.agreement_id).update(name=version.name)
    append_version("agreement.version_in_force/1", version, seat, actor=actor, at=at)
