"""Sites and services of an organization: added, and ended; never deleted, since the record names them."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import Model
from django.utils.translation import gettext as _

from cosource.foundation.errors import Conflict, NotFound
from cosource.foundation.sight import Actor
from cosource.parties.models import Service, Site
from cosource.parties.services.checks import clean_text, clean_zone, field_error
from cosource.parties.services.policy import Party, organization_for, owner_for
from cosource.parties.services.record import append_own


@transaction.atomic
def site_add(
    *, name: str, actor: Actor, at: datetime, time_zone: str = "", organization_id: UUID | None = None
) -> Site:
    """Add a site of the own organization, or of a stand-in that it keeps. Appends `site.added/1`.

    Raises: NotFound, NotAllowed, Invalid when the name is taken there or the zone unknown.
    """
    party = organization_for(actor, "place.manage", organization_id)
    zone = clean_zone("time_zone", time_zone, required=False)
    site = _add(
        Site(organization=party.organization, name=clean_text("name", name, limit=120), time_zone=zone)
    )
    _tell("site", "added", party, site.id, at=at, payload={"name": site.name})
    return site


@transaction.atomic
def service_add(*, name: str, actor: Actor, at: datetime, organization_id: UUID | None = None) -> Service:
    """Add a service of the own organization, or of a stand-in that it keeps. Appends `service.added/1`.

    Raises: NotFound, NotAllowed, Invalid when the name is taken there.
    """
    party = organization_for(actor, "place.manage", organization_id)
    service = _add(Service(organization=party.organization, name=clean_text("name", name, limit=120)))
    _tell("service", "added", party, service.id, at=at, payload={"name": service.name})
    return service


@transaction.atomic
def site_end(*, site_id: UUID, actor: Actor, at: datetime) -> None:
    """End a site; its past stays. Appends `site.ended/1`. Raises: NotFound, NotAllowed, Conflict when it ended before."""
    site = Site.objects.visible_to(actor).filter(pk=site_id).first()
    if site is None:
        raise NotFound
    party = owner_for(actor, "place.manage", site.organization)
    if not Site.objects.filter(pk=site_id, ended_at__isnull=True).update(ended_at=at):
        raise Conflict(_("This has ended already."), code="already_ended")
    _tell("site", "ended", party, site_id, at=at)


@transaction.atomic
def service_end(*, service_id: UUID, actor: Actor, at: datetime) -> None:
    """End a service; its past stays. Appends `service.ended/1`. Raises: as `site_end`."""
    service = Service.objects.visible_to(actor).filter(pk=service_id).first()
    if service is None:
        raise NotFound
    party = owner_for(actor, "place.manage", service.organization)
    if not Service.objects.filter(pk=service_id, ended_at__isnull=True).update(ended_at=at):
        raise Conflict(_("This has ended already."), code="already_ended")
    _tell("service", "ended", party, service_id, at=at)


def _add[M: Model](row: M) -> M:
    try:
        with transaction.atomic():
            row.save(force_insert=True)
    except IntegrityError:
        raise field_error("name", _("There is one of this name already."), "taken") from None
    return row


def _tell(
    what: str,
    past: str,
    party: Party,
    subject_id: UUID,
    *,
    at: datetime,
    payload: dict[str, Any] | None = None,
) -> None:
    append_own(
        party.organization,
        f"{what}.{past}/1",
        (what, subject_id),
        actor=party.actor,
        at=at,
        payload=payload,
    )
