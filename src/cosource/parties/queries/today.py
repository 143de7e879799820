"""What the other party of an engagement asks of somebody here: a change of stage to answer, a person to take in.

Not here: the page Today, which asks every room (`foundation.today`).
"""

from datetime import datetime

from django.urls import reverse
from django.utils.translation import gettext as _

from cosource.foundation.pages import PartyBadge
from cosource.foundation.sight import Actor
from cosource.foundation.today import TodayItem
from cosource.parties.models import Engagement, Placement, Stage, StageChange
from cosource.parties.rules.policies import allows

_LIMIT = 20


def answers_owed(actor: Actor, at: datetime, for_teams: bool) -> list[TodayItem]:
    """Return the proposals of other parties that the actor may answer, whether alone or with others. At most two queries."""
    if actor.kind != "person" or actor.organization_id is None or actor.sight.as_host:
        return []
    return [*_stages(actor), *_placements(actor)]


def _stages(actor: Actor) -> list[TodayItem]:
    if not (actor.sight.engagement_ids or allows("stage.answer", desk=actor.sight.roles_on(None))):
        return []
    waiting = (
        StageChange.objects.visible_to(actor)
        .filter(answered_at__isnull=True)
        .exclude(proposed_by_organization_id=actor.organization_id)
        .select_related("engagement__client", "engagement__partner")
        .order_by("proposed_at", "id")
    )
    return [
        TodayItem(
            id=change.id,
            icon="heart-handshake",
            title=_("Answer the change of stage: %(engagement)s") % {"engagement": change.engagement.name},
            reference=change.engagement.prefix,
            why=_("%(from)s to %(to)s, proposed with evidence")
            % {"from": Stage(change.from_stage).label, "to": Stage(change.to_stage).label},
            url=reverse("parties:engagement", args=[change.engagement_id]),
            action=_("Answer"),
            party=_other(change.engagement, actor),
        )
        for change in waiting[:_LIMIT]
        if allows(
            "stage.answer",
            desk=actor.sight.roles_on(None),
            engagement=actor.sight.roles_on(change.engagement_id),
        )
    ]


def _placements(actor: Actor) -> list[TodayItem]:
    if not allows("placement.answer", desk=actor.sight.roles_on(None)):
        return []
    waiting = (
        Placement.objects.visible_to(actor)
        .filter(host_id=actor.organization_id, agreed_by_host_at__isnull=True, ends_at__isnull=True)
        .select_related("person", "employer")
        .order_by("starts_at", "id")
    )
    return [
        TodayItem(
            id=placement.id,
            icon="map-pin",
            title=_("Take in %(person)s") % {"person": placement.person.name},
            reference="",
            why=_("%(employer)s proposes to place them with you") % {"employer": placement.employer.name},
            url=reverse("parties:placements"),
            action=_("Answer"),
        )
        for placement in waiting[:_LIMIT]
    ]


def _other(engagement: Engagement, actor: Actor) -> PartyBadge:
    if engagement.client_id == actor.organization_id:
        partner = engagement.partner
        return PartyBadge(engagement.slot, engagement.initials or partner.initials, partner.name)
    return PartyBadge(1, engagement.client.initials, engagement.client.name)
