"""Reads of engagements: the list, and one with its scope, timeline, rights and people, ready to show."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Q

from cosource.foundation.errors import NotFound
from cosource.foundation.pages import PartyBadge
from cosource.foundation.queries.paging import KeyPage, key_page
from cosource.foundation.sight import Actor
from cosource.parties.models import (
    Employment,
    Engagement,
    EngagementService,
    EngagementSite,
    EngagementTeam,
    Grant,
    Invitation,
    Membership,
    Organization,
    Stage,
    StageChange,
    TransferMilestone,
)
from cosource.parties.models.scope import live_q, reach_q
from cosource.parties.queries.badges import CLIENT_SLOT
from cosource.parties.rules.policies import Side

NAMED_ROLES = ("service_owner", "manager", "technician", "auditor")


@dataclass(frozen=True, slots=True)
class EngagementRow:
    """An engagement in a list. `side`: the reader's side; `other`: the party across; `kept`: that party is a stand-in."""

    engagement: Engagement
    side: Side
    other: Organization
    badge: PartyBadge
    stage: str
    kept: bool
    over: bool


@dataclass(frozen=True, slots=True)
class CoverageRow:
    """A service or site that an engagement covers, over its range of time. `state`: now, coming or past."""

    subject_id: UUID
    name: str
    starts_at: datetime
    ends_at: datetime | None
    state: str


@dataclass(frozen=True, slots=True)
class TimelineStep:
    """A stage of the engagement, from when it held, what showed it, who agreed, and which services came in under it."""

    stage: str
    starts_at: datetime
    ends_at: datetime | None
    evidence: str
    kept_by_one_side: bool
    services: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class DirectoryRow:
    """Somebody of the other party, as far as one is told: name, what they do, and their team's own address."""

    name: str
    role: str
    mailbox: str


def _side(engagement: Engagement, actor: Actor) -> Side:
    return "client" if engagement.client_id == actor.organization_id else "partner"


def _row(engagement: Engagement, actor: Actor, at: datetime) -> EngagementRow:
    side = _side(engagement, actor)
    if side == "client":
        other = engagement.partner
        badge = PartyBadge(engagement.slot, engagement.initials or other.initials, other.name)
    else:
        other = engagement.client
        badge = PartyBadge(CLIENT_SLOT, other.initials, other.name)
    return EngagementRow(
        engagement=engagement,
        side=side,
        other=other,
        badge=badge,
        stage=str(Stage(engagement.stage).label),
        kept=other.stand_in,
        over=engagement.ends_at is not None and engagement.ends_at <= at,
    )


def engagement_list(actor: Actor, *, at: datetime) -> list[EngagementRow]:
    """Return the engagements in sight, running ones first, in one query."""
    rows = Engagement.objects.visible_to(actor).select_related("client", "partner", "parent")
    found = [_row(e, actor, at) for e in rows.order_by("name", "id")]
    return sorted(found, key=lambda r: r.over)


def engagement_names(actor: Actor, *, cursor: str = "", limit: int = 50) -> KeyPage[Engagement]:
    """Return a page of the engagements on which a person or a token may work, with both parties: names and no more."""
    rows = Engagement.objects.filter(reach_q(actor.sight)).select_related("client", "partner")
    return key_page(rows, order=("name", "id"), cursor=cursor, limit=limit)


def engagement_get(actor: Actor, engagement_id: UUID, *, at: datetime) -> EngagementRow:
    """Return one engagement. Raises: NotFound."""
    found = (
        Engagement.objects.visible_to(actor)
        .select_related("client", "partner", "parent")
        .filter(pk=engagement_id)
        .first()
    )
    if found is None:
        raise NotFound
    return _row(found, actor, at)


def seat_invitations(actor: Actor, absent: Organization, *, at: datetime) -> list[Invitation]:
    """Return the invitations to an absent party's seat that may still be accepted, the newest first."""
    waiting = Invitation.objects.visible_to(actor).filter(
        organization=absent,
        claims_stand_in=True,
        accepted_at__isnull=True,
        withdrawn_at__isnull=True,
        expires_at__gt=at,
    )
    return list(waiting.order_by("-created_at", "-id")[:10])


def _state(starts_at: datetime, ends_at: datetime | None, at: datetime) -> str:
    if ends_at is not None and ends_at <= at:
        return "past"
    return "now" if starts_at <= at else "coming"


def covered_services(engagement: Engagement, *, at: datetime) -> list[CoverageRow]:
    """Return what the engagement covers, covered or will cover: present first, then coming, then past."""
    rows = EngagementService.objects.filter(engagement=engagement).select_related("service")
    return _by_state(
        [
            CoverageRow(
                r.service_id, r.service.name, r.starts_at, r.ends_at, _state(r.starts_at, r.ends_at, at)
            )
            for r in rows.order_by("service__name", "starts_at", "id")
        ]
    )


def covered_sites(engagement: Engagement, *, at: datetime) -> list[CoverageRow]:
    """Return the sites that the engagement is, was or will be limited to, in the same order."""
    rows = EngagementSite.objects.filter(engagement=engagement).select_related("site")
    return _by_state(
        [
            CoverageRow(r.site_id, r.site.name, r.starts_at, r.ends_at, _state(r.starts_at, r.ends_at, at))
            for r in rows.order_by("site__name", "starts_at", "id")
        ]
    )


def _by_state(rows: list[CoverageRow]) -> list[CoverageRow]:
    return sorted(rows, key=lambda r: ("now", "coming", "past").index(r.state))


def covered_at(engagement_id: UUID, at: datetime) -> frozenset[UUID]:
    """Return the services that an engagement covered at an instant, past or present: growth never changes the answer."""
    rows = EngagementService.objects.filter(live_q(at), engagement_id=engagement_id)
    return frozenset(rows.values_list("service_id", flat=True))


def timeline(engagement: Engagement) -> list[TimelineStep]:
    """Return the stages of an engagement, oldest first, each with its evidence and the services added in its time."""
    changes = list(
        StageChange.objects.filter(engagement=engagement, agreed=True).order_by("effective_at", "id")
    )
    added = list(
        EngagementService.objects.filter(engagement=engagement)
        .order_by("starts_at", "service__name")
        .values_list("starts_at", "service__name")
    )
    first = changes[0].from_stage if changes else engagement.stage
    starts = [engagement.starts_at, *(c.effective_at for c in changes)]
    ends: list[datetime | None] = [*starts[1:], engagement.ends_at]
    steps = []
    for number, (start, end) in enumerate(zip(starts, ends, strict=True)):
        change = changes[number - 1] if number else None
        last = number == len(starts) - 1
        names = [
            n for when, n in added if (when >= start or not number) and (last or end is None or when < end)
        ]
        steps.append(
            TimelineStep(
                stage=str(Stage(change.to_stage if change else first).label),
                starts_at=start,
                ends_at=end,
                evidence=change.evidence if change else "",
                kept_by_one_side=change is not None and change.kept_by_one_side,
                services=tuple(names),
            )
        )
    return steps


def open_stage_change(engagement: Engagement) -> StageChange | None:
    """Return the proposal that waits for its answer."""
    return (
        StageChange.objects.filter(engagement=engagement, answered_at__isnull=True)
        .select_related("proposed_by_organization")
        .first()
    )


def declined_stage_changes(engagement: Engagement) -> list[StageChange]:
    """Return the proposals that were declined, newest first."""
    rows = StageChange.objects.filter(engagement=engagement, agreed=False)
    return list(rows.select_related("proposed_by_organization").order_by("-answered_at", "id")[:20])


def milestone_list(engagement: Engagement) -> list[TransferMilestone]:
    """Return the milestones of the transfer by due date."""
    rows = TransferMilestone.objects.filter(engagement=engagement)
    return list(rows.select_related("reported_by_organization").order_by("due_on", "id"))


def offered_teams(engagement: Engagement, *, at: datetime) -> list[EngagementTeam]:
    """Return the teams of both parties that work under the engagement."""
    rows = EngagementTeam.objects.filter(live_q(at), engagement=engagement, team__ended_at__isnull=True)
    return list(rows.select_related("team__organization").order_by("team__organization__name", "team__name"))


def directory(actor: Actor, engagement: Engagement, *, at: datetime) -> list[DirectoryRow]:
    """Return who of the other party works under the engagement: name, role and function mailbox, nothing else."""
    other_id = engagement.partner_id if _side(engagement, actor) == "client" else engagement.client_id
    reach = Q(engagement=engagement)
    if other_id == engagement.client_id:
        reach |= Q(engagement__isnull=True)
    rights = Grant.objects.filter(reach, live_q(at), organization_id=other_id, role__in=NAMED_ROLES)
    roles = dict(rights.order_by("role", "id").values_list("person_id", "role"))
    people = (
        Employment.objects.filter(live_q(at), organization_id=other_id, person__in=rights.values("person_id"))
        .select_related("person")
        .order_by("person__name", "person_id")
    )
    boxes = _mailboxes(engagement, other_id, at)
    return [
        DirectoryRow(e.person.name, e.title or roles.get(e.person_id, ""), boxes.get(e.person_id, ""))
        for e in people
    ]


def _mailboxes(engagement: Engagement, organization_id: UUID, at: datetime) -> dict[UUID, str]:
    """Return the own address of the first team that works under the engagement, by member."""
    offered = EngagementTeam.objects.filter(live_q(at), engagement=engagement).values("team_id")
    rows = Membership.objects.filter(
        live_q(at), team_id__in=offered, team__organization_id=organization_id
    ).exclude(team__mailbox="")
    found: dict[UUID, str] = {}
    for person_id, mailbox in rows.order_by("team__name", "id").values_list("person_id", "team__mailbox"):
        found.setdefault(person_id, mailbox)
    return found
