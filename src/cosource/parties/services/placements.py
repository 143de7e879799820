"""Placements: a partner's person who works embedded at the client, and there sees as the client's team does.

The employer proposes, the host accepts with a role and teams of its own, either ends it. Nothing is seen before the host has
agreed, and nothing of the employer's own is seen from the host's desk.
"""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from cosource.foundation.errors import Conflict, NotFound
from cosource.foundation.rules.canonical import instant_text
from cosource.foundation.sight import AUDITOR, TECHNICIAN, Actor
from cosource.parties.models import Employment, Engagement, Grant, Membership, Placement, Site, Team
from cosource.parties.models.scope import live_q
from cosource.parties.services.checks import check_span, clean_text, field_error
from cosource.parties.services.grants import end_tell, grant_write, live_or_coming, people_of
from cosource.parties.services.policy import (
    Party,
    engagement_in_sight,
    require,
    require_running,
    side_of,
)
from cosource.parties.services.record import append_shared
from cosource.parties.services.teams import membership_write

# A guest works or reads at the host's desk; a guest never leads it.
PLACED_ROLES = (TECHNICIAN, AUDITOR)


@transaction.atomic
def placement_propose(
    *,
    engagement_id: UUID,
    person_id: UUID,
    actor: Actor,
    at: datetime,
    site_id: UUID | None = None,
    works_on: str = "",
    starts_at: datetime | None = None,
    ends_at: datetime | None = None,
) -> Placement:
    """Propose to place a person of the partner with the client. `works_on`: projects and meetings they belong to there.

    Appends `placement.proposed/1`. Raises: NotFound, NotAllowed, Invalid, Conflict while one is open.
    """
    engagement = engagement_in_sight(actor, engagement_id)
    party = require(actor, "placement.propose", engagement)
    require_running(engagement, at)
    person = people_of(party.organization, at).filter(pk=person_id).first()
    if person is None:
        raise NotFound
    if engagement.client.stand_in:
        raise Conflict(_("The host has not taken its seat yet."), code="host_absent")
    site = _site(site_id, engagement)
    start = starts_at or at
    check_span("ends_at", start, ends_at)
    open_ones = Placement.objects.filter(live_or_coming(at), person=person, host=engagement.client)
    if open_ones.exists():
        raise Conflict(_("They are placed there already, or proposed."), code="already_placed")
    placement = Placement.objects.create(
        person=person,
        employer=party.organization,
        host=engagement.client,
        engagement=engagement,
        site=site,
        works_on=clean_text("works_on", works_on, limit=200, required=False),
        starts_at=start,
        ends_at=ends_at,
    )
    append_shared(
        engagement,
        "placement.proposed/1",
        ("placement", placement.id),
        actor=party.actor,
        at=at,
        facts={
            "person": person.id.hex,
            "site": site.id.hex if site else None,
            "starts_at": instant_text(start),
            "ends_at": instant_text(ends_at) if ends_at else None,
        },
        payload={"name": person.name, "works_on": placement.works_on},
    )
    return placement


def _site(site_id: UUID | None, engagement: Engagement) -> Site | None:
    if site_id is None:
        return None
    site = Site.objects.filter(
        pk=site_id, organization_id=engagement.client_id, ended_at__isnull=True
    ).first()
    if site is None:
        raise field_error("site_id", _("There is no such site here."), "unknown")
    return site


@transaction.atomic
def placement_accept(
    *,
    placement_id: UUID,
    actor: Actor,
    at: datetime,
    role: str = TECHNICIAN,
    team_ids: Collection[UUID] = (),
) -> Placement:
    """Accept a placed person at the own desk, with a role and teams there, both for the time of the placement.

    Appends `placement.accepted/1`, and an entry for role and teams. Raises: NotFound, NotAllowed, Invalid, Conflict.
    """
    placement, engagement = _placement(placement_id, actor)
    party = require(actor, "placement.answer", engagement)
    require_running(engagement, at)
    if role not in PLACED_ROLES:
        raise field_error(
            "role", _("Here a role is one of: %(roles)s.") % {"roles": ", ".join(PLACED_ROLES)}, "role"
        )
    teams = Team.objects.filter(organization=party.organization, ended_at__isnull=True, pk__in=team_ids)
    if len(teams) != len(set(team_ids)):
        raise field_error("team_ids", _("There is no such team here."), "unknown")
    waiting = Placement.objects.filter(live_or_coming(at), pk=placement_id, agreed_by_host_at__isnull=True)
    if not waiting.update(agreed_by_host_at=at):
        raise Conflict(_("Nothing waits for an answer here."), code="nothing_proposed")
    append_shared(
        engagement,
        "placement.accepted/1",
        ("placement", placement.id),
        actor=party.actor,
        at=at,
        facts={"person": placement.person_id.hex, "role": role},
    )
    grant_write(
        Party(party.organization, party.actor),
        None,
        role=role,
        person=placement.person,
        at=at,
        starts_at=placement.starts_at,
        ends_at=placement.ends_at,
    )
    for team in teams:
        membership_write(team, placement.person, leads=False, actor=party.actor, at=at)
    return Placement.objects.get(pk=placement_id)


@transaction.atomic
def placement_end(*, placement_id: UUID, actor: Actor, at: datetime) -> None:
    """End a placement or take back its proposal, from either side: what was seen by it ends with it.

    Appends `placement.ended/1`. Raises: NotFound, NotAllowed, Conflict when it ended before.
    """
    placement, engagement = _placement(placement_id, actor)
    party = require(actor, "placement.end", engagement, side=side_of(engagement, actor.organization_id))
    if placement.ends_at is not None and placement.ends_at <= at:
        raise Conflict(_("This has ended already."), code="already_ended")
    placement_stop(placement, actor=party.actor, at=at)


def placement_stop(placement: Placement, *, actor: Actor, at: datetime) -> None:
    """End a placement with its role and teams at the host. Appends `placement.ended/1`, and an entry for each right."""
    Placement.objects.filter(pk=placement.pk).update(ends_at=at)
    at_host = Employment.objects.filter(
        live_q(at), person_id=placement.person_id, organization_id=placement.host_id
    )
    if not at_host.exists():
        _end_access(placement, actor=actor, at=at)
    append_shared(
        engagement_of(placement),
        "placement.ended/1",
        ("placement", placement.id),
        actor=actor,
        at=at,
        facts={"person": placement.person_id.hex},
    )


def _end_access(placement: Placement, *, actor: Actor, at: datetime) -> None:
    ended = list(
        Grant.objects.select_related("organization", "engagement").filter(
            live_or_coming(at), person_id=placement.person_id, organization_id=placement.host_id
        )
    )
    Grant.objects.filter(pk__in=[g.pk for g in ended]).update(ends_at=at)
    for grant in ended:
        end_tell(grant, actor=actor, at=at, reason="")
    Membership.objects.filter(
        live_q(at), person_id=placement.person_id, team__organization_id=placement.host_id
    ).update(ends_at=at)


def _placement(placement_id: UUID, actor: Actor) -> tuple[Placement, Engagement]:
    placement = (
        Placement.objects.visible_to(actor)
        .select_related("person", "host", "employer")
        .filter(pk=placement_id)
        .first()
    )
    if placement is None:
        raise NotFound
    return placement, engagement_of(placement)


def engagement_of(placement: Placement) -> Engagement:
    """Return the engagement under which somebody is placed, with both parties."""
    return Engagement.objects.select_related("client", "partner").get(placements=placement)
