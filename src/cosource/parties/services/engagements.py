"""An engagement begins, is named, and ends. Whichever party comes first starts it; the absent one is kept as a stand-in.

Not here: what it covers (`scope`), how it grows (`stages`), and how the absent party takes its seat (`claims`).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import count
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from cosource.foundation.errors import Conflict, NotAllowed, StaleVersion
from cosource.foundation.ids import new_id
from cosource.foundation.rules.canonical import instant_text
from cosource.foundation.services.audience import stream_create
from cosource.foundation.sight import MANAGER, Actor
from cosource.parties.models import Engagement, Organization, Person, ProviderKind, Stage, Team
from cosource.parties.models.scope import live_q
from cosource.parties.rules.naming import initials as letters
from cosource.parties.rules.naming import prefix as short_prefix
from cosource.parties.rules.policies import DELEGATED_RIGHTS, Side
from cosource.parties.services.checks import clean_text, field_error
from cosource.parties.services.grants import grant_write
from cosource.parties.services.organizations import clean_initials, organization_write
from cosource.parties.services.policy import (
    Party,
    acting_person,
    engagement_in_sight,
    organization_for,
    require,
    require_running,
    side_of,
)
from cosource.parties.services.record import append_own, append_shared
from cosource.parties.services.teams import offer_write, offered_by_default

FIRST_SLOT = 2  # the client itself is drawn in slot 1
SUPERSEDED_SLOT = 100  # from here on: engagements that another took the place of, drawn neutral
EXPORT_DAYS = 90


@dataclass(frozen=True, slots=True)
class Terms:
    """What an engagement begins with."""

    name: str
    client: Organization
    partner: Organization
    parent: Engagement | None
    provider_kind: str
    stage: str
    starts_at: datetime


@transaction.atomic
def engagement_create(
    *,
    name: str,
    other_name: str,
    own_side: Side,
    actor: Actor,
    at: datetime,
    other_email: str = "",
    other_time_zone: str = "UTC",
    parent_id: UUID | None = None,
    provider_kind: str = ProviderKind.EXTERNAL,
    stage: str = Stage.OUT_TASKING,
    starts_at: datetime | None = None,
) -> Engagement:
    """Begin an engagement as its client or as its partner; the other party is a stand-in until it claims its seat.

    `parent_id`: the engagement under which a partner subcontracts, on whose side it then stands as the client. A partner's own
    person who creates it becomes its manager. Appends `organization.created/1` and `engagement.created/1`.
    Raises: NotFound, NotAllowed, Invalid.
    """
    own = organization_for(actor, "engagement.create")
    parent = _parent(actor, parent_id, own_side, at)
    if provider_kind not in ProviderKind.values:
        raise field_error("provider_kind", _("There is no such kind."), "unknown")
    if stage not in Stage.values:
        raise field_error("stage", _("There is no such stage."), "unknown")
    other = organization_write(
        name=other_name,
        time_zone=other_time_zone,
        at=at,
        kept_by=own.organization,
        contact_email=other_email,
    )
    append_own(
        other,
        "organization.created/1",
        ("organization", other.id),
        actor=actor,
        at=at,
        facts={"stand_in": True, "kept_by": own.organization.id.hex},
        payload={"name": other.name},
    )
    client, partner = (own.organization, other) if own_side == "client" else (other, own.organization)
    terms = Terms(
        name=clean_text("name", name, limit=120),
        client=client,
        partner=partner,
        parent=parent,
        provider_kind=provider_kind,
        stage=stage,
        starts_at=starts_at or at,
    )
    engagement = engagement_write(terms, actor=actor, at=at)
    offer_teams(engagement, own.organization, actor=actor, at=at)
    if own_side == "partner":
        lead_write(engagement, own.organization, acting_person(actor), actor=actor, at=at)
    return engagement


def _parent(actor: Actor, parent_id: UUID | None, own_side: Side, at: datetime) -> Engagement | None:
    if parent_id is None:
        return None
    parent = engagement_in_sight(actor, parent_id)
    require_running(parent, at)
    if parent.partner_id != actor.organization_id or own_side != "client":
        raise NotAllowed(_("The partner of an engagement subcontracts under it."), action="engagement.create")
    return parent


def engagement_write(terms: Terms, *, actor: Actor, at: datetime) -> Engagement:
    """Write an engagement with its shared record, its slot and letters at the client. Appends `engagement.created/1`."""
    others = Engagement.objects.filter(client=terms.client)
    # Whoever takes a stand-in's place is drawn as the stand-in was.
    drawn = others.filter(slot__lt=SUPERSEDED_SLOT)
    taken = {terms.client.initials, *drawn.values_list("initials", flat=True)}
    wanted = terms.partner.initials
    stream = stream_create(
        first_organization_id=terms.client.id, second_organization_id=terms.partner.id, at=at
    )
    engagement = Engagement(
        id=new_id(),
        client=terms.client,
        partner=terms.partner,
        parent=terms.parent,
        name=terms.name,
        prefix=short_prefix(terms.partner.name, set(others.values_list("prefix", flat=True))),
        stream=stream,
        stage=terms.stage,
        slot=free_slot(others.values_list("slot", flat=True)),
        initials=wanted if wanted not in taken else letters(terms.partner.name, taken),
        provider_kind=terms.provider_kind,
        starts_at=terms.starts_at,
        created_at=at,
    )
    try:
        with transaction.atomic():
            engagement.save(force_insert=True)
    except IntegrityError:
        raise Conflict(
            _("Another engagement began at the same moment; try again."), code="slot_taken"
        ) from None
    append_shared(
        engagement,
        "engagement.created/1",
        ("engagement", engagement.id),
        actor=actor,
        at=at,
        facts={
            "client": terms.client.id.hex,
            "partner": terms.partner.id.hex,
            "parent": terms.parent.id.hex if terms.parent else None,
            "stage": terms.stage,
            "provider_kind": terms.provider_kind,
            "starts_at": instant_text(terms.starts_at),
        },
        payload={"name": terms.name},
    )
    return engagement


def lead_write(
    engagement: Engagement, organization: Organization, person: Person, *, actor: Actor, at: datetime
) -> None:
    """Make the person the manager of the partner's side. Appends `grant.given/1`."""
    party = Party(organization, actor, "partner")
    grant_write(party, engagement, role=MANAGER, person=person, at=at)


def offer_teams(engagement: Engagement, organization: Organization, *, actor: Actor, at: datetime) -> None:
    """Let the organization's teams work under a new engagement, where that tells nobody of another client."""
    running = Engagement.objects.filter(live_q(at), Q(client=organization) | Q(partner=organization))
    if engagement not in offered_by_default(list(running), organization):
        return
    for team in Team.objects.filter(organization=organization, ended_at__isnull=True).order_by("name"):
        offer_write(engagement, team, actor=actor, at=at)


def free_slot(taken: Iterable[int], first: int = FIRST_SLOT) -> int:
    """Return the lowest slot from `first` on that is not taken."""
    used = set(taken)
    return next(slot for slot in count(first) if slot not in used)


@transaction.atomic
def engagement_update(
    *,
    engagement_id: UUID,
    version: int,
    actor: Actor,
    at: datetime,
    name: str | None = None,
    initials: str | None = None,
    provider_kind: str | None = None,
) -> Engagement:
    """Name an engagement, the partner's letters at this client, or the kind of provider; what is None stays.

    `version`: as it was read. Appends `engagement.updated/1`. Raises: NotFound, NotAllowed, StaleVersion, Invalid.
    """
    engagement = engagement_in_sight(actor, engagement_id)
    party = require(actor, "engagement.update", engagement)
    changes: dict[str, object] = {}
    if name is not None:
        changes["name"] = clean_text("name", name, limit=120)
    if initials is not None:
        changes["initials"] = _free_initials(engagement, clean_initials(initials))
    if provider_kind is not None:
        if provider_kind not in ProviderKind.values:
            raise field_error("provider_kind", _("There is no such kind."), "unknown")
        changes["provider_kind"] = provider_kind
    version_raise(engagement, version, **changes)
    append_shared(
        engagement,
        "engagement.updated/1",
        ("engagement", engagement.id),
        actor=party.actor,
        at=at,
        facts={"version": version + 1, "changed": sorted(changes)},
        payload=dict(changes),
    )
    return engagement_in_sight(actor, engagement_id)


def _free_initials(engagement: Engagement, wanted: str) -> str:
    others = Engagement.objects.filter(client_id=engagement.client_id).exclude(pk=engagement.pk)
    taken = {
        engagement.client.initials,
        *others.exclude(partner_id=engagement.partner_id).values_list("initials", flat=True),
    }
    if wanted in taken:
        raise field_error("initials", _("Another party of this client has these letters."), "taken")
    return wanted


def version_raise(engagement: Engagement, version: int, **changes: object) -> None:
    """Write changes if the engagement still has the version that was read. Raises: StaleVersion."""
    rows = Engagement.objects.filter(pk=engagement.pk, version=version)
    if not rows.update(version=version + 1, **changes):
        raise StaleVersion


@transaction.atomic
def engagement_rights_set(
    *, engagement_id: UUID, rights: list[str], version: int, actor: Actor, at: datetime
) -> Engagement:
    """Switch the delegated rights of an engagement on and off; off is felt by the next request of whoever held one.

    For the client's side. Appends `engagement.rights_set/1`. Raises: NotFound, NotAllowed, StaleVersion, Invalid.
    """
    engagement = engagement_in_sight(actor, engagement_id)
    party = require(actor, "engagement.rights", engagement)
    unknown = set(rights) - set(DELEGATED_RIGHTS)
    if unknown:
        raise field_error(
            "rights", _("A delegated right is one of: %(rights)s.") % {"rights": ", ".join(DELEGATED_RIGHTS)}
        )
    version_raise(engagement, version, delegated_rights=sorted(set(rights)))
    append_shared(
        engagement,
        "engagement.rights_set/1",
        ("engagement", engagement.id),
        actor=party.actor,
        at=at,
        facts={"rights": sorted(set(rights))},
    )
    return engagement_in_sight(actor, engagement_id)


@transaction.atomic
def engagement_end(
    *,
    engagement_id: UUID,
    version: int,
    actor: Actor,
    at: datetime,
    ends_at: datetime | None = None,
    export_days: int = EXPORT_DAYS,
    reason: str = "",
) -> Engagement:
    """End an engagement, now or at an instant to come; the partner reads on for the export window, then no more.

    For the client's side. Appends `engagement.ended/1`. Raises: NotFound, NotAllowed, Conflict, StaleVersion, Invalid.
    """
    engagement = engagement_in_sight(actor, engagement_id)
    party = require(actor, "engagement.end", engagement)
    require_running(engagement, at)
    ends_at = ends_at or at
    if ends_at < at:
        raise field_error("ends_at", _("An engagement does not end in the past."), "past")
    if not 0 <= export_days <= 3_660:
        raise field_error("export_days", _("Give 0 to 3660 days."), "range")
    end_write(engagement, version, ends_at=ends_at, export_until=ends_at + timedelta(days=export_days))
    append_shared(
        engagement,
        "engagement.ended/1",
        ("engagement", engagement.id),
        actor=party.actor,
        at=at,
        facts={"ends_at": instant_text(ends_at), "export_days": export_days},
        payload={"reason": clean_text("reason", reason, limit=300, required=False)},
    )
    return Engagement.objects.select_related("client", "partner").get(pk=engagement_id)


def end_write(engagement: Engagement, version: int, *, ends_at: datetime, export_until: datetime) -> None:
    """Write the end of an engagement. Raises: StaleVersion."""
    version_raise(engagement, version, ends_at=ends_at, export_until=export_until)


def other_side(engagement: Engagement, organization_id: UUID | None) -> Organization:
    """Return the party across from the organization."""
    return engagement.partner if side_of(engagement, organization_id) == "client" else engagement.client
